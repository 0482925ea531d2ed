// SPDX-License-Identifier: GPL-2.0-only
/* test_polls.c - wait_for_polls() outlasts what was running when it was called. */
#include <pthread.h>
#include <sched.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "iface/polls.h"
#include "suite.h"
#include "tests/prog/slow.skel.h"

#define WAITS 5	   /* for a run that was under way */
#define RUNS  1000 /* at most, until there were as many: some go by while nobody looks */

static volatile bool stop, ended;

static void *run_slowly(void *arg)
{
	struct slow *skel = arg;
	char frame[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = 1);
	int failed = 0;

	for (int i = 0; i < RUNS && !stop; i++)
		failed += bpf_prog_test_run_opts(bpf_program__fd(skel->progs.slow), &opts) != 0;
	ended = true;
	return (void *)(long)failed;
}

static void test_waits(void **state)
{
	struct slow *skel = slow__open_and_load();
	unsigned int waits = 0, early = 0;
	pthread_t thread;
	void *failed;

	(void)state;
	assert_non_null(skel);
	assert_int_equal(pthread_create(&thread, NULL, run_slowly, skel), 0);
	while (waits < WAITS && !ended) {
		__u64 begun = skel->bss->begun;

		if (skel->bss->ended >= begun) {
			sched_yield();
			continue;
		}
		if (wait_for_polls())
			break;
		waits++;
		early += skel->bss->ended < begun;
	}
	stop = true;
	pthread_join(thread, &failed);
	slow__destroy(skel);
	assert_null(failed);
	assert_int_equal(waits, WAITS);
	assert_int_equal(early, 0);
}

void add_polls_tests(void)
{
	suite_add("polls: the wait outlasts a program that runs", test_waits, NULL);
}
