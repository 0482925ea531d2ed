/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rules.h - the rules of steering as pure functions: slots, the RPS fallback, what is in flight,
 * what is delivered. BPF programs and the unit tests on the host build the same text. The proof
 * that a flow which moves by these rules is never reordered is in docs/design.md.
 *
 * Counters are compared in 32 bits and wrap: a difference is read as signed, as the kernel does
 * with its input_queue_head, so the answer is right while fewer than 2^31 frames lie between.
 */
#ifndef RFS_RULES_H
#define RFS_RULES_H

#include <stdbool.h>
#include "rfs/types.h"

#ifndef READ_ONCE
#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#endif

#define RFS_INLINE static inline __attribute__((always_inline))

/* The kthread flushes GRO at the latest when it has popped this many frames (NAPI_POLL_WEIGHT). */
#define RPS_GRO_FLUSH_FRAMES 64

/*
 * How many frames may be counted into a ring before one is seen to enter it. In front of it is the
 * CPU's bulk queue, which holds 8 (CPU_MAP_BULK_SIZE).
 */
#define RPS_MISSING_MAX 16

/* And how often they may be found to be that old: a bulk queue is emptied at a poll's end. */
#define RPS_LATE_JIFFIES 100
#define RPS_LATE_MAX	 2

/* As rps_ring.missing, and beyond: no frame comes through, and none is sent any more. */
#define RPS_RING_STUCK 0x80000000U

/* A popped frame is never so far ahead of what its kthread delivered: then that was long ago. */
#define RPS_AHEAD_MAX (1U << 30)

/*
 * A kthread that waits for its CPU that long, on the average, is not where packets should wait. It
 * is then left alone for a time that doubles from one end to the other while that stays so. Waits
 * of RPS_WAIT_MAX_NS and more count the same: one alone does not make a CPU busy.
 */
#define RPS_WAIT_NS	1000000ULL
#define RPS_WAIT_MAX_NS (6 * RPS_WAIT_NS)
#define RPS_BUSY_MIN_NS 100000000ULL
#define RPS_BUSY_MAX_NS 1600000000ULL

/* And so many frames of a queue in its ring gain more by waiting together than they lose. */
#define RPS_BUSY_FRAMES 32

/* set_current_state() of a kthread that waits for frames; include/linux/sched.h */
#define RFS_TASK_INTERRUPTIBLE 1

/**
 * rps_slot() - the slot of a flow in a queue's rps_dev_flow table
 * @hash:     flow hash
 * @flow_cnt: slots in the table, a power of two
 */
RFS_INLINE __u32 rps_slot(__u32 hash, __u32 flow_cnt)
{
	return hash & (flow_cnt - 1);
}

/**
 * rps_cpu_index() - which CPU of the list takes a flow with no known reader
 * @slot:     the flow's slot
 * @flow_cnt: slots in the table, a power of two, at most 2^31
 * @n:        CPUs in the list
 *
 * It is computed from those bits of the hash that name the slot, so that flows which share a slot
 * agree on their CPU; else each would pull the slot to its own at every packet.
 *
 * Return: an index below @n.
 */
RFS_INLINE __u32 rps_cpu_index(__u32 slot, __u32 flow_cnt, __u32 n)
{
	return (__u64)slot * n / flow_cnt;
}

/**
 * rps_qtail() - a ring's tail without the frames that never entered it
 * @ring: read by the queue's own NAPI
 *
 * Return: frames, wrapping; what a slot stores after its own frame was counted.
 */
RFS_INLINE __u32 rps_qtail(const struct rps_ring *ring)
{
	/* tail last, for other CPUs: frames that are lost meanwhile must not stand for others. */
	__u32 lost = READ_ONCE(ring->lost_ring_full) + READ_ONCE(ring->lost_redirect_error) +
		     READ_ONCE(ring->lost_vanished);

	return READ_ONCE(ring->tail) - lost;
}

/**
 * rps_in_flight() - frames that were counted at the redirect and not yet taken off the ring
 * @ring: read by the queue's own NAPI
 *
 * Return: frames; 0 also means that none waits in the bulk queue before the ring.
 */
