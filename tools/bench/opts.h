/* SPDX-License-Identifier: GPL-2.0-only */
/* opts.h - bench-load's options. */
#ifndef RFS_BENCH_OPTS_H
#define RFS_BENCH_OPTS_H

#include <stdbool.h>

#define CPUS_MAX 1024

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
	int rate;    /* requests or datagrams a second, 0: as many as possible */
	int batch;   /* wire: frames that a NAPI poll finds */
	int hogs;    /* threads that spin on the server's CPUs */
	struct cpu_list srv_cpus;
	struct cpu_list cli_cpus;
	bool srv_poll;	/* the server reads without waiting, all the time */
	bool srv_float; /* server threads run on any of their CPUs */
	int hop_ms;	/* ... or go to another one of them about so often */
	double seconds;
	double warmup;
	struct cpu_list app; /* process ids of a server that is not ours */
	char **command;
};

void opts_parse(struct load_opts *o, int argc, char **argv);

#endif /* RFS_BENCH_OPTS_H */
