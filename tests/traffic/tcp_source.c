// SPDX-License-Identifier: GPL-2.0-only
/* The connecting end of numbered records. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hist.h"
#include "netstat.h"
#include "opts.h"
#include "pace.h"
#include "run.h"
#include "sock.h"
#include "tcp_conn.h"

struct sender {
	pthread_t thread;
	const struct opts *o;
	struct tcp_conn *conns;	/* only ours */
	struct pollfd *polls;	/* one for each of them */
	unsigned int share;
	unsigned int index;
	uint64_t limit;		/* records of each connection */
	struct pacer pacer;
	struct hist rtt;
	int err;
};

/* Wait until some connection can go on; those at their end are left out. */
static void wait_any(struct sender *s, short events)
{
	unsigned int i;

	for (i = 0; i < s->share; i++) {
		const struct tcp_conn *c = &s->conns[i];

		s->polls[i].events = c->out_done < c->out_len ? POLLOUT : events;
		/* Without events poll() would still report that the other end has gone. */
		s->polls[i].fd = c->dead || !s->polls[i].events ? -1 : c->fd;
	}
	poll(s->polls, s->share, run_slice_ms(0));
}

static bool all_done(const struct sender *s)
{
	unsigned int i;

	for (i = 0; i < s->share; i++)
		if (!s->conns[i].dead && s->conns[i].seq < s->limit)
			return false;
	return true;
}

static void stream_loop(struct sender *s)
{
	unsigned int i, stuck = 0;

	for (i = 0; !run_over() && !all_done(s); i = (i + 1) % s->share) {
		struct tcp_conn *c = &s->conns[i];
		bool whole = c->out_done == c->out_len;

		if (c->dead || (whole && c->seq >= s->limit)) {
			stuck++;
		} else {
			if (whole && !pacer_wait(&s->pacer, 1))
				return;
			if (whole)
				tcp_conn_next(c, 0);
			stuck = tcp_conn_send(c) ? 0 : stuck + 1;
		}
		/* A round in which nothing could be sent. */
		if (stuck >= s->share) {
			wait_any(s, 0);
			stuck = 0;
		}
	}
}

static void rr_loop(struct sender *s)
{
	unsigned int i;

	while (!run_over() && !all_done(s)) {
		bool moved = false;

		for (i = 0; i < s->share; i++) {
			struct tcp_conn *c = &s->conns[i];

			if (!c->dead && c->asked && tcp_conn_answer(c)) {
				hist_add(&s->rtt, now_ns() - c->asked_ns);
				moved = true;
			}
			if (!c->dead && !c->asked && c->seq < s->limit)
				tcp_conn_next(c, WIRE_ASK);
			if (!c->dead && c->out_done < c->out_len)
				moved |= tcp_conn_send(c);
		}
		if (!moved)
			wait_any(s, POLLIN);
	}
}

static void *sender_main(void *arg)
{
	struct sender *s = arg;

	s->err = cpus_pin(s->o->cpus.cpu[s->index % s->o->cpus.n]);
	if (s->err) {
		run_stop();
		return NULL;
	}
	pacer_init(&s->pacer, s->o, s->share, s->index);
	if (s->o->mode == MODE_RR)
		rr_loop(s);
	else
		stream_loop(s);
	return NULL;
}

static int run_senders(struct sender *s, unsigned int senders)
{
	unsigned int i, n;
	int err = 0;

	for (n = 0; n < senders; n++) {
		err = -pthread_create(&s[n].thread, NULL, sender_main, &s[n]);
		if (err) {
			fprintf(stderr, "rfs-traffic: cannot start a sender: %s\n",
				strerror(-err));
			run_stop();
			break;
		}
	}
	for (i = 0; i < n; i++) {
		pthread_join(s[i].thread, NULL);
		if (s[i].err)
			err = s[i].err;
	}
	return err;
}

