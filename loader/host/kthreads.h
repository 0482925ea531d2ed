/* SPDX-License-Identifier: GPL-2.0-only */
/* kthreads.h - the threads that empty CPUMAPs' rings, as /proc shows them. */
#ifndef RFS_KTHREADS_H
#define RFS_KTHREADS_H

#include <stdbool.h>

#include "rfs/types.h"

struct kthread {
	int pid;
	unsigned int cpu; /* that it is to serve */
	__u32 cpumap_id;
};

struct kthreads {
	struct kthread *list;
	unsigned int n;
};

/**
 * kthreads_list() - all CPUMAP kthreads, by their names "cpumap/CPU/map:ID"
 * @all: receives them; free its list
 *
 * Only what the kernel marks as a thread of its own counts: a process may have such a name too.
 *
 * Return: 0; -EACCES where no thread of the kernel's is seen, as in a PID namespace; or another
 * negative errno.
 */
int kthreads_list(struct kthreads *all);

/** kthread_bound() - may it run on its CPU only? 1 or 0; -ESRCH: it has ended; or another -errno */
int kthread_bound(const struct kthread *k);

/** kthread_is_bound() - the same; true for what cannot be told, and for one that has ended */
bool kthread_is_bound(const struct kthread *k);

/** kthread_is_asleep() - does it wait for frames? True for one that has ended. */
bool kthread_is_asleep(const struct kthread *k);

/**
 * kthread_set_sched() - give it a scheduling class, nice value or priority
 *
 * Nothing is asked of the kernel where it has them already, so that what is the kernel's own
 * default needs no privilege.
 *
 * Return: 0, also for one that has ended; or a negative errno.
 */
int kthread_set_sched(const struct kthread *k, const struct rfs_sched *sched);

/** kthread_get_sched() - its scheduling class; 0, -ESRCH: it has ended, or another negative errno
 */
int kthread_get_sched(const struct kthread *k, struct rfs_sched *sched);

#endif /* RFS_KTHREADS_H */
