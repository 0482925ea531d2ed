// SPDX-License-Identifier: GPL-2.0-only
/*
 * places.pml - next_cpu() and claim() of bpf/place.h: flows of one slot that come by several RX queues, whose polls
 * run at once or one after the other. Whether a queue's own packets are delivered is asked in one step here: that
 * this answer is right is what the other scenarios are for.
 *
 * P1: no packet is delivered before one whose poll had ended when its own began.
 *
 * STOPPED	     a CPU may be stopped between its look at the place, where it is alone, and its note
 * V_NO_OTHERS	     the others are not asked
 * V_NOT_MARKED	     nor is the place marked before they are
 * V_NO_SECOND_LOOK  who notes that it goes to a place does not look at that once more
 * V_NO_NOTE	     or does not note it first
 * V_NOT_COUNTED     or does not count the packet with its note
 * V_BIT_NOT_ASKED   or looks at its CPU only
 * V_MARK_STAYS	     or leaves another's mark as it is
 * V_LEFT_FIRST	     that a queue's own packets are delivered is asked before the place is looked at
 * V_JOINER_LEAVES   a queue may leave with the packet with which it came
 *
 * LOADER: detach, or refresh, has CPU 0's ring left (loader/iface/leave.c). That idle_wait() finds it drained when it
 * is, is detach.pml's. P3: then no frame goes there any more.
 *
 * V_PLACES_STAY	places are not moved
 * V_NO_FIRST_GRACE	polls that still want CPU 0 are not waited for
 * V_LOADER_NOT_MARKED	a place is not marked before the ring is looked at once more
 * V_NOT_LOOKED		it is not looked at once more
 *
 * Rings are FIFOs that lose nothing; a poll has one packet.
 */
#ifndef PACKETS
#define PACKETS 4
#endif
#ifndef QUEUES
#define QUEUES 2
#endif
#ifndef MOVES
#define MOVES 2 /* of the tries may move the place */
#endif
#ifndef TRIES
#define TRIES 8
#endif

#define BIT(q)		(1 << (q))
#define WORD(c, qs, by) ((c) + 2 * (qs) + 16 * (by))
#define CPU(w)		((w) & 1)
#define NOTED(w)	((w) / 2 & 7)
#define MOVING(w)	((w) / 16)
#define UNMARKED(w)	((w) & 15)
#define IS_ALONE(w, q)	(!NOTED(w) || NOTED(w) == BIT(q))
#define MARK(q)		(1 + (q))
#define RING(q, r) (2 * (q) + (r))

chan ring[2] = [PACKETS] of { byte };	 /* 4 * packet + queue */
byte place;				 /* a word */
byte slot_cpu[QUEUES], slot_qtail[QUEUES];
byte tail[2 * QUEUES], delivered[2 * QUEUES]; /* by RING() */
byte seen, ended, handed_over;		 /* packets: their number, and as bits */
byte before[PACKETS + 1];		 /* those whose polls had ended when the packet's began */
bit in_order = 1;
bit in_flight;				 /* a frame in a ring that is to be empty for good */
bit drain, left_for_good;		 /* nobody wants CPU 0; its ring is left */
byte polls, waited;			 /* that run; that the loader waits for: queues, as bits */

/* others_drained(): each in turn, slot and counter in two steps. */
inline look_at_others()
{
	undrained = 0;
#ifndef V_NO_OTHERS
	o = 0;
	do
	:: o < QUEUES && !undrained && o != q && NOTED(old) & BIT(o) ->
		atomic {
			o_cpu = slot_cpu[o];
			o_qtail = slot_qtail[o]
		};
		/* rule 2, or all that is counted: rule 3 */
		undrained = (o_cpu == CPU(old) && delivered[RING(o, o_cpu)] < o_qtail &&
			     delivered[RING(o, o_cpu)] < tail[RING(o, o_cpu)]);
		atomic { o_cpu = 0; o_qtail = 0; o++ }
	:: o < QUEUES && !undrained && (o == q || !(NOTED(old) & BIT(o))) -> o++
	:: o == QUEUES || undrained -> break
	od;
	o = 0
#endif
}

/* The result is in go. */
inline compare_exchange(was, is)
{
	atomic {
		if
		:: place == was -> place = is; go = 1
		:: else -> go = 0
		fi
	}
}

inline claim(c)
{
#ifdef V_NOT_COUNTED
	atomic {
		slot_cpu[q] = c;
		slot_qtail[q] = tail[RING(q, c)] + 1
	};
#else
#ifndef V_NO_NOTE
	tail[RING(q, c)]++;
	counted = 1;
	atomic {
		slot_cpu[q] = c;
		slot_qtail[q] = tail[RING(q, c)]
	};
#endif
#endif
#ifdef V_NO_SECOND_LOOK
	go = 1
#else
	old = place;
#ifdef V_BIT_NOT_ASKED
	go = (CPU(old) == c);
#else
	go = (CPU(old) == c && NOTED(old) & BIT(q));
#endif
#ifndef V_MARK_STAYS
	if
	:: go && MOVING(old) -> compare_exchange(old, UNMARKED(old))
	:: else
	fi;
#endif
	if
	:: !go && counted -> atomic { tail[RING(q, c)]--; counted = 0 }
	:: else
	fi
#endif
}

