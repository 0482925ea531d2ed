// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring.c - unit tests of what is counted about a ring and its thread, step by step; model.c has the
 * kernel's thread.
 */
#include "rfs/rules.h"
#include "unit.h"

/* One round of n frames that GRO holds, and what it leaves behind. */
struct step {
	__u32 n;
	bool slept;
	__u32 jiffies;
	__u64 popped;
	__u64 delivered;
};

static void run_steps(struct rps_thread *thread, bool gro, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		thread->taken += steps[i].n;
		rps_thread_event(thread, steps[i].slept, gro, gro, steps[i].jiffies);
		if (thread->popped != steps[i].popped || thread->delivered != steps[i].delivered)
			fail_msg("step %zu: popped %llu, delivered %llu; expected %llu, %llu", i,
				 (unsigned long long)thread->popped,
				 (unsigned long long)thread->delivered,
				 (unsigned long long)steps[i].popped,
				 (unsigned long long)steps[i].delivered);
	}
}

/* Without GRO, a round tells that the ones before it were delivered. */
static void test_no_gro(void **state)
{
	static const struct step steps[] = {
		{ 8, true, 100, 8, 0 },	   { 8, false, 100, 16, 8 },  { 3, false, 100, 19, 16 },
		{ 0, true, 101, 19, 19 },  { 1, false, 101, 20, 19 }, { 8, false, 102, 28, 20 },
		{ 0, false, 102, 28, 28 },
	};
	struct rps_thread thread = {};

	(void)state;
	run_steps(&thread, false, steps, ARRAY_SIZE(steps));
}

/* With GRO, a sleep tells it, whatever was waited for. */
static void test_gro_sleep(void **state)
{
	static const struct step steps[] = {
		{ 8, true, 100, 8, 0 },	  { 8, true, 100, 16, 8 },
		{ 8, false, 100, 24, 8 }, { 8, false, 101, 32, 8 }, /* marks */
		{ 8, true, 101, 40, 32 },			    /* and need not wait any more */
		{ 0, true, 101, 40, 40 }, { 0, true, 102, 40, 40 },
	};
	struct rps_thread thread = {};

	(void)state;
	run_steps(&thread, true, steps, ARRAY_SIZE(steps));
}

/*
 * A ring that is never empty: 64 frames in a later jiffy tell it, not one fewer, and only of frames
 * that were handed on before that jiffy.
 */
static void test_gro_busy(void **state)
{
	static const struct step steps[] = {
		{ 8, true, 100, 8, 0 },	      { 8, true, 100, 16, 8 },
		{ 200, false, 100, 216, 8 }, /* any number within the jiffy tells nothing */
		{ 8, false, 100, 224, 8 },    { 8, false, 101, 232, 8 }, /* marks 224 */
		{ 55, false, 101, 287, 8 },   { 1, false, 105, 288, 8 }, /* 63 since */
		{ 8, false, 105, 296, 8 }, /* 64, for the 8 that were known; asks for 288 */
		{ 64, false, 105, 360, 8 },   { 64, false, 105, 424, 8 },
		{ 64, false, 106, 488, 8 },  /* marks 424 */
		{ 0, false, 107, 488, 288 }, /* 64 since; asks for 488 */
		{ 64, false, 107, 552, 288 }, { 63, false, 108, 615, 288 }, /* marks 552 */
		{ 1, false, 109, 616, 288 },  { 1, false, 109, 617, 488 },
	};
	struct rps_thread thread = {};

	(void)state;
	run_steps(&thread, true, steps, ARRAY_SIZE(steps));
}

