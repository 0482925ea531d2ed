// SPDX-License-Identifier: GPL-2.0-only
/* sched.c - how an interface's kthreads are scheduled: applied to those that are there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/kthread_sched.h"
#include "host/kthreads.h"
#include "maps/queues.h"
#include "iface/internal.h"

int sched_kthreads(const char *dir, const struct rfs_sched *sched, say_fn *say)
{
	char text[KTHREAD_SCHED_LEN];
	struct kthreads all = {};
	__u32 id;
	int err = cpumap_id(dir, &id);

	if (!err)
		err = kthreads_list(&all);
	if (err)
		say("%s: cannot find the kthreads of its rings: %s%s", dir, strerror(-err),
		    err == -EACCES ? "; from a PID namespace (a container) none are seen" : "");
	kthread_sched_format(sched, text, sizeof(text));
	for (unsigned int i = 0; !err && i < all.n; i++) {
		const struct kthread *k = &all.list[i];

		if (!id || k->cpumap_id != id)
			continue;
		err = kthread_set_sched(k, sched);
		if (err)
			say("%s: cannot schedule the kthread of CPU %u as %s: %s; that takes "
			    "CAP_SYS_NICE, without which there is --kthread-sched other",
			    dir, k->cpu, text, strerror(-err));
	}
	free(all.list);
	return err;
}
