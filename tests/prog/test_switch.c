// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_switch.c - the switch rule: when may a slot leave its CPU? The test writes the counters that
 * the kthread and the recorder would have written, and sees where the next packet goes.
 *
 * Both modes see the same rows. In generic mode several CPUs fill a ring, so what was delivered
 * proves nothing there; a slot leaves only with nothing in flight.
 */
#include <stdio.h>

#include <linux/bpf.h>

#include "rfs/rules.h"
#include "suite.h"
#include "task.h"

enum place { ON_A, ON_B, LOCAL };
enum task { NEVER_RAN, ASLEEP, RUNNING, UNREADABLE };
enum moves { STAYS, MOVES };

#define G32 (1ULL << 32)

struct switch_row {
	const char *name;
	enum place from;
	enum place to;
	__u32 qtail;
	__u64 tail, popped, delivered; /* of the ring that the slot is on */
	__u64 full, error;
	enum task task;
	enum moves native;
	enum moves shared;
};

static const struct switch_row rows[] = {
	/* Rule 2: the slot's last frame is delivered. */
	{ "nothing delivered", ON_A, ON_B, 5, 5, 3, 2, 0, 0, RUNNING, STAYS, STAYS },
	{ "all popped, not all delivered", ON_A, ON_B, 5, 5, 5, 4, 0, 0, RUNNING, STAYS, STAYS },
	{ "one short of delivered", ON_A, ON_B, 5, 9, 8, 4, 0, 0, ASLEEP, STAYS, STAYS },
	{ "just delivered", ON_A, ON_B, 5, 9, 8, 5, 0, 0, RUNNING, MOVES, STAYS },
	{ "long delivered", ON_A, ON_B, 5, 900, 880, 800, 0, 0, RUNNING, MOVES, STAYS },
	{ "from the second CPU to the first", ON_B, ON_A, 5, 9, 8, 5, 0, 0, RUNNING, MOVES, STAYS },
	{ "second CPU, not delivered", ON_B, ON_A, 5, 9, 8, 4, 0, 0, RUNNING, STAYS, STAYS },

	/* Rule 3: nothing in flight, and the kthread asleep, or the ring never used. */
	{ "all popped, kthread asleep", ON_A, ON_B, 5, 5, 5, 2, 0, 0, ASLEEP, MOVES, MOVES },
	{ "all popped, kthread not trusted yet", ON_A, ON_B, 5, 5, 5, 2, 0, 0, NEVER_RAN, STAYS,
	  STAYS },
	{ "all popped, kthread runs", ON_A, ON_B, 5, 5, 5, 2, 0, 0, RUNNING, STAYS, STAYS },
	{ "all popped, kthread's state unreadable", ON_A, ON_B, 5, 5, 5, 2, 0, 0, UNREADABLE, STAYS,
	  STAYS },
	{ "one in flight, kthread asleep", ON_A, ON_B, 5, 6, 5, 4, 0, 0, ASLEEP, STAYS, STAYS },
	{ "one in flight, kthread never ran", ON_A, ON_B, 6, 6, 5, 0, 0, 0, NEVER_RAN, STAYS,
	  STAYS },
	{ "ring never used", ON_A, ON_B, 1, 0, 0, 0, 0, 0, NEVER_RAN, MOVES, MOVES },
	{ "ring never reached", ON_A, ON_B, 3, 3, 0, 0, 1, 2, NEVER_RAN, MOVES, MOVES },
	{ "more popped than counted", ON_A, ON_B, 5, 5, 6, 4, 0, 0, ASLEEP, STAYS, STAYS },

	/* Frames that never entered are no frames in flight. */
	{ "two lost to a full ring, rest popped", ON_A, ON_B, 8, 10, 8, 2, 2, 0, ASLEEP, MOVES,
	  MOVES },
	{ "two lost to errors, rest popped", ON_A, ON_B, 8, 10, 8, 2, 0, 2, ASLEEP, MOVES, MOVES },
	{ "one lost each way, rest popped", ON_A, ON_B, 8, 10, 8, 2, 1, 1, ASLEEP, MOVES, MOVES },
	{ "two lost, one in flight", ON_A, ON_B, 8, 11, 8, 2, 1, 1, ASLEEP, STAYS, STAYS },
	{ "lost behind the slot's frame: no delivery", ON_A, ON_B, 8, 18, 7, 7, 9, 1, ASLEEP, STAYS,
	  STAYS },
	{ "lost, and the slot's frame delivered", ON_A, ON_B, 8, 18, 8, 8, 5, 4, RUNNING, MOVES,
	  STAYS },

	/* Counters of 64 bits, the slot's of 32: near the wrap, and beyond. */
	{ "wrap: qtail 2^32 - 1, delivered so", ON_A, ON_B, 0xffffffff, G32 + 4, G32, G32 - 1, 0, 0,
	  RUNNING, MOVES, STAYS },
	{ "wrap: qtail 2^32 - 1, one short", ON_A, ON_B, 0xffffffff, G32 + 4, G32, G32 - 2, 0, 0,
	  RUNNING, STAYS, STAYS },
	{ "wrap: qtail 0, delivered 2^32 - 1", ON_A, ON_B, 0, G32, G32 - 1, G32 - 1, 0, 0, RUNNING,
	  STAYS, STAYS },
	{ "wrap: qtail 0, delivered 2^32", ON_A, ON_B, 0, G32 + 1, G32, G32, 0, 0, RUNNING, MOVES,
	  STAYS },
	{ "wrap: qtail 3, delivered 2^32 - 5", ON_A, ON_B, 3, G32 + 3, G32, G32 - 5, 0, 0, RUNNING,
	  STAYS, STAYS },
	{ "wrap: qtail 2^32 - 5, delivered 2^32 + 3", ON_A, ON_B, 0xfffffffb, G32 + 9, G32 + 8,
	  G32 + 3, 0, 0, RUNNING, MOVES, STAYS },
	{ "wrap: next qtail is 0", ON_A, ON_B, 0xffffffff, G32 - 1, G32 - 2, G32 - 3, 0, 0, RUNNING,
	  STAYS, STAYS },
	{ "wrap: popped across, all out", ON_A, ON_B, 2, G32 + 2, G32 + 2, G32 - 9, 0, 0, ASLEEP,
	  MOVES, MOVES },
	{ "wrap: one in flight across", ON_A, ON_B, 0, G32, G32 - 1, G32 - 9, 0, 0, ASLEEP, STAYS,
	  STAYS },
	{ "wrap: lost across", ON_A, ON_B, 0xfffffffe, G32 + 3, G32 - 2, G32 - 9, 3, 2, ASLEEP,
	  MOVES, MOVES },
	{ "2^31 - 1 behind", ON_A, ON_B, 0, 0x80000009, 0x80000008, 0x7fffffff, 0, 0, RUNNING,
	  MOVES, STAYS },
	{ "many rounds on: qtail and delivered high", ON_A, ON_B, 77, 9 * G32 + 80, 9 * G32 + 79,
	  9 * G32 + 77, 0, 0, RUNNING, MOVES, STAYS },

	/* From "no CPU": packets that were passed may be held in the driver's GRO. */
	{ "local: never passed one", LOCAL, ON_A, 0, 0, 0, 0, 0, 0, NEVER_RAN, MOVES, MOVES },
	{ "local: last one may be held", LOCAL, ON_A, 5, 5, 4, 4, 0, 0, NEVER_RAN, STAYS, STAYS },
	{ "local: last one delivered", LOCAL, ON_A, 5, 5, 5, 5, 0, 0, NEVER_RAN, MOVES, MOVES },
	{ "local: delivered, others behind it not", LOCAL, ON_B, 5, 9, 5, 5, 0, 0, NEVER_RAN, MOVES,
	  STAYS },
	{ "local: wrap, delivered", LOCAL, ON_B, 0xffffffff, G32 + 2, G32 + 2, G32 + 2, 0, 0,
	  NEVER_RAN, MOVES, MOVES },
	{ "local: wrap, held", LOCAL, ON_B, 1, G32 + 1, G32 - 1, G32 - 1, 0, 0, NEVER_RAN, STAYS,
	  STAYS },

	/* To "no CPU": the gate is at drain. */
	{ "drain: delivered", ON_A, LOCAL, 5, 9, 8, 5, 0, 0, RUNNING, MOVES, STAYS },
	{ "drain: not delivered", ON_A, LOCAL, 5, 5, 4, 4, 0, 0, RUNNING, STAYS, STAYS },
	{ "drain: all popped, asleep", ON_B, LOCAL, 5, 5, 5, 4, 0, 0, ASLEEP, MOVES, MOVES },
	{ "drain: all popped, runs", ON_B, LOCAL, 5, 5, 5, 4, 0, 0, RUNNING, STAYS, STAYS },

	/* Who does not want to move is not asked. */
	{ "wants to stay, undelivered", ON_A, ON_A, 5, 5, 3, 2, 0, 0, RUNNING, STAYS, STAYS },
	{ "wants to stay, delivered", ON_B, ON_B, 5, 9, 9, 9, 0, 0, ASLEEP, STAYS, STAYS },
	{ "wants to stay, after losses", ON_A, ON_A, 5, 9, 6, 5, 1, 1, ASLEEP, STAYS, STAYS },
	{ "drain, wants to stay local", LOCAL, LOCAL, 5, 5, 3, 3, 0, 0, NEVER_RAN, STAYS, STAYS },
};

