// SPDX-License-Identifier: GPL-2.0-only
/* text.c - unit tests of loader/host/text.c. */
#include <string.h>

#include "loader/host/text.h"
#include "unit.h"

static const struct row {
	const char *in;
	size_t len;
	const char *out;
} rows[] = {
	{ "", 8, "" },
	{ "eth0.5", 8, "eth0.5" },
	{ " !~", 8, " !~" },
	{ "\033[2J", 16, "\\x1b[2J" },
	{ "\a\n\177", 16, "\\x07\\x0a\\x7f" },
	/* C1 controls, and what is no UTF-8 */
	{ "\xc2\x9bm", 16, "\\xc2\\x9bm" },
	{ "\x80\xff", 16, "\\x80\\xff" },
	/* cut, but no escape in half */
	{ "abcd", 4, "abc" },
	{ "abc\033", 7, "abc" },
	{ "abc\033", 8, "abc\\x1b" },
	{ "\033x", 4, "" },
	{ "a", 1, "" },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char out[32];

		memset(out, '#', sizeof(out));
		text_ascii(out, rows[i].len, rows[i].in);
		assert_string_equal(out, rows[i].out);
		assert_int_equal(out[rows[i].len], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
