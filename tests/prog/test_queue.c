// SPDX-License-Identifier: GPL-2.0-only
/* test_queue.c - RX queues and their tables, and what happens where one is missing. */
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../loader/maps/rings.h"
#include "rfs/rules.h"
#include "rows.h"
#include "suite.h"
#include "rfs_steer.skel.h"

static struct packet packet;
static struct shadow shadow[BENCH_QUEUES];

static void take_both(struct bench *b)
{
	for (__u32 q = 0; q < BENCH_QUEUES; q++)
		shadow_take(&shadow[q], b, q);
}

/* The packet is this queue's. Statistics, places and threads are the interface's. */
static void check_both(struct bench *b, __u32 queue, const char *row)
{
	for (__u32 q = 0; q < BENCH_QUEUES; q++) {
		if (q != queue)
			shadow_follow(&shadow[q], &shadow[queue], b, queue);
		shadow_check(&shadow[q], b, q, row);
	}
}

/* In generic mode all queues' packets go through the first one's slots and rings. */
static __u32 slots_of(const struct bench *b, __u32 queue)
{
	return b->shared ? 0 : queue;
}

/* Whatever the slot, and its place, are: the packet went nowhere by them. */
static void any_slot(struct bench *b, __u32 slot)
{
	shadow[0].slots[slot] = bench_slot(b, 0, slot);
	shadow[0].places[slot] = bench_place(b, slot);
	shadow[0].places_set = true;
}

static void expect_pass(struct bench *b, __u32 queue, enum rfs_stat why, const char *row)
{
	take_both(b);
	shadow[0].stats.count[why]++;
	verdict_check(bench_run(b, queue, &packet), XDP_PASS, row);
	check_both(b, 0, row);
}

/* The same, where the slot may have been told of a CPU that no ring leads to. */
static void expect_no_ring(struct bench *b, const struct flow *flow, const char *row)
{
	take_both(b);
	shadow[0].stats.count[RFS_STAT_PASS_NO_CPU]++;
	verdict_check(bench_run(b, 0, &packet), XDP_PASS, row);
	any_slot(b, rps_slot(flow_hash(bench_key, flow).hash, b->flow_cnt));
	check_both(b, 0, row);
}

static void test_queues_apart(void **state)
{
	struct bench *b = *state;

	for (__u32 queue = 0; queue < BENCH_QUEUES; queue++) {
		struct flow flow = flow_number(300);
		__u32 hash = flow_hash(bench_key, &flow).hash, cpu = bench_fallback(b, hash);
		__u32 q = slots_of(b, queue);

		packet_of_flow(&packet, &flow);
		take_both(b);
		shadow[q].stats.count[RFS_STAT_HASH_STEERED]++;
		shadow[q].rings[cpu].tail++;
		shadow[q].slots[rps_slot(hash, b->flow_cnt)] =
			(struct rps_dev_flow){ .cpu = cpu, .qtail = shadow[q].rings[cpu].tail };
		verdict_check(bench_run(b, queue, &packet), XDP_REDIRECT, "its own queue's tables");
		check_both(b, q, "its own queue's tables");
	}
}

static void test_local_note(void **state)
{
	struct bench *b = *state;
	struct flow flow = flow_number(300);
	__u32 slot = rps_slot(flow_hash(bench_key, &flow).hash, b->flow_cnt);
	__u32 q = slots_of(b, 1);

	packet_of_flow(&packet, &flow);
	bench_gate(b, RFS_GATE_DRAIN, 0);
	take_both(b);
	shadow[q].stats.count[RFS_STAT_PASS_LOCAL]++;
	shadow[q].rings[ring_local].tail++;
	shadow[q].slots[slot].qtail = 1;
	verdict_check(bench_run(b, 1, &packet), XDP_PASS, "the second queue is noted");
	check_both(b, q, "the second queue is noted");
}

static void test_beyond_table(void **state)
{
	struct flow flow = flow_number(300);

	packet_of_flow(&packet, &flow);
	expect_pass(*state, BENCH_QUEUES, RFS_STAT_PASS_NO_QUEUE, "queue beyond the table");
	bench_gate(*state, RFS_GATE_DRAIN, 0);
	expect_pass(*state, BENCH_QUEUES, RFS_STAT_PASS_NO_QUEUE, "queue beyond the table, drain");
	packet_build(&packet, (struct layer[]){ ETH(ETH_P_ARP), FILL(46), {} });
	expect_pass(*state, BENCH_QUEUES, RFS_STAT_PASS_NOT_IP, "queue beyond the table, ARP");
}

