// SPDX-License-Identifier: GPL-2.0-only
/* facts_rings.c - rings: does a thread empty each, how is it scheduled, do frames come out? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/clock.h"
#include "maps/queues.h"
#include "maps/rings.h"
#include "rfs/rules.h"
#include "view/collect.h"
#include "view/facts.h"

struct look {
	const struct iface_view *v;
	struct iface_facts *f;
	unsigned int nr_cpus;
	__u32 cpumap_id;
	struct rps_ring **rings; /* of each queue, as they change; NULL: not pinned any more */
	__u64 *popped;		 /* of each of f->ring, at the first look */
};

static const struct rps_ring *counters(const struct look *l, const struct ring_facts *r)
{
	return l->rings[r->queue] ? &l->rings[r->queue][r->cpu] : NULL;
}

/* Read by others than the queue's NAPI, it may be negative for a moment. */
static __s32 in_flight(const struct rps_ring *ring)
{
	return ring ? (__s32)rps_in_flight(ring) : 0;
}

static void add_kthread(const struct kthread *k, struct ring_facts *r)
{
	r->kthread = *k;
	r->bound = kthread_bound(k);
	r->sched_err = kthread_get_sched(k, &r->sched);
}

/* All rings of a queue, to every CPU. */
static int add_queue(struct look *l, unsigned int queue)
{
	const struct kthreads *all = &l->f->host->kthreads;
	struct ring_facts *ring = l->f->ring + (size_t)queue * l->nr_cpus;
	__u32 id = l->cpumap_id;
	int err = 0;

	l->rings[queue] = rings_map(l->v->dir, queue, l->nr_cpus);
	if (!l->rings[queue] && errno != ENOENT)
		err = -errno;
	l->f->lost_queues += !err && !l->rings[queue];
	for (unsigned int cpu = 0; cpu < l->nr_cpus; cpu++) {
		struct ring_facts *r = &ring[cpu];

		r->queue = queue;
		r->cpu = cpu;
		r->stuck = l->rings[queue] && rps_ring_is_stuck(counters(l, r));
		/* The counts of a stuck one need not agree: what was given up may have come out. */
		r->standing = r->stuck ? 0 : in_flight(counters(l, r));
		l->popped[r - l->f->ring] = r->standing ? counters(l, r)->popped : 0;
	}
	for (unsigned int i = 0; id && i < all->n; i++)
		if (all->list[i].cpumap_id == id && all->list[i].cpu < l->nr_cpus)
			add_kthread(&all->list[i], &ring[all->list[i].cpu]);
	return err;
}

/* Wait until frames come out of each ring that has some, or it is clear that none do. */
static void watch(struct look *l)
{
	long long limit = now_ms() + RING_LIMIT_MS;
	bool any;

	do {
		any = false;
		for (unsigned int i = 0; i < l->f->n_rings; i++) {
			struct ring_facts *r = &l->f->ring[i];
			const struct rps_ring *ring = counters(l, r);

			if (!r->standing)
				continue;
			r->standing = in_flight(ring);
			if (READ_ONCE(ring->popped) != l->popped[i])
				r->standing = 0;
			any |= r->standing;
		}
		if (any)
			usleep(10 * 1000);
	} while (any && now_ms() < limit);
	for (unsigned int i = 0; any && i < l->f->n_rings; i++) {
		struct ring_facts *r = &l->f->ring[i];

		/* Without a thread none is waited for either. */
		if (r->standing)
			r->asleep = !r->kthread.pid || kthread_is_asleep(&r->kthread);
	}
}

/* What is of no CPU's interest any more, or never was, is left out. */
static void keep_those_in_use(const struct iface_view *v, struct iface_facts *f)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < f->n_rings; i++)
		if (f->ring[i].kthread.pid || f->ring[i].standing || f->ring[i].stuck ||
		    cpuset_has(&v->cpus, f->ring[i].cpu))
			f->ring[kept++] = f->ring[i];
	f->n_rings = kept;
}

void facts_rings(const struct iface_view *v, struct iface_facts *f)
{
	struct look l = { .v = v, .f = f, .nr_cpus = recorder_nr_cpus() };
	unsigned int queues = v->config.queues;
	size_t n = (size_t)queues * l.nr_cpus;

	f->ring = calloc(n, sizeof(*f->ring));
	l.rings = calloc(queues, sizeof(void *));
	l.popped = calloc(n, sizeof(*l.popped));
	f->rings_err = cpumap_id(v->dir, &l.cpumap_id);
	if (!f->ring || !l.rings || !l.popped)
		f->rings_err = -ENOMEM;
	if (f->rings_err)
		goto out;
	f->n_rings = n;
	for (unsigned int q = 0; q < queues; q++) {
		int err = add_queue(&l, q);

		f->rings_err = f->rings_err ? f->rings_err : err;
	}
	watch(&l);
	keep_those_in_use(v, f);
out:
	for (unsigned int q = 0; l.rings && q < queues; q++)
		if (l.rings[q])
			rings_unmap(l.rings[q], l.nr_cpus);
	free(l.rings);
	free(l.popped);
}
