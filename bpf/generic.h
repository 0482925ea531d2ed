/* SPDX-License-Identifier: GPL-2.0-only */
/* generic.h - steering where several CPUs run the program for one queue at once. */
#ifndef RFS_GENERIC_H
#define RFS_GENERIC_H

#include "verdict.h"
#include "watch.h"

#define SHARED_TRIES 16

/*
 * Steer where several CPUs may serve one queue. The slot's qtail is a version here, and each packet
 * commits by replacing {cpu, version} as one word after it was counted in the ring's tail.
 *
 * A move reads the slot, then finds its ring idle, then commits. Packets of the slot that committed
 * before that read were counted before it, so an idle ring has delivered them; one that commits
 * after the read changes the version, and the move fails and is tried anew.
 */
static __always_inline int steer_shared(struct xdp_md *ctx, struct queue *q,
					struct rfs_stats *stats, const struct want *want)
{
	union {
		struct rps_dev_flow flow;
		__u64 word;
	} old, new;
	struct rps_ring *ring;
	__u32 cpu, why;

	for (int i = 0; i < SHARED_TRIES; i++) {
		old.word = READ_ONCE(*(__u64 *)q->slot);
		cpu = old.flow.cpu;
		why = RFS_STAT_PASS_LOCAL;
		ring = ring_of(q, cpu);
		if (!ring)
			return pass(stats, RFS_STAT_PASS_NO_CPU);
		if (cpu != want->cpu) {
			/* The slot before the counters; pairs with the commit below. */
			full_barrier(&ring->barrier);
			if (may_leave(ring, cpu, 0)) {
				cpu = want->cpu;
				ring = ring_of(q, cpu);
				if (!ring)
					return pass(stats, RFS_STAT_PASS_NO_CPU);
			}
		}
		if (swallows(q, ring, cpu)) {
			cpu = RPS_NO_CPU;
			why = RFS_STAT_PASS_STUCK;
			ring = ring_of(q, cpu);
			if (!ring)
				return pass(stats, RFS_STAT_PASS_NO_CPU);
		}
		new.flow.cpu = cpu;
		new.flow.qtail = old.flow.qtail + 1;
		__sync_fetch_and_add(&ring->tail, 1);
		if (__sync_val_compare_and_swap((__u64 *)q->slot, old.word, new.word) == old.word)
			goto committed;
		__sync_fetch_and_add(&ring->tail, -1);
	}
	return pass(stats, RFS_STAT_PASS_CONTENDED);

committed:
	if (cpu != want->cpu && why != RFS_STAT_PASS_STUCK)
		stats->count[RFS_STAT_MOVES_DEFERRED]++;
	if (cpu != RPS_NO_CPU) {
		if (!redirect(ctx, q, ring, cpu)) {
			__sync_fetch_and_add(&ring->tail, -1);
			return pass(stats, RFS_STAT_PASS_NO_CPU);
		}
		if (!__sync_fetch_and_add(&ring->missing, 1))
			ring->missing_jiffies = bpf_jiffies64();
	}
	if (cpu != old.flow.cpu)
		count_move(stats, &old.flow, want);
	if (cpu == RPS_NO_CPU)
		return pass_local(ring, stats, why);
	stats->count[want->how]++;
	return XDP_REDIRECT;
}

#endif /* RFS_GENERIC_H */