static __u32 cpu_of(enum place place)
{
	return place == ON_A ? cpu_a : place == ON_B ? cpu_b : RPS_NO_CPU;
}

static __u32 ring_of(enum place place)
{
	return place == LOCAL ? ring_local : cpu_of(place);
}

static __u64 task_of(enum task task)
{
	__u64 address = task == ASLEEP ? task_asleep() : task == RUNNING ? task_running() : 0;

	if (task == UNREADABLE)
		return 1;
	if (task != NEVER_RAN && !address)
		fail_msg("cannot find a task_struct");
	return address;
}

/* The flow, its slot, the reader that it should go to, and the ring that it is on. */
static void arrange(struct bench *b, const struct switch_row *row, const struct flow *flow,
		    __u32 slot)
{
	struct rps_ring *ring = &b->q[0].rings[ring_of(row->from)];
	struct rps_ring *target = &b->q[0].rings[ring_of(row->to)];
	struct rps_thread *thread;

	if (row->to == LOCAL)
		bench_gate(b, RFS_GATE_DRAIN, 0);
	else
		bench_reader(b, flow, cpu_of(row->to));
	bench_set_slot(b, 0, slot,
		       (struct rps_dev_flow){ .cpu = cpu_of(row->from), .qtail = row->qtail });
	/* Busy, and with losses of its own: none of that may matter but to the new qtail. */
	target->tail = 100;
	target->popped = 90;
	if (row->to != LOCAL) {
		target->lost_ring_full = 3;
		target->lost_redirect_error = 2;
	}
	ring->tail = row->tail;
	ring->popped = row->popped;
	ring->delivered = row->delivered;
	ring->lost_ring_full = row->full;
	ring->lost_redirect_error = row->error;
	/* No mark tells more than delivered does: test_marks() has those. */
	ring->last.at = ring->snap.at = 1;
	if (row->from == LOCAL)
		return;
	thread = &b->threads[cpu_of(row->from)];
	thread->task = task_of(row->task);
	thread->owner = thread->task ?: row->popped;
}

