/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types.h - what the BPF programs and rfsctl both know: the maps' values, the statistics, the
 * states of an interface, and where everything is pinned.
 *
 * Whatever changes a layout or a meaning here raises RFS_ABI, so that an rfsctl of another
 * version says so instead of misreading pinned maps.
 */
#ifndef RFS_TYPES_H
#define RFS_TYPES_H

#include <linux/types.h>

#define RFS_ABI 6

/* Marks the steering program's constants ("rfs-stee"). */
#define RFS_MAGIC 0x7266732d73746565ULL

/* Debian builds kernels with NR_CPUS=8192; a CPU number fits in 16 bits. */
#define RFS_MAX_CPUS 8192

/* As rps_dev_flow.cpu: no ring; the packet goes on where it was received. */
#define RPS_NO_CPU 0xffffffffU

/* ---- the global part: one recorder per host ---- */

#define RFS_HASH_WORDS 10 /* IPv6: two addresses, the ports, the protocol */

enum rfs_hook {
	RFS_HOOK_FENTRY = 1,
	RFS_HOOK_TRACEPOINT,
};

/* Written once, when the recorder is loaded. */
struct rfs_global {
	__u32 abi;
	__u32 ready; /* all programs run; otherwise an attach died half-way */
	__u32 hook;  /* enum rfs_hook */
	__u32 sock_flow_entries;
	__u32 hash_key[RFS_HASH_WORDS];
};

/*
 * One flow in rps_sock_flow_table: the CPU is what steering needs and is alone in changing. The
 * rest is for people and is written once, when the flow is first seen.
 */
struct rps_sock_flow {
	__u32 cpu; /* on which the application last called recvmsg or sendmsg */
	__u32 pid;
	__u16 family; /* AF_INET, also for IPv4-mapped sockets, or AF_INET6 */
	__u8 proto;
	__u8 pad;
	__be16 lport;
	__be16 rport;
	__be32 laddr[4]; /* IPv4: the first word */
	__be32 raddr[4];
	char comm[16];
};

/* Four flows' desired CPUs, each with its key's upper bits; see ents.h. */
#define RPS_SOCK_WAYS 4

struct rps_sock_ents {
	__u32 ent[RPS_SOCK_WAYS];
};

struct rfs_locality {
	__u64 local;  /* reads on the CPU that processed the socket's last packet */
	__u64 remote; /* reads on another one */
};

/* ---- one RX queue ---- */

/* A slot. Written by the queue's NAPI alone, as one word, as others' read it. */
struct rps_dev_flow {
	__u32 cpu;   /* current CPU, or RPS_NO_CPU */
	__u32 qtail; /* the current CPU's queue tail at the slot's last enqueue */
};

/*
 * Where the flows of a slot are, whichever RX queue they come by. Read and written as one word.
 */
struct rps_place {
	__u16 cpu;    /* 16 bits of it are enough, also for RPS_NO_CPU: see rps_place_cpu() */
	__u16 mover;  /* the queue that is about to move it and asks the others; or one of these */
	__u32 queues; /* that have put packets there: a bit each, their number modulo 32 */
};

#define RPS_NO_MOVER	 0xffff
#define RPS_MOVER_LOADER 0xfffe /* loader/iface/leave.c */
#define RPS_PLACE_BITS	 32

/*
 * Frames of one RX queue that a CPU's kthread took off, and the last one's place among all that the
 * kthread took. Read and written as one word.
 */
struct rps_mark {
	__u32 frames;
	__u32 at;
};

/*
 * What one RX queue put into one CPU's ring, and what came out of that; frames since it was made.
 * The two halves have one writer each and lie in cache lines of their own: the map is mmapable, so
 * its first value is page-aligned. Index nr_cpus stands for the packets that were passed where they
 * were received ("local ring").
 */
struct rps_ring {
	/* the queue's NAPI */
	__u64 tail; /* counted at the redirect, before the frame is in the ring */
	__u64 lost_ring_full;
	__u64 lost_redirect_error;
	__u64 lost_vanished; /* not seen to enter, and nothing told why: see rps_ring_suspect() */
	__u64 barrier;	     /* always 0; what a full memory barrier is done on */
	__u32 cpumap_id;     /* constant: the interface's CPUMAP */
	__u32 queue_id;	     /* constant: the queue's, by which the recorder finds it */
	__u32 missing;	     /* counted since a frame was last seen to enter; or RPS_RING_STUCK */
	__u32 failed;	     /* of these, known as lost_redirect_error */
	__u32 missing_jiffies;
	__u32 late; /* how often the missing ones were found to be old */
	/* the kthread that empties the CPU's ring */
	__u64 popped;
	__u64 delivered;      /* of these, known to have left GRO and reached the protocol */
	struct rps_mark last; /* the last that was popped */
	struct rps_mark snap; /* an earlier one, delivered as soon as the kthread got so far */
	__u32 snap_jiffies;   /* these two: the local ring's, see rps_local_event() */
	__u32 marked;
	__u64 settled; /* popped when an XDP program last found the ring idle */
	__u64 pad[2];
};