/* The same where all 32-bit words wrap; the 64-bit counters must not. */
static void test_gro_wraps(void **state)
{
	static const struct step steps[] = {
		{ 8, true, 0xffffffff, 0xfffffff8, 0xfffffff0 }, /* asks for 0xfffffff0 */
		{ 8, false, 0xffffffff, 0x100000000, 0xfffffff0 },
		{ 8, false, 0, 0x100000008, 0xfffffff0 }, /* marks 0x100000000 */
		{ 56, false, 0, 0x100000040, 0xfffffff0 },
		{ 0, false, 0, 0x100000040, 0xfffffff0 }, /* 64 since; asks for 0x100000040 */
		{ 0, false, 1, 0x100000040, 0xfffffff0 }, /* marks it too */
		{ 64, false, 1, 0x100000080, 0xfffffff0 },
		{ 8, false, 1, 0x100000088, 0x100000040 },
	};
	/* A snap from before the wrap, and a flush after it. */
	static const struct step across[] = {
		{ 8, true, 7, 0x1fffffff8, 0x1fffffff0 },
		{ 0, false, 8, 0x1fffffff8, 0x1fffffff0 }, /* marks 0x1fffffff8 */
		{ 64, false, 8, 0x200000038, 0x1fffffff0 },
		{ 0, false, 8, 0x200000038, 0x1fffffff0 }, /* asks for 0x200000038 */
	};
	struct rps_thread thread = { .taken = 0xfffffff0,
				     .popped = 0xfffffff0,
				     .delivered = 0xfffffff0 };

	(void)state;
	run_steps(&thread, true, steps, ARRAY_SIZE(steps));
	thread = (struct rps_thread){ .taken = 0x1fffffff0, .popped = 0x1fffffff0 };
	run_steps(&thread, true, across, ARRAY_SIZE(across));
}

/* The fields of who the thread is, and of what it could not deliver, are not this function's. */
static void test_touches_its_own(void **state)
{
	const struct rps_thread before = {
		.taken = 508,
		.popped = 500,
		.delivered = 400,
		.owner = 0x1233,
		.task = 0x1234,
		.nvcsw = 55,
		.alloc_failed = 3,
	};

	(void)state;
	for (int i = 0; i < 16; i++) {
		struct rps_thread thread = before;

		thread.marked = i & 1;
		rps_thread_event(&thread, i & 2, i & 4, i & 8, 10);
		assert_int_equal(thread.popped, 508);
		assert_int_equal(thread.taken, before.taken);
		assert_int_equal(thread.owner, before.owner);
		assert_int_equal(thread.task, before.task);
		assert_int_equal(thread.nvcsw, before.nvcsw);
		assert_int_equal(thread.alloc_failed, before.alloc_failed);
	}
}

/* GRO that holds nothing has let go of all that earlier rounds handed to it, and of no more. */
static void test_gro_holds_nothing(void **state)
{
	static const struct {
		__u32 n;
		bool held;
		__u32 jiffies;
		__u64 delivered;
	} rows[] = {
		{ 8, true, 100, 0 },  { 8, false, 100, 8 },
		{ 8, true, 101, 8 },			      /* marks 16, for the 8 */
		{ 64, true, 101, 8 }, { 8, false, 101, 88 },  /* and need not wait any more */
		{ 8, true, 101, 88 }, { 100, true, 101, 88 }, /* nor goes by that mark */
		{ 8, true, 102, 88 }, { 64, true, 102, 88 },
		{ 8, true, 102, 88 },
	};
	struct rps_thread thread = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		thread.taken += rows[i].n;
		rps_thread_event(&thread, false, true, rows[i].held, rows[i].jiffies);
		if (thread.delivered != rows[i].delivered)
			fail_msg("row %zu: delivered %llu", i,
				 (unsigned long long)thread.delivered);
		assert_int_equal(thread.popped, thread.taken);
	}
}

/* A thread's state is trusted once it was seen to sleep; another thread starts anew. */
static void test_owner(void **state)
{
	static const struct {
		__u64 task, nvcsw;
		bool sched, slept;
		__u64 trusted;
	} rows[] = {
		{ 0x10, 5, true, false, 0 },   /* first event: what came before is not known */
		{ 0x10, 5, true, false, 0 },   /* cond_resched() */
		{ 0x10, 6, false, false, 0 },  /* a contended lock, PREEMPT_RT */
		{ 0x10, 7, true, true, 0x10 }, /* a sleep */
		{ 0x10, 7, false, false, 0x10 }, { 0x10, 8, true, true, 0x10 },
		{ 0x20, 9, true, false, 0 }, /* the entry was made anew */
		{ 0x20, 10, true, true, 0x20 },
	};
	struct rps_thread thread = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool slept = rps_thread_owner(&thread, rows[i].task, rows[i].nvcsw, rows[i].sched);

		if (slept != rows[i].slept || thread.task != rows[i].trusted)
			fail_msg("row %zu: slept %d, trusted %llx", i, slept,
				 (unsigned long long)thread.task);
	}
}

