// SPDX-License-Identifier: GPL-2.0-only
/* cpuset.c - unit tests of loader/host/cpuset.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/host/cpuset.h"
#include "unit.h"

#define LIST_LEN 32768 /* every other CPU: 4096 numbers of four digits */

static const struct parse_row {
	const char *text;
	int err;
	const char *list; /* the set, as cpuset_format() writes it */
} rows[] = {
	/* lists */
	{ "0", 0, "0" },
	{ "7", 0, "7" },
	{ "10", 0, "10" },
	{ "0,1", 0, "0-1" },
	{ "0-3", 0, "0-3" },
	{ "0-3,8", 0, "0-3,8" },
	{ "3,1,2", 0, "1-3" },
	{ "1-3,2-5", 0, "1-5" },
	{ "5-5", 0, "5" },
	{ "1,1,1", 0, "1" },
	{ "007", 0, "7" },
	{ "63,64", 0, "63-64" },
	{ "62-65,127-128", 0, "62-65,127-128" },
	{ "8191", 0, "8191" },
	{ "0-8191", 0, "0-8191" },
	{ "10,11,100-102", 0, "10-11,100-102" },
	{ "4,1000-200", -EINVAL, NULL },
	/* A group of eight behind a comma makes a bitmap, but a range is always a list. */
	{ "0,1000-1002", 0, "0,1000-1002" },
	{ "0,00000001", 0, "0" },
	/* bitmaps */
	{ "f", 0, "0-3" },
	{ "F", 0, "0-3" },
	{ "0xf", 0, "0-3" },
	{ "0XF", 0, "0-3" },
	{ "0x10", 0, "4" },
	{ "0x0000000000f", -EINVAL, NULL },
	{ "a5", 0, "0,2,5,7" },
	{ "e", 0, "1-3" },
	{ "1e3", 0, "0-1,5-8" },
	{ "ffffffff", 0, "0-31" },
	{ "00000000,0000000f", 0, "0-3" },
	{ "0000000f,00000000", 0, "32-35" },
	{ "f,00000000", 0, "32-35" },
	{ "1,00000000", 0, "32" },
	{ "1,00000001", 0, "0,32" },
	{ "0x1,00000000", 0, "32" },
	{ "80000000,00000000,00000001", 0, "0,95" },
	{ "3,ffffffff,ffffffff", 0, "0-65" },
	/* nothing */
	{ "", -EINVAL, NULL },
	{ "0x", -EINVAL, NULL },
	{ "0x0", -EINVAL, NULL },
	{ "00000000,00000000", -EINVAL, NULL },
	/* neither */
	{ ",", -EINVAL, NULL },
	{ "1,", -EINVAL, NULL },
	{ ",1", -EINVAL, NULL },
	{ "1,,2", -EINVAL, NULL },
	{ "1-", -EINVAL, NULL },
	{ "-1", -EINVAL, NULL },
	{ "-", -EINVAL, NULL },
	{ "1--2", -EINVAL, NULL },
	{ "1-2-3", -EINVAL, NULL },
	{ "3-1", -EINVAL, NULL },
	{ "a-b", -EINVAL, NULL },
	{ "0-f", -EINVAL, NULL },
	{ "0-14:2/4", -EINVAL, NULL },
	{ "1;2", -EINVAL, NULL },
	{ "1 2", -EINVAL, NULL },
	{ " 1", -EINVAL, NULL },
	{ "1 ", -EINVAL, NULL },
	{ "1, 2", -EINVAL, NULL },
	{ "1\n", -EINVAL, NULL },
	{ "+1", -EINVAL, NULL },
	{ "1.5", -EINVAL, NULL },
	{ "all", -EINVAL, NULL },
	{ "g", -EINVAL, NULL },
	{ "0xg", -EINVAL, NULL },
	{ "x", -EINVAL, NULL },
	{ "0x0x1", -EINVAL, NULL },
	{ "0x1-3", -EINVAL, NULL },
	{ " f", -EINVAL, NULL },
	{ "-f", -EINVAL, NULL },
	{ "f,", -EINVAL, NULL },
	{ ",f", -EINVAL, NULL },
	{ ",0000000f", -EINVAL, NULL },
	{ "0000000f,", -EINVAL, NULL },
	{ "00000000,,0000000f", -EINVAL, NULL },
	{ "00000000,0xf", -EINVAL, NULL },
	{ "00000000,0000000g", -EINVAL, NULL },
	/* A group of a bitmap is not longer than eight digits, and behind a comma not shorter. */
	{ "f00000000", -EINVAL, NULL },
	{ "0x123456789", -EINVAL, NULL },
	{ "f,000000001", -EINVAL, NULL },
	{ "000000001,0000000f", -EINVAL, NULL },
	{ "1,f,00000000", -EINVAL, NULL },
	{ "f,1", -EINVAL, NULL },
	{ "1,a", -EINVAL, NULL },
	{ "0x1,2", -EINVAL, NULL },
	/* CPUs that cannot be */
	{ "8192", -ERANGE, NULL },
	{ "99999", -ERANGE, NULL },
	{ "0-8192", -ERANGE, NULL },
	{ "0-3,99999", -ERANGE, NULL },
	{ "123456789", -ERANGE, NULL },
	{ "4294967296", -ERANGE, NULL },
	{ "18446744073709551616", -ERANGE, NULL },
};