static void test_missing_table(void **state)
{
	struct bench *b = *state;
	const struct {
		const char *name;
		const struct bpf_map *outer;
		int fd;
	} rows[] = {
		{ "queue without slots", b->skel->maps.rps_dev_flow, b->q[1].slots },
		{ "queue without rings", b->skel->maps.rps_ring, b->q[1].ring_fd },
		{ "queue without CPUMAP", b->skel->maps.cpumap, b->cpumap },
	};
	struct flow flow = flow_number(300);

	packet_of_flow(&packet, &flow);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(bench_outer(rows[i].outer, 1, -1), 0);
		expect_pass(b, 1, RFS_STAT_PASS_NO_QUEUE, rows[i].name);
		verdict_check(bench_run(b, 0, &packet), XDP_REDIRECT, "the other queue goes on");
		assert_int_equal(bench_outer(rows[i].outer, 1, rows[i].fd), 0);
		verdict_check(bench_run(b, 1, &packet), XDP_REDIRECT, "and this one with it");
		bench_reset(b);
	}
}

/* In generic mode it is the first one's that counts, whichever queue a packet comes by. */
static void test_missing_first(void **state)
{
	struct bench *b = *state;
	struct flow flow = flow_number(300);
	const struct bpf_map *outer = b->skel->maps.rps_dev_flow;

	packet_of_flow(&packet, &flow);
	assert_int_equal(bench_outer(outer, 1, -1), 0);
	verdict_check(bench_run(b, 1, &packet), XDP_REDIRECT, "by a queue without slots");
	verdict_check(bench_run(b, BENCH_QUEUES, &packet), XDP_REDIRECT, "beyond the table");
	assert_int_equal(bench_outer(outer, 0, -1), 0);
	expect_pass(b, 1, RFS_STAT_PASS_NO_QUEUE, "the first queue is without slots");
	assert_int_equal(bench_outer(outer, 0, b->q[0].slots), 0);
	assert_int_equal(bench_outer(outer, 1, b->q[1].slots), 0);
}

/*
 * 6.1 tells maps with BTF from maps without, later kernels do not: there a map fits a table only if
 * the table's prototype is of the same kind. So both must be made alike.
 */
static void test_maps_fit(void **state)
{
	struct bench *b = *state;
	int slots = queue_dev_flow(b->flow_cnt), rings = queue_rings(ring_local);
	int err;

	assert_true(slots >= 0 && rings >= 0);
	err = bench_outer(b->skel->maps.rps_dev_flow, 1, slots);
	if (err)
		fail_msg("slots do not fit into rps_dev_flow: %s", strerror(-err));
	err = bench_outer(b->skel->maps.rps_ring, 1, rings);
	if (err)
		fail_msg("rings do not fit into rps_ring: %s", strerror(-err));
	assert_int_equal(bench_outer(b->skel->maps.rps_dev_flow, 1, b->q[1].slots), 0);
	assert_int_equal(bench_outer(b->skel->maps.rps_ring, 1, b->q[1].ring_fd), 0);
	close(slots);
	close(rings);
}

/* ---- CPUs that no ring leads to ---- */

static __u32 set_slot(struct bench *b, const struct flow *flow, __u32 cpu)
{
	__u32 slot = rps_slot(flow_hash(bench_key, flow).hash, b->flow_cnt);

	bench_set_slot(b, 0, slot, (struct rps_dev_flow){ .cpu = cpu, .qtail = 3 });
	return slot;
}

/* Such a slot cannot come about; if it does, the packet must not go anywhere by chance. */
static void test_slot_without_ring(void **state)
{
	static const __u32 cpus[] = { BENCH_RINGS_MAX, RFS_MAX_CPUS, 1U << 31, RPS_NO_CPU - 1 };
	struct flow flow = flow_number(301);

	packet_of_flow(&packet, &flow);
	for (int i = 0; i < 4; i++) {
		set_slot(*state, &flow, cpus[i]);
		expect_pass(*state, 0, RFS_STAT_PASS_NO_CPU, "slot's CPU has no ring");
	}
}

