// SPDX-License-Identifier: GPL-2.0-only
/*
 * switch.pml - rules 2 and 3: one RX queue, one slot, a reader that is on either CPU at each packet,
 * and another flow's frames in both rings. Rings of two frames, so that some are lost.
 *
 * P1: no packet of the flow is handed over before an earlier one.
 */
#define RINGS 2
#ifndef PACKETS
#define PACKETS 4
#endif
#ifndef ERRORS
#define ERRORS 1 /* redirects that fail, at most */
#endif
#ifndef TICKS
#define TICKS 2
#endif

#include "order.pml"
#include "rules.pml"
#include "kthread.pml"
#include "napi.pml"

proctype napi()
{
	byte left = PACKETS, seen = 0, errors = ERRORS, p, drops, popped, r, frame, want;
	byte cpu = 0, qtail = 0; /* the slot; a flow's first decision is free */
	bit yes;

	do
	:: atomic {
		left ->
		left--;
		if
		/* One behind the flow's last would change nothing. */
		:: left -> r = 0
#ifdef BOTH_RINGS
		:: left -> r = 1
#endif
		:: want = 0; frame = 1
		:: want = 1; frame = 1
		fi;
		if
		:: frame ->
			seen++;
			frame = seen;
			r = cpu;
			if
			:: cpu != want -> yes = rule2(r, r, qtail)
			:: else -> want = RPS_NO_CPU
			fi
		:: else -> want = RPS_NO_CPU
		fi
	   };
	   if
	   :: want != RPS_NO_CPU && !yes -> ring_idle(r, r, yes)
	   :: else
	   fi;
	   atomic {
		if
		:: want != RPS_NO_CPU && yes -> cpu = want; r = want
		:: else
		fi;
		want = 0;
		yes = 0;
		ring[r].tail = W(ring[r].tail + 1);
		if
		:: frame -> qtail = rps_qtail(r)
		:: else
		fi;
		if
		:: redirect(r, frame)
#if ERRORS
		/* The frame could not be converted: xdp_redirect_err. */
		:: errors -> errors--; ring[r].lost = W(ring[r].lost + 1)
#endif
		fi;
		frame = 0;
		r = 0
	   }
	:: atomic {
		/* The poll ends. */
		len(bulk[0]) || len(bulk[1]) ->
		next_bulk(r)
	   };
	   flush_all(r);
	   r = 0
	:: atomic { !left && !len(bulk[0]) && !len(bulk[1]) -> break }
	od
}

#if GRO
#include "clock.pml"
#endif

init {
	atomic {
		run napi();
		run kthread(0, 1);
		run kthread(1, 2)
#ifdef WEAK_STORES
		;
		run store_buffer(0);
		run store_buffer(1)
#endif
	}
}
