// SPDX-License-Identifier: GPL-2.0-only
/*
 * queues.pml - two NAPIs. With a CPUMAP for each RX queue they share nothing, and switch.pml is all there is.
 * Here is what they must not share, and what is not promised:
 *
 * V_ONE_CPUMAP	 one CPUMAP for all queues, with one tail a CPU, counted atomically
 * V_BOND	 two NAPIs with one rx_queue_index: the same rings, and tail++ is two steps
 * ONE_FLOW	 a CPUMAP for each queue, and a flow that changes its queue; its reader does not move
 *
 * napi() brings the flow and is switch.pml's, short; other() brings frames to ring 0, or with ONE_FLOW the
 * flow's packets to its own ring.
 */
#define RINGS 2
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
	byte left = PACKETS, p, drops, r, frame, want, cpu, qtail;
	bit yes;

	do
	:: atomic {
		left ->
		left--;
		seen++;
		frame = seen;
#ifndef ONE_FLOW
		if
		:: want = 0
		:: want = 1
		fi;
#endif
		if
		:: cpu != want -> yes = rule2(cpu, qtail)
		:: else
		fi
	   };
	   if
	   :: cpu != want && !yes -> ring_idle(cpu, yes)
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

#ifdef ONE_FLOW
#define OTHER 1
#else
#define OTHER 0
#endif

/* A poll for each packet; its bulk queue holds one. */
proctype other()
{
	byte left = OTHERS, t, frame;

	do
	:: atomic {
		left ->
		left--;
#ifdef ONE_FLOW
		seen++;
		frame = seen;
#endif
		t = ring[OTHER].tail;
#ifdef V_BOND
	   };
	   atomic {
#endif
		ring[OTHER].tail = W(t + 1);
		t = 0
	   };
	   if
	   :: atomic { nfull(ptr_ring[OTHER]) -> ptr_ring[OTHER] ! frame }
	   :: atomic { full(ptr_ring[OTHER]) -> ring[OTHER].lost = W(ring[OTHER].lost + 1) }
	   fi;
	   wake_up_process(OTHER)
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
