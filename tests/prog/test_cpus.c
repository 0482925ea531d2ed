// SPDX-License-Identifier: GPL-2.0-only
/* test_cpus.c - the two CPU sets, and the fallback's choice from a list. */
#include <stdio.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "rfs/rules.h"
#include "rows.h"
#include "suite.h"
#include "task.h"
#include "rfs_steer.skel.h"

static struct packet packet;
static struct shadow shadow;

static void expect_to(struct bench *b, const struct flow *flow, __u32 cpu, enum rfs_stat how,
		      const char *row)
{
	__u32 slot = rps_slot(flow_hash(bench_key, flow).hash, b->flow_cnt);

	packet_of_flow(&packet, flow);
	shadow_take(&shadow, b, 0);
	shadow.rings[cpu].tail++;
	shadow.slots[slot].cpu = cpu;
	shadow.slots[slot].qtail = b->shared ? shadow.slots[slot].qtail + 1
					     : shadow.rings[cpu].tail;
	shadow.stats.count[how]++;
	verdict_check(bench_run(b, 0, &packet), XDP_REDIRECT, row);
	shadow_check(&shadow, b, 0, row);
}

static void expect_no_cpu(struct bench *b, const struct flow *flow, const char *row)
{
	packet_of_flow(&packet, flow);
	shadow_take(&shadow, b, 0);
	shadow.stats.count[RFS_STAT_PASS_NO_CPU]++;
	verdict_check(bench_run(b, 0, &packet), XDP_PASS, row);
	shadow_check(&shadow, b, 0, row);
}

/* Which set counts is told by the configuration, for list and allowed CPUs alike. */
static void test_active(void **state)
{
	struct bench *b = *state;
	struct flow f[6];

	for (int i = 0; i < 6; i++)
		f[i] = flow_number(400 + i);
	bench_cpus(b, 0, &cpu_a, 1);
	bench_cpus(b, 1, &cpu_b, 1);
	expect_to(b, &f[0], cpu_a, RFS_STAT_HASH_STEERED, "set 0: list");
	bench_reader(b, &f[1], cpu_a);
	expect_to(b, &f[1], cpu_a, RFS_STAT_FLOW_STEERED, "set 0: allowed");
	bench_reader(b, &f[2], cpu_b);
	expect_to(b, &f[2], cpu_a, RFS_STAT_HASH_STEERED, "set 0: not allowed");
	bench_gate(b, RFS_GATE_OPEN, 1);
	expect_to(b, &f[3], cpu_b, RFS_STAT_HASH_STEERED, "set 1: list");
	bench_reader(b, &f[4], cpu_b);
	expect_to(b, &f[4], cpu_b, RFS_STAT_FLOW_STEERED, "set 1: allowed");
	bench_reader(b, &f[5], cpu_a);
	expect_to(b, &f[5], cpu_b, RFS_STAT_HASH_STEERED, "set 1: not allowed");
	/* The set that does not count is the loader's to write. */
	bench_cpus(b, 0, &cpu_unmapped, 1);
	f[0] = flow_number(410);
	expect_to(b, &f[0], cpu_b, RFS_STAT_HASH_STEERED, "set 1 while set 0 is written");
}

static void test_active_beyond(void **state)
{
	struct flow flow = flow_number(420);

	bench_gate(*state, RFS_GATE_OPEN, 2);
	expect_no_cpu(*state, &flow, "there is no set 2");
	bench_gate(*state, RFS_GATE_OPEN, 0xffffffff);
	expect_no_cpu(*state, &flow, "there is no set 2^32 - 1");
}

/* CPUs leave the set: slots follow as the switch rule allows. */
static void test_cpu_leaves(void **state)
{
	struct bench *b = *state;
	struct flow flow = flow_number(430);
	struct rps_ring *ring = &b->q[0].rings[cpu_a];

	bench_cpus(b, 0, &cpu_a, 1);
	bench_cpus(b, 1, &cpu_b, 1);
	bench_reader(b, &flow, cpu_a);
	packet_of_flow(&packet, &flow);
	bench_run(b, 0, &packet);
	bench_gate(b, RFS_GATE_OPEN, 1);
	bench_run(b, 0, &packet);
	assert_int_equal(ring->tail, 2);
	assert_int_equal(bench_stats(b).count[RFS_STAT_MOVES_DEFERRED], 1);
	ring->popped = ring->delivered = 2;
	b->threads[cpu_a].task = task_asleep();
	bench_run(b, 0, &packet);
	assert_int_equal(ring->tail, 2);
	assert_int_equal(b->q[0].rings[cpu_b].tail, 1);
	assert_int_equal(bench_stats(b).count[RFS_STAT_MOVES_MADE], 1);
	assert_int_equal(bench_stats(b).count[RFS_STAT_HASH_STEERED], 2);
}