RFS_INLINE __u32 rps_in_flight(const struct rps_ring *ring)
{
	/* In this order: where others count too, a frame of theirs must not stand for one of ours.
	 */
	__u32 popped = READ_ONCE(ring->popped);

	return rps_qtail(ring) - popped;
}

/**
 * rps_missing_max() - how many frames may be counted before one is seen to enter the ring
 * @shared:  several CPUs fill the ring (generic mode), each with one frame at a time
 * @nr_cpus: that may
 */
RFS_INLINE __u32 rps_missing_max(bool shared, __u32 nr_cpus)
{
	return shared && nr_cpus >= RPS_MISSING_MAX ? nr_cpus + 1 : RPS_MISSING_MAX;
}

/**
 * rps_ring_is_stuck() - was it found that frames vanish on their way to the ring?
 * @ring: of any queue and CPU; true until the ring is made anew (detach, attach)
 */
RFS_INLINE bool rps_ring_is_stuck(const struct rps_ring *ring)
{
	return READ_ONCE(ring->missing) >= RPS_RING_STUCK;
}

/**
 * rps_ring_suspect() - the watch: would another frame that is sent to the ring vanish?
 * @ring:    read before a frame is counted, by who would count it
 * @max:     rps_missing_max()
 * @age:     RPS_LATE_JIFFIES
 * @jiffies: now
 *
 * Frames vanish where a driver, or an XDP program around ours, drops what is redirected. What tells
 * first is the entering and not the leaving, for a ring's kthread may be slow, and be right: the
 * kernel says xdp_cpumap_enqueue on the redirecting CPU, when a bulk queue is full or the poll
 * ends.
 *
 * Return: true if no frame was seen to enter. Unless the ring's kthread is awake, which frames that
 * enter see to, rps_ring_give_up() decides.
 */
RFS_INLINE bool rps_ring_suspect(struct rps_ring *ring, __u32 max, __u32 age, __u32 jiffies)
{
	__u32 missing = READ_ONCE(ring->missing);

	if (missing >= max)
		return true;
	if (!missing || jiffies - ring->missing_jiffies < age)
		return false;
	ring->missing_jiffies = jiffies;
	return ++ring->late >= RPS_LATE_MAX;
}

/**
 * rps_ring_give_up() - a ring is under suspicion, and its kthread asleep: is it stuck?
 * @ring:  as rps_ring_suspect(); its kthread's state was read before
 * @holds: so was that the kernel's ring holds frames
 *
 * A frame that waits there, or came out, has entered, seen or not.
 *
 * Return: true if it is stuck; when that is found, the missing frames become lost_vanished.
 */
RFS_INLINE bool rps_ring_give_up(struct rps_ring *ring, bool holds)
{
	__u32 missing = READ_ONCE(ring->missing), vanished = missing - READ_ONCE(ring->failed);

	if (missing >= RPS_RING_STUCK)
		return true;
	if (holds || rps_in_flight(ring) < vanished) {
		/* In generic mode another may just have given it up. */
		if (__sync_val_compare_and_swap(&ring->missing, missing, 0) == missing)
			ring->failed = ring->late = 0;
		return false;
	}
	/* Nor are two to count. */
	if (__sync_val_compare_and_swap(&ring->missing, missing, RPS_RING_STUCK) == missing)
		__sync_fetch_and_add(&ring->lost_vanished, vanished);
	return true;
}

/**
 * rps_ring_entered() - frames were seen to enter a ring, told at xdp_cpumap_enqueue
 * @ring: theirs
 * @n:    how many, those among them that found it full included
 *
 * A stuck ring stays so. Of the frames that were called vanished, some may have waited in the bulk
 * queue meanwhile.
 */
RFS_INLINE void rps_ring_entered(struct rps_ring *ring, __u32 n)
{
	if (!rps_ring_is_stuck(ring)) {
		WRITE_ONCE(ring->missing, 0);
		if (ring->failed | ring->late)
			ring->failed = ring->late = 0;
	} else if (ring->lost_vanished) {
		if (n > ring->lost_vanished)
			n = ring->lost_vanished;
		__sync_fetch_and_add(&ring->lost_vanished, -(__u64)n);
	}
}

typedef __u64 __attribute__((may_alias)) rps_mark_word;