static void test_desired_without_ring(void **state)
{
	static const __u32 list[] = { RFS_MAX_CPUS - 1 };
	struct flow flow = flow_number(301);

	packet_of_flow(&packet, &flow);
	bench_cpus(*state, 0, list, 1);
	expect_no_ring(*state, &flow, "list's CPU has no ring");
	bench_reader(*state, &flow, list[0]);
	expect_no_ring(*state, &flow, "reader's CPU has no ring");
	set_slot(*state, &flow, cpu_a);
	expect_no_ring(*state, &flow, "slot would leave to a CPU without ring");
}

/* A frame that enters no ring must not be counted in one: it would never come out. */
static void test_no_cpumap_entry(void **state)
{
	struct bench *b = *state;
	struct flow flow = flow_number(302);
	__u32 slot = rps_slot(flow_hash(bench_key, &flow).hash, b->flow_cnt);

	packet_of_flow(&packet, &flow);
	bench_cpus(b, 0, &cpu_unmapped, 1);
	for (int i = 0; i < 3; i++) {
		expect_no_ring(b, &flow, "no CPUMAP entry");
	}
	/* Nor may it keep the flow for ever. */
	bench_cpus(b, 0, &cpu_b, 1);
	verdict_check(bench_run(b, 0, &packet), XDP_REDIRECT, "and out of it again");
	assert_int_equal(b->q[0].rings[cpu_b].tail, 1);
	assert_int_equal(bench_slot(b, 0, slot).cpu, cpu_b);
}

/* A move that ends in no ring is no move made. */
static void test_move_without_entry(void **state)
{
	struct bench *b = *state;
	struct flow flow = flow_number(302);

	set_slot(b, &flow, cpu_a);
	packet_of_flow(&packet, &flow);
	bench_cpus(b, 0, &cpu_unmapped, 1);
	expect_no_ring(b, &flow, "move to a CPU without CPUMAP entry");
}

/* Its queues have the same numbers, and a NAPI each. */
static void test_other_device(void **state)
{
	static const enum rfs_gate gates[] = { RFS_GATE_OPEN, RFS_GATE_DRAIN };
	struct bench *b = *state;
	struct flow flow = flow_number(303);

	packet_of_flow(&packet, &flow);
	for (int i = 0; i < 2; i++) {
		bench_gate(b, gates[i], 0);
		take_both(b);
		shadow[0].stats.count[RFS_STAT_PASS_OTHER_DEVICE]++;
		verdict_check(bench_run_from(b, if_nametoindex("lo"), 0, &packet), XDP_PASS,
			      "another device's queue 0");
		check_both(b, 0, "another device's queue 0");
	}
}

void add_queue_tests(void)
{
	suite_add("queue: another device's", test_other_device, &plain);
	suite_add("queue: another device's; generic mode", test_other_device, &generic);
	suite_add("queue: each has its tables", test_queues_apart, &plain);
	suite_add("queue: all have the first one's tables; generic mode", test_queues_apart,
		  &generic);
	suite_add("queue: a local pass is noted for its queue", test_local_note, &plain);
	suite_add("queue: a local pass is noted; generic mode", test_local_note, &generic);
	suite_add("queue: beyond the table", test_beyond_table, &plain);
	suite_add("queue: the loader's maps fit the tables", test_maps_fit, &plain);
	suite_add("queue: a table is missing", test_missing_table, &plain);
	suite_add("queue: the table is missing; generic mode", test_missing_first, &generic);
	suite_add("no CPU: slot's has no ring", test_slot_without_ring, &plain);
	suite_add("no CPU: slot's has no ring; generic mode", test_slot_without_ring, &generic);
	suite_add("no CPU: wanted one has no ring", test_desired_without_ring, &plain);
	suite_add("no CPU: wanted one has no ring; generic mode", test_desired_without_ring,
		  &generic);
	suite_add("no CPU: no CPUMAP entry", test_no_cpumap_entry, &plain);
	suite_add("no CPU: no CPUMAP entry; generic mode", test_no_cpumap_entry, &generic);
	suite_add("no CPU: a move without CPUMAP entry", test_move_without_entry, &plain);
	suite_add("no CPU: a move without CPUMAP entry; generic mode", test_move_without_entry,
		  &generic);
}
