// SPDX-License-Identifier: GPL-2.0-only
/*
 * refresh.c - follow CPUs that went offline or came back, and RX queues that were added or taken
 * away.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/kthreads.h"
#include "host/msg.h"
#include "host/netif.h"
#include "iface/attached.h"
#include "iface/internal.h"
#include "iface/journal.h"
#include "iface/leave.h"
#include "iface/locate.h"
#include "iface/polls.h"
#include "iface/queue.h"
#include "iface/settings.h"
#include "iface/steer.h"
#include "rfs/rules.h"

/* ---- kthreads that lost their CPU ---- */

/* Make an idle ring's entry anew, with a kthread that is bound to its CPU. */
static int renew_entry(const struct attached *a, const struct kthreads *all, __u32 cpu)
{
	struct bpf_cpumap_val value = { .qsize = a->config.qsize, .bpf_prog.fd = a->cpumap_prog };
	struct leave leave;
	int err = leave_open(&leave, a->dir, &a->config, cpu, all, a->cpumap_id), left;

	if (err) {
		rfs_error("cannot look at the ring to CPU %u: %s", cpu, strerror(-err));
		return err;
	}
	left = leave.unseen ? -ENOENT : leave_wait(&leave);
	err = left < 0 ? left : left ? -EAGAIN : wait_for_polls();
	if (left > 0) {
		rfs_warn("%s: the ring to CPU %u does not get empty; it is left out until the next "
			 "refresh",
			 a->dir, cpu);
	} else if (err) {
		rfs_error("cannot wait until the ring to CPU %u is drained: %s", cpu,
			  strerror(-err));
	} else {
		/*
		 * The old thread ends after a grace period: its state is not to be read. Before the
		 * new one may have a frame, which would make it the owner.
		 */
		WRITE_ONCE(leave.threads[cpu].owner, 0);
		WRITE_ONCE(leave.threads[cpu].task, 0);
		if (bpf_map_update_elem(a->cpumap, &cpu, &value, BPF_ANY)) {
			err = -errno;
			rfs_error("cannot make the ring to CPU %u anew: %s", cpu, strerror(-err));
		}
	}
	leave_close(&leave);
	return err;
}

/* Is it a kthread of ours, for a CPU of the set, that runs elsewhere? */
static bool is_unbound(const struct attached *a, const struct kthread *k, const struct cpuset *cpus)
{
	return k->cpumap_id == a->cpumap_id && cpuset_has(cpus, k->cpu) && !kthread_is_bound(k);
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

		if (is_unbound(a, k, cpus) && renew_entry(a, all, k->cpu))
			cpuset_remove(cpus, k->cpu);
	}
}

static int publish_ready(struct attached *a, const struct cpuset *cpus)
{
	return memcmp(&a->active, cpus, sizeof(*cpus)) ? attached_publish(a, cpus, &a->wanted) : 0;
}

static int follow_cpus(struct attached *a)
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
	err = publish_ready(a, &ready);
	if (!err && cpuset_count(&unbound))
		renew_entries(a, &all, &unbound);
	free(all.list);
	if (!err)
		err = attached_add_rings(a, &usable);
	/* Of the kthreads that are new, before frames go there; it does not stop steering. */
	if (!err)
		sched_kthreads(a->dir, &a->config.kthread_sched, rfs_warn);
	cpuset_for_each(cpu, &unbound) cpuset_add(&ready, cpu);
	return err ? err : publish_ready(a, &ready);
}

/* ---- RX queues that came or went ---- */

/* The kernel's RPS may be on for the new ones. */
static int change_settings(const struct attached *a, unsigned int ifindex, const char *name)
{
	const struct settings_wish wish = {
		.first_queue = a->config.queues, /* others may have been set since attach */
		.native = a->config.mode == RFS_MODE_NATIVE,
		.flow_cnt = a->config.tcp == RFS_TCP_STACK ? a->config.flow_cnt : 0,
		.sock_flow_entries = 0, /* the kernel's table is there since attach */
	};
	int journal = journal_open(a->dir), err;

	if (journal < 0) {
		rfs_error("%s: cannot open its journal: %s", name, strerror(-journal));
		return journal;
	}
	err = settings_change(ifindex, name, a->dir, journal, &wish);
	close(journal);
	return err;
}

