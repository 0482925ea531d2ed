// SPDX-License-Identifier: GPL-2.0-only
/*
 * recorder.c - what the recorder adds to a call.
 *
 * Two connected UDP sockets in one namespace, whose addresses are not loopback ones, so that the
 * recorder does all its work; one thread, on one CPU, so that it finds its CPU in the entry and
 * changes nothing. Once by the difference that a recorder makes to a loop of send and receive, and
 * once by the kernel's own statistics of run time, less what these say of a program that does
 * nothing; these also over many flows.
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

#include "../../loader/recorder/recorder.h"
#include "bench.skel.h"
#include "measure.h"
#include "recorder.h"

#define RUNS	  (micro_short ? 3 : 9)
#define CALLS	  (micro_short ? 50000 : 200000)
#define PAIRS	  512
#define FLOWS_MAX (micro_short ? 1 << 10 : 1 << 20)
#define PEERS	  0x0a600000 /* 10.96.0.0/12 */

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

/* A program's run time and count, as the kernel's statistics have them */
struct runs {
	__u64 ns, count;
};

/* Of the newest program of that name; of none if there is none. */
static struct runs runs_of(const char *name)
{
	struct runs runs = {};
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && !strcmp(info.name, name))
			runs = (struct runs){ info.run_time_ns, info.run_cnt };
		close(fd);
	}
	return runs;
}

static double ns_a_run(struct runs before, struct runs after)
{
	return after.count > before.count
		       ? (double)(after.ns - before.ns) / (after.count - before.count)
		       : 0;
}

/* All pairs have their entries, then the loops; in a child, which takes its recorder along. */
static void with_recorder(bool on, int pairs, const char *unit)
{
	struct recorder_opts opts = { .hook = micro_hook };
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

/* The recorder's programs on a call: for tracepoints, for fentry. Names are cut to 15 bytes. */
static const char *const on_recv[] = { "sock_recv_lengt", "udp_recvmsg" };
static const char *const on_send[] = { "sock_send_lengt", "udp_sendmsg" };

/* What the calls made of the recorder's program, and of the one that does nothing */
struct counted {
	struct runs recv, send, nothing, storage;
};

static struct counted count_runs(void)
{
	struct counted c = { runs_of(on_recv[0]), runs_of(on_send[0]), runs_of("bench_nothing"),
			     runs_of("bench_storage") };

	if (!c.recv.count)
		c.recv = runs_of(on_recv[1]);
	if (!c.send.count)
		c.send = runs_of(on_send[1]);
	return c;
}

/* Statistics, the recorder and a program that does nothing, for as long as this process runs */
static void count_with_recorder(unsigned int sock_flow_entries)
{
	struct recorder_opts opts = { .sock_flow_entries = sock_flow_entries, .hook = micro_hook };
	struct bench *b = bench_load(1, true);
	struct recorder r;

	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0 || !b ||
	    !bpf_program__attach(b->progs.bench_nothing) ||
	    !bpf_program__attach(b->progs.bench_storage) || recorder_start(&opts, false, &r))
		_exit(1);
}

static void statistics(void)
{
	struct counted before = {}, after;
	double nothing;

	count_with_recorder(0);
	exchange(1);
	after = count_runs();
	nothing = ns_a_run(before.nothing, after.nothing);
	metric("what the statistics count for a program that does nothing", "ns", nothing);
	metric("recorder, recvmsg", "ns", ns_a_run(before.recv, after.recv) - nothing);
	metric("recorder, sendmsg", "ns", ns_a_run(before.send, after.send) - nothing);
	metric("a socket's storage looked up, sendmsg", "ns",
	       ns_a_run(before.storage, after.storage) - nothing);
}

/*
 * Over the number of flows: one socket, connected to a random peer before each send, since only the
 * recorder's program is timed. The peers are behind the device, which drops what it transmits. What
 * is cold is the recorder's table; the socket is not. A recvmsg looks up the same.
 */
static void send_to_all(int fd, int flows, int sends)
{
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(9) };
	unsigned int i = 0;
	char byte = 0;

	/* A generator of full period, so that each has its turn. */
	while (sends--) {
		i = (i * 1664525 + 1013904223) & (flows - 1);
		peer.sin_addr.s_addr = htonl(PEERS + i);
		if (connect(fd, (void *)&peer, sizeof(peer)) || send(fd, &byte, 1, 0) != 1) {
			perror("bench-micro: a send to one of many");
			_exit(1);
		}
	}
}

static void run_flows(int flows)
{
	struct counted before, after;
	char what[64];

	/* Twice the flows, as an LRU table gives up entries before it is full. */
	count_with_recorder(flows < 1 << 15 ? 1 << 16 : 2 * flows);
	send_to_all(fds[1][0], flows, flows);
	before = count_runs();
	send_to_all(fds[1][0], flows, CALLS);
	after = count_runs();
	/* On recvmsg, for the program that does nothing; by a pair that is still connected. */
	exchange(1);
	snprintf(what, sizeof(what), "recorder, sendmsg, 1 of %d flows", flows);
	metric(what, "ns",
	       ns_a_run(before.send, after.send) -
		       ns_a_run(before.nothing, runs_of("bench_nothing")));
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

	/*
	 * Both addresses on the device, so that packets go by loopback and are not of it. What does
	 * go out by it is dropped at once, and does not wait for a neighbour's address.
	 */
	if (system("ip link set lo up && ip link set rfstest0 arp off up && "
		   "ip addr add 10.88.0.1/24 dev rfstest0 && ip addr add 10.88.0.2/24 dev rfstest0 && "
		   "ip route add 10.96.0.0/12 dev rfstest0"))
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
	for (int run = 0; !err && run < (micro_short ? 1 : 5); run++)
		for (int n = 1; !err && n <= FLOWS_MAX; n <<= 5)
			err = in_child(run_flows, n);
	return err;
}
