// SPDX-License-Identifier: GPL-2.0-only
/*
 * here.pml - "no CPU" as a place: the flow is wanted on the ring's CPU or where it comes in, at each
 * packet anew. The NAPI changes its CPU between polls (ONE_CPU: not).
 */
#define RINGS 1
#define CPUS 2
#ifndef PACKETS
#define PACKETS 4
#endif
#ifndef TICKS
#define TICKS 2
#endif
#define FIRST_GATE OPEN

#include "order.pml"
#include "rules.pml"
#include "kthread.pml"
#include "napi.pml"
#include "softirq.pml"
#if TICKS
#include "clock.pml"
#endif

init {
	atomic {
		local_ring.delivered = LOCAL_AT_FIRST;
		local_ring.snap.frames = LOCAL_AT_FIRST;
		run kthread(0, 1);
		run poll(0)
#ifndef ONE_CPU
		;
		run poll(1)
#endif
	}
}
