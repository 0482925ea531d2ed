// SPDX-License-Identifier: GPL-2.0-only
/*
 * recorder.c - what the recorder adds to a call.
 *
 * Two connected UDP sockets in one namespace, whose addresses are not loopback ones, so that the
 * recorder does all its work; one thread, on one CPU, so that it finds its CPU in the entry and
 * changes nothing. Once by the difference that a recorder makes to a loop of send and receive, and
 * once by the kernel's own statistics of run time, less what these say of a program that does
 * nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../loader/recorder.h"
#include "bench.skel.h"
#include "micro.h"

#define RUNS  (micro_short ? 3 : 9)
#define CALLS (micro_short ? 50000 : 200000)
#define PAIRS 512

static int fds[PAIRS][2];

static int endpoint(int i, int end)
{
	const char *const addr[] = { "10.88.0.1", "10.88.0.2" };
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_port = htons(10000 + i) };
	struct sockaddr_in peer = self;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, addr[end], &self.sin_addr);
	inet_pton(AF_INET, addr[!end], &peer.sin_addr);
	if (fd < 0 || bind(fd, (void *)&self, sizeof(self)) ||
	    connect(fd, (void *)&peer, sizeof(peer))) {
		perror("bench-micro: a socket on the test device");
		return -1;
	}
	return fd;
}

/* ns of CPU time for a send and a receive */
static double exchange(int pairs)
{
	struct timespec a, b;
	char byte = 0;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (int i = 0; i < CALLS; i++) {
		int *fd = fds[i % pairs];

		if (send(fd[0], &byte, 1, 0) != 1 || recv(fd[1], &byte, 1, 0) != 1)
			return 0;
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / CALLS;
}

/* ns a run of the newest program of a name, since the last call */
static double run_time(const char *name, __u64 *ns, __u64 *runs)
{
	double result = 0;
	__u32 id = 0, newest = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && !strcmp(info.name, name) &&
		    id > newest) {
			newest = id;
			result = info.run_cnt > *runs
					 ? (double)(info.run_time_ns - *ns) / (info.run_cnt - *runs)
					 : 0;
			/* As a program that was just loaded has neither. */
			*ns = *runs = 0;
		}
		close(fd);
	}
	return result;
}

/* All pairs have their entries, then the loops; in a child, which takes its recorder along. */
static void with_recorder(bool on, int pairs, const char *unit)
{
	struct recorder_opts opts = {};
	struct recorder r;
	double ns;

	if (on && recorder_start(&opts, false, &r))
		_exit(1);
	exchange(pairs);
	ns = exchange(pairs);
	if (on)
		recorder_close(&r);
	metric(pairs == 1 ? "send and recv, 1 socket pair" : "send and recv, 512 socket pairs",
	       unit, ns);
}

static void statistics(void)
{
	static const struct {
		const char *what, *names[3]; /* tracepoint, fentry; names are cut to 15 bytes */
	} programs[] = {
		{ "recorder, recvmsg", { "sock_recv_length", "udp_recvmsg" } },
		{ "recorder, sendmsg", { "sock_send_length", "udp_sendmsg" } },
	};
	int stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	struct bench *b = bench_load(1, true);
	struct recorder_opts opts = {};
	struct recorder r;
	double nothing;
	__u64 ns = 0, runs = 0;

	if (stats < 0 || !b || !bpf_program__attach(b->progs.bench_nothing) ||
	    recorder_start(&opts, false, &r))
		_exit(1);
	exchange(1);
	nothing = run_time("bench_nothing", &ns, &runs);
	metric("what the statistics count for a program that does nothing", "ns", nothing);
	for (size_t i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++) {
			const char *full = programs[i].names[j];
			char name[16];
			double t;

			snprintf(name, sizeof(name), "%.15s", full);
			ns = runs = 0;
			t = run_time(name, &ns, &runs);
			if (t > 0) {
				metric(programs[i].what, "ns", t - nothing);
				break;
			}
		}
	close(stats);
}

/* A child's links and recorder go with it. */
static int in_child(void (*run)(int arg), int arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		run(arg);
		fflush(stdout);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status ? 0 : -1;
}

/* What any program on recvmsg's tracepoint costs, however little it does */
static void run_empty(int arg)
{
	struct bench *b = bench_load(1, true);

	if (!b || !bpf_program__attach(b->progs.bench_nothing))
		_exit(1);
	exchange(arg);
	metric("send and recv, 1 socket pair", "ns, with an empty program on recv", exchange(arg));
}

static void run_loop(int arg)
{
	with_recorder(arg & 1, arg & 2 ? PAIRS : 1,
		      arg & 1 ? "ns, with the recorder" : "ns, without");
}

static void run_statistics(int arg)
{
	(void)arg;
	statistics();
}

int micro_recorder(void)
{
	int err = 0;

	/* Both addresses on the device, so that packets go by loopback and are not of it. */
	if (system("ip link set lo up && ip link set rfstest0 up && "
		   "ip addr add 10.88.0.1/24 dev rfstest0 && ip addr add 10.88.0.2/24 dev rfstest0"))
		return -1;
	for (int i = 0; i < PAIRS; i++)
		for (int end = 0; end < 2; end++)
			if ((fds[i][end] = endpoint(i, end)) < 0)
				return -1;
	for (int run = 0; !err && run < RUNS; run++)
		for (int arg = 0; !err && arg < 4; arg++)
			err = in_child(run_loop, arg);
	for (int run = 0; !err && run < RUNS; run++)
		err = in_child(run_empty, 1);
	for (int run = 0; !err && run < (micro_short ? 1 : 5); run++)
		err = in_child(run_statistics, 0);
	return err;
}