/* ---- is its CPU busy? ---- */

#define MS 1000000ULL

/* Waits one after the other; how many of them end with the CPU called busy */
static __u32 waits(struct rps_thread *thread, __u64 wait, __u32 n)
{
	__u32 busy = 0;

	while (n--)
		busy += rps_thread_waited(thread, wait);
	return busy;
}

/* What a machine that is not busy shows: short ones, now and then a long one. */
static void test_not_busy(void **state)
{
	struct rps_thread thread = {};

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(waits(&thread, 50000, 20), 0);
		assert_int_equal(waits(&thread, 1000 * MS, 1), 0);
	}
	assert_int_equal(waits(&thread, RPS_WAIT_NS - 1, 1000), 0);
}

/* A tick each time: called busy soon, for longer and longer, and not after it is over. */
static void test_busy(void **state)
{
	struct rps_thread thread = {};
	__u64 last = 0;

	(void)state;
	assert_int_equal(waits(&thread, 4 * MS, 2), 0);
	assert_int_equal(waits(&thread, 4 * MS, 1), 1);
	assert_int_equal(thread.busy_ns, RPS_BUSY_MIN_NS);
	for (int i = 0; i < 10; i++) {
		last = thread.busy_ns;
		assert_int_equal(waits(&thread, 4 * MS, 1), 1);
		assert_true(thread.busy_ns >= last);
	}
	assert_int_equal(thread.busy_ns, RPS_BUSY_MAX_NS);
	assert_int_equal(waits(&thread, 10000, 40), 0);
	/* It starts from the beginning. */
	assert_int_equal(waits(&thread, 4 * MS, 2), 0);
	assert_int_equal(waits(&thread, 4 * MS, 1), 1);
	assert_int_equal(thread.busy_ns, RPS_BUSY_MIN_NS);
}

/* One that is about as often lucky as not, as beside another of its weight */
static void test_often_busy(void **state)
{
	struct rps_thread thread = {};
	uint64_t seed = 7;
	__u32 busy = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		busy += waits(&thread, rnd(&seed) % (6 * MS), 1);
	assert_true(busy > 50);
}

/* ---- frames of several queues that one thread takes ---- */

/* n frames of one ring; each is seen to be counted once, and in the thread. */
static void pop(struct rps_ring *ring, struct rps_thread *thread, __u32 n)
{
	for (__u32 i = 0; i < n; i++) {
		__u64 popped = ring->popped, taken = thread->taken;

		rps_ring_pop(ring, thread);
		assert_int_equal(ring->popped, popped + 1);
		assert_int_equal(thread->taken, taken + 1);
		assert_int_equal(ring->last.frames, (__u32)ring->popped);
		assert_int_equal(ring->last.at, (__u32)thread->taken);
	}
}

/* The slots that are free are those whose qtail is n or less. */
static void free_up_to(const struct rps_ring *ring, const struct rps_thread *thread, __u32 n)
{
	assert_true(rps_delivered(ring, thread, n - 1));
	assert_true(rps_delivered(ring, thread, n));
	assert_false(rps_delivered(ring, thread, n + 1));
}

/*
 * Two queues' frames in one thread, from any numbers on: of each queue, what is free is told by
 * what the thread delivered of the two, not by what it took, nor by what it took of that queue.
 */
