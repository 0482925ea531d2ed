// SPDX-License-Identifier: GPL-2.0-only
/*
 * kthreads.c - unit tests of loader/host/kthreads.c, on real processes that take the names of
 * kthreads. How it finds those that are, tests/net sees.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loader/host/kthreads.h"
#include "unit.h"

static const char *const names[] = {
	"cpumap/0/map:9",
	"cpumap/0/map:99",
	"cpumap/0/map:9)",
	"cpumap/0/m:9) S",
	/* as if these were the fields behind the name */
	"x) R 2 0 0 0 0",
	") R 2 2097216",
	"a\n(b) c (d))\n",
	"(",
	")",
	"",
};

static int start(const char *name)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_false(pipe(ready));
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(ready[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		if (write(ready[1], "", 1) == 1)
			while (pause())
				;
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end(int pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* It sleeps, but not at once. */
static bool falls_asleep(int pid)
{
	const struct kthread k = { .pid = pid };

	for (int ms = 0; ms < 10000; ms++) {
		if (kthread_is_asleep(&k))
			return true;
		usleep(1000);
	}
	return false;
}

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int pid = start(names[i]);
		struct kthreads all;

		assert_int_equal(kthreads_list(&all), 0);
		for (unsigned int n = 0; n < all.n; n++)
			if (all.list[n].pid == pid)
				fail_msg("a process called '%s' is taken for a kthread", names[i]);
		free(all.list);
		if (!falls_asleep(pid))
			fail_msg("a process called '%s' is not seen to sleep", names[i]);
		end(pid);
	}
}

/* A name that says so is no sleep. */
static void test_awake(void **state)
{
	const struct kthread self = { .pid = getpid() };

	(void)state;
	prctl(PR_SET_NAME, "x) S 2 0 0 0 0");
	assert_false(kthread_is_asleep(&self));
}

static void test_ended(void **state)
{
	struct kthread k = { .pid = start("cpumap/0/map:9") };

	(void)state;
	end(k.pid);
	assert_true(kthread_is_asleep(&k));
	assert_true(kthread_is_bound(&k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_awake),
		cmocka_unit_test(test_ended),
	};

	return cmocka_run_group_tests_name("kthreads", tests, NULL, NULL);
}
