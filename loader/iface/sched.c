// SPDX-License-Identifier: GPL-2.0-only
/* sched.c - how an interface's kthreads are scheduled: applied to those that are there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/kthread_sched.h"
#include "host/kthreads.h"
#include "maps/rings.h"
#include "iface/internal.h"

/* The ids of all queues' CPUMAPs, by which kthreads are named; 0, which none has, if unknown. */
static __u32 *cpumap_ids(const char *dir, unsigned int queues)
{
	__u32 *ids = calloc(queues ? queues : 1, sizeof(*ids));

	for (unsigned int q = 0; ids && q < queues; q++) {
		int fd = pins_get("%s/%s/%u/%s", dir, RFS_PIN_QUEUE_MAPS, q, RFS_PIN_CPUMAP);

		if (fd < 0)
			continue;
		if (map_id(fd, &ids[q]))
			ids[q] = 0;
		close(fd);
	}
	return ids;
}

static bool is_ours(const struct kthread *k, const __u32 *ids, unsigned int queues)
{
	for (unsigned int q = 0; q < queues; q++)
		if (ids[q] && ids[q] == k->cpumap_id)
			return true;
	return false;
}

int sched_kthreads(const char *dir, const struct rfs_config *config, const struct rfs_sched *sched,
		   say_fn *say)
{
	__u32 *ids = cpumap_ids(dir, config->queues);
	struct kthreads all = {};
	char text[KTHREAD_SCHED_LEN];
	int err = ids ? kthreads_list(&all) : -ENOMEM;

	if (err)
		say("%s: cannot find the kthreads of its rings: %s", dir, strerror(-err));
	kthread_sched_format(sched, text, sizeof(text));
	for (unsigned int i = 0; !err && i < all.n; i++) {
		const struct kthread *k = &all.list[i];

		if (!is_ours(k, ids, config->queues))
			continue;
		err = kthread_set_sched(k, sched);
		if (err)
			say("%s: cannot schedule the kthread of CPU %u as %s: %s; that takes "
			    "CAP_SYS_NICE, without which there is --kthread-sched other",
			    dir, k->cpu, text, strerror(-err));
	}
	free(all.list);
	free(ids);
	return err;
}
