// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_generic.c - generic mode, where several CPUs may serve one queue: two threads run the
 * program at once on one slot, so that compare-and-exchange fails now and then.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "rfs/rules.h"
#include "suite.h"
#include "task.h"

#define ROUNDS 20
#define REPEAT 4000

struct runner {
	pthread_t thread;
	__u32 cpu;
	struct packet packet;
	int failed;
};

static struct runner runners[2];

/* Pinned: the program's own counters are per CPU and rely on one run at a time there. */
static void *run(void *arg)
{
	struct runner *r = arg;
	cpu_set_t *set = CPU_ALLOC(RFS_MAX_CPUS);
	size_t size = CPU_ALLOC_SIZE(RFS_MAX_CPUS);

	CPU_ZERO_S(size, set);
	CPU_SET_S(r->cpu, size, set);
	r->failed = sched_setaffinity(0, size, set);
	CPU_FREE(set);
	for (int i = 0; i < ROUNDS && !r->failed; i++) {
		struct xdp_md ctx = bench_ctx(0, &r->packet);
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = r->packet.data,
			    .data_size_in = r->packet.len, .ctx_in = &ctx,
			    .ctx_size_in = sizeof(ctx), .repeat = REPEAT);

		r->failed = bpf_prog_test_run_opts(generic.prog, &opts);
	}
	__atomic_store_n(&r->cpu, RPS_NO_CPU, __ATOMIC_RELEASE);
	return NULL;
}

/* Two flows of one slot. */
static void make_flows(struct flow *first, struct flow *second)
{
	__u32 slot, n = 601;

	*first = flow_number(600);
	slot = rps_slot(flow_hash(bench_key, first).hash, generic.flow_cnt);
	do
		*second = flow_number(n++);
	while (rps_slot(flow_hash(bench_key, second).hash, generic.flow_cnt) != slot);
}

/*
 * Run both; meanwhile play the kthreads, if asked to: all that was counted is popped, so that the
 * slot may leave.
 */
static void run_both(const struct flow *first, const struct flow *second, bool pop)
{
	struct rps_ring *rings = generic.q[0].rings;
	const __u32 cpus[] = { cpu_a, cpu_b };
	bool running = true;

	packet_of_flow(&runners[0].packet, first);
	packet_of_flow(&runners[1].packet, second);
	for (int i = 0; i < 2; i++) {
		runners[i].cpu = cpus[i];
		assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
	}
	while (running) {
		running = false;
		for (int i = 0; i < 2; i++) {
			__u64 tail = READ_ONCE(rings[cpus[i]].tail);

			if (pop)
				WRITE_ONCE(rings[cpus[i]].popped, tail);
			if (__atomic_load_n(&runners[i].cpu, __ATOMIC_ACQUIRE) != RPS_NO_CPU)
				running = true;
		}
		if (!pop)
			sched_yield();
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(runners[i].thread, NULL);
		if (runners[i].failed)
			fail_msg("a runner could not be pinned, or BPF_PROG_RUN failed");
	}
}

/*
 * Each run is one steered or contended packet; each steered one is in a ring and in the version.
 * Contention is the exception, also here.
 */
static void check_sums(const struct flow *flow, __u32 times)
{
	struct rps_ring *rings = generic.q[0].rings;
	struct rfs_stats s = bench_stats(&generic);
	__u64 steered = s.count[RFS_STAT_FLOW_STEERED] + s.count[RFS_STAT_HASH_STEERED];
	__u64 runs = 2ULL * ROUNDS * REPEAT * times;
	__u32 slot = rps_slot(flow_hash(bench_key, flow).hash, generic.flow_cnt);

	assert_int_equal(steered + s.count[RFS_STAT_PASS_CONTENDED], runs);
	assert_int_equal(rings[cpu_a].tail + rings[cpu_b].tail, steered);
	assert_int_equal(rings[ring_local].tail, 0);
	assert_int_equal(bench_slot(&generic, 0, slot).qtail, (__u32)steered);
	assert_true(s.count[RFS_STAT_PASS_CONTENDED] < runs / 10);
}

/* The second flow's wish is deferred for good, for nothing is ever popped. */
static void test_no_moves(void **state)
{
	struct flow first, second;
	struct rfs_stats s;

	(void)state;
	make_flows(&first, &second);
	bench_reader(&generic, &first, cpu_a);
	bench_reader(&generic, &second, cpu_b);
	run_both(&first, &second, false);
	check_sums(&first, 1);
	s = bench_stats(&generic);
	assert_int_equal(s.count[RFS_STAT_MOVES_MADE], 0);
	assert_true(s.count[RFS_STAT_MOVES_DEFERRED] > 0);
	assert_true(!generic.q[0].rings[cpu_a].tail || !generic.q[0].rings[cpu_b].tail);
}

/* On a busy machine the test's own popping may come too seldom for a move: then again. */
static void test_moves(void **state)
{
	struct flow first, second;
	__u32 times = 0;

	(void)state;
	make_flows(&first, &second);
	bench_reader(&generic, &first, cpu_a);
	bench_reader(&generic, &second, cpu_b);
	generic.threads[cpu_a].task = generic.threads[cpu_b].task = task_asleep();
	do {
		run_both(&first, &second, true);
		check_sums(&first, ++times);
	} while (times < 50 && bench_stats(&generic).count[RFS_STAT_MOVES_MADE] < 10);
	assert_true(bench_stats(&generic).count[RFS_STAT_MOVES_MADE] > 0);
}

/* The version wraps; {CPU, version} is one word, and the carry must not reach the CPU. */
static void test_version_wraps(void **state)
{
	static struct packet packet;
	static struct shadow shadow;
	struct flow flow = flow_number(600);
	__u32 slot = rps_slot(flow_hash(bench_key, &flow).hash, generic.flow_cnt);

	(void)state;
	packet_of_flow(&packet, &flow);
	bench_reader(&generic, &flow, cpu_b);
	bench_set_slot(&generic, 0, slot,
		       (struct rps_dev_flow){ .cpu = cpu_b, .qtail = 0xfffffffe });
	shadow_take(&shadow, &generic, 0);
	for (int i = 0; i < 4; i++) {
		shadow.slots[slot].qtail++;
		shadow.rings[cpu_b].tail++;
		shadow.stats.count[RFS_STAT_FLOW_STEERED]++;
		verdict_check(bench_run(&generic, 0, &packet), XDP_REDIRECT, "version wraps");
		shadow_check(&shadow, &generic, 0, "version wraps");
	}
}

void add_generic_tests(void)
{
	suite_add("generic mode: the version wraps", test_version_wraps, NULL);
	suite_add("generic mode: two CPUs on one slot, no moves", test_no_moves, NULL);
	suite_add("generic mode: two CPUs on one slot, moves", test_moves, NULL);
}