RFS_INLINE struct rps_mark rps_mark_read(const struct rps_mark *mark)
{
	union {
		__u64 word;
		struct rps_mark mark;
	} m = { .word = READ_ONCE(*(const rps_mark_word *)mark) };

	return m.mark;
}

RFS_INLINE void rps_mark_write(struct rps_mark *mark, struct rps_mark value)
{
	union {
		struct rps_mark mark;
		__u64 word;
	} m = { .mark = value };

	WRITE_ONCE(*(rps_mark_word *)mark, m.word);
}

/*
 * Has the kthread delivered the frame there? Further ahead than any ring is long: it was long ago.
 * Unless nobody tells any more what is delivered, while frames are taken on and on.
 */
RFS_INLINE bool rps_mark_reached(struct rps_mark mark, const struct rps_thread *thread)
{
	__u32 delivered = READ_ONCE(thread->delivered);

	return mark.at - delivered - 1 >= RPS_AHEAD_MAX &&
	       (__u32)READ_ONCE(thread->taken) - delivered < RPS_AHEAD_MAX / 2;
}

/**
 * rps_ring_known() - before a frame of this ring is noted: count what is known to be delivered
 * @ring:   the frame's
 * @thread: the kthread that runs; it is the only writer of @thread and this half of @ring
 *
 * What was known to be delivered stays known: no mark is written over before it is in the count,
 * and between the two is a barrier; see rps_delivered().
 *
 * Return: ring->snap is in the count, or older than that.
 */
RFS_INLINE bool rps_ring_known(struct rps_ring *ring, const struct rps_thread *thread)
{
	if (rps_mark_reached(ring->last, thread))
		WRITE_ONCE(ring->delivered, ring->popped);
	else if (rps_mark_reached(ring->snap, thread))
		/* popped is ahead of snap by less than 2^32: widen it again. */
		WRITE_ONCE(ring->delivered,
			   ring->popped - (__u32)((__u32)ring->popped - ring->snap.frames));
	else
		return false;
	return true;
}

/** rps_ring_popped() - a frame of this ring was taken off; @renew: of rps_ring_known() */
RFS_INLINE void rps_ring_popped(struct rps_ring *ring, struct rps_thread *thread, bool renew)
{
	struct rps_mark now = { .frames = ring->popped + 1, .at = thread->taken + 1 };

	if (renew)
		rps_mark_write(&ring->snap, now);
	rps_mark_write(&ring->last, now);
	WRITE_ONCE(thread->taken, thread->taken + 1);
	WRITE_ONCE(ring->popped, ring->popped + 1);
}

/** rps_ring_pop() - both, where no other CPU looks on */
RFS_INLINE void rps_ring_pop(struct rps_ring *ring, struct rps_thread *thread)
{
	rps_ring_popped(ring, thread, rps_ring_known(ring, thread));
}

/**
 * rps_marked_delivered(), rps_known_delivered() - rule 2, from the marks, and from what is counted
 * @ring:   from this queue to the slot's current CPU
 * @thread: that CPU's
 * @qtail:  the slot's; frames, wrapping
 *
 * Has every frame of a slot reached the protocol? Yes, if one of the two says so. A mark is written
 * over when it is in the count: so the marks first, then a barrier, then the count.
 *
 * Only for a ring that one NAPI fills: frames must enter it in the order in which they are counted.
 *
 * Return: true when no frame that was enqueued through the slot can still be undelivered.
 *
 * Source: get_rps_cpu() in Linux net/core/dev.c; there the head counts frames taken off the
 * backlog, here those that were delivered.
 */
RFS_INLINE bool rps_marked_delivered(const struct rps_ring *ring, const struct rps_thread *thread,
				     __u32 qtail)
{
	struct rps_mark mark = rps_mark_read(&ring->last);

	if (rps_mark_reached(mark, thread) && (__s32)(mark.frames - qtail) >= 0)
		return true;
	mark = rps_mark_read(&ring->snap);
	return rps_mark_reached(mark, thread) && (__s32)(mark.frames - qtail) >= 0;
}

RFS_INLINE bool rps_known_delivered(const struct rps_ring *ring, __u32 qtail)
{
	__u64 known = READ_ONCE(ring->settled), delivered = READ_ONCE(ring->delivered);

	/* It may be of long ago; then this one is not. */
	if (delivered > known)
		known = delivered;
	return (__s32)((__u32)known - qtail) >= 0;
}