static int report(const struct opts *o, const struct sender *s, const struct tcp_conn *conns,
		  double seconds, const struct netstat *growth)
{
	uint64_t records = 0, bytes = 0, bad = 0, broken = 0, i;
	static struct hist rtt;

	for (i = 0; i < o->senders; i++)
		hist_merge(&rtt, &s[i].rtt);
	for (i = 0; i < o->flows; i++) {
		records += conns[i].seq;
		bytes += conns[i].bytes;
		bad += conns[i].bad;
		broken += conns[i].broken;
	}
	if (o->json) {
		printf("{\"records\":%lu,\"bytes\":%lu,\"bad\":%lu,\"broken\":%lu,"
		       "\"seconds\":%.3f,\"flows\":%lu,\"round_trips\":%lu,"
		       "\"round_trips_per_second\":%.0f,\"rtt_us\":{", records, bytes, bad,
		       broken, seconds, o->flows, rtt.count, rtt.count / seconds);
		hist_json(stdout, "p50", &rtt, 50, 1e3);
		printf(",");
		hist_json(stdout, "p99", &rtt, 99, 1e3);
		printf(",");
		hist_json(stdout, "max", &rtt, 100, 1e3);
		printf("},");
		netstat_json(stdout, growth);
		printf("}\n");
	} else {
		printf("tcp-source: %lu connections, %.3f s\n", o->flows, seconds);
		printf("  records       %12lu  (%.0f per second)\n", records, records / seconds);
		printf("  bytes         %12lu  (%.3f Gbit/s)\n", bytes, bytes * 8 / seconds / 1e9);
		printf("  bad           %12lu  (connections with wrong answers)\n", bad);
		printf("  broken        %12lu  (connections the other end closed first)\n", broken);
		if (o->mode == MODE_RR)
			printf("  round trips   %12lu  (%.0f per second, p50 %.1f us, p99 %.1f us, "
			       "max %.1f us)\n", rtt.count, rtt.count / seconds,
			       hist_percentile(&rtt, 50) / 1e3, hist_percentile(&rtt, 99) / 1e3,
			       rtt.max / 1e3);
		netstat_print(growth);
	}
	if (bad || (o->mode == MODE_RR && !rtt.count))
		return EXIT_BAD;
	return records ? EXIT_GOOD : EXIT_BAD;
}

/* Sender i has the connections from first to first + share. */
static int init_senders(const struct opts *o, struct sender *s, struct tcp_conn *conns)
{
	unsigned int i, first = 0;

	for (i = 0; i < o->senders; i++) {
		s[i].o = o;
		s[i].index = i;
		s[i].share = (o->flows - first) / (o->senders - i);
		s[i].conns = conns + first;
		s[i].limit = (o->count + o->flows - 1) / o->flows;
		s[i].polls = calloc(s[i].share, sizeof(*s[i].polls));
		if (!s[i].polls)
			return -ENOMEM;
		first += s[i].share;
	}
	return 0;
}

int tcp_source(struct opts *o)
{
	struct netstat before, after;
	struct tcp_conn *conns;
	struct sender *senders;
	uint64_t start, i;
	double seconds;
	int err, ret;

	if (!o->size)
		o->size = o->mode == MODE_RR ? 64 : 4096;
	if (o->senders > o->flows)
		o->senders = o->flows;
	conns = calloc(o->flows, sizeof(*conns));
	senders = calloc(o->senders, sizeof(*senders));
	if (!conns || !senders || init_senders(o, senders, conns)) {
		fprintf(stderr, "rfs-traffic: no memory for %lu flows\n", o->flows);
		return EXIT_USAGE;
	}
	if (cpus_default(&o->cpus) || netstat_read(&before))
		return EXIT_USAGE;

	run_begin(o->seconds, false);
	start = now_ns();
	err = tcp_conns_open(conns, o, start);
	if (err)
		return err == -EADDRNOTAVAIL || err == -EINVAL ? EXIT_USAGE : EXIT_BAD;
	err = run_senders(senders, o->senders);
	seconds = (now_ns() - start) / 1e9;
	tcp_conns_close(conns, o->flows);
	if (err || netstat_read(&after))
		return EXIT_USAGE;

	after = netstat_growth(&before, &after);
	ret = report(o, senders, conns, seconds, &after);
	for (i = 0; i < o->senders; i++)
		free(senders[i].polls);
	free(senders);
	free(conns);
	return ret;
}
