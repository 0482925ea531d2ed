// SPDX-License-Identifier: GPL-2.0-only
/*
 * refresh.pml - an entry of the CPUMAP is made anew: its CPU is taken off the set, the ring is waited for,
 * the entry replaced, the CPU published again. The old entry's thread ends after a grace period.
 *
 * Entry 0 is the old one and 1 the new, both with the counters of ring 0. Where the flow goes meanwhile, all
 * is handed over at once.
 */
#define REFRESH
#define RCU
#define RINGS 2
#define COUNTERS(r) 0
#define MY_RING(r)  0
#define RING_OF(p, r) 0
#define THREAD(t)   (thread[0].task - 1)
#ifndef PACKETS
#define PACKETS 3
#endif
#define AWAY 2

#include "order.pml"
#include "rules.pml"

bit stop[RINGS];

#include "kthread.pml"
#include "napi.pml"

bit softirq[1];
bit entry;		/* of the CPUMAP */
bit published = 1;	/* the CPU is in the set */
byte left = PACKETS;

#include "loader.pml"

proctype napi()
{
	byte seen, p, drops, popped, r, frame, want, cpu, qtail;
	bit yes;

end:
	do
	:: atomic {
		left ->
		softirq[0] = 1;
		left--;
		seen++;
		frame = seen;
		if
		:: published -> want = 0
		:: want = AWAY
		fi;
		if
		:: cpu == want -> want = cpu
		:: cpu == 0 && want == AWAY -> yes = rule2(0, 0, qtail)
		:: cpu == AWAY && want == 0 -> yes = 1
		fi
	   };
	   if
	   :: cpu == 0 && want == AWAY && !yes -> ring_idle(0, 0, yes)
	   :: else
	   fi;
	   atomic {
		if
		:: yes -> cpu = want
		:: else
		fi;
		yes = 0;
		want = 0;
		if
		:: cpu == 0 ->
			ring[0].tail = W(ring[0].tail + 1);
			ring[0].missing++;
			qtail = rps_qtail(0);
			r = entry;
			redirect(r, frame)
		:: else -> p = frame; FLOW_DELIVERED(p); p = 0
		fi;
		frame = 0;
		r = 0
	   };
	   /* The poll ends, or not. */
	   if
	   :: left
	   :: atomic { skip; next_bulk(r) };
	      flush_all(r);
	      r = 0;
	      softirq[0] = 0
	   fi
	od
}

proctype refresh()
{
	byte tail, came_out, t;
	bit idle, was_empty, once;

	published = 0;
#ifndef V_NO_IDLE_WAIT
	idle_wait(0, 0);
#endif
#ifndef V_NOT_SETTLED
	/* What was waited for is delivered: a poll need not ask a thread that nobody knows any more. */
	ring[0].settled = ring[0].popped;
	wait_for_polls();
#endif
#ifndef V_CLEAR_LAST
	thread[0].owner = 0;
	thread[0].task = 0;
	entry = 1;
	run kthread(1, 2);
#else
	entry = 1;
	run kthread(1, 2);
	thread[0].task = 0;
	thread[0].owner = 0;
#endif
	wait_for_polls();
	published = 1
}

/* call_rcu(), kthread_stop() */
proctype old_entry()
{
	entry;
	wait_for_polls();
	stop[0] = 1;
	wake_up_process(0)
}

init {
	atomic {
		run kthread(0, 1);
		run napi();
		run refresh();
		run old_entry()
	}
}
