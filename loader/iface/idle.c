// SPDX-License-Identifier: GPL-2.0-only
/* idle.c - wait until rings are empty and stay so. */
#include <unistd.h>

#include "host/clock.h"
#include "iface/idle.h"
#include "iface/polls.h"
#include "rfs/rules.h"

/*
 * Rule 3, seen from here. Frames that nobody saw enter are in the bulk queue of a poll that runs,
 * or they vanished; when that poll has gone by and the thread sleeps, they did.
 */
static bool is_idle(const struct idle_ring *r)
{
	__u32 missing = rps_ring_is_stuck(r->ring) ? 0 : READ_ONCE(r->ring->missing);

	return rps_in_flight(r->ring) <= missing && (!r->k || kthread_is_asleep(r->k));
}

/*
 * The XDP program does not go by a thread's state until it has seen it sleep between two rounds: on
 * its way in, a thread works in the state of one that sleeps. Here it was idle before and after a
 * grace period, in which it cannot have been between two of its frames, so it is past that. Unless
 * frames were missing: these may have been in a bulk queue, and have set it going since.
 */
static bool is_trusted(struct idle_ring *r)
{
	if (!r->was_empty)
		return true;
	if (!READ_ONCE(r->thread->owner) || READ_ONCE(r->thread->task))
		return true;
	WRITE_ONCE(r->thread->task, READ_ONCE(r->thread->owner));
	return false;
}

static void look(struct idle_ring *r)
{
	/* The second time in a row goes by what the first one began with. */
	if (r->once)
		return;
	r->tail = READ_ONCE(r->ring->tail);
	r->popped = READ_ONCE(r->ring->popped);
	r->was_empty = !rps_in_flight(r->ring);
	r->was_idle = is_idle(r);
}

bool idle_is_unchanged(const struct idle_ring *r)
{
	return READ_ONCE(r->ring->tail) == r->tail && READ_ONCE(r->ring->popped) == r->popped;
}

/*
 * Idle before and after all polls have gone by, and nothing counted between: so every poll found it
 * idle, if it could trust what it saw. Else the polls to come can, and are to be waited for. A
 * poll's own wake-up may find the thread asleep again, its frame done: then it is awake for
 * nothing, a poll in between finds it so and counts one more. So it must be found so twice in a
 * row.
 */
static bool was_left(struct idle_ring *r)
{
	bool left = r->was_idle && is_idle(r) && idle_is_unchanged(r) && is_trusted(r);
	bool twice = left && r->once;

	r->once = left;
	return twice;
}

unsigned int idle_wait(struct idle_ring *rings, unsigned int n, long long limit)
{
	unsigned int left;
	bool waited;

	for (;;) {
		for (unsigned int i = 0; i < n; i++)
			if (!rings[i].drained)
				look(&rings[i]);
		waited = !wait_for_polls();
		left = 0;
		for (unsigned int i = 0; i < n; i++) {
			rings[i].drained = rings[i].drained || (waited && was_left(&rings[i]));
			left += !rings[i].drained;
		}
		if (!left || now_ms() >= limit)
			return left;
		usleep(1000);
	}
}