/** rps_delivered() - both, where nothing changes meanwhile */
RFS_INLINE bool rps_delivered(const struct rps_ring *ring, const struct rps_thread *thread,
			      __u32 qtail)
{
	return rps_marked_delivered(ring, thread, qtail) || rps_known_delivered(ring, qtail);
}

/**
 * rps_ring_settled() - the ring was found idle when so many frames had been popped
 * @popped: all of them are delivered, which stays true when the ring is not idle any more
 */
RFS_INLINE void rps_ring_settled(struct rps_ring *ring, __u64 popped)
{
	__u64 settled = READ_ONCE(ring->settled);

	/* Other queues' programs do so too; whoever was first may be right. */
	if (popped > settled)
		__sync_val_compare_and_swap(&ring->settled, settled, popped);
}

/** rps_passed_delivered() - the same of the local ring, which has no thread */
RFS_INLINE bool rps_passed_delivered(const struct rps_ring *local, __u32 qtail)
{
	return (__s32)((__u32)READ_ONCE(local->delivered) - qtail) >= 0;
}

/**
 * rps_thread_event() - account for one round of a kthread, told at xdp_cpumap_kthread
 * @thread:  it; it is the only writer
 * @slept:   it went to sleep between the last round and this one
 * @gro:     this kernel's kthread hands frames to GRO, which holds them until a flush (6.15)
 * @held:    it holds some; or frames wait to be handed on together
 * @jiffies: now
 *
 * The tracepoint fires before the round's frames are delivered from 6.12 on, and after it before;
 * what holds on both is that frames of *earlier* rounds were handed on. Without GRO that is
 * delivery. With it, they are delivered
 *
 * - if it holds nothing; or
 * - if the thread slept since: it sleeps on an empty ring only, and flushes all when the ring is
 *   empty; or
 * - if it took 64 more frames off the ring since a jiffy *after* the one in which they were handed
 *   to GRO: within 64 frames it flushes once, and then all packets (HZ < 1000) or those that were
 *   held in an earlier jiffy (HZ >= 1000). The rule assumes the latter, so it need not know HZ.
 */
RFS_INLINE void rps_thread_event(struct rps_thread *thread, bool slept, bool gro, bool held,
				 __u32 jiffies)
{
	__u64 before = thread->popped;

	if (!gro || slept || !held) {
		WRITE_ONCE(thread->delivered, before);
		thread->snap = before;
		thread->snap_jiffies = jiffies;
		thread->marked = 0;
	} else if (!thread->marked) {
		if (jiffies != thread->snap_jiffies) {
			thread->mark = before;
			thread->marked = 1;
		}
	} else if ((__u32)before - thread->mark >= RPS_GRO_FLUSH_FRAMES) {
		/* before is ahead of snap by less than 2^32: widen it again. */
		WRITE_ONCE(thread->delivered, before - (__u32)((__u32)before - thread->snap));
		thread->snap = before;
		thread->snap_jiffies = jiffies;
		thread->marked = 0;
	}
	WRITE_ONCE(thread->popped, thread->taken);
}

/**
 * rps_local_event() - account for one NAPI poll that passed packets of its queue up
 * @ring:    the queue's local ring
 * @held:    the NAPI's GRO holds packets
 * @busy:    it was a busy poll, which leaves GRO as it is
 * @jiffies: now
 *
 * A poll that finds its queue empty flushes GRO before it ends, unless gro_flush_timeout is set.
 * Otherwise each poll's end flushes at least what was held in an earlier jiffy (all, where HZ <
 * 1000), but the tracepoint may come before that flush. So, like rule 2: note the tail; a poll that
 * ends in a later jiffy flushes all of it; once a poll after that one has come, it is delivered.
 *
 * Source: __napi_poll(), napi_complete_done() and napi_gro_flush() in Linux net/core.
 */
RFS_INLINE void rps_local_event(struct rps_ring *ring, bool held, bool busy, __u32 jiffies)
{
	__u64 tail = ring->tail;

	if (!held) {
		WRITE_ONCE(ring->delivered, tail);
	} else if (busy) {
		return;
	} else if (!ring->marked) {
		ring->marked = jiffies != ring->snap_jiffies;
		return;
	} else {
		WRITE_ONCE(ring->delivered, tail - (__u32)((__u32)tail - ring->snap.frames));
	}
	WRITE_ONCE(ring->popped, ring->delivered);
	ring->snap.frames = tail;
	ring->snap_jiffies = jiffies;
	ring->marked = 0;
}

