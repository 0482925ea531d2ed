// SPDX-License-Identifier: GPL-2.0-only
/*
 * kthread.pml - the kernel's half of a ring: the ptr_ring, the thread that empties it
 * (cpu_map_kthread_run() in Linux kernel/bpf/cpumap.c), GRO, and the tracepoint's program.
 *
 * KERNEL says where the tracepoint stands in a round: 61 after the frames are delivered, 612 before
 * it, 615 before it and with GRO. rfs_cpumap counts a round's frames before all that. A frame is a number: 0
 * for one of no interest, else its place among the flow's packets as the NAPI saw them. FLOW_DELIVERED(p) is the hand-over to the protocol; that
 * takes locks, so it needs no model of memory.
 *
 * GRO is the slowest and the fastest there can be: each frame is held, in an entry of its own, or goes
 * with all that were held before it, at once or from the list of those that GRO is through with
 * (rx_count); packets of one flow leave GRO in their order.
 *
 * Memory: stores are seen at once and in order, as on x86. WEAK_STORES is a machine that does not keep
 * the order of stores: the only one to which the kernel gives no barrier, __set_current_state(TASK_RUNNING),
 * is seen as late as the thread's next barrier. The others may be left as they are: the later popped is
 * seen, the later rule 3 holds, and delivered and task only allow what was right a while ago.
 */
#ifndef RING_SIZE
#define RING_SIZE 2
#endif
#ifndef BATCH
#define BATCH 2 /* CPUMAP_BATCH */
#endif
#define FRAMES 8 /* as many as there are, at least */

/* By a frame's tag: its queue's ring; and the counters of an entry's thread. */
#ifndef RING_OF
#define RING_OF(p, r) (r)
#endif
#ifndef COUNTERS
#define COUNTERS(r) (r)
#endif
#ifndef PACKET
#define PACKET(p) (p)
#endif

#define RUNNING	      0
#define INTERRUPTIBLE 1

bit state[RINGS];	/* __state, as others see it */
#ifdef WEAK_STORES
bit state_late[RINGS];	/* the thread has set TASK_RUNNING, and nobody sees it yet */
#endif

/* For who waits until all that runs with softirqs off has ended. */
#ifdef RCU
bit bh_off[RINGS];
#define bh_disable(r) bh_off[r] = 1
#define bh_enable(r)  bh_off[r] = 0
#else
#define bh_disable(r) skip
#define bh_enable(r)  skip
#endif

bit switched[RINGS];	/* nvcsw moved since the thread's last event */
chan ptr_ring[RINGS] = [RING_SIZE] of { byte };
chan hand[RINGS] = [BATCH] of { byte };	/* popped, not yet handed on */
#if KERNEL == 615
chan gro[RINGS] = [FRAMES] of { byte, byte };	/* frame, jiffies */
chan gro_rx[RINGS] = [FRAMES] of { byte };
#endif

inline set_current_state_interruptible(r)
{
	d_step {
#ifdef WEAK_STORES
		state_late[r] = 0;
#endif
		state[r] = INTERRUPTIBLE
	}
}

inline set_current_state_running(r)
{
#ifdef WEAK_STORES
	state_late[r] = 1
#else
	state[r] = RUNNING
#endif
}

inline wake_up_process(r)
{
	state[r] = RUNNING
}

#ifdef WEAK_STORES
/* The late store becomes visible. */
proctype store_buffer(byte r)
{
end:
	do
	:: d_step { state_late[r] -> state_late[r] = 0; state[r] = RUNNING }
	od
}
#endif

/* Nothing that others read is written between the frames of a round, so they go in one step. */
inline hand_on(r)
{
	d_step {
		do
		:: nempty(hand[r]) -> hand[r] ? p; FLOW_DELIVERED(p)
		:: empty(hand[r]) -> break
		od;
		p = 0
	}
}

#if GRO
/* gro_flush_normal(): all, or those of an earlier jiffy. They are in the order of their age. */
inline gro_flush(r, all)
{
	d_step {
		do
		:: nempty(gro_rx[r]) -> gro_rx[r] ? p; FLOW_DELIVERED(p)
		:: !len(gro_rx[r]) && len(gro[r]) ->
			gro[r] ? <p, age>;
			if
			:: (all) || age != jiffies -> gro[r] ? p, age; FLOW_DELIVERED(p)
			:: else -> break
			fi
		:: !len(gro_rx[r]) && !len(gro[r]) -> break
		od;
		p = 0;
		age = 0
	}
}

