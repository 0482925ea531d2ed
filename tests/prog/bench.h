/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench.h - the steering program, loaded with maps of our own and run by BPF_PROG_RUN.
 *
 * A test arranges the maps, photographs them (shadow_take()), writes into the photograph what
 * should change, runs packets, and compares: so whatever changes besides is found as well. No frame
 * enters a ring but by bench_poll(), and no recorder looks at these maps, so only the program and
 * the test write them.
 */
#ifndef RFS_TEST_BENCH_H
#define RFS_TEST_BENCH_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <linux/bpf.h>

#include "packet.h"
#include "rfs/types.h"

#define BENCH_QUEUES	 2  /* in the program's tables, if not said otherwise */
#define BENCH_QUEUES_MAX 40 /* more than a place has bits */
#define BENCH_DEV_QUEUES 41 /* of the device */
#define BENCH_RINGS_MAX	 512
#define BENCH_SLOTS_MAX	 1024
#define BENCH_SLOTS	 BENCH_SLOTS_MAX

struct bpf_map;
struct rfs_steer;

struct bench_queue {
	int slots;
	int ring_fd;
	__u32 id;		/* of ring_fd */
	struct rps_ring *rings; /* mapped */
};

struct bench {
	struct rfs_steer *skel;
	int prog;
	bool shared;
	__u32 flow_cnt;
	__u32 queues;
	int cpumap; /* of all queues */
	__u32 cpumap_id;
	struct rps_thread *threads; /* mapped */
	struct bench_queue q[BENCH_QUEUES_MAX];
};

/*
 * What all of a queue's maps hold, those of all queues, and the statistics. A slot's place and
 * which NAPI runs follow from slots and tails, as where there is but one queue: see
 * expected_place() and expected_napi(). A test that knows better says so in places_set.
 */
struct shadow {
	struct rps_ring rings[BENCH_RINGS_MAX];
	struct rps_thread threads[BENCH_RINGS_MAX];
	struct rps_dev_flow slots[BENCH_SLOTS_MAX];
	struct rps_place places[BENCH_SLOTS_MAX];
	bool places_set;
	struct rfs_stats stats;
	__u32 counted; /* id of the queue that a packet is counted for, if set */
	bool passed;   /* and it is passed */
	struct rfs_napi napi[RFS_MAX_CPUS]; /* of the CPU of the run, whichever that is */
	/* when it was taken */
	__u64 tails[BENCH_RINGS_MAX];
	struct rps_dev_flow old_slots[BENCH_SLOTS_MAX];
};

/* Two CPUs with rings, one with a ring but no CPUMAP entry, the local ring, none of all. */
extern __u32 cpu_a, cpu_b, cpu_unmapped, ring_local;
extern const __u32 bench_key[RFS_HASH_WORDS];
extern const char *const stat_name[RFS_STAT_NR];

/* Benches that most tests use, open from bench_start() on: native and generic mode. */
extern struct bench plain, generic;

/** bench_start() - device, CPUs, plain and generic; 0 or -1 after a message */
int bench_start(void);
void bench_stop(void);

/* As the loader sets the program's constants. */
struct bench_opts {
	__u32 flow_cnt;
	__u32 queues; /* 0: BENCH_QUEUES */
	bool shared;
	bool stay_here;
	__u32 stack_proto; /* the protocol that is left to the stack, or 0 */
	__u32 missing_max; /* rps_missing_max(); 0: the rings are not watched */
};

/** bench_open() - load the program; 0 or a negative errno after a message */
int bench_open(struct bench *b, const struct bench_opts *opts);
void bench_close(struct bench *b);

/** bench_reset() - all counters 0, slots empty, no flows known, gate open, CPUs as bench_list */
void bench_reset(struct bench *b);

/** bench_ctx() - of a packet that comes by this queue of the device */
struct xdp_md bench_ctx(__u32 queue, const struct packet *p);

/**
 * bench_run() - one packet
 *
 * It fails if bytes were changed, but for the tag that those have which are redirected in native
 * mode: it must be the queue's, and keep the EtherType.
 *
 * Return: the verdict.
 */
__u32 bench_run(struct bench *b, __u32 queue, const struct packet *p);

/** bench_run_from() - one that comes by this device, of the current network namespace */
__u32 bench_run_from(struct bench *b, __u32 from, __u32 queue, const struct packet *p);

/**
 * bench_poll() - n packets in one poll, as live frames: what is redirected enters its ring, what is
 * passed goes to the stack. The kernel has them come by queue 0 whatever is asked for.
 */
void bench_poll(struct bench *b, const struct packet *p, __u32 n);

/** bench_popped() - wait until all that was counted into a ring is popped */
void bench_popped(struct bench *b, __u32 queue, __u32 cpu);

void bench_gate(struct bench *b, enum rfs_gate gate, __u32 active);

/** bench_cpus() - write one of the two CPU sets: a list, and the CPUs of it as allowed ones */
void bench_cpus(struct bench *b, __u32 index, const __u32 *list, __u32 n);

/** bench_fallback() - the CPU that bench_reset()'s list gives a flow hash */
__u32 bench_fallback(const struct bench *b, __u32 hash);

/** bench_reader() - the application of a flow's receiving end runs on this CPU */
void bench_reader(struct bench *b, const struct flow *flow, __u32 cpu);

/** bench_set_slot() - and, in native mode, the slot's place, as this queue has put packets there */
void bench_set_slot(struct bench *b, __u32 queue, __u32 slot, struct rps_dev_flow value);
void bench_set_place(struct bench *b, __u32 slot, struct rps_place value);
struct rps_place bench_place(struct bench *b, __u32 slot);

/** bench_bit() - the bit of a queue in a place */
static inline __u32 bench_bit(__u32 queue)
{
	return 1U << queue % RPS_PLACE_BITS;
}

struct rps_dev_flow bench_slot(struct bench *b, __u32 queue, __u32 slot);
struct rfs_stats bench_stats(struct bench *b);

/**
 * bench_outer() - put an inner map into one of the tables by queue, or take it out (fd < 0)
 *
 * Return: 0 or a negative errno.
 */
int bench_outer(const struct bpf_map *outer, __u32 queue, int fd);

void shadow_take(struct shadow *s, struct bench *b, __u32 queue);

/** shadow_follow() - expect of what all queues share the same as of another queue, the packet's */
void shadow_follow(struct shadow *s, const struct shadow *other, const struct bench *b,
		   __u32 other_queue);

/** shadow_check() - fail, naming the row, where the maps are not as the shadow says */
void shadow_check(const struct shadow *s, struct bench *b, __u32 queue, const char *row);

/** verdict_check() - fail, naming the row, if it is not the expected XDP_* */
void verdict_check(__u32 verdict, __u32 expected, const char *row);

#endif /* RFS_TEST_BENCH_H */
