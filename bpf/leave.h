/* SPDX-License-Identifier: GPL-2.0-only */
/* leave.h - may a slot leave its CPU? Rules 2 and 3 of docs/design.md; the counters are rules.h's.
 */
#ifndef RFS_LEAVE_H
#define RFS_LEAVE_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "rfs/rules.h"
#include "tables.h"

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

/* Between two loads. x86 keeps these in order by itself. */
static __always_inline void load_barrier(__u64 *word)
{
#ifndef __TARGET_ARCH_x86
	full_barrier(word);
#endif
}

static __always_inline struct rps_thread *thread_of(__u32 cpu)
{
	return bpf_map_lookup_elem(&rps_thread, &cpu);
}

/* Rule 3. The barrier pairs with the kthread's set_current_state(). */
static __always_inline bool ring_idle(struct rps_ring *ring, struct rps_thread *thread)
{
	__u64 popped = READ_ONCE(ring->popped);
	struct task_struct *task;

	/* In this order: where others count too, a frame of theirs must not stand for one of ours.
	 */
	load_barrier(&ring->barrier);
	if (rps_qtail(ring) != (__u32)popped)
		return false;
	/*
	 * First the counter, then the state: the thread was running when it counted the last
	 * frame, so if it is asleep *after* that, it has delivered and flushed.
	 */
	full_barrier(&ring->barrier);
	task = (struct task_struct *)READ_ONCE(thread->task);
	if (!task)
		return !READ_ONCE(ring->popped); /* no frame ever came through */
	if (BPF_CORE_READ(task, __state) != RFS_TASK_INTERRUPTIBLE)
		return false;
	rps_ring_settled(ring, popped);
	return true;
}

/* Rule 2. The barrier pairs with that of rfs_cpumap. */
static __always_inline bool delivered(struct rps_ring *ring, const struct rps_thread *thread,
				      __u32 qtail)
{
	if (rps_marked_delivered(ring, thread, qtail))
		return true;
	load_barrier(&ring->barrier);
	return rps_known_delivered(ring, qtail);
}

/* The switch rule. */
static __always_inline bool may_leave(struct rps_ring *ring, __u32 cpu, __u32 qtail)
{
	struct rps_thread *thread;

#ifdef RFS_BROKEN_SWITCH_RULE /* the storm's control build: it must see packets overtake */
	return true;
#endif
	if (cpu == RPS_NO_CPU)
		return shared_queues ? !rps_in_flight(ring) : rps_passed_delivered(ring, qtail);
	thread = thread_of(cpu);
	if (!thread)
		return false;
	return (!shared_queues && delivered(ring, thread, qtail)) || ring_idle(ring, thread);
}

/* One of a queue's rings; RPS_NO_CPU: its local ring. */
static __always_inline struct rps_ring *ring_in(void *rings, __u32 cpu)
{
	__u32 index = cpu == RPS_NO_CPU ? nr_cpus : cpu;

	return bpf_map_lookup_elem(rings, &index);
}

static __always_inline struct rps_ring *ring_of(const struct queue *q, __u32 cpu)
{
	return ring_in(q->rings, cpu);
}

#endif /* RFS_LEAVE_H */
