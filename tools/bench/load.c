// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-load - put load on the lab and tell what came of it, as metric,value lines.
 *
 *   rr      many connections by one thread an end, a request and a reply in turn on each, as many
 *           as go or at a rate
 *   rpc     a thread for each connection on both ends, with work per request
 *   bulk    TCP streams
 *   flood   datagrams by sockets, as many as go or at a rate
 *   wire    datagrams that come as from a NIC, as many as go
 *   meter   run a command; only tell CPU time and the like
 *
 * One process that has sockets in both namespaces, so that one clock starts and ends a measurement
 * for both ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "hist.h"
#include "meter.h"
#include "opts.h"
#include "rr.h"
#include "sockets.h"
#include "stream.h"
#include "wire.h"
#include "worker.h"

struct load {
	const char *name;
	void (*server)(struct worker *w);
	void (*client)(struct worker *w);
	struct load_opts defaults;
};

#define PINNED .srv_cpus = { 1, { 1 } }, .cli_cpus = { 1, { 0 } }
#define COMMON                                                                                     \
	.srv_addr = "10.77.0.1", .cli_addr = "10.77.0.2", .port = 20000, .cport = 40000,           \
	.tcp = true, .conns = 1, .srv_threads = 1, .cli_threads = 1, .size = 64, .reply = 64,      \
	.batch = 64, .seconds = 1, .warmup = 0.2, PINNED

static const struct load loads[] = {
	{ "rr", srv_epoll, cli_epoll, { COMMON } },
	{ "rpc", srv_block, cli_block, { COMMON } },
	{ "bulk", srv_bulk, cli_bulk, { COMMON } },
	{ "flood", srv_flood, cli_flood, { COMMON } },
	{ "wire", srv_flood, cli_wire, { COMMON } },
	{ "meter", NULL, NULL, { COMMON } },
	{},
};

struct ends {
	struct worker *srv, *cli, *hog;
	int nr_srv, nr_cli, nr_hog;
};

struct snapshot {
	struct meter meter;
	struct usage srv, cli, hog;
	uint64_t srv_ops, cli_ops, bytes, lost;
};

static void take(struct snapshot *s, const struct load_opts *o, const struct ends *e)
{
	pid_t self = getpid();

	memset(s, 0, sizeof(*s));
	for (int i = 0; i < e->nr_srv; i++) {
		s->srv_ops += __atomic_load_n(&e->srv[i].ops, __ATOMIC_RELAXED);
		s->bytes += __atomic_load_n(&e->srv[i].bytes, __ATOMIC_RELAXED);
		usage_add(&s->srv, self, e->srv[i].tid);
	}
	for (int i = 0; i < e->nr_cli; i++) {
		s->cli_ops += __atomic_load_n(&e->cli[i].ops, __ATOMIC_RELAXED);
		s->lost += __atomic_load_n(&e->cli[i].lost, __ATOMIC_RELAXED);
		usage_add(&s->cli, self, e->cli[i].tid);
	}
	s->cli_ops += wire_sent();
	for (int i = 0; i < e->nr_hog; i++)
		usage_add(&s->hog, self, e->hog[i].tid);
	for (int i = 0; i < o->app.n; i++)
		usage_add_process(&s->srv, o->app.cpu[i]);
	meter_read(&s->meter);
}

static void print_usage(const struct snapshot *a, const struct snapshot *b)
{
	uint64_t wall = b->meter.wall - a->meter.wall;

	printf("seconds,%.3f\n", wall / 1e9);
	meter_print(&a->meter, &b->meter,
		    b->srv.ns - a->srv.ns + b->cli.ns - a->cli.ns + b->hog.ns - a->hog.ns);
	usage_print("srv", &a->srv, &b->srv, wall);
	usage_print("cli", &a->cli, &b->cli, wall);
}

static void print_place(const struct ends *e)
{
	uint64_t local = 0, all = 0, hops = 0;

	for (int i = 0; i < e->nr_srv; i++) {
		local += e->srv[i].local;
		all += e->srv[i].local + e->srv[i].remote;
		hops += e->srv[i].hops;
	}
	if (all)
		printf("local_pct,%.2f\n", 100.0 * local / all);
	printf("hops,%lu\n", hops);
}

/* Datagrams in one direction, of which some may be dropped. */
static bool is_flood(const struct load *l)
{
	return l->client == cli_flood || l->client == cli_wire;
}

