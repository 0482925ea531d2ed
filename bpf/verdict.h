/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict.h - a packet's end here: passed, or redirected with a tag, which tells the kthread on the
 * other side of the ring whose it is.
 */
#ifndef RFS_VERDICT_H
#define RFS_VERDICT_H

#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "rfs/tag.h"
#include "tables.h"

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

static __always_inline struct ethhdr *eth_header(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	return (void *)(eth + 1) <= (void *)(long)ctx->data_end ? eth : NULL;
}

static __always_inline bool put_tag(struct xdp_md *ctx, __u32 queue)
{
	struct ethhdr *eth = eth_header(ctx);
	__u16 tag = eth ? rfs_tag(queue, bpf_ntohs(eth->h_proto)) : RFS_TAG_NONE;

	if (tag == RFS_TAG_NONE)
		return false;
	eth->h_proto = bpf_htons(tag);
	return true;
}

/*
 * Into the CPUMAP, with a tag; in generic mode without one, as all queues share one queue's rings.
 */
static __always_inline bool redirect(struct xdp_md *ctx, const struct queue *q,
				     const struct rps_ring *ring, __u32 cpu)
{
	struct rfs_napi *napi = bpf_map_lookup_elem(&rfs_napi, &zero);

	if (!napi || bpf_redirect_map(q->cpumap, cpu, XDP_PASS) != XDP_REDIRECT)
		return false;
	napi->queue_id = ring->queue_id;
	return shared_queues || put_tag(ctx, q->index);
}

/* The queue that a frame came by, from its tag, which is taken off. Return: false if it has none.
 */
static __always_inline bool take_tag(struct xdp_md *ctx, __u32 *queue)
{
	struct ethhdr *eth = eth_header(ctx);
	__u16 tag = eth ? bpf_ntohs(eth->h_proto) : RFS_TAG_NONE;
	__u16 eth_type = rfs_tag_eth_type(tag);

	if (!eth_type)
		return false;
	eth->h_proto = bpf_htons(eth_type);
	*queue = rfs_tag_queue(tag);
	return true;
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
