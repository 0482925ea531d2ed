/* SPDX-License-Identifier: GPL-2.0-only */
/* worker.h - threads that stay on a CPU or hop, and what they count. */
#ifndef RFS_BENCH_WORKER_H
#define RFS_BENCH_WORKER_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#include "hist.h"
#include "opts.h"

enum phase {
	PHASE_WARMUP,
	PHASE_MEASURE,
	PHASE_STOP,
};

extern enum phase load_phase;

static inline enum phase phase_now(void)
{
	return __atomic_load_n(&load_phase, __ATOMIC_RELAXED);
}

/* One thread of either end. Its counters are read by the main thread while it runs. */
struct worker {
	const struct load_opts *o;
	int index;
	pid_t tid;
	pthread_t thread;
	void (*run)(struct worker *w);
	/* where it runs; hops */
	const struct cpu_list *cpus;
	int cpu;
	uint64_t next_hop;
	uint64_t hops;
	uint64_t rng;
	/* what it did */
	uint64_t ops;
	uint64_t bytes;
	uint64_t lost;
	uint64_t reads;
	uint64_t local;
	uint64_t remote;
	struct hist lat;
};

/** worker_hop() - go to another CPU if it is time; for a loop's top */
void worker_hop(struct worker *w);

/** worker_read() - count a read; on some of them, see where the packet was processed */
void worker_read(struct worker *w, int fd);

/** workers_start() - pin, name and run n threads */
struct worker *workers_start(const struct load_opts *o, bool server, int n,
			     void (*run)(struct worker *));

/** spin() - what a thread does that only takes time from the others */
void spin(struct worker *w);

#endif /* RFS_BENCH_WORKER_H */
