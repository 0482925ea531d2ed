// SPDX-License-Identifier: GPL-2.0-only
/* A run ends at its time, at a signal, or when no traffic has come for a while. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

#define FIRST_TRAFFIC_NS	(5 * NSEC_PER_SEC)

static atomic_bool stopped;
static atomic_bool had_traffic;
static uint64_t end_ns;
static uint64_t give_up_ns;

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static void on_signal(int sig)
{
	(void)sig;
	atomic_store_explicit(&stopped, true, memory_order_relaxed);
}

/* Called before any thread is made: the times need no lock. */
void run_begin(uint64_t seconds, bool wait_for_traffic)
{
	struct sigaction sa = { .sa_handler = on_signal };
	uint64_t now = now_ns();

	/* No SA_RESTART: a blocked call returns and its loop looks at run_over(). */
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);

	end_ns = now + seconds * NSEC_PER_SEC;
	give_up_ns = wait_for_traffic ? now + FIRST_TRAFFIC_NS : UINT64_MAX;
}

bool run_over(void)
{
	uint64_t now;

	if (atomic_load_explicit(&stopped, memory_order_relaxed))
		return true;
	now = now_ns();
	if (now >= end_ns)
		return true;
	return now >= give_up_ns && !run_had_traffic();
}

void run_stop(void)
{
	atomic_store_explicit(&stopped, true, memory_order_relaxed);
}

void run_traffic(void)
{
	atomic_store_explicit(&had_traffic, true, memory_order_relaxed);
}

bool run_had_traffic(void)
{
	return atomic_load_explicit(&had_traffic, memory_order_relaxed);
}

int run_slice_ms(uint64_t until_ns)
{
	uint64_t now = now_ns(), left;

	if (!until_ns || until_ns > end_ns)
		until_ns = end_ns;
	if (until_ns <= now)
		return 0;

	left = (until_ns - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	return left < RUN_SLICE_MS ? left : RUN_SLICE_MS;
}

void run_sleep_until(uint64_t until_ns)
{
	uint64_t now, to;

	while ((now = now_ns()) < until_ns && !run_over()) {
		struct timespec ts;

		to = now + RUN_SLICE_MS * NSEC_PER_MSEC;
		if (to > until_ns)
			to = until_ns;
		ts.tv_sec = to / NSEC_PER_SEC;
		ts.tv_nsec = to % NSEC_PER_SEC;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	}
}

int run_ready(int fd)
{
	static const char word[] = "ready\n";
	int err;

	if (!fd)
		fd = STDERR_FILENO;
	if (write(fd, word, sizeof(word) - 1) < 0) {
		err = -errno;
		fprintf(stderr, "rfs-traffic: cannot say ready on fd %d: %s\n", fd, strerror(-err));
		return err;
	}
	/* A reader of the other end may be waiting for the end of file. */
	if (fd > STDERR_FILENO)
		close(fd);
	return 0;
}
