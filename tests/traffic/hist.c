// SPDX-License-Identifier: GPL-2.0-only
/* Linear below HIST_SUB, then HIST_SUB buckets for each power of two. */
#include "hist.h"

static unsigned int bucket_of(uint64_t value)
{
	unsigned int shift;

	if (value < HIST_SUB)
		return value;
	shift = 63 - __builtin_clzll(value) - HIST_SUB_BITS;
	return shift * HIST_SUB + (value >> shift);
}

static uint64_t bucket_top(unsigned int i)
{
	unsigned int shift;

	if (i < HIST_SUB)
		return i;
	shift = i / HIST_SUB - 1;
	return ((uint64_t)(i - shift * HIST_SUB) << shift) + ((1ULL << shift) - 1);
}

void hist_add(struct hist *h, uint64_t value)
{
	h->bucket[bucket_of(value)]++;
	h->count++;
	if (value > h->max)
		h->max = value;
}

void hist_merge(struct hist *to, const struct hist *from)
{
	unsigned int i;

	for (i = 0; i < HIST_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
	to->count += from->count;
	if (from->max > to->max)
		to->max = from->max;
}

uint64_t hist_percentile(const struct hist *h, double percent)
{
	uint64_t rank = h->count * percent / 100, seen = 0;
	unsigned int i;

	if (percent >= 100 || !h->count)
		return h->max;
	for (i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen > rank)
			break;
	}
	return bucket_top(i) < h->max ? bucket_top(i) : h->max;
}

void hist_json(FILE *f, const char *name, const struct hist *h, double percent, double unit)
{
	if (h->count)
		fprintf(f, "\"%s\":%.3f", name, hist_percentile(h, percent) / unit);
	else
		fprintf(f, "\"%s\":null", name);
}