static void check_two_queues(__u32 frames, __u32 at)
{
	struct rps_thread thread = { .taken = at, .popped = at, .delivered = at };
	struct rps_ring a = { .popped = frames,
			      .delivered = frames,
			      .last = { frames, at },
			      .snap = { frames, at } };
	struct rps_ring b = { .last = { 0, at } };

	free_up_to(&a, &thread, frames);
	free_up_to(&b, &thread, 0);
	pop(&a, &thread, 3); /* the first is a's snap */
	pop(&b, &thread, 2);
	free_up_to(&a, &thread, frames);
	free_up_to(&b, &thread, 0);
	thread.delivered = at + 2; /* beyond the snap, before a's last */
	free_up_to(&a, &thread, frames + 1);
	free_up_to(&b, &thread, 0);
	thread.delivered = at + 4;
	free_up_to(&a, &thread, frames + 3); /* by its last, which is the third of all */
	free_up_to(&b, &thread, 1);
	pop(&a, &thread,
	    1); /* the last is another; what it told is counted, and the snap this one */
	assert_int_equal((__u32)a.delivered, (__u32)(frames + 3));
	free_up_to(&a, &thread, frames + 3);
	pop(&a, &thread, 4);
	free_up_to(&a, &thread, frames + 3);
	assert_int_equal((__u32)a.delivered, (__u32)(frames + 3));
	thread.delivered = at + 6; /* the snap again */
	free_up_to(&a, &thread, frames + 4);
	free_up_to(&b, &thread, 2);
	thread.delivered = at + 10; /* all */
	free_up_to(&a, &thread, frames + 8);
	free_up_to(&b, &thread, 2);
}

static void test_two_queues(void **state)
{
	static const __u32 starts[] = { 0, 1, 77, 0x7ffffffc, 0x80000000, 0xfffffff0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		for (size_t j = 0; j < ARRAY_SIZE(starts); j++)
			check_two_queues(starts[i], starts[j]);
}

/* All numbers wrap, the queue's and the thread's each at its own frame; the wide ones go on. */
static void test_pop_wraps(void **state)
{
	(void)state;
	for (__u32 i = 0; i < 12; i++)
		for (__u32 j = 0; j < 12; j++) {
			const __u64 frames = (3ULL << 32) - i, at = (5ULL << 32) - j;
			struct rps_thread thread = { .taken = at, .delivered = at };
			struct rps_ring ring = { .popped = frames,
						 .delivered = frames,
						 .last = { frames, at },
						 .snap = { frames, at } };

			pop(&ring, &thread, 6);
			free_up_to(&ring, &thread, frames);
			thread.delivered = at + 1;
			free_up_to(&ring, &thread, frames + 1);
			pop(&ring, &thread, 1);
			assert_int_equal(ring.delivered, frames + 1);
			thread.delivered = at + 6;
			free_up_to(&ring, &thread, frames + 1);
			thread.delivered = at + 7;
			free_up_to(&ring, &thread, frames + 7);
			pop(&ring, &thread, 1);
			assert_int_equal(ring.delivered, frames + 7);
			assert_int_equal(ring.popped, frames + 8);
		}
}

/* What was delivered moves by what the thread delivered alone, however much is popped. */
static void test_popped_is_not_delivered(void **state)
{
	struct rps_thread thread = {};
	struct rps_ring ring = {};

	(void)state;
	pop(&ring, &thread, 5000);
	assert_int_equal(ring.delivered, 0);
	free_up_to(&ring, &thread, 0);
	rps_thread_event(&thread, false, true, true, 5);
	free_up_to(&ring, &thread, 0);
	rps_thread_event(&thread, true, true, true, 5); /* it slept: what earlier rounds took */
	free_up_to(&ring, &thread, 5000);
}

/* A queue from which nothing came for long: its marks are behind, then seem to be ahead. */
static void test_stale_marks(void **state)
{
	static const struct {
		__u32 at, delivered;
		bool reached;
	} rows[] = {
		{ 100, 100, true },
		{ 100, 99, false },
		{ 100, 0, false },
		{ 100, 0xfffffff0, false },
		{ 0, 0, true },
		{ 0, 0xffffffff, false },
		{ 0xffffffff, 0, true },
		{ 100, 101, true },
		{ 100, 100U + 0x7fffffff, true },
		{ 100, 100U + 0x80000000, true },
		{ 100, 100U + 0xbfffffff, true },  /* 3 * 2^30 - 1 behind, or 2^30 + 1 ahead */
		{ 100, 100U + 0xc0000000, false }, /* as if 2^30 ahead: it waits for rule 3 */
		{ 100, 100 - RPS_AHEAD_MAX, false },
		{ 100, 100 - RPS_AHEAD_MAX - 1, true },
	};
	struct rps_thread thread = {};
	struct rps_ring ring = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rps_mark mark = { .at = rows[i].at };

		thread.delivered = rows[i].delivered;
		thread.taken = thread.delivered + 1;
		if (rps_mark_reached(mark, &thread) != rows[i].reached)
			fail_msg("row %zu", i);
	}
	thread = (struct rps_thread){};
	pop(&ring, &thread, 3);
	thread.taken = thread.delivered = 3 + 0xb0000000;
	free_up_to(&ring, &thread, 3);
	/* It comes back: what was free is, and what comes now is not. */
	pop(&ring, &thread, 2);
	free_up_to(&ring, &thread, 3);
	thread.delivered = thread.taken;
	free_up_to(&ring, &thread, 5);
}

