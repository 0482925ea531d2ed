// SPDX-License-Identifier: GPL-2.0-only
/*
 * progress.pml - P2: a flow that wants to move does at last, if its packets keep coming and its ring drains.
 * Counters wrap; the search is for a cycle in which the flow sends again and again and never moves. Each
 * process goes on (weak fairness), and no more is asked of their speed.
 *
 * A ring has drained if the flow's last packet was handed on, and then: its thread fell asleep, as with a
 * flow that waits for answers. Or, with BUSY, another frame was handed on behind it, and the thread may
 * never sleep. That GRO's counted rule gets on is seen to by tests/unit/model.c.
 */
#define RINGS 1
#ifdef BUSY
#define BATCH 1 /* so that what is handed on later is of a later round */
#endif

bit handed;	/* the flow's last packet */
bit later;	/* one behind it */
#define FLOW_DELIVERED(p)	 \
	if			 \
	:: p -> handed = 1	 \
	:: else -> later = handed \
	fi

#include "rules.pml"
#include "kthread.pml"
#include "napi.pml"

#ifdef BUSY
#define MAY_SEND (handed && later)
#define OTHERS 4 /* a slot that sleeps for half of WRAP looks undelivered */
#else
#define MAY_SEND (handed && state[0] == INTERRUPTIBLE && switched[0])
#endif

bit moved;
byte others;

#ifdef BUSY
proctype flood()
{
end:
	do
	:: atomic {
		len(ptr_ring[0]) < RING_SIZE && others < OTHERS ->
		others++;
		ring[0].tail = W(ring[0].tail + 1);
		ptr_ring[0] ! 0
	   };
	   wake_up_process(0)
	od
}
#endif

inline send()
{
	atomic {
		len(ptr_ring[0]) < RING_SIZE ->
		handed = 0;
		later = 0;
		others = 0;
		ring[0].tail = W(ring[0].tail + 1);
		qtail = rps_qtail(0);
		ptr_ring[0] ! 1
	};
	wake_up_process(0)
}

proctype napi()
{
	byte qtail, popped;
	bit yes;

#ifdef V_LOSS_UNTOLD
	ring[0].tail = 1;
#endif
	send();
	do
	:: atomic {
		MAY_SEND ->
#ifndef V_NO_RULE2
		yes = rule2(0, 0, qtail)
#endif
	   };
#ifndef V_NO_RULE3
	   if
	   :: !yes -> ring_idle(0, 0, yes)
	   :: else
	   fi;
#endif
	   if
	   :: yes -> break
	   :: !yes -> send()
	   fi
	od;
	moved = 1
}

init {
	atomic {
		run kthread(0, 1);
#ifdef BUSY
		run flood();
#endif
		run napi()
	}
}

ltl p2 { <> moved }
