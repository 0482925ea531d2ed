/* SPDX-License-Identifier: GPL-2.0-only */
/* hist.h - a latency histogram. */
#ifndef RFS_BENCH_HIST_H
#define RFS_BENCH_HIST_H

#include <stdint.h>

/* 32 steps per power of two, so an error of at most 3 %. */
#define HIST_SUB     32
#define HIST_BUCKETS (64 * HIST_SUB)

struct hist {
	uint64_t n;
	uint64_t count[HIST_BUCKETS];
};

void hist_add(struct hist *h, uint64_t ns);
void hist_merge(struct hist *to, const struct hist *from);
double hist_us(const struct hist *h, double percent);

#endif /* RFS_BENCH_HIST_H */
