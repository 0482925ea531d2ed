/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * leave.h - flows leave an interface's rings for good, in order.
 *
 * No flow wants these rings' CPUs when this begins: the gate is at drain, or the CPU is out of the
 * active set. When it ends no frame is in them and none can come, as no slot's place is there.
 */
#ifndef RFS_LEAVE_RINGS_H
#define RFS_LEAVE_RINGS_H

#include "host/kthreads.h"
#include "iface/idle.h"
#include "rfs/types.h"

#define LEAVE_ALL_CPUS RPS_NO_CPU

struct leave {
	struct idle_ring *list; /* the rings */
	__u32 *cpus;		/* each one's CPU */
	unsigned int n;
	unsigned int unseen;	    /* queues whose rings are not pinned */
	struct rps_thread *threads; /* by CPU */
	struct rps_place *places;   /* by slot; NULL: they are not pinned */
	/* mapped */
	struct rps_ring **mapped;
	unsigned int queues;
	unsigned int nr_cpus;
	unsigned int slots;
	__u32 cpu; /* or LEAVE_ALL_CPUS */
};

/**
 * leave_open() - see the rings to a CPU, or to all
 * @dir:     the interface's pin folder's name
 * @config:  its configuration
 * @cpu:     or LEAVE_ALL_CPUS
 * @threads: that were listed; those of @cpumap_id are looked at, and must outlive @l
 *
 * Return: 0, and then leave_close() is to be called; or a negative errno.
 */
int leave_open(struct leave *l, const char *dir, const struct rfs_config *config, __u32 cpu,
	       const struct kthreads *threads, __u32 cpumap_id);
void leave_close(struct leave *l);

/**
 * leave_wait() - until the rings are left
 *
 * It takes two seconds at the most. What it found drained, slots may leave also without the thread
 * that emptied it.
 *
 * Return: how many rings are not left, of which drained is not set; or a negative errno.
 */
int leave_wait(struct leave *l);

/** leave_frames() - that are in rings which are not left */
unsigned long long leave_frames(const struct leave *l);

#endif /* RFS_LEAVE_RINGS_H */
