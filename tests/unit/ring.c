// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring.c - unit tests of what is counted about a ring, step by step; model.c has the kernel's
 * thread.
 */
#include "rfs/rules.h"
#include "unit.h"

/* One call of rps_ring_event() and what it leaves behind. */
struct step {
	__u32 n;
	bool slept;
	__u32 jiffies;
	__u64 popped;
	__u64 delivered;
};

static void run_steps(struct rps_ring *ring, bool gro, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		rps_ring_event(ring, steps[i].n, steps[i].slept, gro, steps[i].jiffies);
		if (ring->popped != steps[i].popped || ring->delivered != steps[i].delivered)
			fail_msg("step %zu: popped %llu, delivered %llu; expected %llu, %llu", i,
				 (unsigned long long)ring->popped,
				 (unsigned long long)ring->delivered,
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
	struct rps_ring ring = {};

	(void)state;
	run_steps(&ring, false, steps, ARRAY_SIZE(steps));
}

/* With GRO, a sleep tells it, whatever was waited for. */
static void test_gro_sleep(void **state)
{
	static const struct step steps[] = {
		{ 8, true, 100, 8, 0 },
		{ 8, true, 100, 16, 8 },
		{ 8, false, 100, 24, 8 },
		{ 8, false, 101, 32, 8 }, /* marks */
		{ 8, true, 101, 40, 32 }, /* and need not wait any more */
		{ 0, true, 101, 40, 40 },
		{ 0, true, 102, 40, 40 },
	};
	struct rps_ring ring = {};

	(void)state;
	run_steps(&ring, true, steps, ARRAY_SIZE(steps));
}

/*
 * A ring that is never empty: 64 frames in a later jiffy tell it, not one fewer, and only of frames
 * that were handed on before that jiffy.
 */
static void test_gro_busy(void **state)
{
	static const struct step steps[] = {
		{ 8, true, 100, 8, 0 },
		{ 8, true, 100, 16, 8 },
		{ 200, false, 100, 216, 8 }, /* any number within the jiffy tells nothing */
		{ 8, false, 100, 224, 8 },
		{ 8, false, 101, 232, 8 }, /* marks 224 */
		{ 55, false, 101, 287, 8 },
		{ 1, false, 105, 288, 8 }, /* 63 since */
		{ 8, false, 105, 296, 8 }, /* 64, for the 8 that were known; asks for 288 */
		{ 64, false, 105, 360, 8 },
		{ 64, false, 105, 424, 8 },
		{ 64, false, 106, 488, 8 },  /* marks 424 */
		{ 0, false, 107, 488, 288 }, /* 64 since; asks for 488 */
		{ 64, false, 107, 552, 288 },
		{ 63, false, 108, 615, 288 }, /* marks 552 */
		{ 1, false, 109, 616, 288 },
		{ 1, false, 109, 617, 488 },
	};
	struct rps_ring ring = {};

	(void)state;
	run_steps(&ring, true, steps, ARRAY_SIZE(steps));
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
	struct rps_ring ring = { .popped = 0xfffffff0, .delivered = 0xfffffff0 };

	(void)state;
	run_steps(&ring, true, steps, ARRAY_SIZE(steps));
	ring = (struct rps_ring){ .popped = 0x1fffffff0 };
	run_steps(&ring, true, across, ARRAY_SIZE(across));
}

/* The queue's half and the recorder's fields are not this function's. */
static void test_touches_its_half(void **state)
{
	const struct rps_ring before = {
		.tail = 900, .lost_ring_full = 1, .lost_redirect_error = 2, .barrier = 0,
		.cpumap_id = 77,  .popped = 500, .delivered = 400, .task = 0x1234,
		.nvcsw = 55, .alloc_failed = 3,
	};

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct rps_ring ring = before;

		ring.marked = i & 1;
		rps_ring_event(&ring, 8, i & 2, i & 4, 10);
		assert_int_equal(ring.popped, 508);
		assert_int_equal(ring.tail, before.tail);
		assert_int_equal(ring.lost_ring_full, before.lost_ring_full);
		assert_int_equal(ring.lost_redirect_error, before.lost_redirect_error);
		assert_int_equal(ring.barrier, 0);
		assert_int_equal(ring.cpumap_id, before.cpumap_id);
		assert_int_equal(ring.task, before.task);
		assert_int_equal(ring.nvcsw, before.nvcsw);
		assert_int_equal(ring.alloc_failed, before.alloc_failed);
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
		{ 0x10, 5, true, false, 0 },	    /* first event: what came before is not known */
		{ 0x10, 5, true, false, 0 },	    /* cond_resched() */
		{ 0x10, 6, false, false, 0 },	    /* a contended lock, PREEMPT_RT */
		{ 0x10, 7, true, true, 0x10 },	    /* a sleep */
		{ 0x10, 7, false, false, 0x10 },
		{ 0x10, 8, true, true, 0x10 },
		{ 0x20, 9, true, false, 0 },	    /* the entry was made anew */
		{ 0x20, 10, true, true, 0x20 },
	};
	struct rps_ring ring = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool slept = rps_ring_owner(&ring, rows[i].task, rows[i].nvcsw, rows[i].sched);

		if (slept != rows[i].slept || ring.task != rows[i].trusted)
			fail_msg("row %zu: slept %d, trusted %llx", i, slept,
				 (unsigned long long)ring.task);
	}
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
		{ 20, true, false, 100, 10 },  /* asked for 10 in this jiffy */
		{ 30, true, false, 101, 10 },  /* its end flushes what was held in 100 */
		{ 40, true, false, 101, 10 },  /* 10 were delivered long ago; asks for 40 */
		{ 50, true, false, 101, 10 },
		{ 60, true, true, 102, 10 },   /* a busy poll flushes nothing */
		{ 60, true, true, 103, 10 },
		{ 70, true, false, 104, 10 },  /* this one does, after the tracepoint */
		{ 80, true, true, 104, 10 },   /* delivered, but let the next one say so */
		{ 90, true, false, 104, 40 },  /* asks for 90 */
		{ 95, false, true, 104, 95 },  /* nothing held is delivered, busy or not */
		{ 99, true, false, 104, 95 },  /* asked for 95 in this jiffy */
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
		cmocka_unit_test(test_touches_its_half),
		cmocka_unit_test(test_owner),
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
