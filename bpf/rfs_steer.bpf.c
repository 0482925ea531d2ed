// SPDX-License-Identifier: GPL-2.0-only
/*
 * rfs_steer - Receive Flow Steering before there is an skb.
 *
 * One object per interface. For each packet, on the CPU that the RX queue interrupted:
 *
 *   hash     the flow: addresses and ports, keyed and symmetric (hash.h)
 *   desired  the CPU on which the flow's application last called recvmsg or sendmsg, from the
 *            recorder's global rps_sock_flow; with no known reader, a CPU of the interface's list
 *   slot     the flow's entry in this queue's rps_dev_flow: {current CPU, qtail}
 *   switch   if desired and current differ, current becomes desired only when every packet that
 *            went through the slot has been delivered
 *   enqueue  into the ring of (this queue, current CPU), a CPUMAP entry; the slot's qtail becomes
 *            that ring's tail. If the current CPU is the one that the packet is on, it is passed
 *            instead, through the queue's "local ring"
 *
 * Why nothing overtakes: while a slot stays on a CPU, its packets sit in one FIFO. When it leaves,
 * none of them is undelivered. So all care goes into "delivered":
 *
 * - Each RX queue has a CPUMAP of its own. So one NAPI, at one time, counts and fills a ring, and
 *   the order in which frames were counted is the order in which they enter. With one CPUMAP for
 *   all queues, 8 frames of queue B could be popped while one of queue A, counted before, waits in
 *   A's bulk queue: popped >= qtail, and nothing of A's delivered.
 * - Frames that never entered (ring full, frame conversion failed) are subtracted from the tail,
 *   not added to the head: a drop behind a packet is not that packet's delivery.
 * - Popped is not delivered: from 6.12 the tracepoint fires before delivery, from 6.15 GRO holds
 *   packets back. rps_ring_event() waits for the round that proves a flush (rule 2).
 * - A request/response flow has one packet in flight and no later round that could prove anything.
 *   So a slot may also leave when nothing is in flight and the ring's kthread is asleep, which it
 *   is only on an empty ring after a full flush (rule 3).
 * - "No CPU" is a place like any other: packets that were passed may wait in the driver's GRO list,
 *   and count as delivered when a NAPI poll ends with nothing held. That makes a flow's *first*
 *   steering decision, and its last one at detach, as ordered as any other.
 *
 * Example. Flow F reads on CPU 3; slot {3, 17}; ring (0,3): tail 20, popped 18, delivered 12. The
 * reader moves to CPU 1. Next packet: desired 1, current 3, 12 - 17 < 0 and frames in flight: stay,
 * moves_deferred, frame 21 enters ring (0,3), slot {3, 21}. The kthread empties the ring and goes
 * to sleep. Next packet: popped 21 = tail, asleep: slot {1, ...}, moves_made.
 *
 * Generic XDP may run for one queue on several CPUs at once. There the counted order is not the
 * order in the ring, so rule 2 is off, and the slot is replaced by compare-and-exchange with a
 * version in the place of qtail, see steer_shared().
 *
 * What it cannot cover: order beyond the protocol handlers of the interface's namespace (tunnels,
 * veth into a container: they queue once more), and a datagram that is fragmented against one of
 * the same socket that is not: the former has no ports.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "rfs/ents.h"
#include "parse.h"

#define SHARED_TRIES 16

char LICENSE[] SEC("license") = "GPL";

/* Set by the loader before load. */
const volatile __u32 hash_key[RFS_HASH_WORDS];
const volatile __u32 flow_cnt = 1;  /* slots per queue, a power of two */
const volatile __u32 nr_cpus = 1;   /* also the index of the local ring */
const volatile __u32 sock_sets = 1; /* of rps_sock_ents, a power of two */
const volatile bool shared_queues;  /* generic mode: several CPUs may serve one queue */
const volatile bool stay_here;	    /* pass what is wanted on the CPU that it came in on */
const volatile __u32 stack_proto;   /* --tcp stack: IPPROTO_TCP, passed and in no slot; else 0 */
const volatile __u32 missing_max = RPS_MISSING_MAX; /* rps_missing_max() */
const volatile __u32 missing_age = RPS_LATE_JIFFIES;

/* By these the loader knows the program, see loader/xdp/owner.h; the index is read here too. */
const volatile __u64 owner_magic = RFS_MAGIC;
const volatile __u64 owner_netns;
const volatile __u64 owner_sysfs;
const volatile __u32 owner_ifindex;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rfs_config);
} rfs_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RPS_CPUS_NR);
	__type(key, __u32);
	__type(value, struct rps_cpus);
} rps_cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rfs_stats);
} rfs_stats SEC(".maps");

