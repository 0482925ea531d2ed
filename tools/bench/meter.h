/* SPDX-License-Identifier: GPL-2.0-only */
/* meter.h - CPU time, context switches and packet counters around a measurement. */
#ifndef RFS_BENCH_METER_H
#define RFS_BENCH_METER_H

#include <stdint.h>
#include <sys/types.h>

#define METER_KTHREADS 4096

struct usage {
	uint64_t ns;
	uint64_t switches;
};

struct meter {
	uint64_t wall;
	uint64_t softirq; /* ticks, all CPUs; 1/100 s */
	uint64_t steal;
	uint64_t idle;
	uint64_t switches; /* the whole machine's */
	int nr_kthreads;   /* cpumap, ksoftirqd, napi, of the whole machine */
	struct {
		pid_t pid;
		uint64_t ns;
	} kthread[METER_KTHREADS];
	uint64_t rps; /* IPIs received for RPS, all CPUs */
	uint64_t backlog_drops;
};

void meter_read(struct meter *m);

/** usage_add() - add what a thread has used so far */
void usage_add(struct usage *u, pid_t pid, pid_t tid);

/** usage_add_process() - add all threads of a process */
void usage_add_process(struct usage *u, pid_t pid);

/** meter_print() - the difference, as metric,value lines; ours: CPU time of both ends, ns */
void meter_print(const struct meter *a, const struct meter *b, uint64_t ours);

/** usage_print() - the same for one end; who: srv or cli */
void usage_print(const char *who, const struct usage *a, const struct usage *b, uint64_t wall);

#endif /* RFS_BENCH_METER_H */
