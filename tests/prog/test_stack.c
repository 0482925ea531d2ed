// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stack.c - TCP left to the kernel's stack: passed and counted, and nothing else is touched;
 * all other packets, TCP's fragments among them, are steered as ever.
 */
#include <string.h>

#include "rfs/rules.h"
#include "rows.h"
#include "suite.h"

static struct packet packet;
static struct shadow shadow;

/* Is it left to the stack? What has no ports, as a fragment, is of no protocol. */
static bool is_left(const struct row *row)
{
	return row->stat == RFS_STAT_HASH_STEERED && row->proto == IPPROTO_TCP;
}

static void check_row(struct bench *b, const struct row *row)
{
	struct flow flow = packet_flow(row->v6, row->proto);
	enum rfs_stat stat = is_left(row) ? RFS_STAT_PASS_STACK : row->stat;
	bool steered = stat == RFS_STAT_HASH_STEERED;
	__u32 slot = rps_slot(flow_hash(bench_key, &flow).hash, b->flow_cnt);

	packet_build(&packet, row->layers);
	/* A reader that is known is no reason to steer TCP. */
	if (row->stat == RFS_STAT_HASH_STEERED)
		bench_reader(b, &flow, cpu_b);
	shadow_take(&shadow, b, 0);
	if (steered) {
		stat = RFS_STAT_FLOW_STEERED;
		shadow.rings[cpu_b].tail++;
		shadow.slots[slot] = (struct rps_dev_flow){ .cpu = cpu_b, .qtail = 1 };
	}
	shadow.stats.count[stat]++;
	verdict_check(bench_run(b, 0, &packet), steered ? XDP_REDIRECT : XDP_PASS, row->name);
	shadow_check(&shadow, b, 0, row->name);
}

static const struct bench_opts *opts_for(const bool *shared)
{
	static struct bench_opts opts = { .flow_cnt = BENCH_SLOTS, .stack_proto = IPPROTO_TCP };

	opts.shared = *shared;
	return &opts;
}

static void test_all_rows(void **state)
{
	struct bench b;
	int left = 0;

	assert_int_equal(bench_open(&b, opts_for(*state)), 0);
	for_each_row(row) {
		bench_reset(&b);
		check_row(&b, row);
		left += is_left(row);
	}
	bench_close(&b);
	/* TCP over IPv4 and IPv6, behind tags and extension headers. */
	assert_true(left >= 4);
}

/* While flows leave their rings, TCP has none to leave; and before, nothing is looked at. */
static void test_gates(void **state)
{
	static const struct {
		enum rfs_gate gate;
		enum rfs_stat stat;
	} gates[] = { { RFS_GATE_DRAIN, RFS_STAT_PASS_STACK },
		      { RFS_GATE_CLOSED, RFS_STAT_PASS_CLOSED } };
	struct flow flow = packet_flow(false, IPPROTO_TCP);
	struct bench b;

	packet_of_flow(&packet, &flow);
	assert_int_equal(bench_open(&b, opts_for(*state)), 0);
	for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
		bench_reset(&b);
		bench_gate(&b, gates[i].gate, 0);
		shadow_take(&shadow, &b, 0);
		shadow.stats.count[gates[i].stat]++;
		verdict_check(bench_run(&b, 0, &packet), XDP_PASS, stat_name[gates[i].stat]);
		shadow_check(&shadow, &b, 0, stat_name[gates[i].stat]);
	}
	bench_close(&b);
}

void add_stack_tests(void)
{
	static const bool native_mode = false, generic_mode = true;

	suite_add("TCP to the stack: all packets", test_all_rows, &native_mode);
	suite_add("TCP to the stack: all packets; generic mode", test_all_rows, &generic_mode);
	suite_add("TCP to the stack: gates", test_gates, &native_mode);
	suite_add("TCP to the stack: gates; generic mode", test_gates, &generic_mode);
}
