// SPDX-License-Identifier: GPL-2.0-only
/* opts.c - bench-load's options. */
#include <argp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "opts.h"

static const struct argp_option options[] = {
	{ "srv-ns", 's', "PATH", 0, "the server's network namespace", 0 },
	{ "cli-ns", 'c', "PATH", 0, "the client's", 0 },
	{ "to", 't', "ADDR", 0, "the server's IPv4 address", 0 },
	{ "from", 'f', "ADDR", 0, "the client's", 0 },
	{ "port", 'p', "PORT", 0, "the server's (first) port", 0 },
	{ "udp", 'u', NULL, 0, "UDP; TCP is the default, where there is a choice", 0 },
	{ "memcached", 'm', NULL, 0, "the server is memcached, which runs already", 0 },
	{ "conns", 'n', "N", 0, "connections", 0 },
	{ "threads", 'T', "N", 0, "threads on each end", 0 },
	{ "size", 'l', "BYTES", 0, "of a request or datagram", 0 },
	{ "reply", 'r', "BYTES", 0, "of a reply", 0 },
	{ "work", 'w', "US", 0, "user time for each request", 0 },
	{ "rate", 'R', "N", 0, "requests or datagrams a second; all that go, by default", 0 },
	{ "batch", 'b', "N", 0, "wire: frames at a time, at most 256", 0 },
	{ "poll", 'P', NULL, 0, "rr: the server reads without waiting, all the time", 0 },
	{ "hogs", 'H', "N", 0, "threads that spin on the server's CPUs", 0 },
	{ "srv-cpus", 'S', "LIST", 0, "the server's CPUs, as in 1,2; threads are pinned in turn",
	  0 },
	{ "cli-cpus", 'C', "LIST", 0, "the client's", 0 },
	{ "float", 'F', NULL, 0, "server threads are not pinned to one of them", 0 },
	{ "hop-ms", 'h', "MS", 0, "... or go to another of them about so often", 0 },
	{ "seconds", 'd', "S", 0, "of the measurement", 0 },
	{ "warmup", 'W', "S", 0, "before it", 0 },
	{ "app", 'a', "PIDS", 0, "the server's processes, where it is not part of this one", 0 },
	{},
};

static int number(struct argp_state *state, const char *arg, int max)
{
	char *end;
	long n = strtol(arg, &end, 10);

	if (end == arg || *end || n < 0 || n > max)
		argp_error(state, "a number from 0 to %d was expected, not '%s'", max, arg);
	return n;
}

static void list(struct argp_state *state, struct cpu_list *l, char *arg, int max)
{
	l->n = 0;
	for (char *s = strtok(arg, ","); s && l->n < CPUS_MAX; s = strtok(NULL, ","))
		l->cpu[l->n++] = number(state, s, max);
	if (!l->n)
		argp_error(state, "a list of numbers was expected");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct load_opts *o = state->input;

	switch (key) {
	case 's':
		o->srv_ns = arg;
		break;
	case 'c':
		o->cli_ns = arg;
		break;
	case 't':
		o->srv_addr = arg;
		break;
	case 'f':
		o->cli_addr = arg;
		break;
	case 'p':
		o->port = number(state, arg, 65535);
		break;
	case 'u':
		o->tcp = false;
		break;
	case 'm':
		o->memcached = true;
		break;
	case 'n':
		o->conns = number(state, arg, 10000);
		break;
	case 'T':
		o->srv_threads = o->cli_threads = number(state, arg, 1000);
		break;
	case 'l':
		o->size = number(state, arg, 1400);
		break;
	case 'r':
		o->reply = number(state, arg, 60000);
		break;
	case 'w':
		o->work_us = number(state, arg, 100000);
		break;
	case 'R':
		o->rate = number(state, arg, 10000000);
		break;
	case 'b':
		o->batch = number(state, arg, 256);
		break;
	case 'H':
		o->hogs = number(state, arg, 1000);
		break;
	case 'S':
		list(state, &o->srv_cpus, arg, CPU_SETSIZE - 1);
		break;
	case 'C':
		list(state, &o->cli_cpus, arg, CPU_SETSIZE - 1);
		break;
	case 'P':
		o->srv_poll = true;
		break;
	case 'F':
		o->srv_float = true;
		break;
	case 'h':
		o->hop_ms = number(state, arg, 60000);
		break;
	case 'd':
		o->seconds = atof(arg);
		break;
	case 'W':
		o->warmup = atof(arg);
		break;
	case 'a':
		list(state, &o->app, arg, 1 << 30);
		break;
	case ARGP_KEY_ARGS:
		o->command = state->argv + state->next;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

void opts_parse(struct load_opts *o, int argc, char **argv)
{
	static const struct argp argp = { .options = options,
					  .parser = parse,
					  .args_doc = "[COMMAND...]" };

	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, o);
	if (!o->conns || !o->srv_threads || o->size < 4 || o->reply < 4)
		exit(2);
}
