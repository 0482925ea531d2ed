// SPDX-License-Identifier: GPL-2.0-only
/* ifaces.c - interfaces' pinned maps, read into plain structures. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/msg.h"
#include "iface/journal.h"
#include "iface/locate.h"
#include "host/netif.h"
#include "iface/steer.h"
#include "maps/rings.h"
#include "maps/rps_cpus.h"
#include "view/facts.h"
#include "view/internal.h"
#include "view/problems.h"

static int read_counters(struct iface_view *v)
{
	int fd = pins_get("%s/%s", v->dir, RFS_PIN_STATS), err;

	if (fd < 0)
		return fd;
	err = sum_percpu(fd, v->count, RFS_STAT_NR);
	close(fd);
	return err;
}

static int read_cpus(struct iface_view *v)
{
	int fd = pins_get("%s/%s", v->dir, RFS_PIN_CPUS), err;

	if (fd < 0)
		return fd;
	err = rps_cpus_read(fd, v->config.active, &v->cpus, &v->wanted);
	close(fd);
	return err;
}

static void add_ring(const struct rps_ring *ring, unsigned int cpu, void *arg)
{
	__u64 lost = ring->lost_ring_full + ring->lost_redirect_error + ring->lost_vanished;
	struct iface_view *v = arg;

	v->lost_ring_full += ring->lost_ring_full;
	v->lost_redirect_error += ring->lost_redirect_error;
	v->lost_vanished += ring->lost_vanished;
	v->cpu[cpu].enqueued += ring->tail;
	v->cpu[cpu].delivered += ring->popped;
	v->cpu[cpu].lost += lost;
}

/* Of what came out of the rings: what got no skb. */
static int take_off_failed(struct iface_view *v, unsigned int nr_cpus)
{
	struct rps_thread *threads = threads_map(v->dir, nr_cpus);

	if (!threads)
		return errno == ENOENT ? 0 : -errno;
	for (unsigned int i = 0; i < nr_cpus; i++) {
		v->lost_alloc_failed += threads[i].alloc_failed;
		v->cpu[i].delivered -= threads[i].alloc_failed;
		v->cpu[i].lost += threads[i].alloc_failed;
	}
	threads_unmap(threads, nr_cpus);
	return 0;
}

static int read_rings(struct iface_view *v)
{
	unsigned int nr_cpus = recorder_nr_cpus(), n = 0;
	struct cpu_view *cpu = calloc(nr_cpus, sizeof(*cpu));
	int err;

	if (!cpu)
		return -ENOMEM;
	v->cpu = cpu;
	err = rings_each(v->dir, v->config.queues, nr_cpus, add_ring, v);
	if (!err)
		err = take_off_failed(v, nr_cpus);
	/* CPUs that are in the set, or were. */
	for (unsigned int i = 0; i < nr_cpus; i++) {
		if (!cpuset_has(&v->cpus, i) && !cpu[i].enqueued)
			continue;
		cpu[n] = cpu[i];
		cpu[n++].cpu = i;
	}
	v->n_cpus = n;
	return err;
}

/* -ENOENT: not all is pinned. */
static int read_maps(struct iface_view *v)
{
	int err = read_counters(v);

	if (!err)
		err = read_cpus(v);
	return err ? err : read_rings(v);
}

static void unknown(struct iface_view *v, const char *why)
{
	v->state = VIEW_UNKNOWN;
	snprintf(v->why, sizeof(v->why), "%s", why);
}

/*
 * What looks broken is being changed, if somebody held the lock before it was read, or does now: an
 * attach or detach takes longer than to read.
 */
static void tell_changing(struct iface_view *v, pid_t before)
{
	pid_t now = pins_lock_holder();

	v->changed_by = now ? now : before;
	if (v->changed_by)
		v->state = VIEW_CHANGING;
}

