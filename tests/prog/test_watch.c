// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_watch.c - rings that swallow frames.
 *
 * BPF_PROG_RUN computes a verdict and frees the packet: to the program it is a driver that drops
 * what is redirected. Where a ring is to be a good one, the test says that frames entered, as the
 * recorder would.
 */
#include <linux/bpf.h>

#include "rfs/rules.h"
#include "suite.h"
#include "task.h"

static struct packet packet;

struct watch {
	struct bench b;
	struct flow flow; /* its reader is on cpu_a */
	struct rps_ring *ring;
	struct rps_thread *thread; /* that empties it */
	struct rps_ring *local;
	__u32 max;
};

static void watch_open(struct watch *w, bool shared)
{
	struct bench_opts opts = { .flow_cnt = BENCH_SLOTS, .shared = shared };

	w->max = opts.missing_max = rps_missing_max(shared, ring_local);
	assert_int_equal(bench_open(&w->b, &opts), 0);
	bench_reset(&w->b);
	w->flow = flow_number(700);
	w->ring = &w->b.q[0].rings[cpu_a];
	w->thread = &w->b.threads[cpu_a];
	w->local = &w->b.q[0].rings[ring_local];
	bench_reader(&w->b, &w->flow, cpu_a);
	packet_of_flow(&packet, &w->flow);
}

static __u64 stuck_packets(struct watch *w)
{
	return bench_stats(&w->b).count[RFS_STAT_PASS_STUCK];
}

static void redirects(struct watch *w, __u32 n, const char *what)
{
	for (__u32 i = 0; i < n; i++)
		verdict_check(bench_run(&w->b, 0, &packet), XDP_REDIRECT, what);
}

static void passes(struct watch *w, const char *what)
{
	__u64 before = stuck_packets(w);

	verdict_check(bench_run(&w->b, 0, &packet), XDP_PASS, what);
	if (stuck_packets(w) != before + 1)
		fail_msg("%s: not counted as stuck", what);
}

/* So long ago that a poll has ended since. */
static void age(struct watch *w)
{
	w->ring->missing_jiffies -= RPS_LATE_JIFFIES;
}

static void test_vanish(void **state)
{
	struct watch w;

	watch_open(&w, *(const bool *)*state);
	redirects(&w, w.max, "before it can be told");
	for (int i = 0; i < 3; i++) {
		passes(&w, "the ring swallows frames");
		w.local->popped = w.local->delivered = w.local->tail;
	}
	assert_true(rps_ring_is_stuck(w.ring));
	assert_int_equal(w.ring->tail, w.max);
	assert_int_equal(w.ring->lost_vanished, w.max);
	assert_int_equal(rps_in_flight(w.ring), 0);
	assert_int_equal(w.local->tail, 3);
	assert_int_equal(w.local->missing, 0);
	assert_int_equal(
		bench_slot(&w.b, 0, rps_slot(flow_hash(bench_key, &w.flow).hash, BENCH_SLOTS)).cpu,
		RPS_NO_CPU);
	/* The other CPU's ring is another matter. */
	bench_reader(&w.b, &w.flow, cpu_b);
	redirects(&w, 1, "to the other CPU");
	/* And the ring does not come back by itself. */
	rps_ring_entered(w.ring, 0);
	assert_true(rps_ring_is_stuck(w.ring));
	bench_close(&w.b);
}

/* A healthy ring, if its thread gets no CPU for as long as it likes. */
static void test_slow_thread(void **state)
{
	struct watch w;

	watch_open(&w, *(const bool *)*state);
	for (int i = 0; i < 200; i++) {
		redirects(&w, 8, "a bulk queue's frames");
		age(&w);
		rps_ring_entered(w.ring, 8);
		assert_int_equal(w.ring->missing, 0);
	}
	for (int i = 0; i < 200; i++) {
		redirects(&w, 1, "one by one");
		age(&w);
		rps_ring_entered(w.ring, 1);
	}
	assert_int_equal(w.ring->lost_vanished, 0);
	assert_int_equal(rps_in_flight(w.ring), 1800);
	bench_close(&w.b);
}

/*
 * Nobody tells that frames enter: a kernel need not run tracing programs in whatever task an
 * interrupt came upon. That they do is seen by the ring's thread, which is awake, or did its work.
 */
static void test_unseen(void **state)
{
	struct watch w;
	__u32 max;

	watch_open(&w, *(const bool *)*state);
	max = w.max;
	w.thread->owner = task_running();
	redirects(&w, 3 * max, "the thread is awake, and has no CPU yet");
	age(&w);
	redirects(&w, 1, "for long");
	age(&w);
	redirects(&w, 1, "for longer");
	w.thread->owner = task_asleep();
	w.ring->popped = w.ring->tail;
	redirects(&w, max, "it emptied the ring, and sleeps");
	w.ring->popped = w.ring->tail;
	redirects(&w, max, "again");
	assert_int_equal(w.ring->lost_vanished, 0);
	passes(&w, "nothing came out, and it sleeps");
	assert_int_equal(w.ring->lost_vanished, max);
	assert_int_equal(rps_in_flight(w.ring), 0);
	bench_close(&w.b);
}

/*
 * A whole poll of it: frames wait in the kernel's ring, and what would wake its thread is the
 * poll's end.
 */
