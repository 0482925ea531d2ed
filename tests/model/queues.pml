// SPDX-License-Identifier: GPL-2.0-only
/*
 * queues.pml - two NAPIs whose frames share the CPUs' rings. Each frame says whose it is, and each queue has
 * counters of its own. No model has flows that come by both yet.
 *
 * V_TOTALS	 one tail and one popped a CPU for all queues, counted atomically
 * V_BOND	 two NAPIs with one rx_queue_index: the same counters, and tail++ is two steps
 *
 * napi() brings the flow and is switch.pml's, short; other() brings frames to ring 0.
 */
#define RINGS 2
#if defined(V_TOTALS) || defined(V_BOND)
#define OTHER 0
#else
#define QUEUES 2
#define OTHER 1
#endif
/* A frame's tag. */
#define TAG	      16
#define PACKET(p)     ((p) & (TAG - 1))
#define RING_OF(p, r) RING((p) / TAG, r)
#ifndef PACKETS
#define PACKETS 2
#endif
#ifndef OTHERS
#define OTHERS 2
#endif

#include "order.pml"
#include "rules.pml"
#include "kthread.pml"
#include "napi.pml"

byte seen;

proctype napi()
{
	byte left = PACKETS, p, drops, popped, r, frame, want, cpu, qtail;
	bit yes;

	do
	:: atomic {
		left ->
		left--;
		seen++;
		frame = seen;
		if
		:: want = 0
		:: want = 1
		fi;
		if
		:: cpu != want -> yes = rule2(cpu, cpu, qtail)
		:: else
		fi
	   };
	   if
	   :: cpu != want && !yes -> ring_idle(cpu, cpu, yes)
	   :: else
	   fi;
	   atomic {
		if
		:: yes -> cpu = want
		:: else
		fi;
		r = cpu;
		want = 0;
		yes = 0;
#ifdef V_BOND
		p = ring[r].tail
	   };
	   atomic {
		ring[r].tail = W(p + 1);
		p = 0;
#else
		ring[r].tail = W(ring[r].tail + 1);
#endif
		qtail = rps_qtail(r);
		redirect(r, frame);
		frame = 0;
		r = 0
	   }
	:: atomic { len(bulk[0]) || len(bulk[1]) -> next_bulk(r) };
	   flush_all(r);
	   r = 0
	:: atomic { !left && !len(bulk[0]) && !len(bulk[1]) -> break }
	od
}

/* A poll for each packet; its bulk queue holds one. */
proctype other()
{
	byte left = OTHERS, t;

	do
	:: atomic {
		left ->
		left--;
		t = ring[RING(OTHER, 0)].tail;
#ifdef V_BOND
	   };
	   atomic {
#endif
		ring[RING(OTHER, 0)].tail = W(t + 1);
		t = 0
	   };
	   if
	   :: atomic { nfull(ptr_ring[0]) -> ptr_ring[0] ! OTHER * TAG }
	   :: atomic { full(ptr_ring[0]) -> ring[RING(OTHER, 0)].lost = W(ring[RING(OTHER, 0)].lost + 1) }
	   fi;
	   wake_up_process(0)
	:: !left -> break
	od
}

init {
	atomic {
		run kthread(0, 1);
		run kthread(1, 2);
		run napi();
		run other()
	}
}
