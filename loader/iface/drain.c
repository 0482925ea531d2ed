// SPDX-License-Identifier: GPL-2.0-only
/* drain.c - let an interface's flows leave their rings in order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/msg.h"
#include "iface/idle.h"
#include "iface/internal.h"
#include "iface/polls.h"
#include "maps/queues.h"
#include "maps/rings.h"
#include "recorder/recorder.h"
#include "rfs/rules.h"

/* All queues' rings that frames were counted into, and their threads. */
struct used_rings {
	struct rps_ring **mapped; /* by queue; NULL: not pinned */
	struct rps_thread *did;
	__u32 cpumap_id;
	unsigned int queues;
	unsigned int nr_cpus;
	struct kthreads threads;
	struct idle_ring *list;
	unsigned int n;
};

static void close_rings(struct used_rings *used)
{
	for (unsigned int q = 0; used->mapped && q < used->queues; q++)
		if (used->mapped[q])
			rings_unmap(used->mapped[q], used->nr_cpus);
	if (used->did)
		threads_unmap(used->did, used->nr_cpus);
	free(used->mapped);
	free(used->threads.list);
	free(used->list);
}

static const struct kthread *thread_of(const struct used_rings *used, unsigned int cpu)
{
	for (unsigned int i = 0; i < used->threads.n; i++)
		if (used->threads.list[i].cpumap_id == used->cpumap_id &&
		    used->threads.list[i].cpu == cpu)
			return &used->threads.list[i];
	return NULL;
}

/* No flow wants a CPU any more: a ring that was not used until now will not be. */
static int open_rings(const char *dir, struct used_rings *used)
{
	int err = kthreads_list(&used->threads);

	/* Where no thread is seen, empty rings must do. */
	if (err == -EACCES)
		err = 0;
	used->mapped = calloc(used->queues, sizeof(void *));
	used->list = calloc((size_t)used->queues * used->nr_cpus, sizeof(*used->list));
	if (!err && (!used->mapped || !used->list))
		err = -ENOMEM;
	if (!err)
		err = cpumap_id(dir, &used->cpumap_id);
	if (!err) {
		used->did = threads_map(dir, used->nr_cpus);
		err = used->did ? 0 : -errno;
	}
	for (unsigned int q = 0; !err && q < used->queues; q++) {
		struct rps_ring *rings = rings_map(dir, q, used->nr_cpus);

		used->mapped[q] = rings;
		if (!rings && errno != ENOENT)
			err = -errno;
		for (unsigned int cpu = 0; rings && cpu < used->nr_cpus; cpu++)
			if (READ_ONCE(rings[cpu].tail))
				used->list[used->n++] = (struct idle_ring){
					.ring = &rings[cpu],
					.thread = &used->did[cpu],
					.k = thread_of(used, cpu),
				};
	}
	return err;
}

static void warn_left(const char *dir, const struct used_rings *used, unsigned int left)
{
	unsigned long long frames = 0;

	for (unsigned int i = 0; i < used->n; i++)
		if (!used->list[i].drained)
			frames += rps_in_flight(used->list[i].ring);
	rfs_warn("%s: %u of its rings did not get empty for good, with %llu frames still in them; "
		 "their flows may see these behind later ones",
		 dir, left, frames);
}

void drain(const char *dir, int config_fd, struct rfs_config *config)
{
	struct used_rings used = { .queues = config->queues, .nr_cpus = recorder_nr_cpus() };
	unsigned int left;
	int err;

	config->gate = RFS_GATE_DRAIN;
	err = write_config(config_fd, config);
	if (!err)
		err = wait_for_polls();
	if (!err)
		err = open_rings(dir, &used);
	if (err) {
		rfs_warn("%s: cannot wait for its rings to be empty: %s; a flow may see the frames "
			 "in them behind later ones",
			 dir, strerror(-err));
	} else {
		left = idle_wait(used.list, used.n);
		if (left)
			warn_left(dir, &used, left);
	}
	close_rings(&used);
}
