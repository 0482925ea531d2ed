// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach.pml - the gate at attach: closed, drain, a grace period, open. Packets are passed before it, and
 * noted in no slot while it is closed.
 */
#define RINGS 1
#define CPUS 2
#define RCU
#ifndef PACKETS
#define PACKETS 3
#endif
#ifndef TICKS
#define TICKS 1
#endif
#define FIRST_GATE CLOSED

#include "order.pml"
#include "rules.pml"
#include "kthread.pml"
#include "napi.pml"
#include "softirq.pml"
#if TICKS
#include "clock.pml"
#endif
#include "loader.pml"

proctype attach()
{
	gate = DRAIN;
#ifndef V_NO_GRACE
	wait_for_polls();
#endif
#ifndef GRO_HOLDS_LONG
	/* What was passed while the gate was closed has left GRO. */
	empty(napi_gro);
#endif
	gate = OPEN
}

init {
	atomic {
		local_ring.delivered = LOCAL_AT_FIRST;
		local_ring.snap.frames = LOCAL_AT_FIRST;
		run kthread(0, 1);
		run poll(0);
		run attach()
	}
}
