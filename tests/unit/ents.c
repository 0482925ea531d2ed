// SPDX-License-Identifier: GPL-2.0-only
/* ents.c - unit tests of rfs/ents.h: the compact half of the socket flow table. */
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "rfs/ents.h"

/* The n-th key of a set: other upper bits. */
static __u32 key_in_set(__u32 set, __u32 n)
{
	return (n + 1) << RPS_CPU_BITS | set;
}

static void test_empty(void **state)
{
	struct rps_sock_ents ents = {};
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 100000; i++)
		assert_int_equal(rps_ents_cpu(&ents, rnd(&seed)), RPS_NO_CPU);
	/* Those whose upper bits are those of an empty word, too. */
	for (__u32 key = 0; key < 2 * RFS_MAX_CPUS; key++)
		assert_int_equal(rps_ents_cpu(&ents, key), RPS_NO_CPU);
}

static void test_put(void **state)
{
	static const __u32 cpus[] = { 0, 1, 63, 64, 4095, RFS_MAX_CPUS - 1 };
	struct rps_sock_ents ents = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		/* Its own word is changed, whatever the victim, and no second one taken. */
		rps_ents_put(&ents, key_in_set(7, 0), cpus[i], i);
		assert_int_equal(rps_ents_cpu(&ents, key_in_set(7, 0)), cpus[i]);
		for (__u32 n = 1; n < 100; n++)
			assert_int_equal(rps_ents_cpu(&ents, key_in_set(7, n)), RPS_NO_CPU);
	}
	for (__u32 n = 1; n < RPS_SOCK_WAYS; n++)
		rps_ents_put(&ents, key_in_set(7, n), 10 + n, 0);
	assert_int_equal(rps_ents_cpu(&ents, key_in_set(7, 0)), RFS_MAX_CPUS - 1);
	for (__u32 n = 1; n < RPS_SOCK_WAYS; n++)
		assert_int_equal(rps_ents_cpu(&ents, key_in_set(7, n)), 10 + n);
}

static void test_full(void **state)
{
	(void)state;
	for (__u32 victim = 0; victim < 2 * RPS_SOCK_WAYS; victim++) {
		struct rps_sock_ents ents = {};
		__u32 lost = 0;

		for (__u32 n = 0; n < RPS_SOCK_WAYS; n++)
			rps_ents_put(&ents, key_in_set(0, n), n, 0);
		rps_ents_put(&ents, key_in_set(0, 50), 50, victim);
		assert_int_equal(rps_ents_cpu(&ents, key_in_set(0, 50)), 50);
		for (__u32 n = 0; n < RPS_SOCK_WAYS; n++) {
			__u32 cpu = rps_ents_cpu(&ents, key_in_set(0, n));

			lost += cpu == RPS_NO_CPU;
			assert_true(cpu == n || cpu == RPS_NO_CPU);
		}
		assert_int_equal(lost, 1);
	}
}

static void test_drop(void **state)
{
	struct rps_sock_ents ents = {};

	(void)state;
	for (__u32 n = 0; n < RPS_SOCK_WAYS; n++)
		rps_ents_put(&ents, key_in_set(3, n), n, 0);
	rps_ents_drop(&ents, key_in_set(3, 77));
	rps_ents_drop(&ents, key_in_set(3, 2));
	for (__u32 n = 0; n < RPS_SOCK_WAYS; n++)
		assert_int_equal(rps_ents_cpu(&ents, key_in_set(3, n)), n == 2 ? RPS_NO_CPU : n);
	/* The room is taken again, without a victim. */
	rps_ents_put(&ents, key_in_set(3, 9), 9, 0);
	assert_int_equal(rps_ents_cpu(&ents, key_in_set(3, 0)), 0);
	assert_int_equal(rps_ents_cpu(&ents, key_in_set(3, 9)), 9);
}

/* What two calls at once on two CPUs may leave, one call puts right. */
static void test_twice(void **state)
{
	const __u32 key = key_in_set(1, 0);

	(void)state;
	for (__u32 a = 0; a < RPS_SOCK_WAYS; a++) {
		for (__u32 b = 0; b < RPS_SOCK_WAYS; b++) {
			struct rps_sock_ents ents = {};
			__u32 words = 0;

			ents.ent[a] = (key & ~RPS_CPU_MASK) | 1;
			ents.ent[b] = (key & ~RPS_CPU_MASK) | 2;
			rps_ents_put(&ents, key, 5, 0);
			assert_int_equal(rps_ents_cpu(&ents, key), 5);
			for (__u32 i = 0; i < RPS_SOCK_WAYS; i++)
				words += ents.ent[i] != 0;
			assert_int_equal(words, 1);
		}
	}
}

/* Keys without upper bits have no words; they must not disturb those of others either. */
static void test_small_keys(void **state)
{
	(void)state;
	for (__u32 key = 0; key < RFS_MAX_CPUS; key += 17) {
		struct rps_sock_ents ents = {};

		rps_ents_put(&ents, key_in_set(key, 0), 3, 0);
		rps_ents_put(&ents, key, 4, 0);
		assert_int_equal(rps_ents_cpu(&ents, key), RPS_NO_CPU);
		assert_int_equal(rps_ents_cpu(&ents, key_in_set(key, 0)), 3);
		rps_ents_drop(&ents, key);
		assert_int_equal(rps_ents_cpu(&ents, key_in_set(key, 0)), 3);
	}
}

static void test_sets(void **state)
{
	(void)state;
	assert_int_equal(rps_sets(1), RPS_SETS_MIN);
	assert_int_equal(rps_sets(16384), RPS_SETS_MIN);
	assert_int_equal(rps_sets(65536), 32768);
	assert_int_equal(rps_sets(1 << 24), 1 << 23);
}

/*
 * A full table of random keys: no answer is wrong, and few flows find no room. 4 words for 2 flows
 * on average: Poisson gives 3.75 %.
 */
static void test_full_table(void **state)
{
	const __u32 flows = 65536, sets = rps_sets(flows);
	struct rps_sock_ents *ents = calloc(sets, sizeof(*ents));
	__u32 *keys = malloc(flows * sizeof(*keys)), lost = 0;
	uint64_t seed = 42;

	(void)state;
	assert_non_null(ents);
	assert_non_null(keys);
	for (__u32 i = 0; i < flows; i++) {
		keys[i] = (__u32)rnd(&seed) >> 1;
		rps_ents_put(&ents[rps_set(keys[i], sets)], keys[i], keys[i] % 97, i);
	}
	for (__u32 i = 0; i < flows; i++) {
		__u32 cpu = rps_ents_cpu(&ents[rps_set(keys[i], sets)], keys[i]);

		assert_true(cpu == keys[i] % 97 || cpu == RPS_NO_CPU);
		lost += cpu == RPS_NO_CPU;
	}
	assert_in_range(lost, flows * 32 / 1000, flows * 43 / 1000);
	for (__u32 i = 0; i < flows; i++) {
		__u32 key = rnd(&seed) | 1U << 31;

		assert_int_equal(rps_ents_cpu(&ents[rps_set(key, sets)], key), RPS_NO_CPU);
	}
	free(keys);
	free(ents);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty), cmocka_unit_test(test_put),
		cmocka_unit_test(test_full),  cmocka_unit_test(test_drop),
		cmocka_unit_test(test_twice), cmocka_unit_test(test_small_keys),
		cmocka_unit_test(test_sets),  cmocka_unit_test(test_full_table),
	};

	return cmocka_run_group_tests_name("ents", tests, NULL, NULL);
}
