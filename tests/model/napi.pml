// SPDX-License-Identifier: GPL-2.0-only
/*
 * napi.pml - one NAPI: the bulk queues before the rings, and the XDP program's switch rule with one
 * slot, may_leave() in bpf/leave.h in its order of reads. Where one queue only has packets of the slot,
 * next_cpu() in bpf/place.h comes to that.
 *
 * tail, lost and the slot are the NAPI's own, and polls of a queue come one after the other, also if
 * on different CPUs; so what is done with these alone is no step of its own. Bulk queues are emptied
 * at a poll's end, so it does not matter that they are a CPU's.
 */
#ifndef BULK_SIZE
#define BULK_SIZE 2 /* CPU_MAP_BULK_SIZE */
#endif
/* Whose state thread[t].task is; the numbers of threads begin with 1. */
#ifndef THREAD
#define THREAD(t) (t)
#endif
/* The queue's counters of the entry r. */
#ifndef MY_RING
#define MY_RING(r) (r)
#endif
#define RPS_NO_CPU RINGS /* a place without a ring of the kernel's */

chan bulk[RINGS] = [BULK_SIZE] of { byte };

/* bq_flush_to_queue(): a frame enters at a time; with the last one comes xdp_cpumap_enqueue's program. */
inline bq_flush_one(r)
{
	bulk[r] ? p;
	if
	:: nfull(ptr_ring[r]) -> ptr_ring[r] ! p
	:: full(ptr_ring[r]) -> drops++
	fi;
	p = 0
}

inline bq_flushed(r)
{
	d_step {
		ring[MY_RING(r)].lost = W(ring[MY_RING(r)].lost + drops);
#ifdef RCU
		ring[MY_RING(r)].missing = 0;
#endif
		drops = 0
	}
}

/* bpf_redirect_map() and xdp_do_redirect(): counted, and enqueued when the verdict is carried out. */
inline redirect(r, frame)
{
	if
	:: full(bulk[r]) ->
		do
		:: atomic { len(bulk[r]) -> bq_flush_one(r) }
		:: atomic { !len(bulk[r]) -> bq_flushed(r); bulk[r] ! frame; break }
		od
	:: nfull(bulk[r]) -> bulk[r] ! frame
	fi
}

inline next_bulk(r)
{
	do
	:: r < RINGS && !len(bulk[r]) -> r++
	:: else -> break
	od
}

/* xdp_do_flush(), from the first ring with frames in its bulk queue on. */
inline flush_all(r)
{
	do
	:: atomic { r < RINGS && len(bulk[r]) > 1 -> bq_flush_one(r) }
	:: atomic { r < RINGS && len(bulk[r]) == 1 -> bq_flush_one(r); bq_flushed(r) };
	   atomic {
		wake_up_process(r);
		next_bulk(r)
	   }
	:: r >= RINGS -> break
	od
}

/* Rule 3, in the two halves that its barrier keeps apart. What it finds stays true: settled. */
inline none_in_flight(i, yes)
{
	atomic {
		popped = ring[i].popped;
		yes = (rps_qtail(i) == popped)
	}
}

inline asleep(i, t, yes)
{
	/* Without a task, a ring out of which a frame came is not idle. */
	if
	:: atomic { !thread[t].task -> yes = !ring[i].came }
	:: atomic { thread[t].task -> yes = (state[THREAD(t)] == INTERRUPTIBLE) }
	fi
}

inline ring_idle(i, t, yes)
{
#ifdef V_STATE_FIRST
	asleep(i, t, yes);
	if
	:: yes -> none_in_flight(i, yes)
	:: else
	fi;
#else
#ifdef V_NO_BARRIER
	/* The loads may be done in either order. */
	if
	:: asleep(i, t, yes);
	   if
	   :: yes -> none_in_flight(i, yes)
	   :: else
	   fi
	:: skip;
#endif
	   none_in_flight(i, yes);
	   if
	   :: yes -> asleep(i, t, yes)
	   :: else
	   fi
#ifdef V_NO_BARRIER
	fi
#endif
	;
#endif
	atomic {
		if
		:: yes -> rps_ring_settled(i, popped)
		:: else
		fi;
		popped = 0
	}
}

#ifdef V_ALWAYS
#define rule2(i, t, qt) 1
#else
#define rule2(i, t, qt) rps_delivered(i, t, qt)
#endif
