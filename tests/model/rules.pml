// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules.pml - include/rfs/rules.h for the models: a queue's counters of a ring, those of its thread, and what
 * is delivered.
 *
 * Counters wrap at WRAP in the place of 2^32; no scenario has half as many frames in one ring
 * between a look and what is looked at. All that is lost stands in one number: the three of the code
 * are only ever summed. Two things are left out: the watch for frames that vanish (failed, late), which
 * moves a slot to "no CPU" at most, for good, and docs/design.md says what it gives up; and the bound of
 * rps_mark_reached() for marks of which no recorder tells any more, which only takes away.
 *
 * jiffies are compared with snap_jiffies alone, and for being the same.
 */
#ifndef KERNEL
#define KERNEL 612 /* see kthread.pml */
#endif
#define GRO (KERNEL == 615)

#ifndef QUEUES
#define QUEUES 1
#endif
#define RING(q, r) ((q) * RINGS + (r))

#ifndef WRAP
#define WRAP 16
#endif
#define W(x) ((x) & (WRAP - 1))
#define AT_LEAST(x, y) (W((x) - (y)) < WRAP / 2)

/* RPS_GRO_FLUSH_FRAMES, and the kernel's NAPI_POLL_WEIGHT: 64 there. */
#ifndef FLUSH_FRAMES
#define FLUSH_FRAMES 2
#endif

typedef rps_mark {
	byte frames;
	byte at;
};

typedef rps_ring {
	byte tail;
	byte lost;
	byte popped;
	byte delivered;
	rps_mark last;
	rps_mark snap;
	byte snap_jiffies; /* these two: the local ring's */
	bit marked;
	byte settled;
	bit came; /* popped is not 0; in 64 bits that is no matter of wrapping */
#ifdef RCU
	byte missing; /* counted, and not seen to enter; for rfsctl alone here */
#endif
};

typedef rps_thread {
	byte taken;
	byte popped;
	byte delivered;
	byte owner; /* the number of a thread; 0: none */
	byte task;
	byte snap;
	byte mark;
	byte snap_jiffies;
	bit marked;
};

rps_ring ring[QUEUES * RINGS];
rps_thread thread[RINGS];
byte jiffies;

#define rps_qtail(i)	 W(ring[i].tail - ring[i].lost)
#define rps_in_flight(i) W(ring[i].tail - ring[i].lost - ring[i].popped)

#define rps_mark_reached(m, t) AT_LEAST(thread[t].delivered, m.at)
#define MARK_SAYS(m, t, qt) (rps_mark_reached(m, t) && AT_LEAST(m.frames, qt))

#ifdef V_NO_SETTLED
#define SETTLED_SAYS(i, qt) 0
#else
#define SETTLED_SAYS(i, qt) AT_LEAST(ring[i].settled, qt)
#endif

/*
 * Rule 2. Its four facts stay true, each, so they may be read at once: what is written meanwhile adds to what
 * is known.
 */
#ifdef V_LOST_TO_HEAD
#undef rps_qtail
#define rps_qtail(i)		(ring[i].tail)
#define rps_delivered(i, t, qt) AT_LEAST(thread[t].delivered + ring[i].lost, qt)
#elif defined(V_POPPED_IS_DELIVERED)
#define rps_delivered(i, t, qt) AT_LEAST(ring[i].popped, qt)
#else
#define rps_delivered(i, t, qt)						  \
	(MARK_SAYS(ring[i].last, t, qt) || MARK_SAYS(ring[i].snap, t, qt) || \
	 SETTLED_SAYS(i, qt) || AT_LEAST(ring[i].delivered, qt))
#endif

#define MARK_DUE(i, t) (rps_mark_reached(ring[i].last, t) || rps_mark_reached(ring[i].snap, t))

/* A frame of ring i was taken off by thread t: rfs_cpumap, before anything else is done with it. */
inline rps_ring_pop(i, t)
{
	before_popped(t);
#ifndef V_MARK_REPLACED
	/* What was known to be delivered stays known: neither goes before it is in the count. */
	ring[i].delivered = (rps_mark_reached(ring[i].last, t) -> ring[i].popped :
		(rps_mark_reached(ring[i].snap, t) -> ring[i].snap.frames : ring[i].delivered));
#endif
	d_step {
		ring[i].snap.frames = (MARK_DUE(i, t) -> W(ring[i].popped + 1) : ring[i].snap.frames);
		ring[i].snap.at = (MARK_DUE(i, t) -> W(thread[t].taken + 1) : ring[i].snap.at)
	}
	d_step {
		ring[i].last.frames = W(ring[i].popped + 1);
		ring[i].last.at = W(thread[t].taken + 1)
	}
	thread[t].taken = W(thread[t].taken + 1);
	d_step {
		ring[i].popped = W(ring[i].popped + 1);
		ring[i].came = 1;
		/* The greater one counts, in 64 bits there: here it must not be too long ago. */
		ring[i].settled = (AT_LEAST(ring[i].delivered, ring[i].settled) -> ring[i].delivered :
			ring[i].settled)
	}
}

inline rps_ring_settled(i, popped)
{
	if
	:: AT_LEAST(popped, ring[i].settled) -> ring[i].settled = popped
	:: else
	fi
}

/*
 * Which thread, and does its state tell something? switched: its nvcsw differs from what it was at its last
 * event.
 */
inline rps_thread_owner(t, me, sched, switched, slept)
{
	if
	:: thread[t].owner != me ->
		thread[t].task = 0;
		d_step {
			thread[t].owner = me;
			switched = 0;
			slept = 0
		}
#ifdef V_TRUST_EARLY
		thread[t].task = me;
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
			:: slept && !thread[t].task -> thread[t].task = me
			:: else
			fi
		}
	fi
}

/* thread.delivered alone is read by others. */
#ifdef V_THIS_ROUND
#define EARLIER(t) thread[t].taken
#else
#define EARLIER(t) thread[t].popped
#endif

inline rps_thread_event(t, slept, held)
{
	d_step {
		if
		:: !GRO || slept || !(held) ->
			thread[t].delivered = EARLIER(t);
			thread[t].snap = thread[t].popped;
			thread[t].snap_jiffies = jiffies;
			thread[t].marked = 0
#ifdef V_NO_MARK
		:: !(!GRO || slept || !(held)) && jiffies != thread[t].snap_jiffies &&
		   W(thread[t].popped - thread[t].snap) >= FLUSH_FRAMES ->
			thread[t].delivered = thread[t].snap;
			thread[t].snap = thread[t].popped;
			thread[t].snap_jiffies = jiffies
#else
		:: !(!GRO || slept || !(held)) && !thread[t].marked && jiffies != thread[t].snap_jiffies ->
			thread[t].mark = thread[t].popped;
			thread[t].marked = 1
		:: !(!GRO || slept || !(held)) && thread[t].marked &&
		   W(thread[t].popped - thread[t].mark) >= FLUSH_FRAMES ->
			thread[t].delivered = thread[t].snap;
			thread[t].snap = thread[t].popped;
			thread[t].snap_jiffies = jiffies;
			thread[t].marked = 0
#endif
		:: else
		fi;
		thread[t].popped = thread[t].taken
	}
}
