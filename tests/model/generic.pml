// SPDX-License-Identifier: GPL-2.0-only
/*
 * generic.pml - generic mode: CPUS run the program at once for one queue, and share a slot {cpu, version},
 * steer_shared() in bpf/generic.h. Each packet enters the ring, and wakes its thread, by itself.
 *
 * Who is first of two packets whose programs overlap is nobody's promise, and within a ring they are in
 * the order in which they enter. So P1 is what rfs claims: no packet of the slot that was committed is
 * undelivered when a move commits. GRO is off in generic mode. SHARED_TRIES are never used up here.
 *
 * The flow leaves a ring, or with LOCAL "no CPU" (attach), for a place of which no more is asked: what may
 * be wrong is leaving, and that looks at the place that is left alone.
 */
#define RINGS 1
#ifndef PACKETS
#define PACKETS 3
#endif
#ifndef CPUS
#define CPUS 2
#endif
#define RPS_NO_CPU 1
#define AWAY 2
#ifdef LOCAL
#define HOME RPS_NO_CPU
#else
#define HOME 0
#endif

/* A third CPU is there for another flow's frames. */
#if CPUS > 2
#define OTHER_FLOW (c == 2)
#else
#define OTHER_FLOW left
#endif

byte committed; /* packets of the flow, a bit each */
byte done;	/* of these, handed over or lost */
#define FLOW_DELIVERED(p)		  \
	if				  \
	:: p -> done = done | (1 << p)	  \
	:: else				  \
	fi

#include "rules.pml"
#include "kthread.pml"

byte left = PACKETS, seen;
byte slot_cpu = HOME, version, slot_qtail;
#ifdef LOCAL
rps_ring local_ring;
bit napi_pass[CPUS];
byte pass_tail[CPUS];
#endif

/* popped is read first, and then tail and what was lost. */
inline none_in_flight(r)
{
#ifndef V_TAIL_FIRST
	t = ring[r].popped;
	yes = (rps_qtail(r) == t);
#else
	t = rps_qtail(r);
	yes = (ring[r].popped == t);
#endif
	t = 0
}

inline ring_idle(r)
{
	none_in_flight(r);
	if
	:: atomic { yes && !thread[r].task -> yes = !ring[r].came }
	:: yes && thread[r].task -> yes = (state[r] == INTERRUPTIBLE)
	:: !yes
	fi
}

inline count(r, n)
{
	if
	:: r == 0 -> ring[0].tail = W(ring[0].tail + n)
#ifdef LOCAL
	:: r == RPS_NO_CPU -> local_ring.tail = W(local_ring.tail + n)
#endif
	:: r == AWAY
	fi
}

/* A packet of the flow: the slot, its ring, the count, the commit. */
inline steer_shared()
{
	do
	:: atomic { old_cpu = slot_cpu; old_version = version; r = old_cpu };
	   if
	   :: r != want && r != AWAY ->
#ifdef V_RULE2_ON
		if
		:: r == 0 -> yes = rps_delivered(r, r, slot_qtail)
		:: else
		fi;
#endif
		if
		:: r == 0 && !yes -> ring_idle(r)
#ifdef LOCAL
		:: r == RPS_NO_CPU ->
			t = local_ring.popped;
			atomic { yes = (local_ring.tail == t); t = 0 }
#endif
		:: else
		fi;
		atomic {
			if
			:: yes -> r = want
			:: else
			fi;
			yes = 0
		}
	   :: else
	   fi;
	   count(r, 1);
	   atomic {
		if /* the compare-and-exchange */
#ifdef V_NO_VERSION
		:: slot_cpu == old_cpu ->
#else
		:: slot_cpu == old_cpu && version == old_version ->
#endif
			if
			:: r != old_cpu -> in_order = !(committed & ~done); assert(in_order)
			:: else
			fi;
			slot_cpu = r;
			version++;
			if
			:: r == 0 -> slot_qtail = rps_qtail(r)
			:: else
			fi;
			committed = committed | (1 << frame);
			break
		:: else
		fi
	   };
	   count(r, -1)
	od
}

proctype cpu(byte c)
{
	byte r, want, old_cpu, old_version, frame, t, p;
	bit yes, in_order;

end:
	do
	:: atomic {
		left ->
		left--;
		if
		:: OTHER_FLOW -> r = HOME
		:: c < 2 -> seen++; frame = seen; want = HOME
		:: c < 2 -> seen++; frame = seen; want = AWAY
		fi
	   };
	   if
	   :: frame -> steer_shared()
	   :: else -> count(r, 1)
	   fi;
	   /* The verdict is carried out. */
	   if
	   :: r == 0 ->
		if
		:: atomic { nfull(ptr_ring[r]) -> ptr_ring[r] ! frame };
		   wake_up_process(r)
		:: atomic {
			full(ptr_ring[r]) ->
			ring[r].lost = W(ring[r].lost + 1);
			done = done | (1 << frame)
		   }
		fi
	   :: r == AWAY -> done = done | (1 << frame)
#ifdef LOCAL
	   :: r == RPS_NO_CPU ->
		atomic { napi_pass[c] = 1; pass_tail[c] = local_ring.tail };
		p = frame;
		atomic { FLOW_DELIVERED(p); p = 0 }
#endif
	   fi;
	   atomic { frame = 0; want = 0; r = 0; old_cpu = 0; old_version = 0 }
#ifdef LOCAL
	:: /* The poll ends: napi_poll. */
	   atomic { napi_pass[c] -> napi_pass[c] = 0; t = local_ring.tail };
	   atomic {
		if
		:: t == pass_tail[c] -> local_ring.popped = t
		:: else
		fi;
		t = 0
	   }
#endif
	od
}

init {
	atomic {
#ifdef LOCAL
		local_ring.popped = WRAP - 1;
#else
		run kthread(0, 1);
#ifdef WEAK_STORES
		run store_buffer(0);
#endif
#endif
#if CPUS > 2
		run cpu(2);
#endif
		run cpu(0);
		run cpu(1)
	}
}
