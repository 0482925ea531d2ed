// SPDX-License-Identifier: GPL-2.0-only
/*
 * wire - the sender of bench-load's "wire": run on live frames by BPF_PROG_RUN, it makes each one a
 * datagram of the next flow and sends it off by an interface. See wire.c.
 */
#include "vmlinux.h"
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 out_ifindex;
const volatile __u32 flows;
const volatile __u16 srv_port; /* of flow 0, host byte order */
const volatile __u16 cli_port;

__u64 sent; /* frames so far */
static __u32 next;

/*
 * Pages come back with the ports of an earlier round, so both are always written; and with rfs's tag
 * in the place of the EtherType, if a ring was full.
 */
SEC("xdp")
int wire_out(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct udphdr *udp = data + sizeof(struct ethhdr) + sizeof(struct iphdr);
	__u32 flow = next;

	if ((void *)(udp + 1) > end)
		return XDP_DROP;
	eth->h_proto = bpf_htons(ETH_P_IP);
	next = flow + 1 < flows ? flow + 1 : 0;
	udp->source = bpf_htons(cli_port + flow);
	udp->dest = bpf_htons(srv_port + flow);
	sent++;
	return bpf_redirect(out_ifindex, 0);
}
