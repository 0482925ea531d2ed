/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * idle.h - are rings drained?
 *
 * While no flow wants its CPU (the gate is at drain, or the CPU is out of the active set), a ring
 * is left by each slot whose packet finds it idle. So a ring that every NAPI poll of a while found
 * idle gets no more frames of slots that have packets. As to the others see leave.h.
 */
#ifndef RFS_IDLE_H
#define RFS_IDLE_H

#include <stdbool.h>

#include "host/kthreads.h"
#include "rfs/types.h"

struct idle_ring {
	struct rps_ring *ring;	   /* mapped */
	struct rps_thread *thread; /* that empties it; mapped */
	const struct kthread *k;   /* that empties it; NULL: it has none */
	bool drained;
	/* from one look to the next */
	bool was_idle;
	bool was_empty; /* nothing at all in flight, nor missing */
	bool once;
	__u64 tail;
	__u64 popped;
};

/**
 * idle_wait() - until these rings are drained
 * @rings: drained is set in those of which that is known
 * @n:     how many
 * @limit: of now_ms(), when it returns at the latest
 *
 * Return: how many of them are not drained.
 */
unsigned int idle_wait(struct idle_ring *rings, unsigned int n, long long limit);

/** idle_is_unchanged() - has nothing been counted in a ring since idle_wait() looked at it last? */
bool idle_is_unchanged(const struct idle_ring *r);

#endif /* RFS_IDLE_H */