/* What was found delivered stays so, whatever comes, and whoever found it. */
static void test_settled(void **state)
{
	struct rps_thread thread = {};
	struct rps_ring ring = {};

	(void)state;
	pop(&ring, &thread, 5);
	free_up_to(&ring, &thread, 0);
	rps_ring_settled(&ring, 5); /* it was idle */
	free_up_to(&ring, &thread, 5);
	pop(&ring, &thread, 40);
	free_up_to(&ring, &thread, 5);
	rps_ring_settled(&ring, 3); /* told late */
	free_up_to(&ring, &thread, 5);
	/* Long ago, it tells nothing, rather than the opposite. */
	ring.popped = ring.delivered = 0x90000000ULL;
	ring.last = ring.snap = (struct rps_mark){ 0x90000000, 45 };
	thread.delivered = 44;
	free_up_to(&ring, &thread, 0x90000000);
}

/* Nobody tells any more what is delivered: frames that are taken on and on are not, for that. */
static void test_recorder_gone(void **state)
{
	struct rps_thread thread = { .delivered = 50 };
	struct rps_mark mark = {};

	(void)state;
	for (thread.taken = 51; thread.taken < 5ULL << 32; thread.taken += 0x1234567) {
		mark.at = thread.taken;
		if (mark.at != 50)
			assert_false(rps_mark_reached(mark, &thread));
	}
}

/* The redirecting CPU's half, and the local ring's fields, are not the kthread's to write. */
static void test_pop_touches_its_half(void **state)
{
	const struct rps_ring before = {
		.tail = 900,
		.lost_ring_full = 1,
		.lost_redirect_error = 2,
		.lost_vanished = 3,
		.cpumap_id = 77,
		.queue_id = 78,
		.missing = 4,
		.failed = 5,
		.missing_jiffies = 6,
		.late = 7,
		.popped = 500,
		.delivered = 400,
		.last = { 500, 900 },
		.snap = { 450, 800 },
		.snap_jiffies = 8,
		.marked = 1,
	};
	const struct rps_thread thread_before = {
		.taken = 1000, .popped = 990, .delivered = 850, .owner = 1, .task = 2, .nvcsw = 3
	};
	struct rps_thread thread = thread_before;
	struct rps_ring ring = before;

	(void)state;
	rps_ring_pop(&ring, &thread);
	assert_int_equal(ring.delivered, 450);
	assert_int_equal(ring.snap.frames, 501);
	assert_int_equal(ring.snap.at, 1001);
	ring.popped = before.popped;
	ring.delivered = before.delivered;
	ring.last = before.last;
	ring.snap = before.snap;
	assert_memory_equal(&ring, &before, sizeof(ring));
	thread.taken--;
	assert_memory_equal(&thread, &thread_before, sizeof(thread));
}