/**
 * rps_thread_owner() - note which task a thread is, and since when its state tells something
 * @thread: as rps_thread_event(), to be called before it
 * @task:   the thread's task_struct
 * @nvcsw:  its voluntary context switches so far
 * @sched:  the tracepoint's: the thread called schedule(), or cond_resched() switched
 *
 * A kthread sets TASK_INTERRUPTIBLE also on its way in, and then, if frames are waiting already,
 * works in that state until it first finds its ring empty. So the state is trusted only after the
 * thread was seen to have slept between two of its rounds.
 *
 * sched alone also stands for cond_resched(), whose switch is involuntary; nvcsw alone also moves
 * by a contended lock under PREEMPT_RT, where in turn cond_resched() does nothing.
 *
 * Return: whether it slept since its last round.
 */
RFS_INLINE bool rps_thread_owner(struct rps_thread *thread, __u64 task, __u64 nvcsw, bool sched)
{
	bool slept;

	if (thread->owner != task) {
		thread->run_delay = 0;
		WRITE_ONCE(thread->task, 0);
		/* Before popped, for who reads them the other way round: an exchange is a barrier.
		 */
		__sync_lock_test_and_set(&thread->owner, task);
		thread->nvcsw = nvcsw;
		return false;
	}
	slept = sched && nvcsw != thread->nvcsw;
	thread->nvcsw = nvcsw;
	if (slept && !thread->task)
		WRITE_ONCE(thread->task, task);
	return slept;
}

/**
 * rps_thread_waited() - a kthread slept, was woken, and had to wait for its CPU: is that busy?
 * @thread: it; it is the only writer
 * @wait:   since its last round, ns
 *
 * A policy, which only chooses among places; no order hangs on it.
 *
 * Return: true if packets should not wait for it, for thread->busy_ns from now on.
 */
RFS_INLINE bool rps_thread_waited(struct rps_thread *thread, __u64 wait)
{
	__u64 counted = wait < RPS_WAIT_MAX_NS ? wait : RPS_WAIT_MAX_NS;

	thread->wait_avg += counted / 8 - thread->wait_avg / 8;
	if (thread->wait_avg < RPS_WAIT_NS / 4)
		thread->busy_ns = 0;
	if (wait < RPS_WAIT_NS || thread->wait_avg <= RPS_WAIT_NS)
		return false;
	if (!thread->busy_ns)
		thread->busy_ns = RPS_BUSY_MIN_NS;
	else if (thread->busy_ns < RPS_BUSY_MAX_NS)
		thread->busy_ns *= 2;
	return true;
}

/** rps_place_at() - a place that nobody is about to move */
RFS_INLINE struct rps_place rps_place_at(__u32 cpu, __u32 queues)
{
	return (struct rps_place){ cpu, RPS_NO_MOVER, queues };
}

/** rps_place_cpu() - a place's CPU, or RPS_NO_CPU */
RFS_INLINE __u32 rps_place_cpu(struct rps_place place)
{
	return place.cpu == (__u16)RPS_NO_CPU ? RPS_NO_CPU : place.cpu;
}

/**
 * rps_cpu_allowed() - may packets be steered to this CPU?
 * @cpus: the active set
 * @cpu:  any number
 */
RFS_INLINE bool rps_cpu_allowed(const struct rps_cpus *cpus, __u32 cpu)
{
	/* A copy with a bound of its own: 6.1's verifier forgets that of a number on the stack. */
	__u32 i = cpu;

	asm volatile("" : "+r"(i));
	i &= RFS_MAX_CPUS - 1;
	return cpu < RFS_MAX_CPUS && cpus->allowed[i / 64] >> (i % 64) & 1;
}

/**
 * rfs_roundup_pow2() - smallest power of two that is not below n
 * @n: 1 to 2^31
 */
RFS_INLINE __u32 rfs_roundup_pow2(__u32 n)
{
	__u32 p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

#endif /* RFS_RULES_H */
