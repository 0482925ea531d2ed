// SPDX-License-Identifier: GPL-2.0-only
/* test_here.c - a flow whose CPU is the one that received the packet is passed, in order. */
#include <sched.h>

#include <linux/bpf.h>

#include "rfs/rules.h"
#include "suite.h"
#include "task.h"

static struct packet packet;

static void run_on(__u32 cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

struct here {
	struct bench b;
	struct flow flow;
	cpu_set_t before;
};

static void here_open(struct here *h)
{
	const struct bench_opts opts = { .flow_cnt = BENCH_SLOTS, .stay_here = true };

	assert_int_equal(sched_getaffinity(0, sizeof(h->before), &h->before), 0);
	assert_int_equal(bench_open(&h->b, &opts), 0);
	bench_reset(&h->b);
	h->flow = flow_number(600);
	packet_of_flow(&packet, &h->flow);
	run_on(cpu_a);
}

static void here_close(struct here *h)
{
	sched_setaffinity(0, sizeof(h->before), &h->before);
	bench_close(&h->b);
}

/* The packet is taken on cpu_a; which way it goes, and what is counted for it. */
static void expect(struct here *h, __u32 verdict, enum rfs_stat stat, const char *what)
{
	__u64 before = bench_stats(&h->b).count[stat];

	verdict_check(bench_run(&h->b, 0, &packet), verdict, what);
	if (bench_stats(&h->b).count[stat] != before + 1)
		fail_msg("%s: not counted as expected", what);
}

static void delivered(struct here *h, __u32 ring)
{
	struct rps_ring *r = &h->b.q[0].rings[ring];

	r->popped = r->delivered = r->tail;
	if (ring != ring_local)
		h->b.threads[ring].task = task_asleep();
}

static void test_passed(void **state)
{
	struct here h;

	(void)state;
	here_open(&h);
	bench_reader(&h.b, &h.flow, cpu_a);
	expect(&h, XDP_PASS, RFS_STAT_PASS_HERE, "reader here");
	assert_int_equal(h.b.q[0].rings[ring_local].tail, 1);
	assert_int_equal(h.b.q[0].rings[cpu_a].tail, 0);
	run_on(cpu_b);
	delivered(&h, ring_local);
	expect(&h, XDP_REDIRECT, RFS_STAT_FLOW_STEERED, "the interrupt went to another CPU");
	here_close(&h);
}

static void test_fallback(void **state)
{
	struct here h;

	(void)state;
	here_open(&h);
	bench_cpus(&h.b, 0, &cpu_a, 1);
	expect(&h, XDP_PASS, RFS_STAT_PASS_HERE, "no reader, the list says here");
	bench_cpus(&h.b, 0, &cpu_b, 1);
	delivered(&h, ring_local);
	expect(&h, XDP_REDIRECT, RFS_STAT_HASH_STEERED, "no reader, the list says another");
	here_close(&h);
}

/* To here and from here as between any two CPUs: when all is delivered, and not before. */
static void test_moves(void **state)
{
	struct here h;

	(void)state;
	here_open(&h);
	bench_reader(&h.b, &h.flow, cpu_b);
	expect(&h, XDP_REDIRECT, RFS_STAT_FLOW_STEERED, "reader elsewhere");
	bench_reader(&h.b, &h.flow, cpu_a);
	expect(&h, XDP_REDIRECT, RFS_STAT_MOVES_DEFERRED, "reader here, frames under way");
	delivered(&h, cpu_b);
	expect(&h, XDP_PASS, RFS_STAT_MOVES_MADE, "reader here, all delivered");
	bench_reader(&h.b, &h.flow, cpu_b);
	expect(&h, XDP_PASS, RFS_STAT_MOVES_DEFERRED, "reader elsewhere, GRO may hold the last");
	expect(&h, XDP_PASS, RFS_STAT_PASS_LOCAL, "still");
	delivered(&h, ring_local);
	expect(&h, XDP_REDIRECT, RFS_STAT_MOVES_MADE, "reader elsewhere, all delivered");
	here_close(&h);
}

/* A drain is counted as such, wherever the reader is. */
static void test_drain(void **state)
{
	struct here h;

	(void)state;
	here_open(&h);
	bench_reader(&h.b, &h.flow, cpu_a);
	bench_gate(&h.b, RFS_GATE_DRAIN, 0);
	expect(&h, XDP_PASS, RFS_STAT_PASS_LOCAL, "draining");
	assert_int_equal(bench_stats(&h.b).count[RFS_STAT_MOVES_MADE], 0);
	here_close(&h);
}

void add_here_tests(void)
{
	suite_add("here: passed, counted in the local ring", test_passed, NULL);
	suite_add("here: by the list", test_fallback, NULL);
	suite_add("here: moves to and from", test_moves, NULL);
	suite_add("here: draining", test_drain, NULL);
}
