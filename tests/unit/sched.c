// SPDX-License-Identifier: GPL-2.0-only
/* sched.c - unit tests of loader/host/kthread_sched.c. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "loader/host/kthread_sched.h"
#include "unit.h"

static const struct parse_row {
	const char *text;
	int err;
	__u32 policy;
	__s32 prio;
	const char *format;
} rows[] = {
	{ "batch", 0, SCHED_BATCH, 0, "batch:0" },
	{ "batch:0", 0, SCHED_BATCH, 0, "batch:0" },
	{ "batch:-20", 0, SCHED_BATCH, -20, "batch:-20" },
	{ "batch:19", 0, SCHED_BATCH, 19, "batch:19" },
	{ "other", 0, SCHED_OTHER, 0, "other:0" },
	{ "other:-20", 0, SCHED_OTHER, -20, "other:-20" },
	{ "other:19", 0, SCHED_OTHER, 19, "other:19" },
	{ "other:007", 0, SCHED_OTHER, 7, "other:7" },
	{ "other:-0", 0, SCHED_OTHER, 0, "other:0" },
	{ "fifo:1", 0, SCHED_FIFO, 1, "fifo:1" },
	{ "fifo:99", 0, SCHED_FIFO, 99, "fifo:99" },
	/* out of bounds */
	{ "batch:20", -ERANGE, 0, 0, NULL },
	{ "batch:-21", -ERANGE, 0, 0, NULL },
	{ "other:20", -ERANGE, 0, 0, NULL },
	{ "other:-21", -ERANGE, 0, 0, NULL },
	{ "other:4294967296", -ERANGE, 0, 0, NULL },
	{ "other:18446744073709551616", -ERANGE, 0, 0, NULL },
	{ "fifo:0", -ERANGE, 0, 0, NULL },
	{ "fifo:100", -ERANGE, 0, 0, NULL },
	{ "fifo:-1", -ERANGE, 0, 0, NULL },
	/* none of these */
	{ "", -EINVAL, 0, 0, NULL },
	{ ":", -EINVAL, 0, 0, NULL },
	{ ":1", -EINVAL, 0, 0, NULL },
	{ "fifo", -EINVAL, 0, 0, NULL },
	{ "fifo:", -EINVAL, 0, 0, NULL },
	{ "batch:", -EINVAL, 0, 0, NULL },
	{ "batch:-", -EINVAL, 0, 0, NULL },
	{ "batch:--1", -EINVAL, 0, 0, NULL },
	{ "batch:+1", -EINVAL, 0, 0, NULL },
	{ "batch: 1", -EINVAL, 0, 0, NULL },
	{ "batch:1 ", -EINVAL, 0, 0, NULL },
	{ "batch:1:2", -EINVAL, 0, 0, NULL },
	{ "batch:0x1", -EINVAL, 0, 0, NULL },
	{ "batch:1.5", -EINVAL, 0, 0, NULL },
	{ "batch:nice", -EINVAL, 0, 0, NULL },
	{ "batch 1", -EINVAL, 0, 0, NULL },
	{ "Batch", -EINVAL, 0, 0, NULL },
	{ "batc", -EINVAL, 0, 0, NULL },
	{ "batches", -EINVAL, 0, 0, NULL },
	{ "rr:1", -EINVAL, 0, 0, NULL },
	{ "idle", -EINVAL, 0, 0, NULL },
	{ "deadline", -EINVAL, 0, 0, NULL },
};

static void test_parse(void **state)
{
	const struct parse_row *row = *state;
	struct rfs_sched sched = { .policy = 77, .prio = 77 };
	char text[KTHREAD_SCHED_LEN];

	assert_int_equal(kthread_sched_parse(row->text, &sched), row->err);
	if (row->err)
		return;
	assert_int_equal(sched.policy, row->policy);
	assert_int_equal(sched.prio, row->prio);
	kthread_sched_format(&sched, text, sizeof(text));
	assert_string_equal(text, row->format);
}

/* What is printed is what the option takes, for every value there is. */
static void test_round_trip(void **state)
{
	static const struct {
		__u32 policy;
		int min, max;
	} classes[] = { { SCHED_BATCH, -20, 19 }, { SCHED_OTHER, -20, 19 }, { SCHED_FIFO, 1, 99 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		for (int n = classes[i].min; n <= classes[i].max; n++) {
			struct rfs_sched in = { classes[i].policy, n }, out;
			char text[KTHREAD_SCHED_LEN];

			kthread_sched_format(&in, text, sizeof(text));
			assert_int_equal(kthread_sched_parse(text, &out), 0);
			assert_memory_equal(&in, &out, sizeof(in));
		}
}

/* Of another version's configuration, or none: no class that is known, and no more than fits. */
static void test_format_unknown(void **state)
{
	struct rfs_sched sched = { .policy = 4294967295U, .prio = -2147483647 - 1 };
	struct rfs_sched rr = { .policy = SCHED_RR, .prio = 3 };
	char text[KTHREAD_SCHED_LEN], cut[8];

	(void)state;
	kthread_sched_format(&rr, text, sizeof(text));
	assert_string_equal(text, "rr");
	kthread_sched_format(&sched, text, sizeof(text));
	assert_string_equal(text, "policy 4294967295");
	kthread_sched_format(&kthread_sched_default, cut, sizeof(cut));
	assert_string_equal(cut, "other:0");
	kthread_sched_format(&sched, cut, sizeof(cut));
	assert_string_equal(cut, "policy ");
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_format_unknown),
	};
	struct CMUnitTest tests[ARRAY_SIZE(rows) + ARRAY_SIZE(others)];
	char names[ARRAY_SIZE(rows)][48];
	size_t n = 0;

	for (; n < ARRAY_SIZE(rows); n++) {
		snprintf(names[n], sizeof(names[n]), "parse '%s'", rows[n].text);
		tests[n] = (struct CMUnitTest){ .name = names[n],
						.test_func = test_parse,
						.initial_state = (void *)&rows[n] };
	}
	memcpy(&tests[n], others, sizeof(others));
	return _cmocka_run_group_tests("sched", tests, ARRAY_SIZE(tests), NULL, NULL);
}