/* The recorder's. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rps_sock_flow);
} rps_sock_flow SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rps_sock_ents);
} rps_sock_ents SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rfs_napi_pass);
} napi_pass SEC(".maps");

/* One RX queue's slots and rings: templates, from which the loader makes one each per queue. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rps_dev_flow);
} dev_flow_queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rps_ring);
} ring_queue SEC(".maps");

/* By RX queue; the loader sets the inner maps. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} rps_dev_flow SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} rps_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cpumap SEC(".maps");

struct queue {
	void *rings;
	struct bpf_cpu_map *cpumap;
	struct rps_dev_flow *slot;
};

/* Where a packet's flow belongs, and why. */
struct want {
	__u32 cpu;    /* RPS_NO_CPU: where the packet is */
	__u32 how;    /* the RFS_STAT_* to count if it is redirected */
	__u32 passed; /* and if it is passed */
};

static const __u32 zero;

static __always_inline int pass(struct rfs_stats *stats, __u32 reason)
{
	stats->count[reason]++;
	return XDP_PASS;
}

/*
 * BPF's full memory barrier is an atomic operation that returns a value. If the compiler sees that
 * the value is not used, it takes one that returns none, which orders nothing on arm64 and riscv;
 * if it sees that 0 is added, one that x86 has no instruction for.
 */
static __always_inline void full_barrier(__u64 *word)
{
	__u64 value = 0;

	asm volatile("" : "+r"(value));
	value = __sync_fetch_and_add(word, value);
	asm volatile("" : : "r"(value));
}

/* Rule 3. The barrier pairs with the kthread's set_current_state(). */
static __always_inline bool ring_idle(struct rps_ring *ring)
{
	struct task_struct *task;

	if (rps_in_flight(ring))
		return false;
	/*
	 * First the counter, then the state: the thread was running when it counted the last
	 * frame, so if it is asleep *after* that, it has delivered and flushed.
	 */
	full_barrier(&ring->barrier);
	task = (struct task_struct *)READ_ONCE(ring->task);
	if (!task)
		return !READ_ONCE(ring->owner); /* it has had no frame yet */
	return BPF_CORE_READ(task, __state) == RFS_TASK_INTERRUPTIBLE;
}

/* The switch rule. */
static __always_inline bool may_leave(struct rps_ring *ring, __u32 cpu, __u32 qtail)
{
#ifdef RFS_BROKEN_SWITCH_RULE /* the storm's control build: it must see packets overtake */
	return true;
#endif
	if (cpu == RPS_NO_CPU)
		return shared_queues ? !rps_in_flight(ring) : rps_delivered(ring, qtail);
	return (!shared_queues && rps_delivered(ring, qtail)) || ring_idle(ring);
}

static __always_inline struct rps_ring *ring_of(struct queue *q, __u32 cpu)
{
	__u32 index = cpu == RPS_NO_CPU ? nr_cpus : cpu;

	return bpf_map_lookup_elem(q->rings, &index);
}

/* Of a ring that had no frame yet, the thread is not known; it sleeps. */
static __always_inline bool thread_sleeps(struct rps_ring *ring)
{
	struct task_struct *task;

	full_barrier(&ring->barrier); /* as in ring_idle() */
	task = (struct task_struct *)READ_ONCE(ring->owner);
	return !task || BPF_CORE_READ(task, __state) == RFS_TASK_INTERRUPTIBLE;
}

/*
 * Does the kernel's ring hold a frame? By itself, as the thread that empties it is asleep: see
 * __ptr_ring_peek() in Linux include/linux/ptr_ring.h. Where that cannot be read the answer is no,
 * and what is counted decides: the other answer would lose frames without end.
 */
static __always_inline bool ring_holds(const struct bpf_cpu_map *cpumap, __u32 cpu)
{
	struct bpf_cpu_map_entry **entries, *entry = NULL;
	struct ptr_ring *frames;
	void *frame = NULL;

	if (!bpf_core_field_exists(cpumap->cpu_map) ||
	    !bpf_core_field_exists(struct bpf_cpu_map_entry, queue) ||
	    !bpf_core_field_exists(struct ptr_ring, queue) ||
	    !bpf_core_field_exists(struct ptr_ring, consumer_head))
		return false;
	entries = cpumap->cpu_map;
	if (bpf_probe_read_kernel(&entry, sizeof(entry), &entries[cpu]))
		return false;
	frames = BPF_CORE_READ(entry, queue);
	return !bpf_probe_read_kernel(&frame, sizeof(frame),
				      BPF_CORE_READ(frames, queue) +
					      BPF_CORE_READ(frames, consumer_head)) &&
	       frame;
}

/* Would a frame vanish on its way to this CPU's ring? */
static __always_inline bool swallows(const struct queue *q, struct rps_ring *ring, __u32 cpu)
{
	if (cpu == RPS_NO_CPU || !READ_ONCE(ring->missing))
		return false;
	if (rps_ring_is_stuck(ring))
		return true;
	return rps_ring_suspect(ring, missing_max, missing_age, bpf_jiffies64()) &&
	       thread_sleeps(ring) && rps_ring_give_up(ring, ring_holds(q->cpumap, cpu));
}

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

