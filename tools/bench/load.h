/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load.h - the benchmark's load generator: one process that has sockets in both namespaces, so that
 * one clock starts and ends a measurement for both ends.
 */
#ifndef RFS_BENCH_LOAD_H
#define RFS_BENCH_LOAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NSEC_PER_SEC 1000000000ULL
#define CPUS_MAX     1024

/* A latency histogram: 32 steps per power of two, so an error of at most 3 %. */
#define HIST_SUB     32
#define HIST_BUCKETS (64 * HIST_SUB)

struct hist {
	uint64_t n;
	uint64_t count[HIST_BUCKETS];
};

void hist_add(struct hist *h, uint64_t ns);
void hist_merge(struct hist *to, const struct hist *from);
double hist_us(const struct hist *h, double percent);

enum phase {
	PHASE_WARMUP,
	PHASE_MEASURE,
	PHASE_STOP,
};

struct cpu_list {
	int n;
	int cpu[CPUS_MAX];
};

struct load_opts {
	const char *srv_ns; /* paths of the namespaces; NULL: the one it was started in */
	const char *cli_ns;
	const char *srv_addr;
	const char *cli_addr;
	int port; /* connection i of UDP: port + i, cport + i */
	int cport;
	bool tcp;
	bool memcached; /* the server is memcached, and runs already */
	int conns;
	int srv_threads;
	int cli_threads;
	int size; /* of a request or datagram */
	int reply;
	int work_us; /* of user time per request, over a buffer of the connection */
	int rate;    /* datagrams a second, 0: as many as possible */
	int batch;   /* wire: frames that a NAPI poll finds */
	int hogs;    /* threads that spin on the server's CPUs */
	struct cpu_list srv_cpus;
	struct cpu_list cli_cpus;
	bool srv_float; /* server threads run on any of their CPUs */
	int hop_ms;	/* ... or go to another one of them about so often */
	double seconds;
	double warmup;
	struct cpu_list app; /* process ids of a server that is not ours */
	char **command;
};

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

extern enum phase load_phase;
extern int *srv_fd, *cli_fd;

static inline enum phase phase_now(void)
{
	return __atomic_load_n(&load_phase, __ATOMIC_RELAXED);
}

uint64_t now_ns(void);
void die(const char *what);

/** worker_hop() - go to another CPU if it is time; for a loop's top */
void worker_hop(struct worker *w);

/** worker_read() - count a read; on some of them, see where the packet was processed */
void worker_read(struct worker *w, int fd);

/** workers_start() - pin, name and run n threads */
struct worker *workers_start(const struct load_opts *o, bool server, int n,
			     void (*run)(struct worker *));

/** netns_enter() - move the calling thread to a network namespace; NULL: stay */
void netns_enter(const char *path);

/** sockets_make() - all connections, with the server's end in srv_fd[] and the client's in cli_fd[]
 */
void sockets_make(const struct load_opts *o);

/** wire_make() - get ready to send frames without sockets; for the main thread, before the workers
 */
void wire_make(const struct load_opts *o);

/** wire_sent() - frames made so far, by all threads; 0 without wire_make() */
uint64_t wire_sent(void);

void opts_parse(struct load_opts *o, int argc, char **argv);

/* What the ends do. */
void srv_epoll(struct worker *w);
void cli_epoll(struct worker *w);
void srv_block(struct worker *w);
void cli_block(struct worker *w);
void srv_bulk(struct worker *w);
void cli_bulk(struct worker *w);
void srv_flood(struct worker *w);
void cli_flood(struct worker *w);
void cli_wire(struct worker *w);
void spin(struct worker *w);

#endif /* RFS_BENCH_LOAD_H */