static void check_parse(const char *text, int err, const char *list)
{
	static char buf[LIST_LEN];
	struct cpuset set;
	int got;

	/* What was there before is of no account. */
	memset(&set, 0xff, sizeof(set));
	got = cpuset_parse(text, &set);
	cpuset_format(&set, buf, LIST_LEN);
	if (got != err)
		fail_msg("'%.40s' gives %d (%s), not %d", text, got, buf, err);
	if (!err && strcmp(buf, list))
		fail_msg("'%.40s' is %s, not %s", text, buf, list);
}

static void test_parse(void **state)
{
	const struct parse_row *row = *state;

	check_parse(row->text, row->err, row->list);
}

/* The longest bitmaps: 256 groups hold all CPUs there can be. */
static void test_parse_long(void **state)
{
	char text[258 * 9 + 1] = "";

	(void)state;
	for (int i = 0; i < 256; i++)
		sprintf(text + 9 * i, "%08x,", i ? 0 : 0x80000000);
	text[256 * 9 - 1] = 0;
	check_parse(text, 0, "8191");
	for (int i = 0; i < 257; i++)
		sprintf(text + 9 * i, "%08x,", i ? 0 : 1);
	text[257 * 9 - 1] = 0;
	check_parse(text, -ERANGE, NULL);
	/* Groups above are no harm if they name no CPU. */
	text[7] = '0';
	text[257 * 9 - 2] = '3';
	check_parse(text, 0, "0-1");
}

static struct cpuset rnd_set(uint64_t *seed)
{
	unsigned int span = 1U << rnd_below(seed, 14), share = 1 + rnd_below(seed, 16);
	unsigned int first = rnd_below(seed, RFS_MAX_CPUS - span + 1);
	struct cpuset set = {};

	for (unsigned int cpu = first; cpu < first + span; cpu++)
		if (rnd_below(seed, 16) < share)
			cpuset_add(&set, cpu);
	if (!cpuset_count(&set))
		cpuset_add(&set, first);
	return set;
}

/* As the kernel prints bitmaps, from the highest group that is not 0. */
static void format_mask(const struct cpuset *set, char *buf)
{
	bool begun = false;

	for (int group = RFS_MAX_CPUS / 32 - 1; group >= 0; group--) {
		__u32 word = set->bits[group / 2] >> (group % 2 * 32);

		if (begun || word || !group)
			buf += sprintf(buf, begun ? "%08x" : "0x%x", word);
		begun = begun || word;
		if (begun && group)
			*buf++ = ',';
	}
}

static void test_round_trip(void **state)
{
	static char text[LIST_LEN];
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct cpuset set = rnd_set(&seed), back;

		cpuset_format(&set, text, LIST_LEN);
		assert_int_equal(cpuset_parse(text, &back), 0);
		assert_memory_equal(&set, &back, sizeof(set));
		format_mask(&set, text);
		assert_int_equal(cpuset_parse(text, &back), 0);
		assert_memory_equal(&set, &back, sizeof(set));
	}
}

/* Too short a buffer is filled and ended within its length. */
static void test_format_cut(void **state)
{
	static const char whole[] = "0-3,8,10-4000,8191";
	struct cpuset set, empty = {};
	char buf[sizeof(whole) + 8];

	(void)state;
	assert_int_equal(cpuset_parse(whole, &set), 0);
	for (size_t len = 0; len <= sizeof(whole); len++) {
		memset(buf, '#', sizeof(buf));
		cpuset_format(&set, buf, len);
		for (size_t i = len; i < sizeof(buf); i++)
			assert_int_equal(buf[i], '#');
		if (len) {
			assert_non_null(memchr(buf, 0, len));
			assert_memory_equal(buf, whole, strlen(buf));
		}
	}
	assert_string_equal(buf, whole);
	cpuset_format(&empty, buf, sizeof(buf));
	assert_string_equal(buf, "");
}

