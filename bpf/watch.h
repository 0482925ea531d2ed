/* SPDX-License-Identifier: GPL-2.0-only */
/* watch.h - would a frame vanish on its way to a ring? */
#ifndef RFS_WATCH_H
#define RFS_WATCH_H

#include "leave.h"

/* Of a thread that had no frame yet, the task is not known; it sleeps. */
static __always_inline bool thread_sleeps(struct rps_ring *ring, __u32 cpu)
{
	struct rps_thread *thread = thread_of(cpu);
	struct task_struct *task;

	full_barrier(&ring->barrier); /* as in ring_idle() */
	task = thread ? (struct task_struct *)READ_ONCE(thread->owner) : NULL;
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
	       thread_sleeps(ring, cpu) && rps_ring_give_up(ring, ring_holds(q->cpumap, cpu));
}

#endif /* RFS_WATCH_H */
