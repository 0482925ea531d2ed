// SPDX-License-Identifier: GPL-2.0-only
/*
 * softirq.pml - the NAPI of one RX queue on two CPUs, poll by poll, with its own GRO, the local ring and
 * the gate; for the scenarios with "no CPU". Needs rules.pml, kthread.pml and napi.pml before it.
 *
 * A poll ends in one of three ways: completed and all flushed; completed with gro_flush_timeout, which
 * spares this jiffy's packets; or its budget used up, where the flush comes behind the tracepoint and
 * the NAPI stays where it is. napi_complete_done() lets another CPU begin the next poll, before the
 * tracepoint. Packets that GRO is through with wait in its list (rx_list) until a poll's end, or less.
 */
#define CLOSED 0
#define DRAIN  1
#define OPEN   2
#define STAYS  (RPS_NO_CPU + 1)

#define local_rule2() (W(local_ring.delivered - qtail) < WRAP / 2)

byte gate = FIRST_GATE;
byte left = PACKETS; /* to come */
byte seen;		/* of the flow */
bit scheduled;		/* NAPI_STATE_SCHED */
bit softirq[2];
bit napi_pass[2];	/* by CPU: packets were passed in the poll that runs there */
byte cpu = RPS_NO_CPU, qtail;	/* the slot */
rps_ring local_ring;	/* WRAP - 1: -1, as queue.c makes it, before its first event */
#ifdef V_FIRST_EVENT
#define LOCAL_AT_FIRST 0
#else
#define LOCAL_AT_FIRST (WRAP - 1)
#endif
chan napi_gro = [FRAMES] of { byte, byte };
chan rx_list = [FRAMES] of { byte };
byte pass_tail[2];

inline normal_list()
{
	d_step {
		do
		:: nempty(rx_list) -> rx_list ? p; FLOW_DELIVERED(p)
		:: empty(rx_list) -> break
		od;
		p = 0
	}
}

inline napi_gro_flush(all)
{
	d_step {
		do
		:: nempty(napi_gro) ->
			napi_gro ? <p, age>;
			if
			:: (all) || age != jiffies -> napi_gro ? p, age; rx_list ! p
			:: else -> break
			fi
		:: empty(napi_gro) -> break
		od;
		p = 0;
		age = 0
	}
}

/* Held; or not, and then all of its flow that is held goes before it. */
inline napi_gro_receive(frame)
{
	if
	:: napi_gro ! frame, jiffies
	:: napi_gro_flush(true); rx_list ! frame;
	   if
	   :: skip
	   :: normal_list()
	   fi
	fi
}

inline rps_local_event()
{
	d_step {
		if
		:: !held || local_ring.marked ->
			if
			:: !held -> local_ring.delivered = tail
			:: else -> local_ring.delivered = local_ring.snap.frames
			fi;
			local_ring.snap.frames = tail;
			local_ring.snap_jiffies = jiffies;
			local_ring.marked = 0
#ifdef V_LOCAL_NO_JIFFY
		:: else -> local_ring.marked = 1
#else
		:: else -> local_ring.marked = (jiffies != local_ring.snap_jiffies)
#endif
		fi
	}
}

/* The tracepoint napi_poll's program: what it reads, then what it writes. */
inline napi_poll_event(c)
{
	if
	:: atomic { napi_pass[c] -> napi_pass[c] = 0; held = nempty(napi_gro) };
#ifdef V_LOCAL_NO_GRO_CHECK
	   held = 0;
#endif
	   tail = local_ring.tail;
#ifndef V_ANY_EVENT
	   /* Another poll has begun: of its packets this event tells nothing. */
	   if
	   :: tail != pass_tail[c]
	   :: tail == pass_tail[c] -> rps_local_event()
	   fi;
#else
	   rps_local_event();
#endif
	   held = 0;
	   tail = 0
	:: !napi_pass[c]
	fi
}

/* Packets of the flow, each for where its reader is; others are passed on this CPU. */
inline packet(c)
{
	atomic {
		left ->
		left--;
		frame = 0;
		want = RPS_NO_CPU;
		if
		:: left -> skip
		:: seen++; frame = seen;
		   if
		   :: gate == OPEN -> want = 0
		   :: skip
		   fi
		fi;
		if
		:: gate == CLOSED -> goto received
		:: else
		fi;
		r = RPS_NO_CPU;
		if
		:: frame ->
			r = cpu;
			if
			:: cpu == want -> want = STAYS
			:: cpu != want && cpu == RPS_NO_CPU -> yes = local_rule2()
			:: cpu != want && cpu != RPS_NO_CPU -> yes = rule2(cpu, cpu, qtail)
			fi
		:: else -> want = STAYS
		fi
	}
	if
	:: want != STAYS && r != RPS_NO_CPU && !yes -> ring_idle(r, r, yes)
	:: else
	fi;
	atomic {
		if
		:: want != STAYS && yes -> cpu = want; r = want
		:: else
		fi;
		yes = 0;
		if
		:: r == RPS_NO_CPU ->
			local_ring.tail = W(local_ring.tail + 1);
			if
			:: frame -> qtail = local_ring.tail
			:: else
			fi;
			napi_pass[c] = 1;
			pass_tail[c] = local_ring.tail
		:: else ->
			ring[r].tail = W(ring[r].tail + 1);
#ifdef RCU
			ring[r].missing++;
#endif
			qtail = rps_qtail(r);
			redirect(r, frame);
			goto packet_done
		fi
	}
received:
	/* The verdict is carried out. */
	atomic {
		if
		:: frame -> napi_gro_receive(frame)
		:: else
		fi
	}
packet_done:
	atomic { frame = 0; want = 0; r = 0 }
}

proctype poll(byte c)
{
	byte p, age, drops, popped, r, frame, want, tail;
	bit yes, held;

end:
	do
	:: atomic { !scheduled && (left || nempty(napi_gro)) -> scheduled = 1; softirq[c] = 1 };
again:
	   do
	   :: packet(c)
	   :: break
	   od;
	   atomic { next_bulk(r) };
	   flush_all(r);
	   r = 0;
	   if
	   :: atomic {
		if
		:: napi_gro_flush(true)
#ifdef GRO_FLUSH_TIMEOUT
		:: napi_gro_flush(false)
#endif
		fi;
		normal_list()
	      };
	      scheduled = 0; /* napi_complete_done() */
	      napi_poll_event(c)
	   :: left -> /* the budget is used up */
	      napi_poll_event(c);
	      atomic {
		if
		:: napi_gro_flush(true)
		:: napi_gro_flush(false)
		fi;
		normal_list()
	      };
	      /* It is polled again at once, or by ksoftirqd. */
	      softirq[c] = 0;
	      softirq[c] = 1;
	      goto again
	   fi;
	   softirq[c] = 0
	od
}
