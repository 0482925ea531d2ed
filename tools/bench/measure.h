/* SPDX-License-Identifier: GPL-2.0-only */
/* measure.h - how the parts of bench-micro measure and what they say. */
#ifndef RFS_BENCH_MEASURE_H
#define RFS_BENCH_MEASURE_H

#include <stdbool.h>

#include <linux/types.h>

#include "../../tests/prog/packet.h"

struct bench;

extern bool micro_short;
extern unsigned int micro_ifindex;
extern unsigned int micro_hook; /* enum rfs_hook: how the recorder is to attach; 0: as it can */

/** bench_load() - bench.bpf.c with its CPUMAP filled; NULL after an error message */
struct bench *bench_load(__u32 flows, bool tracing);

/** prog_ns() - ns a run of a program, mean of many; want is the verdict it must have */
double prog_ns(int prog, const struct packet *p, __u32 repeat, __u32 want);

/**
 * steer_ns() - the same of rfs_steer, whose tag is taken off between two runs; without the price of that
 *
 * b: with a program for it, and an empty one
 */
double steer_ns(struct bench *b, int prog, const struct packet *p, __u32 repeat, __u32 want);

/** metric() - one line of the result */
void metric(const char *what, const char *unit, double value);

#endif /* RFS_BENCH_MEASURE_H */