_Static_assert(sizeof(struct rps_ring) == 128, "two cache lines");

/*
 * What the kthread of one CPU of an interface did; index: the CPU. Written by it alone.
 */
struct rps_thread {
	__u64 taken;	 /* frames, counted one by one when it takes them off its ring */
	__u64 popped;	 /* taken when its last round ended */
	__u64 delivered; /* of these, known to have left GRO and reached the protocol */
	__u64 owner;	 /* its task_struct, from its first frame on */
	__u64 task;	 /* the same, from when its state can be trusted, see rps_thread_owner() */
	__u64 nvcsw;	 /* its voluntary context switches at the last event */
	__u64 alloc_failed; /* popped, but no skb could be had */
	__u32 snap;	    /* popped when the flush that is waited for was asked for */
	__u32 snap_jiffies;
	__u32 mark; /* popped at the first event in a later jiffy, if marked */
	__u32 marked;
	__u64 barrier;	 /* as a ring's */
	__u64 run_delay; /* ns that it waited for its CPU, in all, at the last event */
	__u64 wait_avg;	 /* of such waits, ns: see rps_thread_waited() */
	__u64 busy_ns;	 /* for how long its CPU was last found busy */
	__u64 pad[3];
	/* rarely written, and read for each packet: in a line of its own */
	__u64 busy_until; /* ns of CLOCK_MONOTONIC: its CPU is busy, and it would wait */
	__u64 pad_busy[15];
};

_Static_assert(sizeof(struct rps_thread) == 256, "lines in pairs, as some CPUs fetch them");
_Static_assert(sizeof(struct rps_dev_flow) == 8, "a slot is read and written as one word");
_Static_assert(sizeof(struct rps_place) == 8, "so is a place");

/* ---- one interface ---- */

enum rfs_gate {
	RFS_GATE_CLOSED = 0, /* pass everything, touch nothing */
	RFS_GATE_DRAIN,	     /* no flow wants a CPU: slots go back to RPS_NO_CPU as they drain */
	RFS_GATE_OPEN,
};

enum rfs_state {
	RFS_STATE_ATTACHING = 1,
	RFS_STATE_READY,
	RFS_STATE_DETACHING,
};

enum rfs_mode {
	RFS_MODE_AUTO = 0,
	RFS_MODE_NATIVE,
	RFS_MODE_GENERIC,
};

/* How the kthreads that empty the rings are scheduled, as sched_setscheduler(2) takes it. */
struct rfs_sched {
	__u32 policy; /* SCHED_OTHER, SCHED_BATCH or SCHED_FIFO */
	__s32 prio;   /* the nice value; SCHED_FIFO: the priority */
};

/* Which way TCP takes; all else goes through CPUMAPs. */
enum rfs_tcp {
	RFS_TCP_CPUMAP = 0,
	RFS_TCP_STACK, /* passed; the kernel's own RFS steers it, after GRO */
};

struct rfs_config {
	__u32 gate;   /* enum rfs_gate */
	__u32 active; /* which of the two rps_cpus entries counts */
	__u32 abi;
	__u32 state; /* enum rfs_state */
	__u32 ifindex;
	__u32 mode; /* enum rfs_mode */
	__u32 dispatcher;
	__u32 queues;
	__u32 flow_cnt;
	__u32 qsize;
	__u64 netns_cookie;
	__u64 netns_ino;
	char name[16];
	struct rfs_sched kthread_sched;
	__u32 tcp; /* enum rfs_tcp */
	__u32 pad;
};

/*
 * The CPUs that packets may be steered to. Of the map's two entries, config.active counts; the
 * loader fills the other and turns over.
 */
#define RPS_CPUS_NR 2

struct rps_cpus {
	__u64 allowed[RFS_MAX_CPUS / 64];
	__u32 n;
	__u16 cpu[RFS_MAX_CPUS]; /* the same set, ascending: the RPS fallback's index */
	__u32 pad;
	/* What was asked for, also CPUs that are offline; empty: rfs chooses. For rfsctl. */
	__u64 wanted[RFS_MAX_CPUS / 64];
};

