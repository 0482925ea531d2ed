/* SPDX-License-Identifier: GPL-2.0-only */
/* steer.h - the steering program, with maps as the loader makes them, outside an interface. */
#ifndef RFS_BENCH_STEER_H
#define RFS_BENCH_STEER_H

#include <linux/types.h>

#include "../../tests/prog/packet.h"

struct rfs_steer;

/* The steering program with one queue's maps, gate open. */
struct steer {
	struct rfs_steer *skel;
	int prog;
	__u32 flows;
	__u32 reader; /* the CPU that is entered as reader */
	int slots, rings, cpumap;
};

/**
 * steer_open() - load it as the loader does
 * @flows: how many are to be known; slots and flow table are sized for them
 *
 * Return: 0 or a negative errno.
 */
int steer_open(struct steer *s, __u32 flows);
void steer_close(struct steer *s);

/* How far a packet gets. */
enum steer_end { STEER_CLOSED, STEER_NO_QUEUE, STEER_NO_CPU, STEER_WHOLE };

/** steer_end() - from now on, let the program end there; 0 or a negative errno */
int steer_end(struct steer *s, enum steer_end end);

/** steer_reader() - enter a reader for a packet's flow */
int steer_reader(struct steer *s, const struct flow *flow);

/** steer_readers() - enter readers for n IPv4 flows that differ in the source: base + 0 ... n-1 */
int steer_readers(struct steer *s, const struct flow *flow, __u32 base, __u32 n);

/** steer_forget() - forget all readers */
void steer_forget(struct steer *s);

#endif /* RFS_BENCH_STEER_H */