static void print_result(const struct load *l, const struct snapshot *a, const struct snapshot *b,
			 const struct ends *e)
{
	static struct hist lat;
	double s = (b->meter.wall - a->meter.wall) / 1e9;
	uint64_t srv = b->srv_ops - a->srv_ops, cli = b->cli_ops - a->cli_ops;

	if (is_flood(l)) {
		printf("rate,%.1f\noffered_s,%.1f\n", srv / s, cli / s);
		printf("drop_pct,%.3f\n", cli > srv ? 100.0 * (cli - srv) / cli : 0);
	} else if (l->client == cli_bulk) {
		printf("rate,%.3f\n", (b->bytes - a->bytes) * 8 / 1e6 / s);
	} else {
		for (int i = 0; i < e->nr_cli; i++)
			hist_merge(&lat, &e->cli[i].lat);
		/* No reply at all: it would have taken longer than the whole sample. */
		if (!lat.n)
			hist_add(&lat, b->meter.wall - a->meter.wall);
		printf("rate,%.1f\np50_us,%.2f\np99_us,%.2f\np999_us,%.2f\nlost,%lu\n", cli / s,
		       hist_us(&lat, 50), hist_us(&lat, 99), hist_us(&lat, 99.9),
		       b->lost - a->lost);
	}
	print_place(e);
	print_usage(a, b);
	if (e->nr_hog)
		usage_print("hog", &a->hog, &b->hog, b->meter.wall - a->meter.wall);
}

static int run_load(const struct load *l, const struct load_opts *o)
{
	struct ends e = { .nr_srv = o->memcached ? 0 : o->srv_threads,
			  .nr_cli = o->cli_threads,
			  .nr_hog = o->hogs };
	static struct snapshot a, b;

	sockets_make(o);
	if (l->client == cli_wire)
		wire_make(o);
	if (e.nr_srv)
		e.srv = workers_start(o, true, e.nr_srv, l->server);
	if (e.nr_hog)
		e.hog = workers_start(o, true, e.nr_hog, spin);
	e.cli = workers_start(o, false, e.nr_cli, l->client);
	usleep(o->warmup * 1e6);
	__atomic_store_n(&load_phase, PHASE_MEASURE, __ATOMIC_RELAXED);
	take(&a, o, &e);
	usleep(o->seconds * 1e6);
	take(&b, o, &e);
	__atomic_store_n(&load_phase, PHASE_STOP, __ATOMIC_RELAXED);
	print_result(l, &a, &b, &e);
	/* The threads end with the process. */
	fflush(stdout);
	_exit(0);
}

static int run_command(const struct load_opts *o)
{
	struct ends e = {};
	static struct snapshot a, b;
	struct rusage ru;
	int status = 0;
	pid_t pid;

	take(&a, o, &e);
	pid = fork();
	if (!pid) {
		dup2(2, 1); /* its words are not the metrics */
		execvp(o->command[0], o->command);
		die(o->command[0]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("run");
	take(&b, o, &e);
	getrusage(RUSAGE_CHILDREN, &ru);
	b.cli.ns = (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * NSEC_PER_SEC +
		   (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1000ULL;
	b.cli.switches = ru.ru_nvcsw + ru.ru_nivcsw;
	print_usage(&a, &b);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* An end does otherwise if the options say so. */
static void choose_ends(struct load *l, const struct load_opts *o)
{
	if (l->server == srv_epoll && o->srv_poll)
		l->server = srv_poll;
	if (l->client == cli_epoll && o->rate)
		l->client = cli_paced;
}

int main(int argc, char **argv)
{
	for (const struct load *l = loads; argc > 1 && l->name; l++) {
		struct load_opts o = l->defaults;

		if (strcmp(l->name, argv[1]))
			continue;
		if (is_flood(l))
			o.tcp = false;
		opts_parse(&o, argc - 1, argv + 1);
		if (l->client == cli_block)
			o.conns = o.srv_threads;
		if (l->client) {
			struct load chosen = *l;

			choose_ends(&chosen, &o);
			return run_load(&chosen, &o);
		}
		if (o.command)
			return run_command(&o);
	}
	fprintf(stderr,
		"Usage: bench-load rr|rpc|bulk|flood|wire|meter [OPTION...] [COMMAND...]\n");
	return 2;
}