/*
 * Why a packet was left where it came in. One table for BPF's counters, text, JSON and metrics.
 */
#define RFS_PASS_REASONS(X)                                                                        \
	X(PASS_CLOSED, "closed", "attach or detach was under way")                                 \
	X(PASS_OTHER_DEVICE, "other_device", "by another device than the attached one")            \
	X(PASS_NOT_IP, "not_ip", "neither IPv4 nor IPv6 (ARP, LLDP, ...)")                         \
	X(PASS_TRUNCATED, "truncated", "a header ends beyond the linear part")                     \
	X(PASS_MALFORMED, "malformed", "a header contradicts itself")                              \
	X(PASS_TOO_DEEP, "too_deep", "too many VLAN tags or IPv6 extensions")                      \
	X(PASS_STACK, "stack", "TCP, left to the kernel by --tcp stack")                           \
	X(PASS_PTP, "ptp", "PTP, which needs the NIC's timestamp")                                 \
	X(PASS_LOCAL, "local", "draining, or the flow may not leave yet")                          \
	X(PASS_HERE, "here", "the CPU that received it is the flow's")                             \
	X(PASS_BUSY, "busy", "the flow's CPU is busy: it would wait")                              \
	X(PASS_NO_QUEUE, "no_queue", "the RX queue was added after attach")                        \
	X(PASS_NO_CPU, "no_cpu", "the slot's CPU has no ring")                                     \
	X(PASS_STUCK, "stuck", "frames vanish on their way to the ring")                           \
	X(PASS_CONTENDED, "contended", "generic mode: too many CPUs at one slot")

enum rfs_stat {
	RFS_STAT_FLOW_STEERED, /* by rps_sock_flow: a reader is known */
	RFS_STAT_HASH_STEERED, /* by the CPU list: none is */
	RFS_STAT_MOVES_MADE,
	RFS_STAT_MOVES_DEFERRED, /* packets whose flow wanted to move and could not yet */
#define X(id, name, help) RFS_STAT_##id,
	RFS_PASS_REASONS(X)
#undef X
		RFS_STAT_NR
};

#define RFS_STAT_PASS_FIRST RFS_STAT_PASS_CLOSED

struct rfs_stats {
	__u64 count[RFS_STAT_NR];
};

/* Per CPU: the NAPI poll that is running, or was the last one. */
struct rfs_napi {
	__u32 queue_id; /* its queue */
	__u32 passed;	/* it passed packets */
	__u32 tail;	/* of its local ring, with the last of these */
	__u32 pad;
};

/*
 * Pins, below <bpffs>/rfs. An interface has a folder of its own name there; names of the global
 * part are longer than 15 characters, which no interface's name is.
 */
#define RFS_PIN_DIR	     "rfs"
#define RFS_PIN_GLOBAL	     "rfs_global_settings"
#define RFS_PIN_SOCK_FLOW    "rps_sock_flow_table"
#define RFS_PIN_SOCK_ENTS    "rps_sock_flow_ents"
#define RFS_PIN_LOCALITY     "rfs_read_locality"
#define RFS_PIN_RINGS	     "rfs_rings_by_queue"
#define RFS_PIN_RINGS_ABI4   "rfs_ring_by_cpumap"
#define RFS_PIN_THREADS	     "rfs_threads_by_cpumap"
#define RFS_PIN_NAPI	     "rfs_napi_poll_state"
#define RFS_PIN_RECORDER_DIR "recorder_programs"

#define RFS_PIN_CONFIG	    "config"
#define RFS_PIN_CPUS	    "rps_cpus"
#define RFS_PIN_STATS	    "stats"
#define RFS_PIN_JOURNAL	    "journal"
#define RFS_PIN_DEV_FLOW    "rps_dev_flow"
#define RFS_PIN_RING	    "rps_ring"
#define RFS_PIN_CPUMAP	    "cpumap"
#define RFS_PIN_CPUMAPS	    "cpumap_by_queue"
#define RFS_PIN_CPUMAP_PROG "cpumap_prog"
#define RFS_PIN_THREAD	    "rps_thread"
#define RFS_PIN_PLACE	    "rps_place"
#define RFS_PIN_QUEUE_MAPS  "queues"
#define RFS_PIN_XDP_LINK    "xdp_link"

#endif /* RFS_TYPES_H */
