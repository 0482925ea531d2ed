// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <sys/socket.h>

#include "hop.h"
#include "run.h"

/* Asking the socket is a system call: do it for one read in so many. */
#define PLACE_EVERY	8

int hopper_start(struct hopper *h, const struct cpu_list *cpus, uint64_t period_ms,
		 unsigned int index)
{
	*h = (struct hopper) {
		.cpus = cpus,
		.period_ns = period_ms * NSEC_PER_MSEC,
		.hop_ns = now_ns(),
		.cpu = -1,
		.rng = rng_seed(index),
	};
	if (!cpus->n)
		return 0;

	h->cpu = cpus->cpu[index % cpus->n];
	if (h->period_ns && cpus->n > 1)
		h->next_ns = now_ns() + rng_around(&h->rng, h->period_ns);
	return cpus_pin(h->cpu);
}

int hopper_tick(struct hopper *h, uint64_t now)
{
	int from = h->cpu;
	unsigned int i;
	int err;

	if (!h->next_ns || now < h->next_ns)
		return 0;

	/* Any CPU of the list but this one. A list may name a CPU twice: bounded tries. */
	for (i = 0; i < 64; i++) {
		int cpu = h->cpus->cpu[rng_next(&h->rng) % h->cpus->n];

		if (cpu != h->cpu) {
			h->cpu = cpu;
			break;
		}
	}
	err = cpus_move(h->cpu);
	if (err == -EINVAL) {
		/* It is offline just now: stay. */
		h->cpu = from;
		h->next_ns = now_ns() + rng_around(&h->rng, h->period_ns);
		return 0;
	}
	if (err)
		return err;

	h->hops++;
	h->hop_ns = now_ns();
	h->next_ns = h->hop_ns + rng_around(&h->rng, h->period_ns);
	return 0;
}

int incoming_cpu(int fd)
{
	socklen_t len = sizeof(int);
	int cpu;

	if (getsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU, &cpu, &len))
		return -1;
	return cpu;
}

void place_read(struct place *p, const struct hopper *h, struct place_stats *st, int fd,
		uint64_t now)
{
	int cpu;

	if (p->hop != h->hops) {
		/* Pending is only set by a read: a hop without traffic is not a miss. */
		if (p->pending)
			st->missed++;
		p->hop = h->hops;
		p->pending = true;
	}
	if (p->pending || p->age++ % PLACE_EVERY == 0)
		p->incoming = incoming_cpu(fd);

	cpu = sched_getcpu();
	if (p->incoming == cpu)
		st->local++;
	else
		st->remote++;
	if (p->incoming >= 0 && p->incoming < PLACE_CPUS && cpu < PLACE_CPUS)
		st->matrix[p->incoming][cpu]++;

	if (p->pending && p->incoming == h->cpu) {
		p->pending = false;
		hist_add(&st->follow, now - h->hop_ns);
	}
}

void place_merge(struct place_stats *to, const struct place_stats *from)
{
	to->local += from->local;
	to->remote += from->remote;
	to->missed += from->missed;
	for (int i = 0; i < PLACE_CPUS; i++)
		for (int j = 0; j < PLACE_CPUS; j++)
			to->matrix[i][j] += from->matrix[i][j];
	hist_merge(&to->follow, &from->follow);
}

static double percent_local(const struct place_stats *st)
{
	uint64_t all = st->local + st->remote;

	return all ? 100.0 * st->local / all : 0;
}

void place_print(const struct place_stats *st, uint64_t hops)
{
	printf("  local reads   %12lu  (%.2f %%)\n", st->local, percent_local(st));
	printf("  remote reads  %12lu\n", st->remote);
	printf("  hops          %12lu\n", hops);
	if (!hops)
		return;
	printf("  followed      %12lu  (p50 %.3f ms, max %.3f ms)\n", st->follow.count,
	       hist_percentile(&st->follow, 50) / 1e6, st->follow.max / 1e6);
	printf("  not followed  %12lu  (before the next hop)\n", st->missed);
}

void place_json(FILE *f, const struct place_stats *st, uint64_t hops)
{
	fprintf(f, "\"hops\":%lu,\"local\":%lu,\"remote\":%lu,\"percent_local\":%.3f,", hops,
		st->local, st->remote, percent_local(st));
	fprintf(f, "\"matrix\":[");
	for (int i = 0; i < PLACE_CPUS; i++) {
		fprintf(f, "%s[", i ? "," : "");
		for (int j = 0; j < PLACE_CPUS; j++)
			fprintf(f, "%s%lu", j ? "," : "", st->matrix[i][j]);
		fprintf(f, "]");
	}
	fprintf(f, "],\"follow_ms\":{");
	hist_json(f, "p50", &st->follow, 50, 1e6);
	fprintf(f, ",");
	hist_json(f, "max", &st->follow, 100, 1e6);
	fprintf(f, ",\"followed\":%lu,\"missed\":%lu}", st->follow.count, st->missed);
}
