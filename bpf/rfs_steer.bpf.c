// SPDX-License-Identifier: GPL-2.0-only
/*
 * rfs_steer - Receive Flow Steering before there is an skb.
 *
 * One object per interface. For each packet, on the CPU that the RX queue interrupted:
 *
 *   hash     the flow: addresses and ports, keyed and symmetric (parse.h)
 *   desired  the CPU on which the flow's application last called recvmsg or sendmsg, from the
 *            recorder's global rps_sock_flow; with no known reader, a CPU of the interface's list
 *   slot     the flow's entry in this queue's rps_dev_flow: {current CPU, qtail}
 *   place    where the slot's flows are, whichever RX queue they come by (place.h)
 *   switch   if desired and current differ, current becomes desired only when every packet that
 *            went there has been delivered (leave.h)
 *   enqueue  into the CPU's ring, a CPUMAP entry that all queues share; the slot's qtail becomes
 *            this queue's tail of it. If that is the CPU that the packet is on, it is passed
 *            instead, through the queue's "local ring"
 *
 * And for each frame that comes out of a ring, in its CPU's kthread: rfs_cpumap counts it for its
 * queue. What is delivered is told by the recorder's tracepoints. Why nothing overtakes is argued
 * in docs/design.md, sections 2 to 4.
 *
 * Example. Flow F reads on CPU 3; slot {3, 17}; of this queue's frames for CPU 3, 20 were counted,
 * 18 popped, 12 delivered. The reader moves to CPU 1. Next packet: desired 1, current 3, 12 - 17 <
 * 0 and frames in flight: stay, moves_deferred, frame 21 enters CPU 3's ring, slot {3, 21}. The
 * kthread empties the ring and goes to sleep. Next packet: popped 21 = tail, asleep: slot {1, ...},
 * moves_made.
 *
 * What it cannot cover: order beyond the protocol handlers of the interface's namespace (tunnels,
 * veth into a container: they queue once more), and a datagram that is fragmented against one of
 * the same socket that is not: the former has no ports.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "rfs/ents.h"
#include "generic.h"
#include "kthread.h"
#include "parse.h"
#include "place.h"
#include "tables.h"
#include "verdict.h"
#include "watch.h"

char LICENSE[] SEC("license") = "GPL";

/* The CPU on which the flow's application last read or sent; RPS_NO_CPU: none is known. */
static __always_inline __u32 reader_cpu(__u32 key)
{
	__u32 set = rps_set(key, sock_sets), cpu = RPS_NO_CPU;
	struct rps_sock_ents *ents = bpf_map_lookup_elem(&rps_sock_ents, &set);
	struct rps_sock_flow *flow;

	if (ents)
		cpu = rps_ents_cpu(ents, key);
	if (cpu == RPS_NO_CPU) {
		flow = bpf_map_lookup_elem(&rps_sock_flow, &key);
		if (flow)
			cpu = READ_ONCE(flow->cpu);
	}
	return cpu;
}

/* Steer through a slot and rings that only this NAPI writes. */
static __always_inline int steer(struct xdp_md *ctx, struct queue *q, struct rfs_stats *stats,
				 const struct want *want)
{
	struct rps_dev_flow *slot = q->slot, from = *slot;
	__u32 cpu = from.cpu, why = want->passed;
	struct rps_ring *ring = ring_of(q, cpu);
	union dev_flow to = { .flow = from };
	bool counted;

	if (!ring)
		return pass(stats, RFS_STAT_PASS_NO_CPU);
	cpu = next_cpu(q, &from, ring, want->cpu, &counted);
	ring = ring_of(q, cpu);
	if (!ring)
		goto no_cpu;
	/* With frames before it the ring is not idle anyway, and the watch counts what is missing.
	 */
	if (counted && ring->missing) {
		ring->tail--;
		counted = false;
	}
	if (cpu != want->cpu) {
		stats->count[RFS_STAT_MOVES_DEFERRED]++;
		why = RFS_STAT_PASS_LOCAL;
	}
	if (swallows(q, ring, cpu)) {
		cpu = RPS_NO_CPU;
		why = RFS_STAT_PASS_STUCK;
		ring = ring_of(q, cpu);
		if (!ring)
			goto no_cpu;
	}
	if (cpu != RPS_NO_CPU) {
		if (!redirect(ctx, q, ring, cpu)) {
			ring->tail -= counted;
			goto no_cpu;
		}
		if (!ring->missing++)
			ring->missing_jiffies = bpf_jiffies64();
	}

	ring->tail += !counted;
	to.flow = (struct rps_dev_flow){ .cpu = cpu, .qtail = rps_qtail(ring) };
	WRITE_ONCE(*(word *)slot, to.word);
	if (cpu != from.cpu && cpu == want->cpu)
		count_move(stats, &from, want);
	if (cpu == RPS_NO_CPU)
		return pass_local(ring, stats, why);
	stats->count[want->how]++;
	return XDP_REDIRECT;

no_cpu:
	WRITE_ONCE(*(word *)slot, to.word);
	return pass(stats, RFS_STAT_PASS_NO_CPU);
}

/*
 * Would a packet wait in this CPU's ring for something else that runs there? Of a flood, packets
 * rather wait together.
 */
