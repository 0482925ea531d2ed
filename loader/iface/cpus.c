// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpus.c - the CPUs that an interface's packets may go to: chosen, published, changed, and
 * followed when they go offline and come back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/kthreads.h"
#include "host/clock.h"
#include "host/msg.h"
#include "rfs/rules.h"
#include "maps/queues.h"
#include "maps/rings.h"
#include "maps/rps_cpus.h"
#include "iface/steer.h"
#include "iface/internal.h"
#include "iface/polls.h"

#define IDLE_LIMIT_MS 2000

/* Fill the set that is not in use, then turn over. */
int publish_cpus(int cpus_fd, int config_fd, struct rfs_config *config, const struct cpuset *cpus)
{
	__u32 other = !config->active;
	int err = rps_cpus_write(cpus_fd, other, cpus);

	if (err)
		return err;
	config->active = other;
	err = update_config(config_fd, config);
	/* The next change may overwrite the set that polls are reading now. */
	wait_for_polls();
	return err;
}

/* Of the CPUs that are wanted (none: all) those that are online; if none is, all that are. */
int usable_cpus(const struct cpuset *wanted, struct cpuset *usable)
{
	struct cpuset online, offline;
	int err = cpuset_online(&online);

	if (err) {
		rfs_error("cannot find out which CPUs are online: %s", strerror(-err));
		return err;
	}
	*usable = online;
	if (!cpuset_count(wanted))
		return 0;
	offline = cpuset_minus(wanted, &online);
	*usable = cpuset_minus(wanted, &offline);
	if (!cpuset_count(usable)) {
		rfs_warn("none of the CPUs to steer to is online; steering to all that are");
		*usable = online;
	}
	return 0;
}

int add_cpumap_entries(int cpumap, const struct cpuset *cpus, unsigned int qsize)
{
	struct bpf_cpumap_val value = { .qsize = qsize };

	cpuset_for_each(cpu, cpus)
	{
		struct bpf_cpumap_val old;
		__u32 key = cpu;

		/* Replacing a live entry would start a second kthread while the first drains. */
		if (!bpf_map_lookup_elem(cpumap, &key, &old) && old.qsize)
			continue;
		if (bpf_map_update_elem(cpumap, &key, &value, BPF_ANY)) {
			int err = -errno;

			rfs_error("cannot make the ring to CPU %u: %s", cpu, strerror(-err));
			return err;
		}
	}
	return 0;
}

/* ---- the interface's CPUs while it is attached ---- */

struct attached {
	const char *dir;
	struct rfs_config config;
	int config_fd;
	int cpus_fd;
	__u32 *cpumap_ids; /* of all queues */
	struct cpuset active;
	struct cpuset wanted;
};

static void close_attached(struct attached *a)
{
	if (a->config_fd >= 0)
		close(a->config_fd);
	if (a->cpus_fd >= 0)
		close(a->cpus_fd);
	free(a->cpumap_ids);
}

static int open_attached(const char *dir, struct attached *a)
{
	int err = steer_config(dir, &a->config);

	a->dir = dir;
	a->cpumap_ids = NULL;
	if (err || a->config.state != RFS_STATE_READY) {
		rfs_error("%s is not attached in full; attach or detach it first", dir);
		return err ? err : -EAGAIN;
	}
	a->config_fd = pins_get("%s/%s", dir, RFS_PIN_CONFIG);
	a->cpus_fd = pins_get("%s/%s", dir, RFS_PIN_CPUS);
	err = a->config_fd < 0 ? a->config_fd : a->cpus_fd < 0 ? a->cpus_fd : 0;
	if (!err)
		err = rps_cpus_read(a->cpus_fd, a->config.active, &a->active);
	if (!err)
		err = rps_cpus_read(a->cpus_fd, RPS_CPUS_WANTED, &a->wanted);
	if (!err)
		err = queues_cpumap_ids(dir, a->config.queues, &a->cpumap_ids);
	if (err) {
		rfs_error("%s: cannot read its configuration: %s", dir, strerror(-err));
		close_attached(a);
	}
	return err;
}

static int publish(struct attached *a, const struct cpuset *cpus)
{
	int err;

	if (!memcmp(&a->active, cpus, sizeof(*cpus)))
		return 0;
	err = publish_cpus(a->cpus_fd, a->config_fd, &a->config, cpus);
	if (!err)
		a->active = *cpus;
	return err;
}

static int open_cpumap(const struct attached *a, unsigned int queue)
{
	int fd = queue_get(a->dir, queue, RFS_PIN_CPUMAP);

	if (fd < 0)
		rfs_error("%s: the CPUMAP of RX queue %u is not pinned any more", a->dir, queue);
	return fd;
}

/* Rings to all of these CPUs. Those of CPUs that leave the set stay: slots may still lead there. */
static int add_rings(const struct attached *a, const struct cpuset *cpus)
{
	int err = 0;

	for (unsigned int q = 0; !err && q < a->config.queues; q++) {
		int fd = open_cpumap(a, q);

		if (fd < 0)
			return fd;
		err = add_cpumap_entries(fd, cpus, a->config.qsize);
		close(fd);
	}
	return err;
}

static int set_cpus(struct attached *a, const struct cpuset *cpus)
{
	struct cpuset usable;
	int err = usable_cpus(cpus, &usable);

	if (!err)
		err = add_rings(a, &usable);
	/* The new rings' kthreads too, before frames go there. */
	if (!err)
		err = sched_kthreads(a->dir, &a->config, &a->config.kthread_sched, rfs_error);
	if (!err)
		err = publish(a, &usable);
	return err ? err : rps_cpus_write(a->cpus_fd, RPS_CPUS_WANTED, cpus);
}

static void say_nothing(const char *fmt, ...)
{
	(void)fmt;
}

