// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_fuzz.c - random packets, and the tables' packets with random damage. Whatever they are, the
 * verdict is PASS or REDIRECT, one counter says why, their bytes stay, and reason, slot and ring
 * are the oracle's. The seed is fixed: a failure comes again.
 */
#include <stdio.h>
#include <string.h>

#include "oracle.h"
#include "rfs/rules.h"
#include "rows.h"
#include "suite.h"

#define SEED 0x5eedULL

struct fuzz {
	const char *name;
	struct bench *bench;
	void (*make)(struct packet *p);
	__u32 runs;
};

static __u64 random_state;

static __u32 rnd(__u32 below)
{
	/* splitmix64 */
	__u64 z = (random_state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (__u32)(z ^ z >> 31) % below;
}

static void fill(struct packet *p, __u32 len)
{
	p->len = len;
	for (__u32 i = 0; i < len; i++)
		p->data[i] = rnd(256);
}

/* Nothing but noise; and noise behind an ethertype, or it would seldom get beyond that. */
static void make_noise(struct packet *p)
{
	static const __u16 types[] = { ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q, ETH_P_8021AD,
				       ETH_P_PPP_SES };
	__u32 type = rnd(6);

	fill(p, 14 + (rnd(8) ? rnd(120) : rnd(1600)));
	if (type < 5) {
		p->data[12] = types[type] >> 8;
		p->data[13] = types[type] & 0xff;
	}
	if (type < 2 && p->len > 14 && rnd(8))
		p->data[14] = type ? 0x60 | rnd(16) : 0x40 | rnd(16);
}

/* Layers that fit each other, of random kinds and lengths. */
static void make_layers(struct packet *p)
{
	static const __u8 upper[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_UDPLITE,
				      IPPROTO_DCCP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_ESP };
	static const __u8 exts[] = { IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS,
				     IPPROTO_FRAGMENT, IPPROTO_AH };
	struct layer l[PACKET_DEPTH] = {};
	__u32 n = 0, tags = rnd(8) ? rnd(3) : 3, v6 = rnd(3), type = v6 ? ETH_P_IPV6 : ETH_P_IP;
	__u32 next = upper[rnd(sizeof(upper))], ext = v6 ? rnd(8) : 0;

	l[n++] = (struct layer)ETH(type);
	while (tags--) {
		l[n - 1].next = rnd(2) ? ETH_P_8021Q : ETH_P_8021AD;
		l[n++] = (struct layer)TAG(type);
	}
	if (!rnd(4)) {
		l[n - 1].next = ETH_P_PPP_SES;
		l[n++] = (struct layer)PPPOE(0x11, v6 ? 0x57 : 0x21);
	}
	if (v6)
		l[n++] = (struct layer)IP6(next);
	else
		l[n++] = (struct layer)IP4X(0x45 + rnd(11), rnd(2) ? 0 : rnd(0x10000), next);
	for (; ext && n < PACKET_DEPTH - 2; ext--) {
		__u32 kind = exts[rnd(sizeof(exts))], len = rnd(16) ? rnd(6) : rnd(24);

		l[n - 1].next = kind;
		if (kind == IPPROTO_FRAGMENT)
			l[n++] = (struct layer)FRAG(rnd(2) ? 0 : rnd(0x10000), next);
		else if (kind == IPPROTO_AH)
			l[n++] = (struct layer)AH(len, next);
		else
			l[n++] = (struct layer)EXT(len, next);
	}
	/* Some for PTP's ports and their neighbours. */
	l[n++] = (struct layer){ L_PORTS, 0, rnd(0x10000),
				 rnd(8) ? rnd(0x10000) : 318 + rnd(4) };
	packet_build(p, l);
}

static void damage(struct packet *p)
{
	__u32 at, n;

	for (__u32 i = rnd(4); i; i--) {
		at = rnd(p->len < 100 ? p->len : 100);
		switch (rnd(5)) {
		case 0: /* another byte */
			p->data[at] = rnd(256);
			break;
		case 1: /* another bit */
			p->data[at] ^= 1 << rnd(8);
			break;
		case 2: /* cut off */
			p->len = at < 14 ? 14 : at;
			break;
		case 3: /* bytes missing */
			n = rnd(8);
			if (p->len < 14 + n || at + n > p->len)
				break;
			memmove(p->data + at, p->data + at + n, p->len - at - n);
			p->len -= n;
			break;
		case 4: /* bytes in between */
			n = rnd(8);
			memmove(p->data + at + n, p->data + at, p->len - at);
			p->len += n;
			break;
		}
	}
}

static void make_damaged_row(struct packet *p)
{
	__u32 n = 0, wanted;

	for_each_row(row)
		n++;
	do {
		wanted = rnd(n);
		for_each_row(row)
			if (!wanted--)
				packet_build(p, row->layers);
	} while (p->len > ORACLE_LINEAR - 64);
	damage(p);
}

static void make_damaged_layers(struct packet *p)
{
	make_layers(p);
	damage(p);
}

static void explain(const struct packet *p)
{
	print_error("packet of %u bytes:", p->len);
	for (__u32 i = 0; i < p->len && i < 160; i++)
		print_error("%s%02x", i % 32 ? " " : "\n  ", p->data[i]);
	print_error("\n");
}

/* Return: what is wrong, or NULL. */
static const char *check_one(struct bench *b, const struct packet *p, struct rfs_stats *before)
{
	__u32 verdict = bench_run(b, 0, p), slot, cpu, qtail, changed = 0;
	struct rfs_stats now = bench_stats(b);
	struct rps_dev_flow seen;
	struct flow flow;
	enum rfs_stat stat = oracle(p, &flow);
	static char what[96];

	for (int i = 0; i < RFS_STAT_NR; i++)
		changed += now.count[i] - before->count[i];
	if (verdict != XDP_PASS && verdict != XDP_REDIRECT)
		return "the verdict is neither PASS nor REDIRECT";
	if (changed != 1)
		return "not exactly one counter rose by one";
	if (now.count[stat] != before->count[stat] + 1) {
		for (int i = 0; i < RFS_STAT_NR; i++)
			if (now.count[i] != before->count[i])
				snprintf(what, sizeof(what), "expected %s, counted as %s",
					 stat_name[stat], stat_name[i]);
		return what;
	}
	*before = now;
	if (stat != RFS_STAT_HASH_STEERED)
		return verdict == XDP_PASS ? NULL : "counted as passed, but redirected";
	if (verdict != XDP_REDIRECT)
		return "counted as steered, but passed";
	slot = rps_slot(flow_hash(bench_key, &flow).hash, b->flow_cnt);
	cpu = bench_fallback(b, slot);
	qtail = b->q[0].rings[cpu].tail;
	seen = bench_slot(b, 0, slot);
	if (seen.cpu != cpu || (!b->shared && seen.qtail != qtail))
		return "another slot, or another ring, than the flow's";
	return NULL;
}

static void test_fuzz(void **state)
{
	static struct packet p;
	const struct fuzz *f = *state;
	struct bench *b = f->bench;
	struct rfs_stats before = {};
	__u64 sum = 0, tails;

	random_state = SEED;
	for (__u32 i = 0; i < f->runs; i++) {
		const char *wrong;

		f->make(&p);
		wrong = check_one(b, &p, &before);
		if (!wrong)
			continue;
		explain(&p);
		fail_msg("%s: packet %u: %s", f->name, i, wrong);
	}
	for (int i = 0; i < RFS_STAT_NR; i++)
		sum += before.count[i];
	tails = b->q[0].rings[cpu_a].tail + b->q[0].rings[cpu_b].tail;
	assert_int_equal(sum, f->runs);
	assert_int_equal(tails, before.count[RFS_STAT_HASH_STEERED]);
	assert_int_equal(b->q[0].rings[ring_local].tail, 0);
	/* Noise that the program never followed would prove little. */
	print_message("# %s:", f->name);
	for (int i = 0; i < RFS_STAT_NR; i++)
		if (before.count[i])
			print_message(" %s %llu", stat_name[i], before.count[i]);
	print_message("\n");
}

void add_fuzz_tests(void)
{
	static const struct fuzz fuzzes[] = {
		{ "fuzz: noise", &plain, make_noise, 100000 },
		{ "fuzz: random layers", &plain, make_layers, 50000 },
		{ "fuzz: random layers, damaged", &plain, make_damaged_layers, 100000 },
		{ "fuzz: the tables' packets, damaged", &plain, make_damaged_row, 100000 },
		{ "fuzz: random layers, damaged; generic mode", &generic, make_damaged_layers,
		  20000 },
	};

	for (size_t i = 0; i < sizeof(fuzzes) / sizeof(fuzzes[0]); i++)
		suite_add(fuzzes[i].name, test_fuzz, &fuzzes[i]);
}
