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
inline is_idle(i, r, yes)
{
	t = ring[i].missing;
	atomic { yes = (rps_in_flight(i) <= t); t = 0 };
	if
	:: yes -> yes = (state[r] == INTERRUPTIBLE)
	:: else
	fi
}

/* was_empty: nothing at all was in flight at the first look, so that no poll's frame may have set the thread going. */
#ifdef V_TRUST_MISSING
#define WAS_EMPTY 1
#else
#define WAS_EMPTY was_empty
#endif

inline is_trusted(t, yes)
{
	if
	:: atomic { !WAS_EMPTY || !thread[t].owner || thread[t].task -> yes = 1 }
	:: atomic {
		WAS_EMPTY && thread[t].owner && !thread[t].task ->
		thread[t].task = thread[t].owner;
		yes = 0
	   }
	fi
}

/*
 * look(), all polls, was_left(), and so on; drained is what was left twice in a row, by three looks that found the
 * same tail and the same popped, so that no frame was counted or came out from the first one on. V_TWO_LOOKS: the
 * second time begins with a look of its own.
 */
inline idle_wait(i, r)
{
#ifdef V_ONE_INSTANT
	/* Nothing in flight, once; the thread is not asked. */
	!rps_in_flight(i)
#else
	do
	:: if
#ifndef V_TWO_LOOKS
	   :: once -> idle = 1
	   :: !once ->
#else
	   :: true ->
#endif
		atomic { tail = ring[i].tail; was_empty = !rps_in_flight(i); came_out = ring[i].popped };
		is_idle(i, r, idle)
	   fi;
	   wait_for_polls();
	   if
	   :: idle -> is_idle(i, r, idle)
	   :: else
	   fi;
	   if
	   :: ring[i].tail != tail -> idle = 0
#ifndef V_TWO_LOOKS
	   :: ring[i].tail == tail && ring[i].popped != came_out -> idle = 0
#endif
	   :: else
	   fi;
	   if
	   :: idle -> is_trusted(i, idle)
	   :: else
	   fi;
	   atomic {
		if
#ifndef V_ONCE
		:: idle && !once -> once = 1
		:: idle && once -> once = 0; break
#else
		:: idle -> break
#endif
		:: else -> once = 0
		fi;
		idle = 0
	   }
	od
#endif
}
