// SPDX-License-Identifier: GPL-2.0-only
/*
 * object.c - what the compiler made of the steering program, where the source alone does not tell:
 * an atomic operation is a memory barrier only if it is one that returns a value.
 */
#include <stdio.h>
#include <string.h>

#include "rfs/types.h"
#include "unit.h"

#define LINE_MAX_LEN 512

/* In how many instructions of the program are both of these? */
static unsigned int instructions(const char *what, const char *operand)
{
	FILE *f = popen("llvm-objdump -d --mcpu=v3 " RFS_STEER_OBJECT, "r");
	unsigned int lines = 0, n = 0;
	char line[LINE_MAX_LEN];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		lines++;
		n += strstr(line, what) && strstr(line, operand);
	}
	if (pclose(f) || lines < 100)
		fail_msg("llvm-objdump does not show " RFS_STEER_OBJECT "; tools/setup test");
	return n;
}

/* Rule 3 reads the counters first and the thread's state after them. */
static void test_barrier(void **state)
{
	char word[32];

	(void)state;
	snprintf(word, sizeof(word), " + %zu)", offsetof(struct rps_ring, barrier));
	assert_true(instructions("= atomic_fetch_add((u64 *)", word) > 0);
	assert_int_equal(instructions("lock *(u64 *)", word), 0);
}

/*
 * Generic mode: the slot is replaced behind the counting of its frame. Native mode: so is a slot's
 * place, behind the look at what other queues put there.
 */
static void test_replaced(void **state)
{
	(void)state;
	assert_true(instructions("cmpxchg_64", " + 0,") >= 2);
}

/* A note of a packet is written with an exchange: the count before it, the look at the place after. */
static void test_noted(void **state)
{
	(void)state;
	assert_true(instructions(" = xchg_64(", " + 0,") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_barrier),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_noted),
	};

	return cmocka_run_group_tests_name("object", tests, NULL, NULL);
}
