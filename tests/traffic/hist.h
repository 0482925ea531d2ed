// SPDX-License-Identifier: GPL-2.0-only
/* A histogram of times: buckets grow with the value, about 3 % wide. */
#ifndef TRAFFIC_HIST_H
#define TRAFFIC_HIST_H

#include <stdint.h>
#include <stdio.h>

#define HIST_SUB_BITS	5
#define HIST_SUB	(1U << HIST_SUB_BITS)
#define HIST_BUCKETS	((64 - HIST_SUB_BITS + 1) * HIST_SUB)

struct hist {
	uint64_t count;
	uint64_t max;
	uint64_t bucket[HIST_BUCKETS];
};

void hist_add(struct hist *h, uint64_t value);
void hist_merge(struct hist *to, const struct hist *from);

/* The value below which @percent of the values lie; 0 if there are none. */
uint64_t hist_percentile(const struct hist *h, double percent);

/* The value of a percentile (100: the largest) divided by @unit, or null if there is none. */
void hist_json(FILE *f, const char *name, const struct hist *h, double percent, double unit);

#endif
