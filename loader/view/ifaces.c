// SPDX-License-Identifier: GPL-2.0-only
/* ifaces.c - interfaces' pinned maps, read into plain structures. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/msg.h"
#include "iface/locate.h"
#include "host/netif.h"
#include "iface/steer.h"
#include "maps/rings.h"
#include "maps/rps_cpus.h"
#include "view/internal.h"

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
	v->lost_alloc_failed += ring->alloc_failed;
	v->cpu[cpu].enqueued += ring->tail;
	/* What the ring's consumer took, less what got no skb. */
	v->cpu[cpu].delivered += ring->popped - ring->alloc_failed;
	v->cpu[cpu].lost += lost + ring->alloc_failed;
}

static int read_rings(struct iface_view *v)
{
	unsigned int nr_cpus = recorder_nr_cpus(), n = 0;
	struct cpu_view *cpu = calloc(nr_cpus, sizeof(*cpu));

	if (!cpu)
		return -ENOMEM;
	v->cpu = cpu;
	rings_each(v->dir, v->config.queues, nr_cpus, add_ring, v);
	/* CPUs that are in the set, or were. */
	for (unsigned int i = 0; i < nr_cpus; i++) {
		if (!cpuset_has(&v->cpus, i) && !cpu[i].enqueued)
			continue;
		cpu[n] = cpu[i];
		cpu[n++].cpu = i;
	}
	v->n_cpus = n;
	return 0;
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

static void read_iface(struct iface_view *v, const char *dir, const struct netns *here,
		       pid_t before)
{
	struct iface_place place;
	struct iface_id id;
	int err;

	strcpy(v->dir, dir);
	journal_id(dir, &id);
	iface_locate(dir, &id, &place);
	v->here = place.where == IFACE_THERE && place.ns.cookie == here->cookie;
	strcpy(v->name, place.where == IFACE_THERE ? place.name : id.name);
	err = steer_config(dir, &v->config);
	if (err == -EPROTO)
		v->state = VIEW_FOREIGN;
	else if (err || v->config.state != RFS_STATE_READY || read_counters(v) || read_cpus(v) ||
		 read_rings(v))
		v->state = VIEW_BROKEN;
	else
		v->state = iface_has_program(dir, &id, &place) ? VIEW_ATTACHED : VIEW_STALE;
	if (v->state == VIEW_BROKEN)
		tell_changing(v, before);
	iface_place_close(&place);
}

int collect_ifaces(const char *iface, const struct netns *here, struct rfs_view *view)
{
	char dir[PIN_NAME_LEN], **dirs;
	pid_t before;
	int n;

	n = iface ? steer_find(iface, here, dir) : 0;
	if (n == -ENOENT)
		rfs_error("%s is not attached%s", iface,
			  netif_find(iface, NULL) == -ENODEV
				  ? ", and there is no such interface here"
				  : "");
	if (n)
		return n;
	before = pins_lock_holder();
	n = pins_list("", true, &dirs);
	if (n < 0) {
		rfs_error("cannot list %s/%s: %s", env.bpffs, RFS_PIN_DIR, strerror(-n));
		return n;
	}
	view->ifaces = calloc(n ? n : 1, sizeof(*view->ifaces));
	for (int i = 0; view->ifaces && i < n; i++)
		if (!iface || !strcmp(dirs[i], dir))
			read_iface(&view->ifaces[view->n_ifaces++], dirs[i], here, before);
	pins_free_list(dirs, n);
	return view->ifaces ? 0 : -ENOMEM;
}
