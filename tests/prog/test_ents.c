// SPDX-License-Identifier: GPL-2.0-only
/* test_ents.c - the two halves of the socket flow table, as the program reads them. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "rfs/ents.h"
#include "suite.h"
#include "rfs_steer.skel.h"

static struct packet packet;

static void expect(struct bench *b, const struct flow *flow, __u32 cpu, enum rfs_stat how)
{
	__u64 tail = b->q[0].rings[cpu].tail, count = bench_stats(b).count[how];

	packet_of_flow(&packet, flow);
	assert_int_equal(bench_run(b, 0, &packet), 4 /* XDP_REDIRECT */);
	assert_int_equal(b->q[0].rings[cpu].tail, tail + 1);
	assert_int_equal(bench_stats(b).count[how], count + 1);
}

/* A CPU that the fallback does not choose for the flow. */
static __u32 other_cpu(const struct bench *b, const struct flow *flow)
{
	return bench_fallback(b, flow_hash(bench_key, flow).hash) == cpu_a ? cpu_b : cpu_a;
}

static void put_flow(struct bench *b, __u32 key, __u32 cpu)
{
	struct rps_sock_flow value = { .cpu = cpu };

	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(b->skel->maps.rps_sock_flow), &key, &value, 0), 0);
}

static void put_ents(struct bench *b, __u32 key, const struct rps_sock_ents *ents)
{
	__u32 set = rps_set(key, b->skel->rodata->sock_sets);

	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(b->skel->maps.rps_sock_ents), &set, ents, 0), 0);
}

/* Its words were lost to others of the set: the hash map knows. */
static void test_only_in_map(void **state)
{
	struct bench *b = *state;
	struct flow flow = flow_number(500);
	__u32 key = flow_hash(bench_key, &flow).key, cpu = other_cpu(b, &flow);
	struct rps_sock_ents others;

	put_flow(b, key, cpu);
	for (__u32 i = 0; i < RPS_SOCK_WAYS; i++)
		others.ent[i] = (key ^ 1U << (31 - i)) & ~RPS_CPU_MASK;
	put_ents(b, key, &others);
	expect(b, &flow, cpu, RFS_STAT_FLOW_STEERED);
}

static void test_only_in_ents(void **state)
{
	struct bench *b = *state;

	for (__u32 way = 0; way < RPS_SOCK_WAYS; way++) {
		struct flow flow = flow_number(510 + way);
		__u32 key = flow_hash(bench_key, &flow).key, cpu = other_cpu(b, &flow);
		struct rps_sock_ents ents = {};

		ents.ent[way] = (key & ~RPS_CPU_MASK) | cpu;
		put_ents(b, key, &ents);
		expect(b, &flow, cpu, RFS_STAT_FLOW_STEERED);
	}
}

/* The word is what the recorder wrote last. */
static void test_both(void **state)
{
	struct bench *b = *state;
	struct flow flow = flow_number(520);
	__u32 key = flow_hash(bench_key, &flow).key, cpu = other_cpu(b, &flow);
	struct rps_sock_ents ents = { { (key & ~RPS_CPU_MASK) | cpu } };

	put_flow(b, key, cpu == cpu_a ? cpu_b : cpu_a);
	put_ents(b, key, &ents);
	expect(b, &flow, cpu, RFS_STAT_FLOW_STEERED);
}

/* The other direction's key is the complement: another set, other upper bits. */
static void test_neither(void **state)
{
	struct bench *b = *state;
	struct flow flow = flow_number(530);
	__u32 key = flow_hash(bench_key, &flow).key, cpu = other_cpu(b, &flow);
	struct rps_sock_ents ents = { { (~key & ~RPS_CPU_MASK) | cpu } };

	put_ents(b, key, &ents);
	put_ents(b, ~key, &ents);
	put_flow(b, ~key, cpu);
	expect(b, &flow, bench_fallback(b, flow_hash(bench_key, &flow).hash),
	       RFS_STAT_HASH_STEERED);
}

void add_ents_tests(void)
{
	suite_add("table: a reader that only the hash map knows", test_only_in_map, &plain);
	suite_add("table: a reader that only the compact half knows", test_only_in_ents, &plain);
	suite_add("table: the compact half goes first", test_both, &plain);
	suite_add("table: neither knows", test_neither, &plain);
	suite_add("table: neither knows; generic mode", test_neither, &generic);
}
