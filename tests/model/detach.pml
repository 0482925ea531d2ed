// SPDX-License-Identifier: GPL-2.0-only
/*
 * detach.pml - the gate at detach: open, drain, a grace period; the ring is waited for; the program goes.
 *
 * P3: when it goes, no frame is in flight. A detach that was cut by time promises nothing, and is not here.
 */
#define RINGS 1
#define CPUS 2
#define RCU
#ifndef PACKETS
#define PACKETS 3
#endif
#define TICKS 0
#define FIRST_GATE OPEN

#include "order.pml"
#include "rules.pml"
#include "kthread.pml"
#include "napi.pml"
#include "softirq.pml"
#include "loader.pml"

proctype detach()
{
	byte tail, came_out, t;
	bit idle, was_empty, once, in_flight;

	gate = DRAIN;
	wait_for_polls();
	if
	:: ring[0].tail -> idle_wait(0, 0)
	:: !ring[0].tail
	fi;
	atomic {
		in_flight = len(bulk[0]) || thread_holds(0);
		assert(!in_flight);
		gate = CLOSED
	}
}

init {
	atomic {
		local_ring.delivered = LOCAL_AT_FIRST;
		local_ring.snap.frames = LOCAL_AT_FIRST;
		run kthread(0, 1);
		run poll(0);
		run detach()
	}
}