static void check_row(struct bench *b, const struct switch_row *row)
{
	static struct packet packet;
	static struct shadow shadow;
	struct flow flow = flow_number(500);
	__u32 slot = rps_slot(flow_hash(bench_key, &flow).hash, b->flow_cnt), verdict;
	bool moves = (b->shared ? row->shared : row->native) == MOVES;
	enum place place = moves ? row->to : row->from;
	enum rfs_stat how = row->to == LOCAL ? RFS_STAT_HASH_STEERED : RFS_STAT_FLOW_STEERED;
	struct rps_ring *ring = &shadow.rings[ring_of(place)];

	packet_of_flow(&packet, &flow);
	arrange(b, row, &flow, slot);
	shadow_take(&shadow, b, 0);
	ring->tail++;
	shadow.slots[slot].cpu = cpu_of(place);
	shadow.slots[slot].qtail =
		b->shared ? row->qtail + 1
			  : ring->tail - ring->lost_ring_full - ring->lost_redirect_error;
	if (moves && row->to != LOCAL && (row->from != LOCAL || row->qtail))
		shadow.stats.count[RFS_STAT_MOVES_MADE]++;
	if (!moves && row->from != row->to)
		shadow.stats.count[RFS_STAT_MOVES_DEFERRED]++;
	shadow.stats.count[place == LOCAL ? RFS_STAT_PASS_LOCAL : how]++;
	verdict = bench_run(b, 0, &packet);
	verdict_check(verdict, place == LOCAL ? XDP_PASS : XDP_REDIRECT, row->name);
	shadow_check(&shadow, b, 0, row->name);
}

