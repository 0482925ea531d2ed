// SPDX-License-Identifier: GPL-2.0-only
/* Does the judge see what it is to see? Sequences with known verdicts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hist.h"
#include "judge.h"
#include "opts.h"
#include "wire.h"

#define RUN(r)	((uint64_t)(r) << 56)	/* a number in the table: run in the top byte, then seq */
#define LEN_MAX	8

struct judge_case {
	const char *name;
	unsigned int len;
	uint64_t in[LEN_MAX];
	uint64_t lost, duplicates, overtaken, depth;
};

static const struct judge_case cases[] = {
	{ "in order", 4, { 0, 1, 2, 3 }, 0, 0, 0, 0 },
	{ "first ones lost", 2, { 2, 3 }, 2, 0, 0, 0 },
	{ "gap", 3, { 0, 1, 4 }, 2, 0, 0, 0 },
	{ "pair swapped", 4, { 0, 2, 1, 3 }, 0, 0, 1, 1 },
	{ "first pair swapped", 3, { 1, 0, 2 }, 0, 0, 1, 1 },
	{ "gap filled late", 5, { 0, 3, 4, 1, 2 }, 0, 0, 2, 3 },
	{ "gap filled in part", 4, { 0, 3, 4, 1 }, 1, 0, 1, 3 },
	{ "doubled", 4, { 0, 1, 1, 2 }, 0, 1, 0, 0 },
	{ "old one doubled", 4, { 0, 1, 2, 0 }, 0, 1, 1, 2 },
	{ "swapped and doubled", 5, { 1, 0, 0, 1, 2 }, 0, 2, 2, 1 },
	{ "only one", 1, { 0 }, 0, 0, 0, 0 },
	{ "jump over the window", 4, { 0, JUDGE_WINDOW, JUDGE_WINDOW + 1, 1 },
	  JUDGE_WINDOW - 2, 0, 1, JUDGE_WINDOW },
	{ "at the window's edge", 4, { 0, 1, JUDGE_WINDOW, 1 }, JUDGE_WINDOW - 2, 1, 1,
	  JUDGE_WINDOW - 1 },
	{ "beyond the window", 3, { 1, 1 + JUDGE_WINDOW, 1 }, JUDGE_WINDOW - 1, 0, 1,
	  JUDGE_WINDOW },
	{ "number reused after a window", 4, { 0, 5, 6 + JUDGE_WINDOW, 5 + JUDGE_WINDOW },
	  JUDGE_WINDOW + 3, 0, 1, 1 },
	{ "new run", 4, { 0, 1, RUN(1) | 0, RUN(1) | 1 }, 0, 0, 0, 0 },
	{ "new run, old lost", 4, { 0, 3, RUN(1) | 0, RUN(1) | 1 }, 2, 0, 0, 0 },
	{ "old run after new", 4, { 0, RUN(1) | 0, 1, RUN(1) | 1 }, 0, 0, 1, 0 },
};

static unsigned int check_case(const struct judge_case *c)
{
	static struct judge j;
	uint64_t late = 0;
	unsigned int i;

	memset(&j, 0, sizeof(j));
	for (i = 0; i < c->len; i++)
		late += judge_take(&j, 1 + (c->in[i] >> 56), c->in[i] & (RUN(1) - 1));

	if (j.received == c->len && late == j.overtaken && judge_lost(&j) == c->lost &&
	    j.duplicates == c->duplicates && j.overtaken == c->overtaken && j.depth == c->depth)
		return 0;
	printf("not ok: %s: lost %lu (%lu), duplicates %lu (%lu), overtaken %lu (%lu), depth %lu "
	       "(%lu)\n", c->name, judge_lost(&j), c->lost, j.duplicates, c->duplicates,
	       j.overtaken, c->overtaken, j.depth, c->depth);
	return 1;
}

static unsigned int check(const char *name, int good)
{
	if (!good)
		printf("not ok: %s\n", name);
	return !good;
}

/* Every bit of a record matters, but those that its reader compares itself. */
static unsigned int check_wire(void)
{
	struct wire in = { WIRE_MAGIC, 53, 7, 0, 99, 12345, 1 }, out;
	unsigned int i, bad = 0;
	char buf[64];

	wire_write(buf, &in);
	bad += check("record as written", !wire_read(&out, buf) && !wire_check(&out, buf) &&
		     !memcmp(&in, &out, sizeof(in)));
	for (i = sizeof(in); i < in.size; i++) {
		buf[i] ^= 1;
		bad += check("damaged body", !wire_read(&out, buf) && wire_check(&out, buf));
		buf[i] ^= 1;
	}
	in.seq++;
	bad += check("body of another number", wire_check(&in, buf) != NULL);
	buf[0] ^= 1;
	bad += check("damaged magic number", wire_read(&out, buf) != NULL);
	return bad;
}

static unsigned int check_hist(void)
{
	static struct hist h;
	uint64_t i, top, bad = 0;

	for (i = 1; i <= 100000; i++)
		hist_add(&h, i);
	top = hist_percentile(&h, 50);
	bad += check("median", top >= 50000 && top <= 52000);
	top = hist_percentile(&h, 99);
	bad += check("99th percentile", top >= 99000 && top <= 100000);
	bad += check("maximum", hist_percentile(&h, 100) == 100000);
	hist_add(&h, UINT64_MAX);
	bad += check("largest value", hist_percentile(&h, 100) == UINT64_MAX);
	return bad;
}

int selftest(struct opts *o)
{
	unsigned int bad = 0, i;

	(void)o;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		bad += check_case(&cases[i]);
	bad += check_wire();
	bad += check_hist();
	if (!bad)
		printf("selftest: ok\n");
	return bad ? EXIT_BAD : EXIT_GOOD;
}
