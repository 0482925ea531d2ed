// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_places.c - flows that come by several RX queues. They share a place, which is changed only
 * when it is drained of what any queue put there. The test writes the counters that kthreads and
 * the recorder would have written.
 */
#include <sched.h>

#include <linux/bpf.h>

#include "rfs/rules.h"
#include "suite.h"
#include "task.h"

#define MANY 40 /* queues: some share a bit of a place */

static struct packet packet;

struct places {
	struct bench b;
	struct flow flow;
	__u32 slot;
};

static void places_open(struct places *p, struct bench_opts opts)
{
	opts.flow_cnt = BENCH_SLOTS;
	assert_int_equal(bench_open(&p->b, &opts), 0);
	bench_reset(&p->b);
	p->flow = flow_number(800);
	p->slot = rps_slot(flow_hash(bench_key, &p->flow).hash, BENCH_SLOTS);
	packet_of_flow(&packet, &p->flow);
	/* A thread that is awake: only what it delivered tells. */
	p->b.threads[cpu_a].owner = p->b.threads[cpu_a].task = task_running();
	p->b.threads[cpu_b].owner = p->b.threads[cpu_b].task = task_running();
}

static __u32 ring_of(__u32 cpu)
{
	return cpu == RPS_NO_CPU ? ring_local : cpu;
}

/* All that the queue has put into a CPU's ring, or passed, is delivered; its thread is awake. */
static void delivered(struct places *p, __u32 queue, __u32 cpu)
{
	struct rps_ring *r = &p->b.q[queue].rings[ring_of(cpu)];

	r->popped = r->delivered = r->tail;
}

enum move { NEITHER, DEFERRED, MOVED };

/*
 * The flow's next packet comes by this queue, and goes to this CPU or is passed; then the place
 * says that these queues have put packets there.
 */
static void expect_place(struct places *p, __u32 queue, __u32 cpu, enum move move,
			 struct rps_place place, const char *what)
{
	static struct shadow s;
	__u32 ring = ring_of(cpu), verdict = cpu == RPS_NO_CPU ? XDP_PASS : XDP_REDIRECT;
	struct rfs_stats before = bench_stats(&p->b), now;

	shadow_take(&s, &p->b, queue);
	s.rings[ring].tail++;
	s.slots[p->slot].cpu = cpu;
	s.slots[p->slot].qtail = rps_qtail(&s.rings[ring]);
	s.places[p->slot] = place;
	s.places_set = true;
	verdict_check(bench_run(&p->b, queue, &packet), verdict, what);
	now = bench_stats(&p->b);
	if (now.count[RFS_STAT_MOVES_DEFERRED] - before.count[RFS_STAT_MOVES_DEFERRED] !=
		    !!(move & DEFERRED) ||
	    now.count[RFS_STAT_MOVES_MADE] - before.count[RFS_STAT_MOVES_MADE] != !!(move & MOVED))
		fail_msg("%s: moves are not counted as expected", what);
	s.stats = now;
	shadow_check(&s, &p->b, queue, what);
}

static void expect(struct places *p, __u32 queue, __u32 cpu, enum move move, __u32 queues,
		   const char *what)
{
	expect_place(p, queue, cpu, move, rps_place_at(cpu, queues), what);
}

/* A packet of the first queue goes elsewhere than the place, which stays as it is. */
static void expect_away(struct places *p, __u32 cpu, enum move move, const char *what)
{
	expect_place(p, 0, cpu, move, bench_place(&p->b, p->slot), what);
}

/* The reader stays: the other queue's packets go there too, and no one waits. */
static void test_joins(void **state)
{
	struct places p;

	(void)state;
	places_open(&p, (struct bench_opts){ .queues = 3 });
	bench_reader(&p.b, &p.flow, cpu_a);
	expect(&p, 0, cpu_a, NEITHER, 1, "the first queue");
	expect(&p, 1, cpu_a, NEITHER, 3, "the second joins it");
	expect(&p, 2, cpu_a, NEITHER, 7, "the third as well");
	expect(&p, 0, cpu_a, NEITHER, 7, "the first again");
	bench_close(&p.b);
}