/*
 * Rule 2 by marks: where the thread got to tells of the last frame that was popped, and of an
 * earlier one, more than what the ring's own counter does.
 */
struct mark_row {
	const char *name;
	__u32 qtail;
	struct rps_mark last, snap;
	__u64 delivered; /* by the thread, of all queues' frames */
	enum moves moves;
};

static const struct mark_row mark_rows[] = {
	{ "last one delivered", 5, { 5, 90 }, { 3, 70 }, 90, MOVES },
	{ "last one not delivered", 5, { 5, 90 }, { 3, 70 }, 89, STAYS },
	{ "earlier one delivered", 3, { 5, 90 }, { 3, 70 }, 70, MOVES },
	{ "earlier one not delivered", 3, { 5, 90 }, { 3, 70 }, 69, STAYS },
	{ "between the two", 4, { 5, 90 }, { 3, 70 }, 89, STAYS },
	{ "behind the last", 6, { 5, 90 }, { 3, 70 }, 1000, STAYS },
	{ "before both, and of the counter", 1, { 5, 90 }, { 3, 70 }, 69, MOVES },
	{ "the thread's frames wrap", 5, { 5, 3 }, { 3, 0xfffffff0 }, G32 + 3, MOVES },
	{ "the thread's frames wrap, not there", 5, { 5, 3 }, { 3, 0xfffffff0 }, G32 + 2, STAYS },
	{ "they wrap behind it", 5, { 5, 0xfffffff3 }, { 3, 0xfffffff0 }, G32 + 3, MOVES },
	{ "delivered long ago", 5, { 5, 90 }, { 3, 70 }, 0x80000090, MOVES },
};

static void check_marks(struct bench *b, const struct mark_row *row)
{
	const struct switch_row as = {
		.name = row->name,
		.from = ON_A,
		.to = ON_B,
		.qtail = row->qtail,
		.tail = 9,
		.popped = 5,
		.delivered = 2,
		.task = RUNNING,
	};
	struct flow flow = flow_number(500);
	__u32 slot = rps_slot(flow_hash(bench_key, &flow).hash, b->flow_cnt), cpu;
	static struct packet packet;

	packet_of_flow(&packet, &flow);
	arrange(b, &as, &flow, slot);
	b->q[0].rings[cpu_a].last = row->last;
	b->q[0].rings[cpu_a].snap = row->snap;
	b->threads[cpu_a].delivered = b->threads[cpu_a].taken = row->delivered;
	verdict_check(bench_run(b, 0, &packet), XDP_REDIRECT, row->name);
	cpu = bench_slot(b, 0, slot).cpu;
	if (cpu != (row->moves == MOVES && !b->shared ? cpu_b : cpu_a))
		fail_msg("%s: the slot is on CPU %u", row->name, cpu);
}

/* In generic mode marks tell nothing. */
static void test_marks(void **state)
{
	for (size_t i = 0; i < sizeof(mark_rows) / sizeof(mark_rows[0]); i++) {
		bench_reset(*state);
		check_marks(*state, &mark_rows[i]);
	}
}

static void test_native(void **state)
{
	check_row(&plain, *state);
}

static void test_shared(void **state)
{
	check_row(&generic, *state);
}

void add_switch_tests(void)
{
	static char names[2 * sizeof(rows) / sizeof(rows[0])][96];
	char *name = names[0];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(name, sizeof(names[0]), "switch: %s", rows[i].name);
		suite_add(name, test_native, &rows[i]);
		name += sizeof(names[0]);
		snprintf(name, sizeof(names[0]), "switch, generic mode: %s", rows[i].name);
		suite_add(name, test_shared, &rows[i]);
		name += sizeof(names[0]);
	}
	suite_add("switch: by marks", test_marks, &plain);
	suite_add("switch: not by marks; generic mode", test_marks, &generic);
}
