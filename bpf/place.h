/* SPDX-License-Identifier: GPL-2.0-only */
/* place.h - flows that come by several RX queues: which place is theirs? */
#ifndef RFS_PLACE_H
#define RFS_PLACE_H

#include "leave.h"

/* Each of another queue's packets may fail one. */
#define PLACE_TRIES (8 + 2 * nr_queues)

typedef __u64 __attribute__((may_alias)) word;

union place {
	struct rps_place at;
	__u64 word;
};

union dev_flow {
	struct rps_dev_flow flow;
	__u64 word;
};

static __always_inline __u32 queue_bit(const struct queue *q)
{
	return 1U << q->index % RPS_PLACE_BITS;
}

/* Are the packets delivered that another queue, or several, has put where a slot's flows are? */
struct others {
	__u32 slot;
	__u32 self;
	struct rps_place place;
	bool undrained;
};

static long look_at_other(__u32 index, void *arg)
{
	struct others *o = arg;
	void *slots, *rings;
	__u32 queue = index, slot = o->slot;
	union dev_flow from;
	struct rps_ring *ring;
	word *other;

	if (queue == o->self || !(o->place.queues >> queue % RPS_PLACE_BITS & 1))
		return 0;
	slots = bpf_map_lookup_elem(&rps_dev_flow, &queue);
	rings = bpf_map_lookup_elem(&rps_ring, &queue);
	if (!slots || !rings)
		return 0;
	other = bpf_map_lookup_elem(slots, &slot);
	if (!other)
		return 0;
	from.word = READ_ONCE(*other);
	/* It left that place, so it was drained of it. */
	if (from.flow.cpu != rps_place_cpu(o->place))
		return 0;
	ring = ring_in(rings, from.flow.cpu);
	if (ring && !may_leave(ring, from.flow.cpu, from.flow.qtail))
		o->undrained = true;
	return o->undrained;
}

/* Of several queues, has only this one put packets where a slot's flows are? */
static __always_inline bool is_alone(const struct queue *q, struct rps_place place)
{
	/* With more queues than bits, one's own may be another's too. */
	return !place.queues || (nr_queues <= RPS_PLACE_BITS && !(place.queues & ~queue_bit(q)));
}

static __always_inline bool others_drained(const struct queue *q, struct rps_place place)
{
	struct others o = { .slot = q->slot_index, .self = q->index, .place = place };

	if (is_alone(q, place))
		return true;
#ifdef RFS_BROKEN_PLACES /* another of the storm's controls */
	return true;
#endif
	bpf_loop(nr_queues, look_at_other, &o, 0);
	return !o.undrained;
}

/*
 * Note in the slot that a packet goes to a place that others use, and then look at that once more:
 * who moves it marks it first and then looks at the others' notes, so one of the two sees the
 * other. A mark that is found is taken off; who made it then finds the note. The packet is counted
 * with its note: else rule 3 would find the ring idle.
 *
 * Return: it is still there, and knows that this queue is; the packet is counted.
 */
static __always_inline bool claim(const struct queue *q, struct rps_ring *ring, __u32 cpu)
{
	word *shared = bpf_map_lookup_elem(&rps_place, &q->slot_index);
	union place place, unmarked;
	union dev_flow to;

	if (!shared)
		return false;
	ring->tail++;
	to.flow = (struct rps_dev_flow){ .cpu = cpu, .qtail = rps_qtail(ring) };
	/* An exchange is a full barrier: the count before the note, the look after it. */
	__sync_lock_test_and_set((word *)q->slot, to.word);
	place.word = READ_ONCE(*shared);
	if (rps_place_cpu(place.at) == cpu && place.at.queues & queue_bit(q)) {
		unmarked.at = rps_place_at(cpu, place.at.queues);
		if (place.at.mover == RPS_NO_MOVER ||
		    __sync_val_compare_and_swap(shared, place.word, unmarked.word) == place.word)
			return true;
	}
	ring->tail--;
	return false;
}

/* A packet's tries to find out where it goes. */
struct turn {
	const struct queue *q;
	struct rps_dev_flow from;
	__u32 wanted;
	__u32 cpu;    /* the result */
	bool counted; /* already: see claim() */
};

/* bpf_loop()'s, so that the verifier looks at it once. Return: 0, once more. */
static long take_turn(__u32 n, void *arg)
{
	struct turn *t = arg;
	const struct queue *q = t->q;
	word *shared = bpf_map_lookup_elem(&rps_place, &q->slot_index);
	struct rps_ring *ring = ring_of(q, t->from.cpu);
	union place old, new;
	bool left, moves;

	t->cpu = t->from.cpu;
	if (!shared || !ring)
		return 1;
	old.word = READ_ONCE(*shared);
	/* In this order: who moved the place did so when our packets were delivered. */
	load_barrier(&ring->barrier);
	left = may_leave(ring, t->from.cpu, t->from.qtail);
	if (!left && t->from.cpu != rps_place_cpu(old.at))
		return 1;
	/* Of two who want to move it, one goes where it is; else both might try for ever. */
	moves = left && !n && rps_place_cpu(old.at) != t->wanted && old.at.mover == RPS_NO_MOVER &&
		(is_alone(q, old.at) || old.at.queues & queue_bit(q));
	if (moves && !is_alone(q, old.at)) {
		new = old;
		new.at.mover = q->index;
		if (__sync_val_compare_and_swap(shared, old.word, new.word) != old.word)
			return 0;
		old = new;
		moves = others_drained(q, old.at);
	}
	new.at = moves ? rps_place_at(t->wanted, queue_bit(q))
		       : rps_place_at(rps_place_cpu(old.at), old.at.queues | queue_bit(q));
	if (new.word != old.word &&
	    __sync_val_compare_and_swap(shared, old.word, new.word) != old.word)
		return 0;
	t->cpu = rps_place_cpu(new.at);
	ring = ring_of(q, t->cpu);
	if (!ring)
		return 1;
	t->counted = claim(q, ring, t->cpu);
	return t->counted;
}

/*
 * The CPU to which a slot's packet goes. Its flows may come by several RX queues, which share a
 * CPU's ring; so all queues go where the slot's place is, and that is changed only when it is
 * drained of what any queue put there. A queue that comes to others does not leave with its first
 * packet, as they may still think that they are alone. tests/model/places.pml has all of this.
 */
static __always_inline __u32 next_cpu(const struct queue *q, const struct rps_dev_flow *from,
				      struct rps_ring *ring, __u32 wanted, bool *counted)
{
	struct turn t = { .q = q, .from = *from, .wanted = wanted, .cpu = from->cpu };
	word *shared = bpf_map_lookup_elem(&rps_place, &q->slot_index);
	union place place;

	*counted = false;
	if (!shared)
		return from->cpu;
	place.word = READ_ONCE(*shared);
	if (rps_place_cpu(place.at) == wanted && from->cpu == wanted &&
	    place.at.queues & queue_bit(q)) {
		if (is_alone(q, place.at))
			return wanted;
		*counted = claim(q, ring, wanted);
		if (*counted)
			return wanted;
	}
	bpf_loop(PLACE_TRIES, take_turn, &t, 0);
	*counted = t.counted;
	return t.cpu;
}

#endif /* RFS_PLACE_H */
