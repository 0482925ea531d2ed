// SPDX-License-Identifier: GPL-2.0-only
/* test_state.c - gates, readers, both directions of a flow. */
#include <linux/bpf.h>
#include <linux/in.h>

#include "rfs/rules.h"
#include "rows.h"
#include "suite.h"
#include "task.h"

static struct packet packet;
static struct shadow shadow;

static __u32 other(__u32 cpu)
{
	return cpu == cpu_a ? cpu_b : cpu_a;
}

static __u32 slot_of(const struct bench *b, const struct flow *flow)
{
	return rps_slot(flow_hash(bench_key, flow).hash, b->flow_cnt);
}

static struct rps_dev_flow slot_to(__u32 cpu, __u32 qtail)
{
	return (struct rps_dev_flow){ .cpu = cpu, .qtail = qtail };
}

/* ---- gates ---- */

/* Closed: whatever comes, it is passed, counted, and nothing is touched. */
static void test_gate_closed(void **state)
{
	struct bench *b = *state;
	struct flow flow = flow_number(1);

	bench_gate(b, RFS_GATE_CLOSED, 0);
	bench_reader(b, &flow, cpu_a);
	for_each_row(row) {
		packet_build(&packet, row->layers);
		shadow_take(&shadow, b, 0);
		shadow.stats.count[RFS_STAT_PASS_CLOSED]++;
		verdict_check(bench_run(b, 0, &packet), XDP_PASS, row->name);
		shadow_check(&shadow, b, 0, row->name);
	}
	packet_of_flow(&packet, &flow);
	shadow_take(&shadow, b, 0);
	shadow.stats.count[RFS_STAT_PASS_CLOSED]++;
	verdict_check(bench_run(b, 0, &packet), XDP_PASS, "flow with a reader");
	shadow_check(&shadow, b, 0, "flow with a reader");
}

/* Draining an empty slot: the packet is passed, and noted in the local ring and the slot. */
static void test_gate_drain(void **state)
{
	struct bench *b = *state;
	struct flow flow = flow_number(1);
	__u32 slot = slot_of(b, &flow);

	bench_gate(b, RFS_GATE_DRAIN, 0);
	bench_reader(b, &flow, cpu_a);
	packet_of_flow(&packet, &flow);
	shadow_take(&shadow, b, 0);
	for (int i = 1; i <= 3; i++) {
		shadow.stats.count[RFS_STAT_PASS_LOCAL]++;
		shadow.rings[ring_local].tail++;
		shadow.slots[slot] = slot_to(RPS_NO_CPU, i);
		verdict_check(bench_run(b, 0, &packet), XDP_PASS, "drain");
		shadow_check(&shadow, b, 0, "drain");
	}
	/* What cannot be followed is passed without a trace. */
	packet_build(&packet, (struct layer[]){ ETH(ETH_P_ARP), FILL(46), {} });
	shadow.stats.count[RFS_STAT_PASS_NOT_IP]++;
	verdict_check(bench_run(b, 0, &packet), XDP_PASS, "drain, ARP");
	shadow_check(&shadow, b, 0, "drain, ARP");
}

/* Attach, traffic, detach, as the loader does it; the test plays the recorder. */
static void test_gate_sequence(void **state)
{
	struct bench *b = *state;
	struct flow flow = flow_number(7);
	struct rps_ring *rings = b->q[0].rings;
	__u32 cpu = bench_fallback(b, flow_hash(bench_key, &flow).hash);

	packet_of_flow(&packet, &flow);
	bench_gate(b, RFS_GATE_CLOSED, 0);
	verdict_check(bench_run(b, 0, &packet), XDP_PASS, "closed");
	bench_gate(b, RFS_GATE_DRAIN, 0);
	verdict_check(bench_run(b, 0, &packet), XDP_PASS, "draining: noted in the slot");
	bench_gate(b, RFS_GATE_OPEN, 0);
	verdict_check(bench_run(b, 0, &packet), XDP_PASS, "open, but GRO may hold the last one");
	rings[ring_local].popped = rings[ring_local].delivered = rings[ring_local].tail;
	verdict_check(bench_run(b, 0, &packet), XDP_REDIRECT, "open, and all passed are delivered");
	assert_int_equal(rings[cpu].tail, 1);
	bench_gate(b, RFS_GATE_DRAIN, 0);
	b->threads[cpu].task = 1; /* a kthread that is not seen asleep */
	verdict_check(bench_run(b, 0, &packet), XDP_REDIRECT, "draining, one under way");
	rings[cpu].popped = rings[cpu].delivered = 2;
	b->threads[cpu].task = task_asleep();
	verdict_check(bench_run(b, 0, &packet), XDP_PASS, "drained");
	assert_int_equal(rings[ring_local].tail, 3);
	assert_int_equal(bench_slot(b, 0, slot_of(b, &flow)).cpu, RPS_NO_CPU);
	bench_gate(b, RFS_GATE_CLOSED, 0);
	verdict_check(bench_run(b, 0, &packet), XDP_PASS, "closed again");
	assert_int_equal(rings[ring_local].tail, 3);
	/* From where it was passed to its CPU; that it was drained is none. */
	assert_int_equal(bench_stats(b).count[RFS_STAT_MOVES_MADE], 1);
}