/* Against one truth value per CPU. */
static void test_minus_count_has(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct cpuset a = rnd_set(&seed), b = i % 3 ? rnd_set(&seed) : a;
		struct cpuset minus = cpuset_minus(&a, &b);
		int count = 0, each = 0;

		for (unsigned int cpu = 0; cpu < RFS_MAX_CPUS; cpu++) {
			bool in = cpuset_has(&a, cpu) && !cpuset_has(&b, cpu);

			assert_int_equal(cpuset_has(&minus, cpu), in);
			count += in;
		}
		assert_int_equal(cpuset_count(&minus), count);
		cpuset_for_each(cpu, &minus) each++;
		assert_int_equal(each, count);
		assert_false(cpuset_has(&a, RFS_MAX_CPUS));
		assert_false(cpuset_has(&a, -1));
	}
}

static void test_and(void **state)
{
	struct cpuset a, b, both;
	char buf[32];

	(void)state;
	assert_int_equal(cpuset_parse("0-3,64,8191", &a), 0);
	assert_int_equal(cpuset_parse("2-5,64,8190-8191", &b), 0);
	both = cpuset_and(&a, &b);
	cpuset_format(&both, buf, sizeof(buf));
	assert_string_equal(buf, "2-3,64,8191");
}

struct file_row {
	const char *content;
	int err;
	const char *list;
};

/* What a reader makes of files as sysfs has them, in a set that was @before. */
static void check_files(const struct file_row *files, size_t n,
			int (*read)(const char *path, struct cpuset *set), const char *before)
{
	for (size_t i = 0; i < n; i++) {
		char path[] = "/tmp/rfs-unit-XXXXXX", buf[64];
		int fd = mkstemp(path), err;
		struct cpuset set;

		assert_true(fd >= 0);
		assert_int_equal(write(fd, files[i].content, strlen(files[i].content)),
				 strlen(files[i].content));
		close(fd);
		assert_int_equal(cpuset_parse(before, &set), 0);
		err = read(path, &set);
		unlink(path);
		assert_int_equal(err, files[i].err);
		if (err)
			continue;
		cpuset_format(&set, buf, sizeof(buf));
		assert_string_equal(buf, files[i].list);
	}
}

static void test_read(void **state)
{
	static const struct file_row files[] = {
		{ "0-3,8\n", 0, "0-3,8" }, { "0", 0, "0" },	     { "10\n", 0, "10" },
		{ "", -EIO, NULL },	   { "f\n", -EINVAL, NULL },
	};

	(void)state;
	check_files(files, ARRAY_SIZE(files), cpuset_read, "9");
	assert_int_equal(cpuset_read("/nonexistent/online", &(struct cpuset){}), -ENOENT);
}

/* .../cpu/isolated and nohz_full: what is not isolated is not said in one way only. */
static void test_isolated(void **state)
{
	static const struct file_row files[] = {
		{ "3,5-7\n", 0, "3,5-7,9" },	 { "\n", 0, "9" },
		{ "(null)\n", 0, "9" },		 { " (null)\n", 0, "9" },
		{ "nonsense\n", -EINVAL, NULL }, { "", -EIO, NULL },
	};
	struct cpuset set = {};

	(void)state;
	check_files(files, ARRAY_SIZE(files), cpuset_add_isolated, "9");
	assert_int_equal(cpuset_add_isolated("/nonexistent/nohz_full", &set), 0);
	assert_int_equal(cpuset_count(&set), 0);
	assert_int_equal(cpuset_add_isolated("/", &set), -EIO);
}

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_parse_long), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_format_cut), cmocka_unit_test(test_minus_count_has),
		cmocka_unit_test(test_read),	   cmocka_unit_test(test_isolated),
		cmocka_unit_test(test_and),
	};
	struct CMUnitTest tests[ARRAY_SIZE(rows) + ARRAY_SIZE(others)];
	char names[ARRAY_SIZE(rows)][48];
	size_t n = 0;

	for (; n < ARRAY_SIZE(rows); n++) {
		/* A name must stay on its line. */
		snprintf(names[n], sizeof(names[n]), "parse '%.*s'",
			 (int)strcspn(rows[n].text, "\n"), rows[n].text);
		tests[n] = (struct CMUnitTest){ .name = names[n],
						.test_func = test_parse,
						.initial_state = (void *)&rows[n] };
	}
	memcpy(&tests[n], others, sizeof(others));
	return _cmocka_run_group_tests("cpuset", tests, ARRAY_SIZE(tests), NULL, NULL);
}
