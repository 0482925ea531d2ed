// SPDX-License-Identifier: GPL-2.0-only
/* test_here.c - a flow whose CPU is the one that received the packet is passed, in order. */
#include <time.h>

#include <linux/bpf.h>

#include "rfs/rules.h"
#include "suite.h"
#include "task.h"

static struct packet packet;

struct here {
	struct bench b;
	struct flow flow;
};

static void here_open(struct here *h)
{
	const struct bench_opts opts = { .flow_cnt = BENCH_SLOTS, .stay_here = true };

	assert_int_equal(bench_open(&h->b, &opts), 0);
	bench_reset(&h->b);
	h->flow = flow_number(600);
	packet_of_flow(&packet, &h->flow);
	run_on(cpu_a);
}

static void here_close(struct here *h)
{
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

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* The reader's CPU is busy: its packets stay here until that time is over, and move in order. */
static void test_busy(void **state)
{
	struct here h;

	(void)state;
	here_open(&h);
	bench_reader(&h.b, &h.flow, cpu_b);
	expect(&h, XDP_REDIRECT, RFS_STAT_FLOW_STEERED, "not busy");
	h.b.threads[cpu_b].busy_until = now_ns() + 60000000000ULL;
	expect(&h, XDP_REDIRECT, RFS_STAT_MOVES_DEFERRED, "busy, frames under way");
	delivered(&h, cpu_b);
	expect(&h, XDP_PASS, RFS_STAT_PASS_BUSY, "busy, all delivered");
	expect(&h, XDP_PASS, RFS_STAT_PASS_BUSY, "still");
	assert_int_equal(h.b.q[0].rings[ring_local].tail, 2);
	bench_reader(&h.b, &h.flow, cpu_a);
	expect(&h, XDP_PASS, RFS_STAT_PASS_HERE, "the reader is here, busy or not");
	bench_reader(&h.b, &h.flow, cpu_b);
	h.b.threads[cpu_b].busy_until = 1;
	expect(&h, XDP_PASS, RFS_STAT_MOVES_DEFERRED, "no more, GRO may hold the last");
	delivered(&h, ring_local);
	expect(&h, XDP_REDIRECT, RFS_STAT_FLOW_STEERED, "no more, all delivered");
	here_close(&h);
}

/* Of a flood that its ring holds, packets wait together. */
static void test_busy_flood(void **state)
{
	struct rps_ring *ring;
	struct here h;

	(void)state;
	here_open(&h);
	ring = &h.b.q[0].rings[cpu_b];
	bench_reader(&h.b, &h.flow, cpu_b);
	h.b.threads[cpu_b].busy_until = now_ns() + 60000000000ULL;
	ring->tail = RPS_BUSY_FRAMES;
	h.b.q[0].rings[ring_local].delivered = h.b.q[0].rings[ring_local].tail;
	expect(&h, XDP_REDIRECT, RFS_STAT_FLOW_STEERED, "many frames in its ring");
	here_close(&h);
}

/* Nor do packets stay beyond what this CPU comes to deliver. */
static void test_busy_here(void **state)
{
	struct rps_ring *local;
	struct here h;

	(void)state;
	here_open(&h);
	local = &h.b.q[0].rings[ring_local];
	bench_reader(&h.b, &h.flow, cpu_b);
	h.b.threads[cpu_b].busy_until = now_ns() + 60000000000ULL;
	local->tail = local->delivered + RPS_BUSY_FRAMES;
	expect(&h, XDP_REDIRECT, RFS_STAT_FLOW_STEERED, "this CPU has as much to do");
	here_close(&h);
}

/* Where nothing may stay here, busy or not. */
static void test_busy_elsewhere(void **state)
{
	struct bench *b = *state;
	struct flow flow = flow_number(600);

	packet_of_flow(&packet, &flow);
	bench_reader(b, &flow, cpu_b);
	b->threads[cpu_b].busy_until = now_ns() + 60000000000ULL;
	verdict_check(bench_run(b, 0, &packet), XDP_REDIRECT, "busy, and none may stay");
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
	suite_add("here: the reader's CPU is busy", test_busy, NULL);
	suite_add("here: it is, and a flood comes", test_busy_flood, NULL);
	suite_add("here: it is, and so is this one", test_busy_here, NULL);
	suite_add("here: it is, and none may stay", test_busy_elsewhere, &plain);
	suite_add("here: it is, and none may stay; generic mode", test_busy_elsewhere, &generic);
	suite_add("here: draining", test_drain, NULL);
}
