// SPDX-License-Identifier: GPL-2.0-only
/* hist.c - a latency histogram. */
#include "hist.h"

static unsigned int bucket(uint64_t ns)
{
	unsigned int e;

	if (ns < HIST_SUB)
		return ns;
	e = 63 - __builtin_clzll(ns); /* at least 5 */
	return (e - 4) * HIST_SUB + ((ns >> (e - 5)) & (HIST_SUB - 1));
}

static uint64_t bucket_middle(unsigned int b)
{
	unsigned int e = b / HIST_SUB + 4; /* as in bucket() */

	if (b < HIST_SUB)
		return b;
	return ((uint64_t)(HIST_SUB + b % HIST_SUB) << (e - 5)) + (1ULL << (e - 5)) / 2;
}

void hist_add(struct hist *h, uint64_t ns)
{
	h->count[bucket(ns)]++;
	h->n++;
}

void hist_merge(struct hist *to, const struct hist *from)
{
	for (int i = 0; i < HIST_BUCKETS; i++)
		to->count[i] += from->count[i];
	to->n += from->n;
}

double hist_us(const struct hist *h, double percent)
{
	uint64_t want = h->n * percent / 100, seen = 0;

	for (int i = 0; i < HIST_BUCKETS; i++) {
		seen += h->count[i];
		if (seen > want)
			return bucket_middle(i) / 1e3;
	}
	return 0;
}
