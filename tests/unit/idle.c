// SPDX-License-Identifier: GPL-2.0-only
/*
 * idle.c - when is a ring drained? Rings in this process's memory, with a thread that plays the
 * NAPI and the kthread, and processes that are really asleep or not.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/clock.h"
#include "iface/idle.h"
#include "iface/polls.h"
#include "rfs/rules.h"
#include "unit.h"

/* The ring that frames go through while polls go by, how often, and how often they did. */
static struct rps_ring *passing;
static unsigned int polls, waits;

/* In the place of the real one, which takes BPF */
int wait_for_polls(void)
{
	waits++;
	if (passing && polls) {
		polls--;
		passing->tail++;
		passing->popped++;
	}
	return 0;
}

/* Empty whenever one looks, and never for long */
static void test_near_saturation(void **state)
{
	struct rps_thread thread = { .owner = 0x10, .task = 0x10 };
	struct rps_ring ring = { .tail = 1, .popped = 1 };
	struct idle_ring idle = { .ring = &ring, .thread = &thread };

	(void)state;
	passing = &ring;
	polls = UINT32_MAX;
	assert_int_equal(idle_wait(&idle, 1, now_ms() + 2000), 1);
	assert_false(idle.drained);
	polls = 3;
	assert_int_equal(idle_wait(&idle, 1, now_ms() + 2000), 0);
	assert_true(idle.drained);
	assert_int_equal(polls, 0);
	passing = NULL;
}

static void test_quiet(void **state)
{
	struct idle_ring idle[3];
	struct rps_thread threads[3] = { { .owner = 0x10, .task = 0x10 } };
	struct rps_ring rings[3] = {
		{ .tail = 9, .popped = 7, .lost_ring_full = 2 },
		{ .tail = 16, .missing = RPS_RING_STUCK, .lost_vanished = 16 },
		{ .tail = 3, .lost_redirect_error = 3 },
	};

	(void)state;
	for (int i = 0; i < 3; i++)
		idle[i] = (struct idle_ring){ .ring = &rings[i], .thread = &threads[i] };
	assert_int_equal(idle_wait(idle, 3, now_ms() + 2000), 0);
	/* No thread that had a frame: there is none to trust. */
	assert_int_equal(threads[1].task, 0);
	assert_int_equal(threads[2].task, 0);
}

/* Frames that did not enter when all polls have gone by will not: nobody waits for these. */
static void test_vanished(void **state)
{
	struct rps_ring rings[3] = {
		{ .tail = 9, .popped = 7, .missing = 2 },
		{ .tail = 2, .missing = 2 },
		{ .tail = 9, .popped = 6, .missing = 2 },
	};
	struct rps_thread threads[3] = { { .owner = 0x10, .task = 0x10 },
					 {},
					 { .owner = 0x10, .task = 0x10 } };
	struct idle_ring idle[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		idle[i] = (struct idle_ring){ .ring = &rings[i], .thread = &threads[i] };
	assert_int_equal(idle_wait(idle, 3, now_ms() + 2000), 1);
	assert_true(idle[0].drained);
	assert_true(idle[1].drained);
	assert_false(idle[2].drained);
}

/* Its thread may be on its way in, with what was in a bulk queue at the first look. */
static void test_no_trust(void **state)
{
	struct rps_thread thread = { .owner = 0x10 };
	struct rps_ring ring = { .tail = 3, .popped = 2, .missing = 1 };
	struct idle_ring idle = { .ring = &ring, .thread = &thread };

	(void)state;
	assert_int_equal(idle_wait(&idle, 1, now_ms() + 2000), 0);
	assert_int_equal(thread.task, 0);
}

/* One of two is not, of two queues and one thread: the other is told, and stays. */
static void test_in_flight(void **state)
{
	struct rps_thread thread = { .owner = 0x10, .task = 0x10 };
	struct rps_ring rings[2] = { { .tail = 2, .popped = 1 }, { .tail = 2, .popped = 2 } };
	struct idle_ring idle[2] = { { .ring = &rings[0], .thread = &thread },
				     { .ring = &rings[1], .thread = &thread } };

	(void)state;
	assert_int_equal(idle_wait(idle, 2, now_ms() + 2000), 1);
	assert_false(idle[0].drained);
	assert_true(idle[1].drained);
}

/* Its thread was seen once: the XDP program cannot leave the ring until it is told to trust it. */
static void test_trust(void **state)
{
	struct rps_thread thread = { .owner = 0x10 };
	struct rps_ring one = { .tail = 1, .popped = 1 };
	struct idle_ring idle = { .ring = &one, .thread = &thread };

	(void)state;
	waits = 0;
	assert_int_equal(idle_wait(&idle, 1, now_ms() + 2000), 0);
	assert_int_equal(thread.task, 0x10);
	assert_int_equal(waits, 3);
}

/* A ring of such a thread: how many of one are not drained? */
static unsigned int left_by(bool asleep)
{
	struct rps_thread thread = { .owner = 0x10, .task = 0x10 };
	struct rps_ring ring = { .tail = 1, .popped = 1 };
	struct kthread k = { .pid = fork() };
	struct idle_ring idle = { .ring = &ring, .thread = &thread, .k = &k };
	unsigned int left;

	while (!k.pid)
		if (asleep)
			pause();
	left = idle_wait(&idle, 1, now_ms() + 2000);
	kill(k.pid, SIGKILL);
	waitpid(k.pid, NULL, 0);
	return left;
}

static void test_thread(void **state)
{
	(void)state;
	assert_int_equal(left_by(true), 0);
	assert_int_equal(left_by(false), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_near_saturation), cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_in_flight),	cmocka_unit_test(test_trust),
		cmocka_unit_test(test_thread),		cmocka_unit_test(test_vanished),
		cmocka_unit_test(test_no_trust),
	};

	return cmocka_run_group_tests_name("idle", tests, NULL, NULL);
}