inline gro_complete(r)
{
	d_step {
		do
		:: nempty(gro[r]) -> gro[r] ? p, age; gro_rx[r] ! p
		:: empty(gro[r]) -> break
		od;
		p = 0;
		age = 0
	}
}

inline gro_receive(r)
{
	d_step {
		do
		:: nempty(hand[r]) ->
			hand[r] ? p;
			if
			:: PACKET(p) -> gro[r] ! p, jiffies
			:: else
			fi
		:: empty(hand[r]) -> break
		od;
		p = 0
	}
	if
	:: skip
	:: nempty(gro[r]) -> gro_complete(r)
	:: len(gro[r]) || len(gro_rx[r]) -> gro_flush(r, true)
	fi
}
#endif

/* rfs_cpumap's full barrier, where the target is not x86. */
inline before_popped(r)
{
#if defined(WEAK_STORES) && !defined(V_NO_POPPED_BARRIER)
	if
	:: state_late[r] -> state_late[r] = 0; state[r] = RUNNING
	:: else
	fi
#else
	skip
#endif
}

/*
 * The programs. Who reads what they write cannot tell their stores from one store: what is new of the first
 * allows what is new of the next. FINE looks at that.
 */
#ifdef FINE
#define PROGRAM
#else
#define PROGRAM atomic
#endif
#if !GRO
#define HELD(r) 0
#elif defined(V_NO_RX_COUNT)
#define HELD(r) len(gro[r])
#else
#define HELD(r) (len(gro[r]) || len(gro_rx[r]))
#endif

inline tracepoint(r, me)
{
	PROGRAM {
#ifdef REFRESH
		/* The last round of one whose entry was made anew: the ring is another thread's. */
		if
		:: !n && thread[COUNTERS(r)].owner != me -> goto not_counted
		:: else
		fi;
#endif
		rps_thread_owner(COUNTERS(r), me, sched, switched[r], slept);
		rps_thread_event(COUNTERS(r), slept, HELD(r));
#ifdef REFRESH
not_counted:
#endif
		slept = 0;
		sched = 0
	}
}

/* RINGS threads, one a ring; thread numbers begin with 1, and refresh makes others. */
proctype kthread(byte r, me)
{
	byte p, n;
	bit sched, slept;
#if GRO
	byte age, packets;
	bit all;
#endif

	/* On its way in. If frames are waiting already, it works in this state. */
	set_current_state_interruptible(r);
	do
#ifdef REFRESH
	:: stop[r] && empty(ptr_ring[r]) -> break
#endif
	:: if
	   :: empty(ptr_ring[r]) ->
		set_current_state_interruptible(r);
		if
		:: empty(ptr_ring[r]) ->
			/* schedule(): it was woken already, or it leaves the CPU. */
			if
			:: atomic { state[r] == RUNNING -> sched = 1 }
			:: atomic { state[r] == INTERRUPTIBLE -> switched[r] = 1; sched = 1 };
end_asleep:			state[r] == RUNNING
			fi
		:: atomic { nempty(ptr_ring[r]) -> set_current_state_running(r) }
		fi
	   :: nempty(ptr_ring[r]) ->
		/* cond_resched() may switch; that is no voluntary one. */
		if
		:: skip
#if GRO
		:: sched = 1
#endif
		fi
	   fi;
	   bh_disable(r);
	   PROGRAM {
		do
		:: len(ptr_ring[r]) && n < BATCH ->
			ptr_ring[r] ? p;
			rps_ring_pop(RING_OF(p, r), COUNTERS(r));
			hand[r] ! p;
			n++
		:: else -> break
		od;
		p = 0
	   }
#if KERNEL == 61
	   hand_on(r);
	   atomic {
		tracepoint(r, me);
		n = 0;
		bh_enable(r)
	   }
#elif KERNEL == 612
	   tracepoint(r, me);
	   atomic {
		hand_on(r);
		n = 0;
		bh_enable(r)
	   }
#else
	   tracepoint(r, me);
	   gro_receive(r);
	   atomic {
		packets = packets + n;
		n = 0;
		all = empty(ptr_ring[r])
	   }
	   atomic {
		if
		:: packets >= FLUSH_FRAMES || all -> packets = 0; gro_flush(r, all)
		:: else
		fi;
		all = 0;
		bh_enable(r)
	   }
#endif
	od
}

/* Does anything that was counted into a ring wait in it, or in its thread? */
#if GRO
#define thread_holds(r) (len(ptr_ring[r]) || len(hand[r]) || len(gro[r]) || len(gro_rx[r]))
#else
#define thread_holds(r) (len(ptr_ring[r]) || len(hand[r]))
#endif