static __always_inline bool would_wait(const struct queue *q, __u32 cpu)
{
	struct rps_thread *thread = thread_of(cpu);
	__u64 until = thread ? READ_ONCE(thread->busy_until) : 0;
	struct rps_ring *ring, *here;

#ifdef RFS_BROKEN_PLACES /* this control needs rings whose threads wait */
	return false;
#endif
	if (!until || until < bpf_ktime_get_coarse_ns())
		return false;
	ring = ring_of(q, cpu);
	here = ring_of(q, RPS_NO_CPU);
	return ring && here && rps_in_flight(ring) < RPS_BUSY_FRAMES &&
	       (__u32)here->tail - (__u32)READ_ONCE(here->delivered) < RPS_BUSY_FRAMES;
}

/*
 * The flow's CPU: where its reader is, else one of the list.
 *
 * Return: 0, or the reason to pass.
 */
static __always_inline int choose_cpu(const struct rps_cpus *cpus, const struct flow_hash *hash,
				      const struct queue *q, struct want *want)
{
	want->cpu = reader_cpu(hash->key);
	want->how = RFS_STAT_FLOW_STEERED;
	want->passed = RFS_STAT_PASS_NO_CPU;
	if (!rps_cpu_allowed(cpus, want->cpu)) {
		__u32 i = rps_cpu_index(q->slot_index, flow_cnt, cpus->n);

		if (i >= RFS_MAX_CPUS || !cpus->n)
			return RFS_STAT_PASS_NO_CPU;
		want->cpu = cpus->cpu[i];
		want->how = RFS_STAT_HASH_STEERED;
	}
	if (!stay_here)
		return 0;
	/* It is there already: neither ring nor kthread would bring it nearer. */
	if (want->cpu == bpf_get_smp_processor_id())
		want->passed = RFS_STAT_PASS_HERE;
	else if (would_wait(q, want->cpu))
		want->passed = RFS_STAT_PASS_BUSY;
	else
		return 0;
	want->cpu = RPS_NO_CPU;
	return 0;
}

/* The loader makes it frags-aware (multi-buffer) in native mode, see xdp.c. */
SEC("xdp")
int rfs_steer(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	/* In generic mode a flow keeps no queue, nor a queue its CPU. */
	__u32 queue = shared_queues ? 0 : ctx->rx_queue_index;
	struct rfs_stats *stats = bpf_map_lookup_elem(&rfs_stats, &zero);
	struct rfs_config *config = bpf_map_lookup_elem(&rfs_config, &zero);
	struct want want = { RPS_NO_CPU, RFS_STAT_HASH_STEERED, RFS_STAT_PASS_LOCAL };
	__u32 slot, gate, active;
	struct flow_hash hash = {};
	struct queue q = { .index = queue };
	void *slots;
	int reason;

	if (!config || !stats)
		return XDP_PASS;
	gate = READ_ONCE(config->gate);
	if (gate == RFS_GATE_CLOSED)
		return pass(stats, RFS_STAT_PASS_CLOSED);
	/* Its queue of this number has a NAPI of its own, and no slots or rings here. */
	if (ctx->ingress_ifindex != owner_ifindex)
		return pass(stats, RFS_STAT_PASS_OTHER_DEVICE);

	reason = parse_flow(&c, hash_key, stack_proto, &hash);
	if (reason)
		return pass(stats, reason);

	slots = bpf_map_lookup_elem(&rps_dev_flow, &queue);
	q.rings = bpf_map_lookup_elem(&rps_ring, &queue);
	q.cpumap = bpf_map_lookup_elem(&cpumap, &queue);
	if (!slots || !q.rings || !q.cpumap)
		return pass(stats, RFS_STAT_PASS_NO_QUEUE);
	slot = rps_slot(hash.hash, flow_cnt);
	q.slot_index = slot;
	q.slot = bpf_map_lookup_elem(slots, &slot);
	if (!q.slot)
		return pass(stats, RFS_STAT_PASS_NO_QUEUE);

	if (gate == RFS_GATE_OPEN) {
		struct rps_cpus *cpus;

		active = READ_ONCE(config->active);
		cpus = bpf_map_lookup_elem(&rps_cpus, &active);
		if (!cpus)
			return pass(stats, RFS_STAT_PASS_NO_CPU);
		reason = choose_cpu(cpus, &hash, &q, &want);
		if (reason)
			return pass(stats, reason);
	}
	return shared_queues ? steer_shared(ctx, &q, stats, &want) : steer(ctx, &q, stats, &want);
}

/* ---- on the other side of the ring ---- */

/* For each frame that a kthread takes off its ring, before there is an skb. */
SEC("xdp/cpumap")
int rfs_cpumap(struct xdp_md *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 queue = 0, cpu = bpf_get_smp_processor_id();
	struct rps_thread *thread = thread_of(cpu);
	struct rps_ring *ring;
	void *rings;
	bool known;

	if (!thread || thread->owner != (__u64)task) {
		/* Not yet known, or its CPU went offline. */
		cpu = kthread_cpu(task);
		thread = thread_of(cpu);
		if (!thread)
			return XDP_PASS;
	}
	if (!shared_queues && !take_tag(ctx, &queue))
		queue = RFS_TAG_QUEUES;
	rings = bpf_map_lookup_elem(&rps_ring, &queue);
	ring = rings ? bpf_map_lookup_elem(rings, &cpu) : NULL;
	if (!ring) {
		thread->taken++;
		return XDP_PASS;
	}
	known = rps_ring_known(ring, thread);
#ifndef __TARGET_ARCH_x86
	/*
	 * What is known before the marks that it is known by are written over; and the thread's
	 * TASK_RUNNING, to which the kernel gives no barrier, before it counts.
	 */
	full_barrier(&thread->barrier);
#endif
	rps_ring_popped(ring, thread, known);
	return XDP_PASS;
}