static void test_unseen_poll(void **state)
{
	enum { POLL = 4 * RPS_MISSING_MAX };
	struct watch w;

	watch_open(&w, *(const bool *)*state);
	for (int i = 1; i <= 2; i++) {
		bench_poll(&w.b, &packet, POLL);
		assert_int_equal(stuck_packets(&w), 0);
		assert_int_equal(w.ring->tail, i * POLL);
		bench_popped(&w.b, 0, cpu_a);
	}
	assert_int_equal(w.ring->lost_vanished, 0);
	assert_false(rps_ring_is_stuck(w.ring));
	bench_close(&w.b);
}

/* Few packets, each sent again when none comes back: not 16 of them are to be lost. */
static void test_late(void **state)
{
	struct watch w;

	watch_open(&w, *(const bool *)*state);
	redirects(&w, 2, "at once");
	age(&w);
	redirects(&w, 1, "late once");
	age(&w);
	passes(&w, "late twice");
	assert_int_equal(w.ring->lost_vanished, 3);
	bench_close(&w.b);
}

/* Two late ones with a frame that enters between them */
static void test_late_but_enters(void **state)
{
	struct watch w;

	watch_open(&w, *(const bool *)*state);
	for (int i = 0; i < 10; i++) {
		redirects(&w, 1, "first");
		age(&w);
		redirects(&w, 1, "late once");
		rps_ring_entered(w.ring, 2);
	}
	bench_close(&w.b);
}

/* The driver, or a program behind ours, begins to drop in the middle of a poll. */
static void test_later(void **state)
{
	struct watch w;

	watch_open(&w, *(const bool *)*state);
	redirects(&w, 8, "good");
	rps_ring_entered(w.ring, 8);
	redirects(&w, w.max, "up to 8 in the bulk queue, the others vanish");
	passes(&w, "none can come through");
	rps_ring_entered(w.ring, 8);
	assert_true(rps_ring_is_stuck(w.ring));
	assert_int_equal(w.ring->lost_vanished, w.max - 8);
	assert_int_equal(rps_in_flight(w.ring), 16);
	bench_close(&w.b);
}

/* Each redirect fails with an error that the kernel tells: as bad, and counted already. */
static void test_errors(void **state)
{
	struct watch w;

	watch_open(&w, *(const bool *)*state);
	for (__u32 i = 0; i < w.max; i++) {
		redirects(&w, 1, "refused");
		w.ring->lost_redirect_error++;
		w.ring->failed++;
	}
	passes(&w, "no redirect comes through");
	assert_int_equal(w.ring->lost_vanished, 0);
	assert_int_equal(rps_in_flight(w.ring), 0);
	bench_close(&w.b);
}

/* A slot on a stuck ring: its packets wait nowhere, and the flow goes on to a good ring. */
static void test_slot_leaves(void **state)
{
	struct watch w;

	watch_open(&w, *(const bool *)*state);
	redirects(&w, w.max, "before it can be told");
	passes(&w, "from the stuck ring");
	bench_reader(&w.b, &w.flow, cpu_b);
	verdict_check(bench_run(&w.b, 0, &packet), XDP_PASS, "the driver's GRO may hold the last");
	assert_int_equal(stuck_packets(&w), 1);
	w.local->popped = w.local->delivered = w.local->tail;
	redirects(&w, 1, "to the other CPU");
	assert_int_equal(w.b.q[0].rings[cpu_b].tail, 1);
	bench_close(&w.b);
}

static void test_drain(void **state)
{
	struct watch w;

	watch_open(&w, *(const bool *)*state);
	redirects(&w, w.max, "before it can be told");
	bench_gate(&w.b, RFS_GATE_DRAIN, 0);
	w.thread->task = task_running();
	verdict_check(bench_run(&w.b, 0, &packet), XDP_PASS, "draining, from the stuck ring");
	assert_int_equal(w.ring->tail, w.max);
	bench_close(&w.b);
}

static void add_both(const char *native, const char *generic, CMUnitTestFunction test)
{
	static const bool native_mode = false, generic_mode = true;

	suite_add(native, test, &native_mode);
	suite_add(generic, test, &generic_mode);
}

void add_watch_tests(void)
{
	add_both("watch: frames vanish", "watch: frames vanish; generic mode", test_vanish);
	add_both("watch: a slow kthread is no harm", "watch: a slow kthread; generic mode",
		 test_slow_thread);
	add_both("watch: frames enter unseen", "watch: frames enter unseen; generic mode",
		 test_unseen);
	add_both("watch: a poll's frames enter unseen", "watch: a poll's, unseen; generic mode",
		 test_unseen_poll);
	add_both("watch: few and late", "watch: few and late; generic mode", test_late);
	add_both("watch: late, but one enters", "watch: late, but one enters; generic mode",
		 test_late_but_enters);
	add_both("watch: frames begin to vanish", "watch: frames begin to vanish; generic mode",
		 test_later);
	add_both("watch: each redirect fails", "watch: each redirect fails; generic mode",
		 test_errors);
	add_both("watch: a slot leaves a stuck ring", "watch: a slot leaves; generic mode",
		 test_slot_leaves);
	add_both("watch: draining a stuck ring", "watch: draining; generic mode", test_drain);
}
