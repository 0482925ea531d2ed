// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules.pml - include/rfs/rules.h for the models: a ring's counters, and what is delivered.
 *
 * Counters wrap at WRAP in the place of 2^32; no scenario has half as many frames in one ring
 * between a look and what is looked at. All that is lost stands in one number: the three of the code
 * are only ever summed. The watch for frames that vanish (failed, late) is left out: it
 * moves a slot to "no CPU" at most, for good, and docs/design.md says what it gives up.
 *
 * jiffies are compared with snap_jiffies alone, and for being the same.
 */
#ifndef KERNEL
#define KERNEL 612 /* see kthread.pml */
#endif
#define GRO (KERNEL == 615)

#ifndef WRAP
#define WRAP 16
#endif
#define W(x) ((x) & (WRAP - 1))

/* RPS_GRO_FLUSH_FRAMES, and the kernel's NAPI_POLL_WEIGHT: 64 there. */
#ifndef FLUSH_FRAMES
#define FLUSH_FRAMES 2
#endif

typedef rps_ring {
	byte tail;
	byte lost;
	byte popped;
	byte delivered;
	byte snap;
	byte mark;
	byte snap_jiffies;
	bit marked;
	byte owner; /* the number of a thread; 0: none */
	byte task;
#ifdef RCU
	byte missing; /* counted, and not seen to enter; for rfsctl alone here */
#endif
};

rps_ring ring[RINGS];
byte jiffies;

#ifdef V_LOST_TO_HEAD
#define rps_qtail(r)	      (ring[r].tail)
#define rps_delivered(r, qt)  (W(ring[r].delivered + ring[r].lost - (qt)) < WRAP / 2)
#elif defined(V_POPPED_IS_DELIVERED)
#define rps_qtail(r)	      W(ring[r].tail - ring[r].lost)
#define rps_delivered(r, qt)  (W(ring[r].popped - (qt)) < WRAP / 2)
#else
#define rps_qtail(r)	      W(ring[r].tail - ring[r].lost)
#define rps_delivered(r, qt)  (W(ring[r].delivered - (qt)) < WRAP / 2)
#endif
#define rps_in_flight(r)      W(ring[r].tail - ring[r].lost - ring[r].popped)

/*
 * Which thread, and does its state tell something? switched: its nvcsw differs from what it was at its last
 * event.
 */
inline rps_ring_owner(r, thread, sched, switched, slept)
{
	if
	:: ring[r].owner != thread ->
		ring[r].task = 0;
		d_step {
			ring[r].owner = thread;
			switched = 0;
			slept = 0
		}
#ifdef V_TRUST_EARLY
		ring[r].task = thread;
#endif
	:: else ->
		d_step {
#ifdef V_SCHED_ALONE
			slept = sched;
#else
			slept = sched && switched;
#endif
			switched = 0;
			if
			:: slept && !ring[r].task -> ring[r].task = thread
			:: else
			fi
		}
	fi
}

/* Each store that others read is a step; what is the writer's own goes with it. */
inline rps_ring_event(r, n, slept)
{
	d_step {
		if
		:: !GRO || slept ->
			ring[r].delivered = ring[r].popped;
			ring[r].snap = ring[r].popped;
			ring[r].snap_jiffies = jiffies;
			ring[r].marked = 0
#ifdef V_NO_MARK
		:: !(!GRO || slept) && jiffies != ring[r].snap_jiffies &&
		   W(ring[r].popped - ring[r].snap) >= FLUSH_FRAMES ->
			ring[r].delivered = ring[r].snap;
			ring[r].snap = ring[r].popped;
			ring[r].snap_jiffies = jiffies
#else
		:: !(!GRO || slept) && !ring[r].marked && jiffies != ring[r].snap_jiffies ->
			ring[r].mark = ring[r].popped;
			ring[r].marked = 1
		:: !(!GRO || slept) && ring[r].marked &&
		   W(ring[r].popped - ring[r].mark) >= FLUSH_FRAMES ->
			ring[r].delivered = ring[r].snap;
			ring[r].snap = ring[r].popped;
			ring[r].snap_jiffies = jiffies;
			ring[r].marked = 0
#endif
		:: else
		fi
	}
	before_popped(r);
	ring[r].popped = W(ring[r].popped + n)
}
