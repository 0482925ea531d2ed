// SPDX-License-Identifier: GPL-2.0-only
/* slow.bpf.c - an XDP program that runs for milliseconds, as long as a slow NAPI poll. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#define TURNS (1 << 23) /* what the kernel allows bpf_loop() */

volatile __u64 begun, ended;

static long turn(__u32 i, void *ctx)
{
	return 0;
}

SEC("xdp")
int slow(struct xdp_md *ctx)
{
	begun++;
	bpf_loop(TURNS, turn, NULL, 0);
	ended++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