/* Polls of a queue whose packets are passed: what is delivered at which one's end. */
static void test_local(void **state)
{
	static const struct {
		__u64 tail;
		bool held, busy;
		__u32 jiffies;
		__u64 delivered;
	} rows[] = {
		{ 10, false, false, 100, 10 },
		{ 20, true, false, 100, 10 }, /* asked for 10 in this jiffy */
		{ 30, true, false, 101, 10 }, /* its end flushes what was held in 100 */
		{ 40, true, false, 101, 10 }, /* 10 were delivered long ago; asks for 40 */
		{ 50, true, false, 101, 10 },
		{ 60, true, true, 102, 10 }, /* a busy poll flushes nothing */
		{ 60, true, true, 103, 10 },
		{ 70, true, false, 104, 10 }, /* this one does, after the tracepoint */
		{ 80, true, true, 104, 10 },  /* delivered, but let the next one say so */
		{ 90, true, false, 104, 40 }, /* asks for 90 */
		{ 95, false, true, 104, 95 }, /* nothing held is delivered, busy or not */
		{ 99, true, false, 104, 95 }, /* asked for 95 in this jiffy */
		{ 0x100000001, true, false, 105, 95 },
		{ 0x100000002, true, false, 105, 95 },
		{ 0x100000003, true, false, 106, 95 },
		{ 0x100000004, true, false, 106, 0x100000002 }, /* beyond 32 bits */
	};
	struct rps_ring ring = { .cpumap_id = 7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ring.tail = rows[i].tail;
		rps_local_event(&ring, rows[i].held, rows[i].busy, rows[i].jiffies);
		if (ring.delivered != rows[i].delivered || ring.popped != rows[i].delivered)
			fail_msg("row %zu: delivered %llx, popped %llx", i,
				 (unsigned long long)ring.delivered,
				 (unsigned long long)ring.popped);
	}
	assert_int_equal(ring.cpumap_id, 7);
}

/* ---- the watch ---- */

#define MAX RPS_MISSING_MAX
#define AGE RPS_LATE_JIFFIES

/* As the XDP program counts a frame, if the ring takes it. */
static bool count(struct rps_ring *ring, __u32 max, __u32 jiffies)
{
	if (rps_ring_is_stuck(ring) ||
	    (rps_ring_suspect(ring, max, AGE, jiffies) && rps_ring_give_up(ring, false)))
		return false;
	if (!ring->missing++)
		ring->missing_jiffies = jiffies;
	ring->tail++;
	return true;
}

