// SPDX-License-Identifier: GPL-2.0-only
/* test_rows.c - each row of the packet tables, in native and generic mode. */
#include <string.h>

#include "oracle.h"
#include "rfs/rules.h"
#include "rows.h"
#include "suite.h"

static struct packet packet;
static struct shadow shadow;

/* The one packet of a fresh slot: counted in its CPU's ring, noted in its slot, nothing else. */
static void expect_steered(struct bench *b, const struct flow *flow, __u32 cpu, enum rfs_stat how)
{
	__u32 slot = rps_slot(flow_hash(bench_key, flow).hash, b->flow_cnt);

	shadow_take(&shadow, b, 0);
	shadow.rings[cpu].tail++;
	shadow.slots[slot] = (struct rps_dev_flow){ .cpu = cpu, .qtail = 1 };
	shadow.stats.count[how]++;
}

static void check_steered(struct bench *b, const struct row *row)
{
	struct flow flow = packet_flow(row->v6, row->proto);
	__u32 cpu = bench_fallback(b, flow_hash(bench_key, &flow).hash);

	expect_steered(b, &flow, cpu, RFS_STAT_HASH_STEERED);
	verdict_check(bench_run(b, 0, &packet), XDP_REDIRECT, row->name);
	shadow_check(&shadow, b, 0, row->name);

	/* The hash's key too: with a reader on the other CPU it goes there. */
	bench_reset(b);
	cpu = cpu == cpu_a ? cpu_b : cpu_a;
	bench_reader(b, &flow, cpu);
	expect_steered(b, &flow, cpu, RFS_STAT_FLOW_STEERED);
	verdict_check(bench_run(b, 0, &packet), XDP_REDIRECT, row->name);
	shadow_check(&shadow, b, 0, row->name);
}

static void check_passed(struct bench *b, const struct row *row)
{
	shadow_take(&shadow, b, 0);
	shadow.stats.count[row->stat]++;
	verdict_check(bench_run(b, 0, &packet), XDP_PASS, row->name);
	shadow_check(&shadow, b, 0, row->name);
}

static void test_row(void **state)
{
	struct bench *const benches[] = { &plain, &generic };
	const struct row *row = *state;

	packet_build(&packet, row->layers);
	for (int i = 0; i < 2; i++) {
		if (row->stat == RFS_STAT_HASH_STEERED)
			check_steered(benches[i], row);
		else
			check_passed(benches[i], row);
	}
}

/* The random tests believe the oracle, so it is held against the tables. */
static void test_oracle(void **state)
{
	(void)state;
	for_each_row(row) {
		struct flow want = packet_flow(row->v6, row->proto), flow;
		enum rfs_stat stat;

		packet_build(&packet, row->layers);
		if (packet.need > ORACLE_LINEAR)
			continue;
		stat = oracle(&packet, &flow);
		if (stat != row->stat)
			fail_msg("%s: the oracle says %s, the table %s", row->name,
				 stat_name[stat], stat_name[row->stat]);
		if (stat == RFS_STAT_HASH_STEERED &&
		    (flow.v6 != want.v6 || flow.proto != want.proto || flow.sport != want.sport ||
		     flow.dport != want.dport || memcmp(flow.src, want.src, sizeof(want.src)) ||
		     memcmp(flow.dst, want.dst, sizeof(want.dst))))
			fail_msg("%s: the oracle sees another flow", row->name);
	}
}

void add_row_tests(void)
{
	suite_add("the oracle agrees with the tables", test_oracle, NULL);
	for_each_row(row)
		suite_add(row->name, test_row, row);
}