static int find_problems(struct iface_view *v, const struct iface_place *place, int prog,
			 const struct host_facts *host)
{
	struct iface_facts f = {};
	int n = 0, err = 0;

	if (v->state == VIEW_ATTACHED)
		err = facts_collect(v, place, prog, host, &f);
	if (!err)
		n = problems_find(v, &f, &v->problems);
	facts_free(&f);
	v->n_problems = n > 0 ? n : 0;
	return err ? err : n < 0 ? n : 0;
}

/* What is attached in full by its maps: is it there, and the program on it? */
static void judge(struct iface_view *v, const struct iface_id *id, const struct iface_place *place,
		  int *prog)
{
	v->gone = place->where == IFACE_GONE;
	*prog = iface_program(v->dir, id, place);
	if (*prog >= 0)
		v->state = VIEW_ATTACHED;
	else if (*prog == -ENOENT)
		v->state = VIEW_STALE;
	else
		unknown(v, place->where == IFACE_UNKNOWN ? place->why : strerror(-*prog));
}

/* By what it is called now where that can be told. */
static void name_it(struct iface_view *v, const struct iface_id *id,
		    const struct iface_place *place, const struct netns *here)
{
	bool there = place->where == IFACE_THERE;

	v->ifindex = there ? place->ifindex : id->ifindex;
	v->here = there && place->ns.cookie == here->cookie;
	snprintf(v->name, sizeof(v->name), "%s",
		 there	     ? place->name
		 : *id->name ? id->name
			     : v->dir);
}

static int read_iface(struct iface_view *v, const char *dir, const struct netns *here, pid_t before,
		      const struct host_facts *host)
{
	struct iface_place place = { .where = IFACE_UNKNOWN, .netns = -1 };
	struct iface_id id = {};
	int err, known, prog = -1;

	strcpy(v->dir, dir);
	known = journal_id(dir, &id);
	if (known && known != -ENOENT)
		snprintf(place.why, sizeof(place.why), "%s",
			 known == -EPROTO
				 ? "its journal is of a format that this rfsctl does not know"
				 : strerror(-known));
	else
		iface_locate(dir, &id, &place);
	name_it(v, &id, &place, here);

	err = steer_config(dir, &v->config);
	if (!err && v->config.state == RFS_STATE_READY)
		err = read_maps(v);
	else if (!err)
		err = -ENOENT;
	if (err == -EPROTO)
		v->state = VIEW_FOREIGN;
	else if (err == -ENOENT)
		v->state = VIEW_BROKEN;
	else if (err)
		unknown(v, strerror(-err));
	else
		judge(v, &id, &place, &prog);
	if (v->state == VIEW_BROKEN)
		tell_changing(v, before);
	err = host ? find_problems(v, &place, prog, host) : 0;
	if (prog >= 0)
		close(prog);
	iface_place_close(&place);
	return err;
}

int collect_ifaces(const char *iface, const struct netns *here, const struct host_facts *host,
		   struct rfs_view *view)
{
	char dir[PIN_NAME_LEN], **dirs;
	pid_t before;
	int n, err = 0;

	if (iface)
		err = steer_find(iface, here, dir);
	if (err == -ENOENT)
		rfs_error("%s is not attached%s", iface,
			  netif_find(iface, NULL) == -ENODEV
				  ? ", and there is no such interface here"
				  : "");
	if (err)
		return err;
	before = pins_lock_holder();
	n = pins_list("", true, &dirs);
	if (n < 0) {
		rfs_error("cannot list %s/%s: %s", env.bpffs, RFS_PIN_DIR, strerror(-n));
		return n;
	}
	view->ifaces = calloc(n ? n : 1, sizeof(*view->ifaces));
	if (!view->ifaces)
		err = -ENOMEM;
	for (int i = 0; !err && i < n; i++)
		if (!iface || !strcmp(dirs[i], dir))
			err = read_iface(&view->ifaces[view->n_ifaces++], dirs[i], here, before,
					 host);
	pins_free_list(dirs, n);
	return err;
}
