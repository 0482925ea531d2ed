// SPDX-License-Identifier: GPL-2.0-only
/* leave.c - flows leave an interface's rings for good. As a model: places.pml, LOADER. */
#include <errno.h>
#include <stdlib.h>

#include "host/clock.h"
#include "host/cpuset.h"
#include "iface/leave.h"
#include "iface/polls.h"
#include "maps/rings.h"
#include "recorder/recorder.h"
#include "rfs/rules.h"

#define LEAVE_LIMIT_MS 2000

union place {
	struct rps_place at;
	__u64 word;
};

typedef __u64 __attribute__((may_alias)) word;

/* ---- places ---- */

static word *place_of(const struct leave *l, unsigned int slot)
{
	return (word *)&l->places[slot];
}

static bool is_there(const struct leave *l, union place place)
{
	__u32 cpu = rps_place_cpu(place.at);

	return cpu != RPS_NO_CPU && (l->cpu == LEAVE_ALL_CPUS || cpu == l->cpu);
}

/*
 * Who goes there from now on takes the mark off: all do that come to a place which they do not
 * want.
 *
 * Return: how many places are there.
 */
static unsigned int mark_all(const struct leave *l)
{
	unsigned int n = 0;

	for (unsigned int slot = 0; slot < l->slots; slot++) {
		union place old = { .word = READ_ONCE(*place_of(l, slot)) }, new = old;

		new.at.mover = RPS_MOVER_LOADER;
		if (!is_there(l, old))
			continue;
		n++;
		if (old.at.mover == RPS_NO_MOVER)
			__sync_val_compare_and_swap(place_of(l, slot), old.word, new.word);
	}
	return n;
}

/* Return: the CPUs where places still are. */
static struct cpuset move_all(const struct leave *l, const struct cpuset *busy)
{
	const union place away = { .at = rps_place_at(RPS_NO_CPU, 0) };
	struct cpuset left = {};

	for (unsigned int slot = 0; slot < l->slots; slot++) {
		union place old = { .word = READ_ONCE(*place_of(l, slot)) };
		__u32 cpu = rps_place_cpu(old.at);

		if (!is_there(l, old))
			continue;
		if (old.at.mover != RPS_MOVER_LOADER || cpuset_has(busy, cpu) ||
		    __sync_val_compare_and_swap(place_of(l, slot), old.word, away.word) != old.word)
			cpuset_add(&left, cpu);
	}
	return left;
}

/* ---- rings ---- */

/*
 * Of what was counted in a drained ring all is delivered, or vanished, and the ring is told so for
 * good: its slots are still to leave it when the thread wakes up for another queue's frame, or is
 * none any more.
 *
 * Return: the CPUs of rings of which something was counted since they were found drained.
 */
static struct cpuset settle(struct leave *l)
{
	struct cpuset busy = {};

	for (unsigned int i = 0; i < l->n; i++) {
		struct idle_ring *r = &l->list[i];

		if (idle_is_unchanged(r))
			rps_ring_settled(r->ring, r->popped + rps_in_flight(r->ring));
		else
			cpuset_add(&busy, l->cpus[i]);
	}
	return busy;
}

/* Return: how many rings have to be looked at again, one at least. */
static unsigned int again(struct leave *l, const struct cpuset *cpus)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < l->n; i++) {
		if (!cpuset_has(cpus, l->cpus[i]))
			continue;
		l->list[i].drained = l->list[i].once = false;
		n++;
	}
	return n ? n : 1;
}

/* Places move as packets come. Those that have none are moved when the rings are drained. */
int leave_wait(struct leave *l)
{
	long long limit = now_ms() + LEAVE_LIMIT_MS;
	/* Polls that saw the gate or the set of before may still move a place there. */
	int err = wait_for_polls(), left;
	struct cpuset busy;
	bool marked;

	while (!err) {
		left = idle_wait(l->list, l->n, limit);
		if (left)
			return left;
		marked = mark_all(l);
		/* Who saw no mark was counted when these are over. */
		err = marked ? wait_for_polls() : 0;
		if (err)
			break;
		busy = settle(l);
		busy = move_all(l, &busy);
		if (!cpuset_count(&busy))
			return 0;
		left = again(l, &busy);
		if (now_ms() >= limit)
			return left;
	}
	return err;
}

unsigned long long leave_frames(const struct leave *l)
{
	unsigned long long frames = 0;

	for (unsigned int i = 0; i < l->n; i++)
		if (!l->list[i].drained)
			frames += rps_in_flight(l->list[i].ring);
	return frames;
}

/* ---- the maps ---- */

static const struct kthread *thread_of(const struct kthreads *threads, __u32 cpumap_id, __u32 cpu)
{
	for (unsigned int i = 0; i < threads->n; i++)
		if (threads->list[i].cpumap_id == cpumap_id && threads->list[i].cpu == cpu)
			return &threads->list[i];
	return NULL;
}

static void add_rings(struct leave *l, struct rps_ring *rings, const struct kthreads *threads,
		      __u32 cpumap_id)
{
	for (unsigned int cpu = 0; cpu < l->nr_cpus; cpu++) {
		if (l->cpu != LEAVE_ALL_CPUS && l->cpu != cpu)
			continue;
		l->cpus[l->n] = cpu;
		l->list[l->n++] = (struct idle_ring){ .ring = &rings[cpu],
						      .thread = &l->threads[cpu],
						      .k = thread_of(threads, cpumap_id, cpu) };
	}
}

int leave_open(struct leave *l, const char *dir, const struct rfs_config *config, __u32 cpu,
	       const struct kthreads *threads, __u32 cpumap_id)
{
	size_t most = (size_t)config->queues * recorder_nr_cpus();
	int err = 0;

	*l = (struct leave){ .queues = config->queues,
			     .nr_cpus = recorder_nr_cpus(),
			     .slots = config->flow_cnt,
			     .cpu = cpu };
	l->mapped = calloc(l->queues, sizeof(void *));
	l->list = calloc(most, sizeof(*l->list));
	l->cpus = calloc(most, sizeof(*l->cpus));
	if (!l->mapped || !l->list || !l->cpus)
		err = -ENOMEM;
	if (!err) {
		l->threads = threads_map(dir, l->nr_cpus);
		err = l->threads ? 0 : -errno;
	}
	if (!err) {
		l->places = places_map(dir, l->slots);
		err = l->places ? 0 : -errno;
	}
	for (unsigned int q = 0; !err && q < l->queues; q++) {
		l->mapped[q] = rings_map(dir, q, l->nr_cpus);
		if (l->mapped[q])
			add_rings(l, l->mapped[q], threads, cpumap_id);
		else if (errno == ENOENT)
			l->unseen++;
		else
			err = -errno;
	}
	if (err)
		leave_close(l);
	return err;
}

void leave_close(struct leave *l)
{
	for (unsigned int q = 0; l->mapped && q < l->queues; q++)
		if (l->mapped[q])
			rings_unmap(l->mapped[q], l->nr_cpus);
	if (l->threads)
		threads_unmap(l->threads, l->nr_cpus);
	if (l->places)
		places_unmap(l->places, l->slots);
	free(l->mapped);
	free(l->list);
	free(l->cpus);
}