static int set_sched(struct attached *a, const struct rfs_sched *sched)
{
	struct rfs_sched old = a->config.kthread_sched;
	int err = sched_kthreads(a->dir, &a->config, sched, rfs_error);

	if (!err) {
		a->config.kthread_sched = *sched;
		err = update_config(a->config_fd, &a->config);
	}
	if (err) {
		a->config.kthread_sched = old;
		sched_kthreads(a->dir, &a->config, &old, say_nothing);
	}
	return err;
}

int steer_set(const char *dir, const struct steer_changes *changes)
{
	struct rfs_sched old;
	struct attached a;
	int err = open_attached(dir, &a);

	if (err)
		return err;
	old = a.config.kthread_sched;
	if (changes->kthread_sched)
		err = set_sched(&a, changes->kthread_sched);
	if (!err && changes->cpus) {
		err = set_cpus(&a, changes->cpus);
		if (err && changes->kthread_sched)
			set_sched(&a, &old);
	}
	close_attached(&a);
	return err;
}

/* ---- kthreads that lost their CPU ---- */

/*
 * Until no packet is in the ring, nor can come: its CPU is not in the active set, so a slot that
 * leads there is left by its next packet if the ring is idle. If the ring was idle before and after
 * all polls have gone by, and counted nothing between, every poll found it so.
 */
static bool wait_for_idle(const volatile struct rps_ring *ring, const struct kthread *k)
{
	long long limit = now_ms() + IDLE_LIMIT_MS;

	do {
		__u64 tail = ring->tail;

		if (!rps_in_flight((const struct rps_ring *)ring) && kthread_is_asleep(k)) {
			wait_for_polls();
			if (!rps_in_flight((const struct rps_ring *)ring) && kthread_is_asleep(k) &&
			    ring->tail == tail)
				return true;
		}
		usleep(1000);
	} while (now_ms() < limit);
	return false;
}

/* Make an idle ring's entry anew, with a kthread that is bound to its CPU. */
static int renew_entry(const struct attached *a, const struct kthread *k)
{
	unsigned int queue = queues_find(a->cpumap_ids, a->config.queues, k->cpumap_id);
	struct bpf_cpumap_val value = { .qsize = a->config.qsize };
	unsigned int nr_cpus = recorder_nr_cpus();
	struct rps_ring *rings = rings_map(a->dir, queue, nr_cpus);
	int cpumap = open_cpumap(a, queue), err = 0;
	__u32 key = k->cpu;

	if (!rings || cpumap < 0) {
		err = -ENOENT;
		goto out;
	}
	if (!wait_for_idle(&rings[key], k)) {
		rfs_warn(
			"%s: the ring from RX queue %u to CPU %u does not get empty; it is left out "
			"until the next refresh",
			a->dir, queue, key);
		err = -EAGAIN;
	} else if (bpf_map_update_elem(cpumap, &key, &value, BPF_ANY)) {
		err = -errno;
		rfs_error("cannot make the ring to CPU %u anew: %s", key, strerror(-err));
	} else {
		/* The old thread ends after a grace period: its state is not to be read. */
		WRITE_ONCE(rings[key].task, 0);
	}
out:
	if (cpumap >= 0)
		close(cpumap);
	if (rings)
		rings_unmap(rings, nr_cpus);
	return err;
}

/* Is it a kthread of ours, for a CPU of the set, that runs elsewhere? */
static bool is_unbound(const struct attached *a, const struct kthread *k, const struct cpuset *cpus)
{
	return queues_find(a->cpumap_ids, a->config.queues, k->cpumap_id) >= 0 &&
	       cpuset_has(cpus, k->cpu) && !kthread_is_bound(k);
}

/* The CPUs of the set that have a kthread elsewhere. */
static struct cpuset unbound_cpus(const struct attached *a, const struct kthreads *all,
				  const struct cpuset *cpus)
{
	struct cpuset unbound = {};

	for (unsigned int i = 0; i < all->n; i++)
		if (is_unbound(a, &all->list[i], cpus))
			cpuset_add(&unbound, all->list[i].cpu);
	return unbound;
}

static void renew_entries(const struct attached *a, const struct kthreads *all, struct cpuset *cpus)
{
	for (unsigned int i = 0; i < all->n; i++) {
		const struct kthread *k = &all->list[i];

		if (is_unbound(a, k, cpus) && renew_entry(a, k))
			cpuset_remove(cpus, k->cpu);
	}
}

static int refresh(struct attached *a)
{
	struct cpuset usable, unbound, ready;
	struct kthreads all;
	int err = usable_cpus(&a->wanted, &usable);

	if (!err)
		err = kthreads_list(&all);
	if (err)
		return err;
	unbound = unbound_cpus(a, &all, &usable);
	ready = cpuset_minus(&usable, &unbound);
	if (cpuset_count(&unbound) && !cpuset_count(&ready)) {
		/* Somewhere packets must go meanwhile. */
		rfs_warn("%s: no CPU is left to go to while rings are made anew; nothing was done",
			 a->dir);
		free(all.list);
		return 0;
	}
	err = publish(a, &ready);
	if (!err && cpuset_count(&unbound))
		renew_entries(a, &all, &unbound);
	free(all.list);
	if (!err)
		err = add_rings(a, &usable);
	/* Of the kthreads that are new, before frames go there; it does not stop steering. */
	if (!err)
		sched_kthreads(a->dir, &a->config, &a->config.kthread_sched, rfs_warn);
	cpuset_for_each(cpu, &unbound) cpuset_add(&ready, cpu);
	return err ? err : publish(a, &ready);
}

int steer_refresh(const char *dir)
{
	struct attached a;
	int err = open_attached(dir, &a);

	if (err)
		return err;
	err = refresh(&a);
	close_attached(&a);
	return err;
}