/* For this, all polls that saw another gate have to have ended. */
static int set_steering(struct attached *a, enum rfs_gate gate)
{
	int err = 0;

	if (a->config.gate == gate)
		return 0;
	if (gate == RFS_GATE_OPEN)
		err = wait_for_polls();
	a->config.gate = gate;
	if (!err)
		err = update_config(a->config_fd, &a->config);
	if (!err && gate != RFS_GATE_OPEN)
		err = wait_for_polls();
	return err;
}

/*
 * Packets of a queue without tables are passed, and no slot knows of them. So it is as at attach:
 * no flow leaves its CPU until the polls that brought these have ended.
 */
static int add_queues(struct attached *a, const struct queue_tables *t, unsigned int now)
{
	int err = set_steering(a, RFS_GATE_DRAIN);

	for (__u32 q = a->config.queues; !err && q < now; q++) {
		/* What a refresh that failed or was killed has left of it. */
		if (queue_has_pins(a->dir, q))
			err = queue_remove(t, a->dir, q);
		if (!err)
			err = queue_add(t, a->dir, &a->config, q);
		if (!err)
			a->config.queues = q + 1;
	}
	return err;
}

/* config.queues is written as soon as the tables are there, or after they are not used any more. */
static int change_queues(struct attached *a, unsigned int now)
{
	struct queue_tables t;
	int err = queue_tables_open(a->dir, &t);

	if (err)
		return err;
	if (now > a->config.queues)
		err = add_queues(a, &t, now);
	while (!err && a->config.queues > now) {
		err = queue_remove(&t, a->dir, a->config.queues - 1);
		if (!err)
			a->config.queues--;
	}
	queue_tables_close(&t);
	if (update_config(a->config_fd, &a->config))
		return -EIO;
	return err == -EAGAIN ? 0 : err;
}

static int follow_queues(struct attached *a, unsigned int ifindex, const char *name)
{
	struct netif now;
	int err = netif_read(name, &now);

	if (!err && now.ifindex != ifindex)
		err = -ENODEV;
	if (err) {
		rfs_error("%s: cannot count its RX queues: %s", name, strerror(-err));
		return err;
	}
	if (now.rx_queues == a->config.queues)
		return 0;
	if (now.rx_queues > a->config.queues)
		err = change_settings(a, ifindex, name);
	return err ? err : change_queues(a, now.rx_queues);
}

/* With this process where the interface is. */
static int follow_queues_there(struct attached *a)
{
	struct iface_place place;
	struct iface_id id;
	int err = journal_id(a->dir, &id), home;

	if (err) {
		rfs_error("%s: cannot read its journal: %s", a->dir, strerror(-err));
		return err;
	}
	iface_locate(a->dir, &id, &place);
	if (place.where != IFACE_THERE) {
		rfs_warn("%s: %s%s; its RX queues are not looked at", a->dir,
			 place.where == IFACE_GONE ? "its interface is gone"
						   : "cannot tell whether it is gone: ",
			 place.where == IFACE_GONE ? "" : place.why);
		return 0;
	}
	home = netns_open();
	err = home < 0 ? home : iface_enter(&place);
	if (!err)
		err = follow_queues(a, place.ifindex, place.name);
	if (home >= 0 && netns_return(home) && !err)
		err = -EIO;
	iface_place_close(&place);
	return err;
}

int steer_refresh(const char *dir)
{
	struct attached a;
	int err = attached_open(dir, &a), opened;

	if (err)
		return err;
	err = follow_queues_there(&a);
	/* Also where an earlier refresh was killed before it came to that. */
	opened = set_steering(&a, RFS_GATE_OPEN);
	err = err ? err : opened;
	if (!err)
		err = follow_cpus(&a);
	attached_close(&a);
	return err;
}
