// SPDX-License-Identifier: GPL-2.0-only
/* worker.c - threads that stay on a CPU or hop, and what they count. */
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base.h"
#include "worker.h"

/* Asking the socket is a system call: for one read in so many. */
#define PLACE_EVERY 16

enum phase load_phase;

static uint64_t rng_next(struct worker *w)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return w->rng;
}

static void pin(const struct cpu_list *cpus, int only)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (only >= 0)
		CPU_SET(only, &set);
	else
		for (int i = 0; i < cpus->n; i++)
			CPU_SET(cpus->cpu[i], &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

/* Between half and one and a half of the period, so that threads do not hop in step. */
static void set_next_hop(struct worker *w)
{
	uint64_t period = w->o->hop_ms * 1000000ULL;

	w->next_hop = now_ns() + period / 2 + rng_next(w) % period;
}

void worker_hop(struct worker *w)
{
	int cpu;

	if (!w->next_hop || now_ns() < w->next_hop)
		return;
	do
		cpu = w->cpus->cpu[rng_next(w) % w->cpus->n];
	while (cpu == w->cpu);
	w->cpu = cpu;
	w->hops++;
	pin(w->cpus, cpu);
	set_next_hop(w);
}

void worker_read(struct worker *w, int fd)
{
	socklen_t len = sizeof(int);
	int incoming;

	if (w->reads++ % PLACE_EVERY || phase_now() != PHASE_MEASURE)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU, &incoming, &len) || incoming < 0)
		return;
	if (incoming == sched_getcpu())
		w->local++;
	else
		w->remote++;
}

void spin(struct worker *w)
{
	while (phase_now() != PHASE_STOP)
		w->ops++;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;

	w->rng = 0x9e3779b97f4a7c15ULL * (w->index + 1);
	w->cpu = w->cpus->cpu[w->index % w->cpus->n];
	pin(w->cpus, w->next_hop ? -1 : w->cpu);
	if (w->next_hop == 1) { /* hops */
		pin(w->cpus, w->cpu);
		set_next_hop(w);
	} else {
		w->next_hop = 0;
	}
	__atomic_store_n(&w->tid, gettid(), __ATOMIC_RELEASE);
	w->run(w);
	return NULL;
}

struct worker *workers_start(const struct load_opts *o, bool server, int n,
			     void (*run)(struct worker *))
{
	struct worker *all = calloc(n, sizeof(*all));
	pthread_attr_t attr;

	if (!all)
		die("calloc");
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	for (int i = 0; i < n; i++) {
		struct worker *w = &all[i];

		w->o = o;
		w->index = i;
		w->run = run;
		w->cpus = server ? &o->srv_cpus : &o->cli_cpus;
		/* Until worker_main() has read it: 1 hops, 2 floats. */
		if (server && o->hop_ms && w->cpus->n > 1)
			w->next_hop = 1;
		else if (server && o->srv_float)
			w->next_hop = 2;
		if (pthread_create(&w->thread, &attr, worker_main, w))
			die("pthread_create");
	}
	for (int i = 0; i < n; i++)
		while (!__atomic_load_n(&all[i].tid, __ATOMIC_ACQUIRE))
			usleep(100);
	return all;
}