/* The reader moves while one queue's packets are under way, and the flow comes by another. */
static void test_waits_for_other(void **state)
{
	struct places p;

	(void)state;
	places_open(&p, (struct bench_opts){ .queues = 3 });
	bench_reader(&p.b, &p.flow, cpu_a);
	expect(&p, 0, cpu_a, NEITHER, 1, "the first queue");
	bench_reader(&p.b, &p.flow, cpu_b);
	expect(&p, 1, cpu_a, DEFERRED, 3, "by a queue that has nothing there");
	expect(&p, 1, cpu_a, DEFERRED, 3, "its own and the other's are under way");
	delivered(&p, 1, cpu_a);
	expect(&p, 1, cpu_a, DEFERRED, 3, "its own is delivered, the other's is not");
	delivered(&p, 0, cpu_a);
	expect(&p, 1, cpu_a, DEFERRED, 3, "the other's is delivered, its own is not");
	delivered(&p, 1, cpu_a);
	expect(&p, 1, cpu_b, MOVED, 2, "all are delivered");
	expect(&p, 0, cpu_b, MOVED, 3, "the other follows");
	bench_close(&p.b);
}

/* A queue that never had packets there may be the one to change the place. */
static void test_third(void **state)
{
	struct places p;

	(void)state;
	places_open(&p, (struct bench_opts){ .queues = 3 });
	bench_reader(&p.b, &p.flow, cpu_a);
	expect(&p, 0, cpu_a, NEITHER, 1, "the first queue");
	expect(&p, 1, cpu_a, NEITHER, 3, "the second");
	bench_reader(&p.b, &p.flow, cpu_b);
	delivered(&p, 0, cpu_a);
	expect(&p, 2, cpu_a, DEFERRED, 7, "the second's is under way");
	delivered(&p, 1, cpu_a);
	delivered(&p, 2, cpu_a);
	expect(&p, 2, cpu_b, MOVED, 4, "all are delivered");
	delivered(&p, 2, cpu_b);
	bench_reader(&p.b, &p.flow, cpu_a);
	expect(&p, 0, cpu_b, DEFERRED, 5, "who comes to others stays with its first packet");
	delivered(&p, 0, cpu_b);
	expect(&p, 0, cpu_a, MOVED, 1, "and back, by the first");
	bench_close(&p.b);
}

/* By rule 3 as well: nothing of the other's is in flight, and the thread sleeps. */
static void test_asleep(void **state)
{
	struct places p;

	(void)state;
	places_open(&p, (struct bench_opts){});
	bench_reader(&p.b, &p.flow, cpu_a);
	expect(&p, 0, cpu_a, NEITHER, 1, "the first queue");
	bench_reader(&p.b, &p.flow, cpu_b);
	p.b.threads[cpu_a].task = task_asleep();
	expect(&p, 1, cpu_a, DEFERRED, 3, "one in flight, though the thread sleeps");
	p.b.q[0].rings[cpu_a].popped = p.b.q[1].rings[cpu_a].popped = 1;
	p.b.threads[cpu_a].task = task_running();
	expect(&p, 1, cpu_a, DEFERRED, 3, "none in flight, the thread is awake");
	p.b.q[1].rings[cpu_a].popped = 2;
	p.b.threads[cpu_a].task = task_asleep();
	expect(&p, 1, cpu_b, MOVED, 2, "none in flight, and it sleeps");
	/* That stays known: by its own slot the first queue is free to follow, whatever the thread
	 * does. */
	p.b.threads[cpu_a].task = task_running();
	p.b.q[0].rings[cpu_a].tail++;
	expect(&p, 0, cpu_b, MOVED, 3, "what was found drained stays so");
	bench_close(&p.b);
}

/* By marks: the thread delivered so far that the other queue's frame is among it. */
static void test_mark(void **state)
{
	struct places p;
	struct rps_thread *thread;
	struct rps_ring *ring;

	(void)state;
	places_open(&p, (struct bench_opts){});
	thread = &p.b.threads[cpu_a];
	ring = &p.b.q[0].rings[cpu_a];
	bench_reader(&p.b, &p.flow, cpu_a);
	expect(&p, 0, cpu_a, NEITHER, 1, "the first queue");
	bench_reader(&p.b, &p.flow, cpu_b);
	thread->taken = thread->popped = 90;
	thread->delivered = 70;
	rps_ring_pop(ring, thread);
	ring->snap = (struct rps_mark){ 0, 71 };
	expect(&p, 1, cpu_a, DEFERRED, 3, "popped, not delivered");
	delivered(&p, 1, cpu_a);
	thread->delivered = 90;
	expect(&p, 1, cpu_a, DEFERRED, 3, "all before it are delivered");
	delivered(&p, 1, cpu_a);
	thread->delivered = 91;
	expect(&p, 1, cpu_b, MOVED, 2, "it is delivered");
	bench_close(&p.b);
}

