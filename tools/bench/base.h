/* SPDX-License-Identifier: GPL-2.0-only */
/* base.h - the clock, and the end: what all of bench-load stands on. */
#ifndef RFS_BENCH_BASE_H
#define RFS_BENCH_BASE_H

#include <stdint.h>

#define NSEC_PER_SEC 1000000000ULL

uint64_t now_ns(void);
void die(const char *what);

#endif /* RFS_BENCH_BASE_H */
