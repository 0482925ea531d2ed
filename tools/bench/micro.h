/* SPDX-License-Identifier: GPL-2.0-only */
/* micro.h - single programs by BPF_PROG_RUN, and the recorder. */
#ifndef RFS_BENCH_MICRO_H
#define RFS_BENCH_MICRO_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/types.h>

#include "../../tests/prog/packet.h"

struct bench;
struct bpf_map;
struct rfs_steer;

extern bool micro_short;
extern unsigned int micro_ifindex;
extern unsigned int micro_hook; /* enum rfs_hook: how the recorder is to attach; 0: as it can */

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

/** bench_load() - bench.bpf.c with its CPUMAP filled; NULL after an error message */
struct bench *bench_load(__u32 flows, bool tracing);

/** prog_ns() - ns a run of a program, mean of many; want is the verdict it must have */
double prog_ns(int prog, const struct packet *p, __u32 repeat, __u32 want);

/** metric() - one line of the result */
void metric(const char *what, const char *unit, double value);

int micro_packets(void);
int micro_flows(void);
int micro_recorder(void);

#endif /* RFS_BENCH_MICRO_H */
