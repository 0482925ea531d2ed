// SPDX-License-Identifier: GPL-2.0-only
/* queue.c - the tables of one RX queue, added to an attachment and taken out of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/msg.h"
#include "iface/internal.h"
#include "iface/polls.h"
#include "iface/queue.h"
#include "maps/queues.h"
#include "maps/rings.h"
#include "recorder/recorder.h"
#include "rfs/rules.h"

int queue_tables_open(const char *dir, struct queue_tables *t)
{
	int err;

	t->dev_flow = pins_get("%s/%s", dir, RFS_PIN_DEV_FLOW);
	t->rings = pins_get("%s/%s", dir, RFS_PIN_RING);
	t->cpumaps = pins_get("%s/%s", dir, RFS_PIN_CPUMAPS);
	t->by_id = pins_get("%s", RFS_PIN_RINGS);
	t->cpumap = pins_get("%s/%s", dir, RFS_PIN_CPUMAP);
	err = t->dev_flow < 0  ? t->dev_flow
	      : t->rings < 0   ? t->rings
	      : t->cpumaps < 0 ? t->cpumaps
	      : t->by_id < 0   ? t->by_id
	      : t->cpumap < 0  ? t->cpumap
			       : 0;
	if (err) {
		rfs_error("%s: cannot open the tables of its RX queues: %s", dir, strerror(-err));
		queue_tables_close(t);
	}
	return err;
}

void queue_tables_close(struct queue_tables *t)
{
	const int fds[] = { t->dev_flow, t->rings, t->cpumaps, t->by_id, t->cpumap };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* One queue's maps. */
struct queue {
	int dev_flow;
	int rings;
	__u32 id; /* of rings */
};

static void close_queue(struct queue *q)
{
	const int fds[] = { q->dev_flow, q->rings };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/*
 * What was passed before the queue's tables were there may be held by GRO still. So nothing leaves
 * the local ring before a poll has told that it holds nothing. Generic mode has no GRO in front of
 * it, and on a tap no poll.
 */
static int hold_local(int rings, __u32 index)
{
	struct rps_ring local;

	if (bpf_map_lookup_elem(rings, &index, &local))
		return -errno;
	local.popped = local.delivered = ~0ULL;
	local.snap.frames = ~0U;
	return bpf_map_update_elem(rings, &index, &local, BPF_ANY) ? -errno : 0;
}

static int make_maps(struct queue *q, const struct queue_tables *t, const struct rfs_config *config,
		     unsigned int nr_cpus)
{
	__u32 cpumap;
	int err;

	q->dev_flow = queue_dev_flow(config->flow_cnt);
	q->rings = queue_rings(nr_cpus);
	err = q->dev_flow < 0 ? q->dev_flow : q->rings < 0 ? q->rings : 0;
	if (!err)
		err = queue_dev_flow_clear(q->dev_flow, config->flow_cnt);
	if (!err)
		err = map_id(t->cpumap, &cpumap);
	if (!err)
		err = map_id(q->rings, &q->id);
	if (!err)
		err = queue_rings_init(q->rings, nr_cpus, cpumap);
	if (!err && config->mode == RFS_MODE_NATIVE)
		err = hold_local(q->rings, nr_cpus);
	return err;
}

static int pin(const struct queue *q, const char *dir, __u32 queue)
{
	int err = queue_mkdir(dir, queue);

	if (!err)
		err = queue_put(q->dev_flow, dir, queue, RFS_PIN_DEV_FLOW);
	if (!err)
		err = queue_put(q->rings, dir, queue, RFS_PIN_RING);
	return err;
}

/* The recorder first: no frame may go through a ring that it does not count. */
static int publish(const struct queue_tables *t, const struct queue *q, __u32 queue)
{
	return bpf_map_update_elem(t->by_id, &q->id, &q->rings, BPF_ANY) ||
			       bpf_map_update_elem(t->rings, &queue, &q->rings, BPF_ANY) ||
			       bpf_map_update_elem(t->dev_flow, &queue, &q->dev_flow, BPF_ANY) ||
			       bpf_map_update_elem(t->cpumaps, &queue, &t->cpumap, BPF_ANY)
		       ? -errno
		       : 0;
}

int queue_add(const struct queue_tables *t, const char *dir, const struct rfs_config *config,
	      __u32 queue)
{
	struct queue q;
	int err = make_maps(&q, t, config, recorder_nr_cpus());

	if (err) {
		rfs_error("cannot make the tables of RX queue %u: %s", queue, strerror(-err));
		goto out;
	}
	err = pin(&q, dir, queue);
	if (err)
		goto out;
	err = publish(t, &q, queue);
	if (err)
		rfs_error("cannot add RX queue %u: %s", queue, strerror(-err));
out:
	close_queue(&q);
	return err;
}

static int frames_of_queue(const char *dir, __u32 queue, __u64 *frames)
{
	unsigned int nr_cpus = recorder_nr_cpus();
	struct rps_ring *rings = rings_map(dir, queue, nr_cpus);

	*frames = 0;
	/* Not pinned, as it was added or removed by halves: then no frame can go there. */
	if (!rings)
		return errno == ENOENT ? 0 : -errno;
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		*frames += rps_in_flight(&rings[cpu]);
	rings_unmap(rings, nr_cpus);
	return 0;
}

bool queue_has_pins(const char *dir, __u32 queue)
{
	char folder[PIN_NAME_LEN + sizeof("/" RFS_PIN_QUEUE_MAPS) + 12], **pins;
	int n;

	snprintf(folder, sizeof(folder), "%s/%s/%u", dir, RFS_PIN_QUEUE_MAPS, queue);
	n = pins_list(folder, false, &pins);
	pins_free_list(pins, n > 0 ? n : 0);
	return n != 0;
}

int queue_remove(const struct queue_tables *t, const char *dir, __u32 queue)
{
	const int tables[] = { t->cpumaps, t->dev_flow, t->rings };
	__u64 frames;
	__u32 id;
	int err = queue_id(dir, queue, &id);

	if (!err)
		err = frames_of_queue(dir, queue, &frames);
	if (!err && frames) {
		rfs_warn("%s: RX queue %u is no more, but %llu frames are in its rings; they stay "
			 "until the next refresh",
			 dir, queue, (unsigned long long)frames);
		return -EAGAIN;
	}
	for (size_t i = 0; !err && i < sizeof(tables) / sizeof(tables[0]); i++)
		if (bpf_map_delete_elem(tables[i], &queue) && errno != ENOENT)
			err = -errno;
	if (!err)
		err = wait_for_polls();
	if (!err && bpf_map_delete_elem(t->by_id, &id) && errno != ENOENT)
		err = -errno;
	if (err)
		rfs_error("%s: cannot take out RX queue %u: %s", dir, queue, strerror(-err));
	else
		err = pins_remove("%s/%s/%u", dir, RFS_PIN_QUEUE_MAPS, queue);
	return err;
}