/* The packet goes on here. When this NAPI poll ends, what the queue passed is delivered. */
static __always_inline int pass_local(struct rps_ring *local, struct rfs_stats *stats, __u32 why)
{
	struct rfs_napi_pass *np = bpf_map_lookup_elem(&napi_pass, &zero);

	if (np)
		np->cpumap_id = local->cpumap_id;
	return pass(stats, why);
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

/* Steer through a slot and rings that only this NAPI writes. */
static __always_inline int steer(struct queue *q, struct rfs_stats *stats, const struct want *want)
{
	struct rps_dev_flow *slot = q->slot, from = *slot;
	__u32 cpu = from.cpu, why = want->passed;
	struct rps_ring *ring = ring_of(q, cpu);

	if (!ring)
		return pass(stats, RFS_STAT_PASS_NO_CPU);
	if (cpu != want->cpu) {
		if (may_leave(ring, cpu, from.qtail)) {
			cpu = want->cpu;
			ring = ring_of(q, cpu);
			if (!ring)
				return pass(stats, RFS_STAT_PASS_NO_CPU);
		} else {
			stats->count[RFS_STAT_MOVES_DEFERRED]++;
			why = RFS_STAT_PASS_LOCAL;
		}
	}
	if (swallows(q, ring, cpu)) {
		cpu = RPS_NO_CPU;
		why = RFS_STAT_PASS_STUCK;
		ring = ring_of(q, cpu);
		if (!ring)
			return pass(stats, RFS_STAT_PASS_NO_CPU);
	}
	if (cpu != RPS_NO_CPU) {
		if (bpf_redirect_map(q->cpumap, cpu, XDP_PASS) != XDP_REDIRECT)
			return pass(stats, RFS_STAT_PASS_NO_CPU);
		if (!ring->missing++)
			ring->missing_jiffies = bpf_jiffies64();
	}

	ring->tail++;
	slot->qtail = rps_qtail(ring);
	if (cpu != from.cpu) {
		slot->cpu = cpu;
		count_move(stats, &from, want);
	}
	if (cpu == RPS_NO_CPU)
		return pass_local(ring, stats, why);
	stats->count[want->how]++;
	return XDP_REDIRECT;
}

/*
 * Steer where several CPUs may serve one queue. The slot's qtail is a version here, and each packet
 * commits by replacing {cpu, version} as one word after it was counted in the ring's tail.
 *
 * A move reads the slot, then finds its ring idle, then commits. Packets of the slot that committed
 * before that read were counted before it, so an idle ring has delivered them; one that commits
 * after the read changes the version, and the move fails and is tried anew.
 */
static __always_inline int steer_shared(struct queue *q, struct rfs_stats *stats,
					const struct want *want)
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
		if (bpf_redirect_map(q->cpumap, cpu, XDP_PASS) != XDP_REDIRECT) {
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

/*
 * The flow's CPU: where its reader is, else one of the list.
 *
 * Return: 0, or the reason to pass.
 */
static __always_inline int choose_cpu(const struct rps_cpus *cpus, const struct flow_hash *hash,
				      __u32 slot, struct want *want)
{
	want->cpu = reader_cpu(hash->key);
	want->how = RFS_STAT_FLOW_STEERED;
	want->passed = RFS_STAT_PASS_NO_CPU;
	if (!rps_cpu_allowed(cpus, want->cpu)) {
		__u32 i = rps_cpu_index(slot, flow_cnt, cpus->n);

		if (i >= RFS_MAX_CPUS || !cpus->n)
			return RFS_STAT_PASS_NO_CPU;
		want->cpu = cpus->cpu[i];
		want->how = RFS_STAT_HASH_STEERED;
	}
	/* It is there already: neither ring nor kthread would bring it nearer. */
	if (stay_here && want->cpu == bpf_get_smp_processor_id()) {
		want->cpu = RPS_NO_CPU;
		want->passed = RFS_STAT_PASS_HERE;
	}
	return 0;
}

/* The loader makes it frags-aware (multi-buffer) in native mode, see xdp.c. */
SEC("xdp")
int rfs_steer(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	__u32 queue = ctx->rx_queue_index;
	struct rfs_stats *stats = bpf_map_lookup_elem(&rfs_stats, &zero);
	struct rfs_config *config = bpf_map_lookup_elem(&rfs_config, &zero);
	struct want want = { RPS_NO_CPU, RFS_STAT_HASH_STEERED, RFS_STAT_PASS_LOCAL };
	__u32 slot, gate, active;
	struct flow_hash hash = {};
	struct queue q = {};
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
	q.slot = bpf_map_lookup_elem(slots, &slot);
	if (!q.slot)
		return pass(stats, RFS_STAT_PASS_NO_QUEUE);

	if (gate == RFS_GATE_OPEN) {
		struct rps_cpus *cpus;

		active = READ_ONCE(config->active);
		cpus = bpf_map_lookup_elem(&rps_cpus, &active);
		if (!cpus)
			return pass(stats, RFS_STAT_PASS_NO_CPU);
		reason = choose_cpu(cpus, &hash, slot, &want);
		if (reason)
			return pass(stats, reason);
	}
	return shared_queues ? steer_shared(&q, stats, &want) : steer(&q, stats, &want);
}
