// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_truncate.c - packets that end at every byte of every header, from the 14 bytes on that
 * BPF_PROG_RUN asks for: passed as truncated until the last header is whole, then steered.
 */
#include <stdio.h>

#include "rfs/rules.h"
#include "rows.h"
#include "suite.h"

#define AD    ETH(ETH_P_8021AD)
#define Q(t)  TAG(t)
#define PPP4  PPPOE(0x11, 0x0021)
#define PPP6  PPPOE(0x11, 0x0057)
#define TCP   IPPROTO_TCP
#define UDP   IPPROTO_UDP
#define DST   IPPROTO_DSTOPTS
#define FRG   IPPROTO_FRAGMENT
#define TAIL  PORTS, FILL(16)
#define NAME(text) "cut at every byte: " text

static const struct row cuts[] = {
	ROW(NAME("IPv4, TCP"), V4(TCP), ETH(ETH_P_IP), IP4(TCP), TAIL),
	ROW(NAME("IPv4 with 40 bytes of options, TCP"), V4(TCP), ETH(ETH_P_IP),
	    IP4X(0x4f, 0, TCP), TAIL),
	ROW(NAME("IPv4, ICMP"), V4_ADDRS, ETH(ETH_P_IP), IP4(IPPROTO_ICMP), FILL(16)),
	ROW(NAME("IPv4 fragment"), V4_ADDRS, ETH(ETH_P_IP), IP4X(0x46, 0x2001, UDP), FILL(16)),
	ROW(NAME("802.1Q, IPv4 with options, UDP"), V4(UDP), ETH(ETH_P_8021Q), Q(ETH_P_IP),
	    IP4X(0x47, 0, UDP), TAIL),
	ROW(NAME("QinQ, IPv4, SCTP"), V4(IPPROTO_SCTP), AD, Q(ETH_P_8021Q), Q(ETH_P_IP),
	    IP4(IPPROTO_SCTP), TAIL),
	ROW(NAME("QinQ, PPPoE, IPv4 with options, TCP"), V4(TCP), AD, Q(ETH_P_8021Q),
	    Q(ETH_P_PPP_SES), PPP4, IP4X(0x48, 0, TCP), TAIL),
	ROW(NAME("PPPoE, IPv6, TCP"), V6(TCP), ETH(ETH_P_PPP_SES), PPP6, IP6(TCP), TAIL),
	ROW(NAME("IPv6, UDP"), V6(UDP), ETH(ETH_P_IPV6), IP6(UDP), TAIL),
	ROW(NAME("IPv6, ICMPv6"), V6_ADDRS, ETH(ETH_P_IPV6), IP6(IPPROTO_ICMPV6), FILL(16)),
	ROW(NAME("IPv6, hop-by-hop, destination options, UDP"), V6(UDP), ETH(ETH_P_IPV6),
	    IP6(IPPROTO_HOPOPTS), EXT(1, DST), EXT(3, UDP), TAIL),
	ROW(NAME("IPv6, AH, TCP"), V6(TCP), ETH(ETH_P_IPV6), IP6(IPPROTO_AH), AH(4, TCP), TAIL),
	ROW(NAME("IPv6, routing, fragment"), V6_ADDRS, ETH(ETH_P_IPV6), IP6(IPPROTO_ROUTING),
	    EXT(2, FRG), FRAG(1, UDP), FILL(16)),
	ROW(NAME("IPv6, atomic fragment, UDP"), V6(UDP), ETH(ETH_P_IPV6), IP6(FRG), FRAG(0, UDP),
	    TAIL),
	ROW(NAME("QinQ, IPv6, six extension headers, UDP"), V6(UDP), AD, Q(ETH_P_8021Q),
	    Q(ETH_P_IPV6), IP6(IPPROTO_HOPOPTS), EXT(0, IPPROTO_ROUTING), EXT(2, DST), EXT(1, DST),
	    EXT(0, DST), EXT(1, FRG), FRAG(0, UDP), TAIL),
	ROW(NAME("QinQ, PPPoE, IPv6, destination options, TCP"), V6(TCP), AD, Q(ETH_P_8021Q),
	    Q(ETH_P_PPP_SES), PPP6, IP6(DST), EXT(1, TCP), TAIL),
	{},
};

static void check_length(struct bench *b, const struct row *row, const struct packet *whole,
			 __u32 slot)
{
	static struct packet p;
	static struct shadow shadow;
	char name[128];
	__u32 cpu;

	p = *whole;
	snprintf(name, sizeof(name), "%s; %u of %u bytes", row->name, p.len, p.need);
	shadow_take(&shadow, b, 0);
	if (p.len < p.need) {
		shadow.stats.count[RFS_STAT_PASS_TRUNCATED]++;
		verdict_check(bench_run(b, 0, &p), XDP_PASS, name);
	} else {
		struct flow flow = packet_flow(row->v6, row->proto);

		cpu = bench_fallback(b, flow_hash(bench_key, &flow).hash);
		shadow.stats.count[RFS_STAT_HASH_STEERED]++;
		shadow.rings[cpu].tail++;
		shadow.slots[slot].cpu = cpu;
		shadow.slots[slot].qtail = shadow.rings[cpu].tail;
		verdict_check(bench_run(b, 0, &p), XDP_REDIRECT, name);
	}
	shadow_check(&shadow, b, 0, name);
}

static void test_cut(void **state)
{
	static struct packet p;
	const struct row *row = *state;
	struct flow flow = packet_flow(row->v6, row->proto);
	__u32 slot = rps_slot(flow_hash(bench_key, &flow).hash, plain.flow_cnt), whole;

	packet_build(&p, row->layers);
	whole = p.len;
	assert_true(p.need < whole);
	for (p.len = 14; p.len <= whole; p.len++)
		check_length(&plain, row, &p, slot);
}

void add_truncation_tests(void)
{
	for (const struct row *row = cuts; row->name; row++)
		suite_add(row->name, test_cut, row);
}
