// SPDX-License-Identifier: GPL-2.0-only
/*
 * napi.pml - one NAPI: the bulk queues before the rings, and the XDP program's switch rule with one
 * slot, steer() in bpf/rfs_steer.bpf.c in its order of reads.
 *
 * tail, lost and the slot are the NAPI's own, and polls of a queue come one after the other, also if
 * on different CPUs; so what is done with these alone is no step of its own. Bulk queues are emptied
 * at a poll's end, so it does not matter that they are a CPU's.
 */
#ifndef BULK_SIZE
#define BULK_SIZE 2 /* CPU_MAP_BULK_SIZE */
#endif
/* Whose state ring[r].task is; the numbers of threads begin with 1. */
#ifndef THREAD
#define THREAD(r) (r)
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
		ring[COUNTERS(r)].lost = W(ring[COUNTERS(r)].lost + drops);
#ifdef RCU
		ring[COUNTERS(r)].missing = 0;
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

/* Rule 3, in the two halves that its barrier keeps apart. */
inline none_in_flight(r, yes)
{
	yes = !rps_in_flight(r)
}

inline asleep(r, yes)
{
	/* A ring without an owner has had no frame yet. */
	if
	:: atomic { !ring[r].task -> yes = !ring[r].owner }
	:: atomic { ring[r].task -> yes = (state[THREAD(r)] == INTERRUPTIBLE) }
	fi
}

inline ring_idle(r, yes)
{
#ifdef V_STATE_FIRST
	asleep(r, yes);
	if
	:: yes -> none_in_flight(r, yes)
	:: else
	fi
#else
#ifdef V_NO_BARRIER
	/* The loads may be done in either order. */
	if
	:: asleep(r, yes);
	   if
	   :: yes -> none_in_flight(r, yes)
	   :: else
	   fi
	:: skip;
#endif
	   none_in_flight(r, yes);
	   if
	   :: yes -> asleep(r, yes)
	   :: else
	   fi
#ifdef V_NO_BARRIER
	fi
#endif
#endif
}

#ifdef V_ALWAYS
#define rule2(r, qt) 1
#else
#define rule2(r, qt) rps_delivered(r, qt)
#endif
