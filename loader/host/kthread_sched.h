/* SPDX-License-Identifier: GPL-2.0-only */
/* kthread_sched.h - how CPUMAP kthreads are scheduled: as people write it. */
#ifndef RFS_KTHREAD_SCHED_H
#define RFS_KTHREAD_SCHED_H

#include <stdbool.h>
#include <stddef.h>

#include "rfs/types.h"

#define KTHREAD_SCHED_LEN 32

/*
 * SCHED_OTHER, nice 0, as the kernel makes them. A reader that polls, or what computes beside it,
 * is preempted when a frame wakes the thread; with SCHED_BATCH the frame would wait for the tick,
 * which costs such a CPU's readers more than the others gain.
 */
extern const struct rfs_sched kthread_sched_default;

/**
 * kthread_sched_parse() - read a scheduling class
 * @text:  "batch[:NICE]", "other[:NICE]" or "fifo:PRIO"; NICE -20 to 19, 0 if left out; PRIO 1 to
 * 99
 * @sched: receives it
 *
 * Return: 0; -ERANGE for a number out of these bounds; -EINVAL for all other text.
 */
int kthread_sched_parse(const char *text, struct rfs_sched *sched);

/**
 * kthread_sched_format() - write a scheduling class as kthread_sched_parse() reads it
 * @buf: receives it with its number, as "batch:0"; KTHREAD_SCHED_LEN is enough
 */
void kthread_sched_format(const struct rfs_sched *sched, char *buf, size_t len);

#endif /* RFS_KTHREAD_SCHED_H */
