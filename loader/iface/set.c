// SPDX-License-Identifier: GPL-2.0-only
/* set.c - other CPUs, or another scheduling of the kthreads, from now on: all or nothing. */
#include "host/msg.h"
#include "iface/attached.h"
#include "iface/internal.h"
#include "iface/steer.h"

static void say_nothing(const char *fmt, ...)
{
	(void)fmt;
}

/*
 * Rings and kthreads first, as frames may go there at once. Then the configuration, in which the
 * set of CPUs in force and the scheduling are one value: it is written or it is not. A ring to
 * which nothing goes does no harm.
 */
static int apply(struct attached *a, const struct steer_changes *changes)
{
	const struct cpuset *wanted = changes->cpus ? changes->cpus : &a->wanted;
	struct cpuset usable = a->active;
	int err = 0;

	if (changes->cpus)
		err = usable_cpus(wanted, &usable);
	if (!err)
		err = attached_add_rings(a, &usable);
	if (!err)
		err = sched_kthreads(a->dir, &a->config.kthread_sched, rfs_error);
	return err ? err : attached_publish(a, &usable, wanted);
}

int steer_set(const char *dir, const struct steer_changes *changes)
{
	struct rfs_sched old;
	struct attached a;
	int err = attached_open(dir, &a);

	if (err)
		return err;
	old = a.config.kthread_sched;
	if (changes->kthread_sched)
		a.config.kthread_sched = *changes->kthread_sched;
	err = apply(&a, changes);
	if (err && changes->kthread_sched)
		sched_kthreads(dir, &old, say_nothing);
	attached_close(&a);
	return err;
}
