// SPDX-License-Identifier: GPL-2.0-only
/* measure.c - how the parts of bench-micro measure and what they say. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bench.skel.h"
#include "measure.h"

bool micro_short;
unsigned int micro_ifindex;
unsigned int micro_hook;

void metric(const char *what, const char *unit, double value)
{
	printf("\"%s\",\"%s\",%.2f\n", what, unit, value);
}

double prog_ns(int prog, const struct packet *p, __u32 repeat, __u32 want)
{
	static __u8 out[PACKET_MAX];
	struct xdp_md ctx = { .data_end = p->len, .ingress_ifindex = micro_ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len,
		    .data_out = out, .data_size_out = sizeof(out), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = repeat);
	struct timespec a, b;

	/*
	 * By this thread's CPU time: the kernel rounds the mean to whole nanoseconds, and counts
	 * the time in which something else had the CPU.
	 */
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	if (bpf_prog_test_run_opts(prog, &opts)) {
		fprintf(stderr, "bench-micro: BPF_PROG_RUN: %s\n", strerror(errno));
		exit(1);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	if (opts.retval != want) {
		fprintf(stderr, "bench-micro: verdict %u, wanted %u\n", opts.retval, want);
		exit(1);
	}
	return ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / repeat;
}

static double tailed_ns(struct bench *b, int prog, const struct packet *p, __u32 repeat, __u32 want)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(b->maps.under_test), &zero, &prog, BPF_ANY)) {
		fprintf(stderr, "bench-micro: cannot set a program: %s\n", strerror(errno));
		exit(1);
	}
	return prog_ns(bpf_program__fd(b->progs.bench_plain), p, repeat, want);
}

double steer_ns(struct bench *b, int prog, const struct packet *p, __u32 repeat, __u32 want)
{
	int end = bpf_program__fd(b->progs.bench_end);

	return tailed_ns(b, prog, p, repeat, want) - tailed_ns(b, end, p, repeat, XDP_REDIRECT) +
	       prog_ns(end, p, repeat, XDP_REDIRECT);
}

struct bench *bench_load(__u32 flows, bool tracing)
{
	struct bpf_cpumap_val value = { .qsize = 64 };
	struct bench *b = bench__open();
	__u32 zero = 0, one = 1;

	if (!b)
		return NULL;
	b->rodata->flow_mask = flows - 1;
	bpf_program__set_autoload(b->progs.bench_nothing, tracing);
	bpf_program__set_autoload(b->progs.bench_storage, tracing);
	if (bpf_map__set_max_entries(b->maps.bench_cpumap, libbpf_num_possible_cpus()) ||
	    bpf_map__set_max_entries(b->maps.words, flows) || bench__load(b) ||
	    bpf_map_update_elem(bpf_map__fd(b->maps.bench_cpumap), &zero, &value, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(b->maps.cpus_available), &zero, &zero, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(b->maps.cpus_count), &zero, &one, BPF_ANY)) {
		fprintf(stderr, "bench-micro: cannot load bench.bpf.c: %s\n", strerror(errno));
		bench__destroy(b);
		return NULL;
	}
	return b;
}