proctype napi(byte q)
{
	byte packet, from_qtail, old, new, o, o_qtail, n;
	bit want, from_cpu, cpu, left, go, undrained, o_cpu, counted;

	do
	:: atomic {
		seen < PACKETS ->
		seen++;
		packet = seen;
		before[packet] = ended;
		polls = polls | BIT(q);
		if
		:: !drain -> want = 0
		:: want = 1
		fi;
		from_cpu = slot_cpu[q];
		from_qtail = slot_qtail[q]
	   };
#ifndef STOPPED
	   atomic {
#endif
	   old = place;
	   if
	   :: CPU(old) == want && from_cpu == want && NOTED(old) == BIT(q) ->
		cpu = want;
		tail[RING(q, cpu)]++;
		slot_qtail[q] = tail[RING(q, cpu)];
		goto flush
	   :: else
	   fi;
#ifndef STOPPED
	   };
#endif
	   if
	   :: CPU(old) == want && from_cpu == want && NOTED(old) & BIT(q) ->
		cpu = want;
		claim(want)
	   :: else
	   fi;
	   if
	   :: go -> goto enqueue
	   :: else
	   fi;
#ifdef V_LEFT_FIRST
	   left = (delivered[RING(q, from_cpu)] >= from_qtail);
#endif
	   do
	   :: n < TRIES ->
		n++;
		cpu = from_cpu;
		old = place;
#ifndef V_LEFT_FIRST
		left = (delivered[RING(q, from_cpu)] >= from_qtail);
#endif
		if
		:: !left && from_cpu != CPU(old) -> break
		:: else
		fi;
		new = WORD(CPU(old), NOTED(old) | BIT(q), 0);
		if
#ifdef V_JOINER_LEAVES
		:: left && n <= MOVES && CPU(old) != want ->
#else
		:: left && n <= MOVES && CPU(old) != want && !MOVING(old) && (IS_ALONE(old, q) || NOTED(old) & BIT(q)) ->
#endif
			if
			:: IS_ALONE(old, q) -> new = WORD(want, BIT(q), 0)
			:: else ->
#ifndef V_NOT_MARKED
				compare_exchange(old, WORD(CPU(old), NOTED(old), MARK(q)));
				if
				:: !go -> goto again
				:: else
				fi;
				old = WORD(CPU(old), NOTED(old), MARK(q));
#endif
				look_at_others();
				if
				:: !undrained -> new = WORD(want, BIT(q), 0)
				:: else
				fi
			fi
		:: else
		fi;
		compare_exchange(old, new);
		if
		:: !go -> goto again
		:: else
		fi;
		cpu = CPU(new);
		claim(cpu);
		if
		:: go -> break
		:: else
		fi;
again:
		skip
	   :: n == TRIES -> break
	   od;
enqueue:
	   tail[RING(q, cpu)] = tail[RING(q, cpu)] + !counted;
	   atomic {
		slot_cpu[q] = cpu;
		slot_qtail[q] = tail[RING(q, cpu)]
	   };
flush:
#ifdef LOADER
	   in_flight = left_for_good && cpu == 0;
	   assert(!(in_flight));
#endif
	   ring[cpu] ! 4 * packet + q;
	   atomic {
		polls = polls & ~BIT(q);
		waited = waited & ~BIT(q);
		ended = ended | BIT(packet);
		packet = 0; want = 0; from_cpu = 0; from_qtail = 0; old = 0; new = 0; n = 0;
		cpu = 0; left = 0; go = 0; undrained = 0; counted = 0
	   }
	:: seen == PACKETS -> break
	od
}

proctype kthread(bit r)
{
	byte frame;

end:	do
	:: atomic {
		ring[r] ? frame ->
		in_order = !(before[frame / 4] & ~handed_over);
		assert(in_order);
		handed_over = handed_over | BIT(frame / 4);
		delivered[RING(frame & 3, r)]++;
		frame = 0
	   }
	od
}

#ifdef LOADER
#define LOADER_MARK 3

inline wait_for_polls()
{
	waited = polls;
	waited == 0
}

proctype loader()
{
	byte old, tails[2];
	bit go;

	drain = 1;
#ifndef V_NO_FIRST_GRACE
	wait_for_polls();
#endif
	do
	:: atomic {
		/* idle_wait() */
		delivered[RING(0, 0)] == tail[RING(0, 0)] && delivered[RING(1, 0)] == tail[RING(1, 0)];
		tails[0] = tail[RING(0, 0)];
		tails[1] = tail[RING(1, 0)]
	   };
#ifdef V_PLACES_STAY
	   break;
#endif
	   old = place;
	   if
	   :: CPU(old) == 1 -> break
	   :: else
	   fi;
#ifndef V_LOADER_NOT_MARKED
	   if
	   :: MOVING(old) -> goto again
	   :: else
	   fi;
	   compare_exchange(old, WORD(0, NOTED(old), LOADER_MARK));
	   if
	   :: !go -> goto again
	   :: else
	   fi;
	   old = WORD(0, NOTED(old), LOADER_MARK);
#endif
	   wait_for_polls();
#ifndef V_NOT_LOOKED
	   if
	   :: tail[RING(0, 0)] != tails[0] -> goto again
	   :: else
	   fi;
	   if
	   :: tail[RING(1, 0)] != tails[1] -> goto again
	   :: else
	   fi;
#endif
	   compare_exchange(old, WORD(1, 0, 0));
	   if
	   :: go -> break
	   :: else
	   fi;
again:
	   wait_for_polls() /* as idle_wait() does */
	od;
	left_for_good = 1
}
#endif

init {
	atomic {
#ifdef LOADER
		/* which queues have been there before */
		if
		:: place = WORD(0, BIT(0), 0)
		:: place = WORD(0, BIT(0) | BIT(1), 0)
		fi;
#endif
		run napi(0);
		run napi(1);
#if QUEUES > 2
		run napi(2);
#endif
		run kthread(0);
		run kthread(1);
#ifdef LOADER
		run loader()
#endif
	}
}