static void test_empty_list(void **state)
{
	struct flow flow = flow_number(440);

	bench_cpus(*state, 0, NULL, 0);
	expect_no_cpu(*state, &flow, "no CPU in the list");
	bench_reader(*state, &flow, cpu_a);
	expect_no_cpu(*state, &flow, "no CPU in the list, a reader on one that is not allowed");
}

/* A length beyond the array must not be followed into what lies behind it. */
static void test_long_list(void **state)
{
	struct bench *b = *state;
	static struct rps_cpus cpus;
	__u32 zero = 0, flows = 0;

	cpus.n = 0x80000000;
	bpf_map_update_elem(bpf_map__fd(b->skel->maps.rps_cpus), &zero, &cpus, BPF_ANY);
	for (__u32 n = 0; n < 50; n++) {
		struct flow flow = flow_number(n);
		__u32 slot = rps_slot(flow_hash(bench_key, &flow).hash, b->flow_cnt);

		if (rps_cpu_index(slot, b->flow_cnt, cpus.n) < RFS_MAX_CPUS)
			continue;
		expect_no_cpu(b, &flow, "index beyond the list");
		flows++;
	}
	assert_true(flows > 40);
}

/* All of a list's entries get their share of the slots, in order, whatever the table's size. */
static void check_list(struct bench *b, __u32 n)
{
	__u32 list[7], hits[7] = {};
	char name[64];

	/* Two CPUs, each list of them another pattern. */
	for (__u32 i = 0; i < n; i++)
		list[i] = 0x5a >> (i + n) % 7 & 1 ? cpu_b : cpu_a;
	snprintf(name, sizeof(name), "%u slots, list of %u CPUs", b->flow_cnt, n);
	bench_reset(b);
	bench_cpus(b, 0, list, n);
	for (__u32 i = 0; i < 60; i++) {
		struct flow flow = flow_number(1000 + i);
		__u32 hash = flow_hash(bench_key, &flow).hash;
		__u32 index = (double)(hash % b->flow_cnt) / b->flow_cnt * n;

		hits[index]++;
		expect_to(b, &flow, list[index], RFS_STAT_HASH_STEERED, name);
	}
	for (__u32 i = 0; i < n && b->flow_cnt > n; i++)
		if (!hits[i])
			fail_msg("%s: entry %u got no flow", name, i);
}

static void test_lists(void **state)
{
	static const __u32 sizes[] = { 1, 2, 16, 1024 };
	bool shared = *(const bool *)*state;

	for (int s = 0; s < 4; s++) {
		const struct bench_opts opts = { .flow_cnt = sizes[s], .shared = shared };
		struct bench b;

		assert_int_equal(bench_open(&b, &opts), 0);
		for (__u32 n = 1; n <= 7; n++)
			check_list(&b, n);
		bench_close(&b);
	}
}

void add_cpus_tests(void)
{
	static const bool native_mode = false, generic_mode = true;

	suite_add("CPUs: the active set counts", test_active, &plain);
	suite_add("CPUs: the active set counts; generic mode", test_active, &generic);
	suite_add("CPUs: no such set", test_active_beyond, &plain);
	suite_add("CPUs: one leaves the set", test_cpu_leaves, &plain);
	suite_add("CPUs: one leaves the set; generic mode", test_cpu_leaves, &generic);
	suite_add("CPUs: empty list", test_empty_list, &plain);
	suite_add("CPUs: empty list; generic mode", test_empty_list, &generic);
	suite_add("CPUs: list's length beyond its array", test_long_list, &plain);
	suite_add("CPUs: lists and table sizes", test_lists, &native_mode);
	suite_add("CPUs: lists and table sizes; generic mode", test_lists, &generic_mode);
}
