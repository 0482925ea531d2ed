// SPDX-License-Identifier: GPL-2.0-only
/* loader.pml - what rfsctl waits for. Needs softirq.pml, and RCU to be defined before kthread.pml. */

/*
 * wait_for_polls(): all that ran with softirqs off when it began has ended. It returns at any moment
 * after that, so each may be waited for in turn.
 */
inline wait_for_polls()
{
	!softirq[0];
#if CPUS > 1
	!softirq[1];
#endif
#if RINGS > 1
	!bh_off[1];
#endif
	!bh_off[0]
}

/* idle.c: idle_wait() with one ring, whose thread is seen. An idle ring's thread sleeps. */
inline is_idle(r, yes)
{
	t = ring[r].missing;
	atomic { yes = (rps_in_flight(r) <= t); t = 0 };
	if
	:: yes -> yes = (state[r] == INTERRUPTIBLE)
	:: else
	fi
}

/* FIX_TRUST: with frames of a poll that runs, the thread may be on its way in at the second look. */
#ifdef FIX_TRUST
#define MAY_TRUST none
#else
#define MAY_TRUST 1
#endif

inline is_trusted(r, yes)
{
	if
	:: atomic { !ring[r].owner || ring[r].task -> yes = 1 }
	:: ring[r].owner && !ring[r].task ->
		if
		:: MAY_TRUST -> ring[r].task = ring[r].owner
		:: else
		fi;
		yes = 0
	fi
}

/*
 * look(), all polls, was_left(), and so on. FIX_TWICE: it is drained if it was left twice in a row, as a
 * poll before the first may have woken its thread for nothing, and one before the second met it awake.
 */
inline idle_wait(r)
{
#ifdef V_ONE_INSTANT
	/* Nothing in flight, once; the thread is not asked. */
	!rps_in_flight(r)
#else
	do
	:: if
	   :: !left_before ->
		atomic { tail = ring[r].tail; none = !rps_in_flight(r) };
		is_idle(r, idle)
	   :: else
	   fi;
	   wait_for_polls();
	   if
	   :: idle -> is_idle(r, idle)
	   :: else
	   fi;
	   if
	   :: ring[r].tail != tail -> idle = 0
	   :: else
	   fi;
	   if
	   :: idle -> is_trusted(r, idle)
	   :: else
	   fi;
	   atomic {
		if
#ifdef FIX_TWICE
		:: idle && !left_before -> left_before = 1
		:: idle && left_before -> break
#else
		:: idle -> break
#endif
		:: else -> left_before = 0
		fi
	   }
	od
#endif
}