/* One that comes by another queue is not to overtake what is passed, nor the other way round. */
static void test_here(void **state)
{
	cpu_set_t before, set;
	struct places p;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&set);
	CPU_SET(cpu_a, &set);
	places_open(&p, (struct bench_opts){ .stay_here = true });
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
	bench_reader(&p.b, &p.flow, cpu_a);
	expect(&p, 0, RPS_NO_CPU, NEITHER, 1, "here");
	bench_reader(&p.b, &p.flow, cpu_b);
	expect(&p, 1, RPS_NO_CPU, DEFERRED, 3, "the driver's GRO may hold the other queue's");
	delivered(&p, 1, RPS_NO_CPU);
	expect(&p, 1, RPS_NO_CPU, DEFERRED, 3, "still");
	delivered(&p, 0, RPS_NO_CPU);
	delivered(&p, 1, RPS_NO_CPU);
	expect(&p, 1, cpu_b, MOVED, 2, "it was flushed");
	bench_reader(&p.b, &p.flow, cpu_a);
	expect(&p, 0, cpu_b, DEFERRED, 3, "here is wanted, and the other's is in its ring");
	delivered(&p, 0, cpu_b);
	delivered(&p, 1, cpu_b);
	/* To here is a move of the queue that makes it. */
	expect(&p, 0, RPS_NO_CPU, MOVED, 1, "here");
	sched_setaffinity(0, sizeof(before), &before);
	bench_close(&p.b);
}

/* A drain waits for the other queue's as any move does. */
static void test_drain(void **state)
{
	struct places p;

	(void)state;
	places_open(&p, (struct bench_opts){});
	bench_reader(&p.b, &p.flow, cpu_a);
	expect(&p, 0, cpu_a, NEITHER, 1, "the first queue");
	bench_gate(&p.b, RFS_GATE_DRAIN, 0);
	expect(&p, 1, cpu_a, DEFERRED, 3, "draining, the other's is under way");
	delivered(&p, 0, cpu_a);
	delivered(&p, 1, cpu_a);
	expect(&p, 1, RPS_NO_CPU, NEITHER, 2, "drained");
	bench_close(&p.b);
}

/*
 * Two polls at once: the place was changed while this queue went by the one before. First its own
 * packets in order, then where the others are.
 */
static void test_conflict(void **state)
{
	struct places p;

	(void)state;
	places_open(&p, (struct bench_opts){ .queues = 3 });
	bench_reader(&p.b, &p.flow, cpu_a);
	expect(&p, 0, cpu_a, NEITHER, 1, "the first queue");
	bench_set_place(&p.b, p.slot, rps_place_at(cpu_b, bench_bit(1)));
	bench_reader(&p.b, &p.flow, cpu_b);
	expect_away(&p, cpu_a, DEFERRED, "the place is wanted, its own are under way");
	bench_reader(&p.b, &p.flow, cpu_a);
	expect_away(&p, cpu_a, NEITHER, "its own place is wanted");
	delivered(&p, 0, cpu_a);
	bench_set_slot(&p.b, 1, p.slot, (struct rps_dev_flow){ cpu_b, 1 });
	p.b.q[1].rings[cpu_b].tail = 1;
	expect(&p, 0, cpu_b, DEFERRED, 3, "its own are delivered, the other's are not");
	bench_close(&p.b);
}

