// SPDX-License-Identifier: GPL-2.0-only
/*
 * flows.c - the XDP program's price per packet: by kind of packet, and over the number of flows.
 *
 * BPF_PROG_RUN repeats one packet. For many flows, bench_mix writes a random source address into it
 * before it jumps to the program, and what bench_mix costs by itself is measured and taken off.
 */
#include <stdio.h>
#include <string.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bench.skel.h"
#include "flows.h"
#include "measure.h"
#include "rfs_steer.skel.h"
#include "steer.h"

#define BASE	  0x0a000000 /* as in bench_mix */
#define RUNS	  (micro_short ? 1 : 7)
#define REPEAT	  (micro_short ? 200000 : 2000000)
#define FLOWS_MAX (micro_short ? 1U << 16 : 1U << 20)

static const struct {
	const char *name;
	bool reader; /* one is known */
	struct layer layers[PACKET_DEPTH];
	__u32 rfs, hash; /* verdicts */
} packets[] = {
	{ "TCP/IPv4 hit",
	  true,
	  { ETH(ETH_P_IP), IP4(IPPROTO_TCP), PORTS, FILL(32) },
	  XDP_REDIRECT,
	  XDP_REDIRECT },
	{ "TCP/IPv6 hit",
	  true,
	  { ETH(ETH_P_IPV6), IP6(IPPROTO_TCP), PORTS, FILL(32) },
	  XDP_REDIRECT,
	  XDP_REDIRECT },
	{ "VLAN TCP/IPv4 hit",
	  true,
	  { ETH(ETH_P_8021Q), TAG(ETH_P_IP), IP4(IPPROTO_TCP), PORTS, FILL(32) },
	  XDP_REDIRECT,
	  XDP_REDIRECT },
	{ "TCP/IPv4 miss",
	  false,
	  { ETH(ETH_P_IP), IP4(IPPROTO_TCP), PORTS, FILL(32) },
	  XDP_REDIRECT,
	  XDP_REDIRECT },
	{ "ARP, passed", false, { ETH(ETH_P_ARP), FILL(50) }, XDP_PASS, XDP_REDIRECT },
};

static int flows_of(int hit, int miss, __u32 n, const struct packet *p, struct bench *b)
{
	const struct {
		const char *metric;
		int fd;
	} programs[] = {
		{ "rfs", hit },
		{ "rfs_miss", miss },
		{ "l4_hash", bpf_program__fd(b->progs.bench_l4_hash) },
		{ "redirect", bpf_program__fd(b->progs.bench_redirect) },
		{ "word", bpf_program__fd(b->progs.bench_word) },
	};
	int mix = bpf_program__fd(b->progs.bench_mix), end = bpf_program__fd(b->progs.bench_end);
	__u32 zero = 0;
	char name[32];

	snprintf(name, sizeof(name), "flows %u", n);
	for (int run = 0; run < RUNS; run++) {
		double own, all;

		if (bpf_map_update_elem(bpf_map__fd(b->maps.under_test), &zero, &end, BPF_ANY))
			return -1;
		own = prog_ns(mix, p, REPEAT, XDP_REDIRECT);
		for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
			if (bpf_map_update_elem(bpf_map__fd(b->maps.under_test), &zero,
						&programs[i].fd, BPF_ANY))
				return -1;
			/* Every flow's slot is filled once first. */
			if (!run)
				prog_ns(mix, p, 4 * n > REPEAT ? 4 * n : REPEAT, XDP_REDIRECT);
			all = prog_ns(mix, p, REPEAT, XDP_REDIRECT);
			metric(name, programs[i].metric, all - own);
		}
	}
	return 0;
}

int micro_flows(void)
{
	struct flow flow = packet_flow(false, IPPROTO_TCP);
	struct steer hit, miss;
	static struct packet p;
	int err;

	packet_of_flow(&p, &flow);
	for (__u32 n = 1; n <= FLOWS_MAX; n *= n == 1 ? 1 << 8 : 1 << 4) {
		struct bench *b = bench_load(n, false);

		if (!b)
			return -1;
		err = steer_open(&hit, n) ?: steer_readers(&hit, &flow, BASE, n) ?:
		      steer_open(&miss, n) ?: flows_of(hit.prog, miss.prog, n, &p, b);
		if (err) /* the process ends */
			return err;
		steer_close(&hit);
		steer_close(&miss);
		bench__destroy(b);
	}
	return 0;
}

/* What a map costs in memory, as the kernel accounts for it, for each of its entries */
static void memory(const char *what, int fd, __u32 entries)
{
	char path[64], line[128];
	unsigned long bytes;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %lu", &bytes) == 1)
			metric(what, "bytes per entry", (double)bytes / entries);
	if (f)
		fclose(f);
}

static void memories(const struct steer *s)
{
	memory("flow table", bpf_map__fd(s->skel->maps.rps_sock_flow),
	       bpf_map__max_entries(s->skel->maps.rps_sock_flow));
	memory("compact flow table", bpf_map__fd(s->skel->maps.rps_sock_ents),
	       bpf_map__max_entries(s->skel->maps.rps_sock_flow));
	memory("slots", s->slots, bpf_map__max_entries(s->skel->maps.rps_sock_flow));
}

/*
 * What the parts of the program cost: the packet of a known flow, and where the program ends. Each
 * line has all of the one before it, and more.
 */
static int micro_parts(struct bench *b, struct steer *s)
{
	static const struct {
		const char *name;
		enum steer_end end;
		__u32 verdict;
	} parts[] = {
		{ "part: to the gate", STEER_CLOSED, XDP_PASS },
		{ "part: parsed and hashed", STEER_NO_QUEUE, XDP_PASS },
		{ "part: slot and reader found", STEER_NO_CPU, XDP_PASS },
		{ "part: the whole", STEER_WHOLE, XDP_REDIRECT },
	};
	struct flow flow = packet_flow(false, IPPROTO_TCP);
	static struct packet p;

	packet_of_flow(&p, &flow);
	if (steer_reader(s, &flow))
		return -1;
	for (int run = 0; run < RUNS; run++)
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			if (steer_end(s, parts[i].end))
				return -1;
			metric(parts[i].name, "rfs",
			       steer_ns(b, s->prog, &p, REPEAT, parts[i].verdict));
		}
	return 0;
}

int micro_packets(void)
{
	struct bench *b = bench_load(1, false);
	static struct packet p;
	struct steer s;

	if (!b || steer_open(&s, 1))
		return -1;
	memories(&s);
	if (micro_parts(b, &s))
		return -1;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		const char *name = packets[i].name;
		struct flow flow = packet_flow(strstr(name, "IPv6"), IPPROTO_TCP);

		steer_forget(&s);
		if (packets[i].reader && steer_reader(&s, &flow))
			return -1;
		packet_build(&p, packets[i].layers);
		for (int run = 0; run < RUNS; run++) {
			metric(name, "rfs", steer_ns(b, s.prog, &p, REPEAT, packets[i].rfs));
			metric(name, "l4_hash",
			       prog_ns(bpf_program__fd(b->progs.bench_l4_hash), &p, REPEAT,
				       packets[i].hash));
			metric(name, "redirect",
			       prog_ns(bpf_program__fd(b->progs.bench_redirect), &p, REPEAT,
				       XDP_REDIRECT));
		}
	}
	steer_close(&s);
	bench__destroy(b);
	return 0;
}