/* ---- readers ---- */

enum reader { READER_NONE, READER_A, READER_B, READER_UNLISTED, READER_NO_CPU, READER_HUGE,
	      READER_LARGEST };

struct reader_row {
	const char *name;
	enum reader reader;
	bool found; /* it is where the packet goes */
};

static const struct reader_row reader_rows[] = {
	{ "reader: none", READER_NONE, false },
	{ "reader: on the first CPU", READER_A, true },
	{ "reader: on the second CPU", READER_B, true },
	{ "reader: on a CPU that is not allowed", READER_UNLISTED, false },
	{ "reader: on no CPU (RPS_NO_CPU)", READER_NO_CPU, false },
	{ "reader: on the first CPU beyond all sets", READER_HUGE, false },
	{ "reader: on CPU 2^31", READER_LARGEST, false },
};

static __u32 reader_cpu(enum reader reader)
{
	switch (reader) {
	case READER_A:
		return cpu_a;
	case READER_B:
		return cpu_b;
	case READER_UNLISTED:
		return cpu_unmapped;
	case READER_HUGE:
		return RFS_MAX_CPUS;
	case READER_LARGEST:
		return 1U << 31;
	default:
		return RPS_NO_CPU;
	}
}

static void check_reader(struct bench *b, const struct reader_row *row, const struct flow *flow)
{
	__u32 cpu = bench_fallback(b, flow_hash(bench_key, flow).hash), slot = slot_of(b, flow);

	if (row->found)
		cpu = reader_cpu(row->reader);
	if (row->reader != READER_NONE)
		bench_reader(b, flow, reader_cpu(row->reader));
	packet_of_flow(&packet, flow);
	shadow_take(&shadow, b, 0);
	shadow.rings[cpu].tail++;
	shadow.slots[slot] = slot_to(cpu, b->shared ? shadow.slots[slot].qtail + 1
						    : shadow.rings[cpu].tail);
	shadow.stats.count[row->found ? RFS_STAT_FLOW_STEERED : RFS_STAT_HASH_STEERED]++;
	verdict_check(bench_run(b, 0, &packet), XDP_REDIRECT, row->name);
	shadow_check(&shadow, b, 0, row->name);
}

/* Flows of both fallback CPUs, so that no CPU is met by chance. */
static void test_reader(void **state)
{
	struct bench *const benches[] = { &plain, &generic };

	for (int i = 0; i < 2; i++)
		for (__u32 n = 100; n < 120; n++) {
			struct flow flow = flow_number(n);

			bench_reset(benches[i]);
			check_reader(benches[i], *state, &flow);
		}
}

/* The two ends of a flow may both be on this host, each with a reader of its own. */
static void test_directions(void **state)
{
	struct bench *b = *state;

	for (__u32 n = 200; n < 230; n++) {
		struct flow there = flow_number(n), back;
		__u32 cpu, slot;

		if (n % 2)
			there = packet_flow(true, IPPROTO_TCP);
		there.sport += n;
		back = flow_reverse(&there);
		cpu = bench_fallback(b, flow_hash(bench_key, &there).hash);
		slot = slot_of(b, &there);
		bench_reset(b);
		assert_int_equal(slot, slot_of(b, &back));
		/* A reader at one end: the other direction does not follow it. */
		bench_reader(b, &there, other(cpu));
		shadow_take(&shadow, b, 0);
		shadow.rings[cpu].tail++;
		shadow.slots[slot] = slot_to(cpu, 1);
		shadow.stats.count[RFS_STAT_HASH_STEERED]++;
		packet_of_flow(&packet, &back);
		verdict_check(bench_run(b, 0, &packet), XDP_REDIRECT, "the reader's answers");
		shadow_check(&shadow, b, 0, "the reader's answers");
		/* The direction with the reader wants to its CPU, but the slot is shared. */
		shadow.rings[cpu].tail++;
		shadow.slots[slot] = slot_to(cpu, 2);
		shadow.stats.count[RFS_STAT_FLOW_STEERED]++;
		shadow.stats.count[RFS_STAT_MOVES_DEFERRED]++;
		packet_of_flow(&packet, &there);
		verdict_check(bench_run(b, 0, &packet), XDP_REDIRECT, "to the reader");
		shadow_check(&shadow, b, 0, "to the reader");
	}
}

void add_state_tests(void)
{
	suite_add("gate closed: all passed, nothing touched", test_gate_closed, &plain);
	suite_add("gate closed; generic mode", test_gate_closed, &generic);
	suite_add("gate at drain: empty slots stay local", test_gate_drain, &plain);
	suite_add("gate at drain; generic mode", test_gate_drain, &generic);
	suite_add("closed, drain, open, drain, closed", test_gate_sequence, &plain);
	suite_add("closed, drain, open, drain, closed; generic mode", test_gate_sequence, &generic);
	for (size_t i = 0; i < sizeof(reader_rows) / sizeof(reader_rows[0]); i++)
		suite_add(reader_rows[i].name, test_reader, &reader_rows[i]);
	suite_add("both directions: one slot, two keys", test_directions, &plain);
	suite_add("both directions; generic mode", test_directions, &generic);
}