static void test_watch_max(void **state)
{
	static const struct {
		bool shared;
		__u32 cpus, max;
	} rows[] = {
		{ false, 1, 16 }, { false, 4096, 16 }, { true, 1, 16 },
		{ true, 15, 16 }, { true, 16, 17 },    { true, 8192, 8193 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(rps_missing_max(rows[i].shared, rows[i].cpus), rows[i].max);
}

/* Whatever fills and empties bulk queues of eight, at any age, no ring is taken for a stuck one. */
static void test_watch_healthy(void **state)
{
	struct rps_ring ring = {};
	uint64_t seed = 3;
	__u32 jiffies = 0xffffff00;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		__u32 n = 1 + rnd_below(&seed, 8), drops = rnd_below(&seed, 8) ? 0 : n;
		__u32 stop = rnd_below(&seed, 12);

		for (__u32 j = 0; j < n; j++) {
			/* A CPU that its hypervisor stops in the midst of a poll */
			if (j == stop)
				jiffies += rnd_below(&seed, 3 * AGE);
			assert_true(count(&ring, MAX, jiffies));
		}
		ring.lost_ring_full += drops;
		rps_ring_entered(&ring, n);
	}
	assert_int_equal(ring.missing, 0);
	assert_int_equal(ring.lost_vanished, 0);
}

static void test_watch_finds(void **state)
{
	struct rps_ring ring = {};

	(void)state;
	for (int i = 0; i < MAX; i++)
		assert_true(count(&ring, MAX, 5));
	assert_false(rps_ring_is_stuck(&ring));
	for (int i = 0; i < 3; i++)
		assert_false(count(&ring, MAX, 5));
	assert_true(rps_ring_is_stuck(&ring));
	assert_int_equal(ring.tail, MAX);
	assert_int_equal(ring.lost_vanished, MAX);
	assert_int_equal(rps_in_flight(&ring), 0);
	/* Some of them had not vanished; but that ends nothing. */
	rps_ring_entered(&ring, 8);
	assert_int_equal(ring.lost_vanished, MAX - 8);
	rps_ring_entered(&ring, 100);
	assert_int_equal(ring.lost_vanished, 0);
	assert_true(rps_ring_is_stuck(&ring));
	assert_false(count(&ring, MAX, 5));
}

/* None was seen to enter, but they come out: one that came out will do. */
static void test_watch_unseen(void **state)
{
	struct rps_ring ring = {};

	(void)state;
	for (int i = 0; i < 10 * MAX; i++) {
		assert_true(count(&ring, MAX, 5));
		if (i % MAX == MAX - 1)
			ring.popped = ring.tail - (MAX - 1);
	}
	assert_false(rps_ring_is_stuck(&ring));
	assert_int_equal(ring.lost_vanished, 0);
}

/* Nor did one come out, but the kernel's ring holds some. */
static void test_watch_holds(void **state)
{
	struct rps_ring ring = { .tail = MAX, .missing = MAX, .late = 1, .failed = 1 };

	(void)state;
	assert_true(rps_ring_suspect(&ring, MAX, AGE, 5));
	assert_false(rps_ring_give_up(&ring, true));
	assert_int_equal(ring.missing, 0);
	assert_int_equal(ring.late, 0);
	assert_int_equal(ring.failed, 0);
	assert_int_equal(rps_in_flight(&ring), MAX);
	ring.missing = MAX;
	assert_true(rps_ring_give_up(&ring, false));
	assert_true(rps_ring_give_up(&ring, true)); /* what is stuck stays so */
}

/* Those that came out had entered before the others vanished. */
static void test_watch_came_out_before(void **state)
{
	struct rps_ring ring = { .tail = 100, .popped = 40 };

	(void)state;
	for (int i = 0; i < MAX; i++)
		assert_true(count(&ring, MAX, 5));
	ring.popped = 100;
	assert_false(count(&ring, MAX, 5));
	assert_int_equal(ring.lost_vanished, MAX);
	assert_int_equal(rps_in_flight(&ring), 0);
}

/* Frames that failed with an error are counted already. */
static void test_watch_failed(void **state)
{
	struct rps_ring ring = {};

	(void)state;
	for (int i = 0; i < MAX; i++) {
		assert_true(count(&ring, MAX, 5));
		if (i % 4) {
			ring.lost_redirect_error++;
			ring.failed++;
		}
	}
	assert_false(count(&ring, MAX, 5));
	assert_int_equal(ring.lost_vanished, MAX / 4);
	assert_int_equal(rps_in_flight(&ring), 0);
}

/* Old ones: twice, each time by so much, and no frame that enters between. */
static void test_watch_age(void **state)
{
	static const struct {
		__u32 jiffies;
		bool taken;
	} rows[] = {
		{ 0xffffffc0, true },
		{ 0xffffffc0 + AGE - 1, true },
		{ 0xffffffc0 + AGE, true }, /* once; the next counts from here */
		{ 0xffffffc0 + 2 * AGE - 1, true },
		{ 0xffffffc0 + 2 * AGE, false },
		{ 0xffffffc0 + 2 * AGE, false },
	};
	struct rps_ring ring = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (count(&ring, MAX, rows[i].jiffies) != rows[i].taken)
			fail_msg("row %zu", i);
	assert_int_equal(ring.lost_vanished, 4);

	ring = (struct rps_ring){};
	for (__u32 jiffies = 0; jiffies < 100 * AGE; jiffies += AGE) {
		assert_true(count(&ring, MAX, jiffies));
		assert_true(count(&ring, MAX, jiffies + AGE));
		rps_ring_entered(&ring, 2);
		assert_int_equal(ring.late, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_gro),
		cmocka_unit_test(test_gro_sleep),
		cmocka_unit_test(test_gro_busy),
		cmocka_unit_test(test_gro_wraps),
		cmocka_unit_test(test_touches_its_own),
		cmocka_unit_test(test_gro_holds_nothing),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_not_busy),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_often_busy),
		cmocka_unit_test(test_two_queues),
		cmocka_unit_test(test_pop_wraps),
		cmocka_unit_test(test_popped_is_not_delivered),
		cmocka_unit_test(test_settled),
		cmocka_unit_test(test_recorder_gone),
		cmocka_unit_test(test_stale_marks),
		cmocka_unit_test(test_pop_touches_its_half),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_watch_max),
		cmocka_unit_test(test_watch_healthy),
		cmocka_unit_test(test_watch_finds),
		cmocka_unit_test(test_watch_failed),
		cmocka_unit_test(test_watch_unseen),
		cmocka_unit_test(test_watch_holds),
		cmocka_unit_test(test_watch_came_out_before),
		cmocka_unit_test(test_watch_age),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
