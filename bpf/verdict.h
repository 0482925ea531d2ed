/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict.h - a packet's end here: passed, or redirected with a tag, which tells the kthread on the
 * other side of the ring whose it is.
 */
#ifndef RFS_VERDICT_H
#define RFS_VERDICT_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "tables.h"

#define ENOTSUPP 524

static __always_inline int pass(struct rfs_stats *stats, __u32 reason)
{
	stats->count[reason]++;
	return XDP_PASS;
}

/* The packet goes on here. When this NAPI poll ends, what the queue passed is delivered. */
static __always_inline int pass_local(struct rps_ring *local, struct rfs_stats *stats, __u32 why)
{
	struct rfs_napi *napi = bpf_map_lookup_elem(&rfs_napi, &zero);

	if (napi) {
		napi->queue_id = local->queue_id;
		napi->tail = local->tail;
		napi->passed = 1;
	}
	return pass(stats, why);
}

/* In front of the packet, where a driver has no room for metadata. */
static __always_inline bool put_tag_in_front(struct xdp_md *ctx, struct rfs_tag *tag)
{
	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*tag)))
		return false;
	return !bpf_xdp_store_bytes(ctx, 0, tag, sizeof(*tag)) ||
	       bpf_xdp_adjust_head(ctx, sizeof(*tag));
}

static __always_inline bool put_tag(struct xdp_md *ctx, struct rfs_tag *tag)
{
	long err = no_metadata ? -ENOTSUPP : bpf_xdp_adjust_meta(ctx, -(int)sizeof(*tag));
	struct rfs_tag *meta = (void *)(long)ctx->data_meta;

	if (err == -ENOTSUPP)
		return put_tag_in_front(ctx, tag);
	if (err || (void *)(meta + 1) > (void *)(long)ctx->data)
		return false;
	*meta = *tag;
	return true;
}

/* Into the CPUMAP, with a tag; in generic mode without one, as all queues share one queue's rings.
 */
static __always_inline bool redirect(struct xdp_md *ctx, const struct queue *q,
				     const struct rps_ring *ring, __u32 cpu)
{
	struct rfs_napi *napi = bpf_map_lookup_elem(&rfs_napi, &zero);
	struct rfs_tag tag = { .queue = q->index, .cpu = cpu };

	if (!napi || bpf_redirect_map(q->cpumap, cpu, XDP_PASS) != XDP_REDIRECT)
		return false;
	napi->queue_id = ring->queue_id;
	return shared_queues || put_tag(ctx, &tag);
}

/* Where a frame came from: its tag, which is taken off. */
static __always_inline bool take_tag(struct xdp_md *ctx, struct rfs_tag *value)
{
	struct rfs_tag *tag = (void *)(long)ctx->data_meta;

	if ((void *)(tag + 1) <= (void *)(long)ctx->data) {
		*value = *tag;
		return !bpf_xdp_adjust_meta(ctx, sizeof(*tag));
	}
	tag = (void *)(long)ctx->data;
	if ((void *)(tag + 1) > (void *)(long)ctx->data_end)
		return false;
	*value = *tag;
	return !bpf_xdp_adjust_head(ctx, sizeof(*tag));
}

/*
 * A slot went to another CPU. Not a move: a first decision, which is a slot's that no packet went
 * through (qtail wraps, but this only counts), and a slot that is drained.
 */
static __always_inline void count_move(struct rfs_stats *stats, const struct rps_dev_flow *from,
				       const struct want *want)
{
	if ((from->cpu != RPS_NO_CPU || from->qtail) && want->passed != RFS_STAT_PASS_LOCAL)
		stats->count[RFS_STAT_MOVES_MADE]++;
}

#endif /* RFS_VERDICT_H */
