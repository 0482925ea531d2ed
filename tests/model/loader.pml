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
	yes = !rps_in_flight(r);
	if
	:: yes -> yes = (state[r] == INTERRUPTIBLE)
	:: else
	fi
}

inline is_trusted(r, yes)
{
	if
	:: atomic { !ring[r].owner || ring[r].task -> yes = 1 }
	:: ring[r].owner && !ring[r].task -> ring[r].task = ring[r].owner; yes = 0
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
	   :: !left_before -> tail = ring[r].tail; is_idle(r, idle)
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
