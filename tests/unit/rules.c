// SPDX-License-Identifier: GPL-2.0-only
/* rules.c - unit tests of rfs/rules.h but for the counting of a ring, which ring.c tests. */
#include <stdlib.h>
#include <string.h>

#include "rfs/rules.h"
#include "unit.h"

static void test_slot(void **state)
{
	static const struct {
		__u32 hash, flow_cnt, slot;
	} rows[] = {
		{ 0, 1, 0 },
		{ 0xffffffff, 1, 0 },
		{ 0xffffffff, 2, 1 },
		{ 0xffffffff, 4096, 4095 },
		{ 0xabcd1234, 4096, 0x234 },
		{ 0xabcd1234, 1U << 24, 0xcd1234 },
		{ 0xffffffff, 1U << 31, 0x7fffffff },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(rps_slot(rows[i].hash, rows[i].flow_cnt), rows[i].slot);
}

/* In a table, all slots: CPUs ascend with the slot and differ by one slot at most. */
static void test_cpu_index(void **state)
{
	(void)state;
	for (unsigned int n = 1; n <= 7; n++)
		for (__u32 flow_cnt = 1; flow_cnt <= 8192; flow_cnt <<= 1) {
			unsigned int count[7] = {}, last = 0;

			for (__u32 slot = 0; slot < flow_cnt; slot++) {
				__u32 i = rps_cpu_index(slot, flow_cnt, n);

				assert_true(i < n);
				assert_true(i >= last);
				last = i;
				count[i]++;
			}
			for (unsigned int i = 0; i < n; i++) {
				assert_true(count[i] >= flow_cnt / n);
				assert_true(count[i] <= flow_cnt / n + 1);
			}
		}
}

/* More CPUs than slots, up to the limits of both: the highest slot stays below n. */
static void test_cpu_index_limits(void **state)
{
	static const struct {
		__u32 slot, flow_cnt, n, index;
	} rows[] = {
		{ 0, 1, RFS_MAX_CPUS, 0 },
		{ 0, 4, 7, 0 },
		{ 1, 4, 7, 1 },
		{ 2, 4, 7, 3 },
		{ 3, 4, 7, 5 },
		{ 1, 2, RFS_MAX_CPUS, RFS_MAX_CPUS / 2 },
		{ (1U << 24) - 1, 1U << 24, RFS_MAX_CPUS, RFS_MAX_CPUS - 1 },
		{ (1U << 31) - 1, 1U << 31, 1, 0 },
		{ (1U << 31) - 1, 1U << 31, 7, 6 },
		{ (1U << 31) - 1, 1U << 31, RFS_MAX_CPUS, RFS_MAX_CPUS - 1 },
		{ 1U << 30, 1U << 31, RFS_MAX_CPUS, RFS_MAX_CPUS / 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(rps_cpu_index(rows[i].slot, rows[i].flow_cnt, rows[i].n),
				 rows[i].index);
}

/* Flows of one slot agree, whatever the rest of their hashes is. */
static void test_cpu_index_agrees(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		__u32 flow_cnt = 1U << rnd_below(&seed, 20), n = 1 + rnd_below(&seed, 16);
		__u32 hash = rnd(&seed), other = hash ^ (__u32)rnd(&seed) * flow_cnt;
		__u32 index = rps_cpu_index(rps_slot(hash, flow_cnt), flow_cnt, n);

		assert_int_equal(index, rps_cpu_index(rps_slot(other, flow_cnt), flow_cnt, n));
		assert_true(index < n);
	}
}

/* The word that the local ring goes by, and, where no mark tells more, those with a thread. */
static void test_delivered(void **state)
{
	static const struct {
		__u64 delivered;
		__u32 qtail;
		bool yes;
	} rows[] = {
		{ 0, 0, true },
		{ 0, 1, false },
		{ 1, 0, true },
		{ 1, 1, true },
		{ 1000, 1001, false },
		{ 1000, 1000, true },
		/* The slot's tail wraps first, then the ring's head. */
		{ 0xffffffff, 0xffffffff, true },
		{ 0xffffffff, 0, false },
		{ 0xffffffff, 63, false },
		{ 0x100000000, 0, true },
		{ 0x100000000, 1, false },
		{ 0x100000000, 0xffffffff, true },
		{ 0x100000040, 0xfffffff0, true },
		{ 0xfffffff0, 0x00000040, false },
		/* Higher words of the counter mean nothing. */
		{ 0x7700000005, 5, true },
		{ 0x7700000005, 6, false },
		{ 0xffffffffffffffff, 0, false },
		/* Just less than 2^31 apart is told right, both ways. */
		{ 0x7fffffff, 0, true },
		{ 0, 0x7fffffff, false },
		{ 0x80000000, 1, true },
		{ 1, 0x80000000, false },
		{ 0x80000000, 0x7fffffff, true },
		{ 0x7fffffff, 0x80000000, false },
		{ 0x17ffffffe, 0xffffffff, true },
		{ 0xffffffff, 0x7ffffffe, false },
		/* 2^31 and more: the sign turns, as with the kernel's input_queue_head. */
		{ 0x80000000, 0, false },
		{ 0, 0x80000000, false },
		{ 0, 0x80000001, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rps_ring ring = { .delivered = rows[i].delivered,
					 .last.at = 1,
					 .snap.at = 1 };
		struct rps_thread thread = {};

		if (rps_passed_delivered(&ring, rows[i].qtail) != rows[i].yes ||
		    rps_delivered(&ring, &thread, rows[i].qtail) != rows[i].yes)
			fail_msg("delivered %#llx, qtail %#x: expected %d",
				 (unsigned long long)rows[i].delivered, rows[i].qtail, rows[i].yes);
	}
}

/* Around any point, delivered means "not before qtail". */
static void test_delivered_everywhere(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		__u32 qtail = rnd(&seed), d = rnd(&seed) & 0x7fffffff;
		struct rps_ring ring = { .delivered = rnd(&seed) << 32 | (__u32)(qtail + d) };

		assert_true(rps_passed_delivered(&ring, qtail));
		if (!d)
			continue;
		ring.delivered = (__u32)(qtail - d);
		assert_false(rps_passed_delivered(&ring, qtail));
	}
}

static void test_tail_and_flight(void **state)
{
	static const struct {
		__u64 tail, full, error, popped;
		__u32 qtail, in_flight;
		__u64 vanished;
	} rows[] = {
		{ 0, 0, 0, 0, 0, 0, 0 },
		{ 1, 0, 0, 0, 1, 1, 0 },
		{ 1, 0, 0, 1, 1, 0, 0 },
		{ 100, 7, 0, 50, 93, 43, 0 },
		{ 100, 0, 7, 50, 93, 43, 0 },
		{ 100, 7, 3, 90, 90, 0, 0 },
		{ 100, 60, 40, 0, 0, 0, 0 }, /* all were lost */
		{ 0x100000000, 0, 0, 0xfffffff0, 0, 16, 0 },
		{ 0x100000005, 6, 0, 0xffffffff, 0xffffffff, 0, 0 },
		{ 0x100000005, 2, 1, 0xffffffff, 2, 3, 0 },
		{ 0x500000000, 0x100000000, 0, 0x3ffffffff, 0, 1, 0 },
		{ 0x300000010, 0x80000008, 0x80000008, 0x200000000, 0, 0, 0 },
		{ 100, 7, 3, 70, 70, 0, 20 },
		{ 0x100000005, 2, 1, 0xffffffff, 1, 2, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rps_ring ring = {
			.tail = rows[i].tail,
			.lost_ring_full = rows[i].full,
			.lost_redirect_error = rows[i].error,
			.lost_vanished = rows[i].vanished,
			.popped = rows[i].popped,
			/* Neither looks at what has become of popped frames. */
			.delivered = 0x1234,
			.last = { 0x55, 0x66 },
			.snap = { 0x77, 0x88 },
		};

		assert_int_equal(rps_qtail(&ring), rows[i].qtail);
		assert_int_equal(rps_in_flight(&ring), rows[i].in_flight);
	}
}

static void test_cpu_allowed(void **state)
{
	static const __u32 in[] = { 0, 63, 64, 127, 4095, RFS_MAX_CPUS - 1 };
	static const __u32 out[] = { 1, 62, 65, 126, 128, RFS_MAX_CPUS - 2 };
	static const __u32 beyond[] = { RFS_MAX_CPUS, RFS_MAX_CPUS + 63, 0x80000000, RPS_NO_CPU };
	struct rps_cpus *cpus = calloc(1, sizeof(*cpus));

	(void)state;
	assert_non_null(cpus);
	for (size_t i = 0; i < ARRAY_SIZE(in); i++)
		cpus->allowed[in[i] / 64] |= 1ULL << in[i] % 64;
	for (size_t i = 0; i < ARRAY_SIZE(in); i++)
		assert_true(rps_cpu_allowed(cpus, in[i]));
	for (size_t i = 0; i < ARRAY_SIZE(out); i++)
		assert_false(rps_cpu_allowed(cpus, out[i]));
	/* What lies behind the bits is set too: no CPU is read from there. */
	memset(cpus, 0xff, sizeof(*cpus));
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++)
		assert_false(rps_cpu_allowed(cpus, beyond[i]));
	for (__u32 cpu = 0; cpu < RFS_MAX_CPUS; cpu++)
		assert_true(rps_cpu_allowed(cpus, cpu));
	free(cpus);
}

static void test_roundup(void **state)
{
	(void)state;
	assert_int_equal(rfs_roundup_pow2(1), 1);
	assert_int_equal(rfs_roundup_pow2(2), 2);
	assert_int_equal(rfs_roundup_pow2(3), 4);
	for (int i = 2; i < 31; i++) {
		assert_int_equal(rfs_roundup_pow2((1U << i) - 1), 1U << i);
		assert_int_equal(rfs_roundup_pow2(1U << i), 1U << i);
		assert_int_equal(rfs_roundup_pow2((1U << i) + 1), 1U << (i + 1));
	}
	assert_int_equal(rfs_roundup_pow2(1U << 31), 1U << 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slot),
		cmocka_unit_test(test_cpu_index),
		cmocka_unit_test(test_cpu_index_limits),
		cmocka_unit_test(test_cpu_index_agrees),
		cmocka_unit_test(test_delivered),
		cmocka_unit_test(test_delivered_everywhere),
		cmocka_unit_test(test_tail_and_flight),
		cmocka_unit_test(test_cpu_allowed),
		cmocka_unit_test(test_roundup),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