/* Somebody, as detach, is about to move it: not beside him. Who goes there tells him so. */
static void test_marked(void **state)
{
	struct rps_place marked = rps_place_at(cpu_a, 1);
	struct places p;

	(void)state;
	places_open(&p, (struct bench_opts){ .queues = 3 });
	bench_reader(&p.b, &p.flow, cpu_a);
	expect(&p, 0, cpu_a, NEITHER, 1, "alone");
	delivered(&p, 0, cpu_a);
	marked.mover = RPS_MOVER_LOADER;
	bench_set_place(&p.b, p.slot, marked);
	bench_reader(&p.b, &p.flow, cpu_b);
	expect(&p, 0, cpu_a, DEFERRED, 1, "marked");
	delivered(&p, 0, cpu_a);
	bench_set_place(&p.b, p.slot, marked);
	expect(&p, 1, cpu_a, DEFERRED, 3, "marked, by one that was not there");
	delivered(&p, 1, cpu_a);
	expect(&p, 1, cpu_b, MOVED, 2, "the mark is off");
	bench_close(&p.b);
}

/* More queues than a place has bits: those that share one are told apart by their slots. */
static void test_many(void **state)
{
	struct places p;
	__u32 queues = 0;

	(void)state;
	places_open(&p, (struct bench_opts){ .queues = MANY });
	bench_reader(&p.b, &p.flow, cpu_a);
	for (__u32 q = 0; q < MANY; q++) {
		queues |= bench_bit(q);
		expect(&p, q, cpu_a, NEITHER, queues, "one after the other");
	}
	bench_reader(&p.b, &p.flow, cpu_b);
	for (__u32 q = 0; q < MANY; q++)
		if (q != 35)
			delivered(&p, q, cpu_a);
	/* 3 and 35 have the same bit. */
	expect(&p, 3, cpu_a, DEFERRED, ~0U, "by one whose bit it shares");
	delivered(&p, 3, cpu_a);
	expect(&p, 7, cpu_a, DEFERRED, ~0U, "by another");
	delivered(&p, 7, cpu_a);
	delivered(&p, 35, cpu_a);
	expect(&p, 39, cpu_b, MOVED, bench_bit(7), "all are delivered");
	/* The bit may be that of 7, which has nothing there. */
	bench_reader(&p.b, &p.flow, cpu_a);
	expect(&p, 7, cpu_b, DEFERRED, bench_bit(7), "the other's is under way");
	delivered(&p, 7, cpu_b);
	expect(&p, 7, cpu_b, DEFERRED, bench_bit(7), "still");
	delivered(&p, 7, cpu_b);
	delivered(&p, 39, cpu_b);
	expect(&p, 7, cpu_a, MOVED, bench_bit(7), "both are delivered");
	bench_close(&p.b);
}

/* Generic mode has no places: all queues go through the same slots. */
static void test_generic(void **state)
{
	struct flow flow = flow_number(800);
	__u32 slot = rps_slot(flow_hash(bench_key, &flow).hash, BENCH_SLOTS);
	const struct rps_place odd = rps_place_at(cpu_b, 0x1234);

	(void)state;
	packet_of_flow(&packet, &flow);
	bench_set_place(&generic, slot, odd);
	bench_reader(&generic, &flow, cpu_a);
	for (__u32 q = 0; q < BENCH_QUEUES; q++) {
		verdict_check(bench_run(&generic, q, &packet), XDP_REDIRECT, "generic mode");
		assert_int_equal(generic.q[0].rings[cpu_a].tail, q + 1);
	}
	assert_int_equal(bench_slot(&generic, 0, slot).cpu, cpu_a);
	assert_int_equal(bench_slot(&generic, 0, slot).qtail, BENCH_QUEUES);
	assert_int_equal(bench_slot(&generic, 1, slot).cpu, RPS_NO_CPU);
	assert_int_equal(bench_place(&generic, slot).cpu, odd.cpu);
	assert_int_equal(bench_place(&generic, slot).queues, odd.queues);
}

void add_places_tests(void)
{
	suite_add("places: other queues join", test_joins, NULL);
	suite_add("places: wait for another queue's frames", test_waits_for_other, NULL);
	suite_add("places: three queues", test_third, NULL);
	suite_add("places: wait until the thread sleeps", test_asleep, NULL);
	suite_add("places: what marks tell", test_mark, NULL);
	suite_add("places: to and from here", test_here, NULL);
	suite_add("places: draining", test_drain, NULL);
	suite_add("places: two polls at once", test_conflict, NULL);
	suite_add("places: marked by another", test_marked, NULL);
	suite_add("places: more queues than bits", test_many, NULL);
	suite_add("places: none in generic mode", test_generic, NULL);
}
