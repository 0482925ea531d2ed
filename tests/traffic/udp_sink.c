// SPDX-License-Identifier: GPL-2.0-only
/* The receiving end of numbered datagrams. */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "judge.h"
#include "opts.h"
#include "reader.h"
#include "run.h"
#include "sock.h"
#include "wire.h"

#define VERBOSE_MAX	10

struct flow {
	int fd;
	uint32_t id;
	uint64_t bad;		/* not from our source, or damaged */
	struct place place;
	struct judge judge;
};

struct totals {
	uint64_t received, lost, duplicates, overtaken, depth, bad;
	unsigned int flows_seen, flows_bad;
};

static void tell_overtaken(const struct reader *r, const struct flow *f, const struct wire *w)
{
	static atomic_uint told;

	if (!r->o->verbose || atomic_fetch_add(&told, 1) >= VERBOSE_MAX)
		return;
	fprintf(stderr, "overtaken: flow %u number %lu after %lu, reader on CPU %d, packet from "
		"CPU %d, %.3f ms after its hop %lu\n", f->id, w->seq, f->judge.next - 1,
		sched_getcpu(), incoming_cpu(f->fd), (now_ns() - r->hopper.hop_ns) / 1e6,
		r->hopper.hops);
}

static void take_datagram(struct reader *r, struct flow *f, ssize_t len)
{
	uint64_t now = now_ns();
	const char *why;
	struct wire w;

	why = len < (ssize_t)sizeof(w) ? "too short" : wire_read(&w, r->buf);
	if (!why && w.size != (size_t)len)
		why = "wrong length";
	if (!why && w.flow != f->id)
		why = "of another flow";
	if (!why)
		why = wire_check(&w, r->buf);
	if (why) {
		if (!f->bad++)
			fprintf(stderr, "rfs-traffic: flow %u: datagram %s\n", f->id, why);
		return;
	}

	reader_note(r, now);
	place_read(&f->place, &r->hopper, &r->place, f->fd, now);
	/* Meaningful where both ends share a clock. */
	if (now > w.sent_ns)
		hist_add(&r->latency, now - w.sent_ns);
	if (judge_take(&f->judge, w.run, w.seq))
		tell_overtaken(r, f, &w);
}

static int on_data(struct reader *r, void *arg)
{
	struct flow *f = arg;
	unsigned int i;
	ssize_t n;

	for (i = 0; i < READER_BUDGET; i++) {
		n = recv(f->fd, r->buf, sizeof(r->buf), MSG_DONTWAIT);
		if (n >= 0)
			take_datagram(r, f, n);
		else if (errno == EAGAIN || errno == EINTR)
			break;
		/* Else an ICMP error of the other end, now cleared: go on. */
	}
	return 0;
}

static void add_up(const struct flow *flows, uint64_t n, struct totals *t)
{
	uint64_t i;

	for (i = 0; i < n; i++) {
		const struct judge *j = &flows[i].judge;

		t->received += j->received;
		t->lost += judge_lost(j);
		t->duplicates += j->duplicates;
		t->overtaken += j->overtaken;
		t->bad += flows[i].bad;
		if (j->depth > t->depth)
			t->depth = j->depth;
		t->flows_seen += j->received > 0;
		t->flows_bad += j->overtaken > 0;
	}
}

static void print_table(const struct opts *o, const struct totals *t, const struct reader_sums *s)
{
	printf("udp-sink: %lu flows (%u with traffic), %.3f s\n", o->flows, t->flows_seen,
	       s->seconds);
	printf("  received      %12lu  (%.0f per second)\n", t->received,
	       s->seconds > 0 ? t->received / s->seconds : 0);
	printf("  lost          %12lu\n", t->lost);
	printf("  duplicates    %12lu\n", t->duplicates);
	printf("  overtaken     %12lu  (in %u flows, at most %lu behind)\n", t->overtaken,
	       t->flows_bad, t->depth);
	printf("  bad           %12lu\n", t->bad);
	place_print(&s->place, s->hops);
	printf("  latency            p50 %.1f us, p99 %.1f us, max %.1f us\n",
	       hist_percentile(&s->latency, 50) / 1e3, hist_percentile(&s->latency, 99) / 1e3,
	       s->latency.max / 1e3);
}

static void print_json(const struct opts *o, const struct totals *t, const struct reader_sums *s)
{
	printf("{\"received\":%lu,\"lost\":%lu,\"duplicates\":%lu,\"overtaken\":%lu,", t->received,
	       t->lost, t->duplicates, t->overtaken);
	printf("\"overtaken_depth\":%lu,\"overtaken_flows\":%u,\"bad\":%lu,", t->depth,
	       t->flows_bad, t->bad);
	place_json(stdout, &s->place, s->hops);
	printf(",\"seconds\":%.3f,\"flows\":%lu,\"flows_seen\":%u,\"latency_us\":{", s->seconds,
	       o->flows, t->flows_seen);
	hist_json(stdout, "p50", &s->latency, 50, 1e3);
	printf(",");
	hist_json(stdout, "p99", &s->latency, 99, 1e3);
	printf(",");
	hist_json(stdout, "max", &s->latency, 100, 1e3);
	printf("}}\n");
}

static int open_flows(struct readers *rs, const struct opts *o, struct flow *flows)
{
	struct sock_addr local, peer, l, p;
	uint64_t i;
	int err;

	err = sock_addr(&local, o->bind, 0, o->mapped);
	if (!err)
		err = sock_addr(&peer, o->peer, 0, o->mapped);
	for (i = 0; !err && i < o->flows; i++) {
		l = sock_addr_port(&local, o->port + i);
		p = sock_addr_port(&peer, o->cport + i);
		flows[i].id = i;
		flows[i].fd = sock_udp(&l, &p);
		if (flows[i].fd < 0)
			return flows[i].fd;
		err = readers_add(rs, i, flows[i].fd, &flows[i]);
	}
	return err;
}

int udp_sink(struct opts *o)
{
	static struct reader_sums sums;
	struct totals t = { 0 };
	struct readers rs;
	struct flow *flows;
	int err;

	flows = calloc(o->flows, sizeof(*flows));
	if (!flows) {
		fprintf(stderr, "rfs-traffic: no memory for %lu flows\n", o->flows);
		return EXIT_USAGE;
	}
	err = readers_init(&rs, o, on_data);
	if (!err)
		err = open_flows(&rs, o, flows);
	if (err)
		return EXIT_USAGE;

	run_begin(o->seconds, true);
	err = readers_start(&rs);
	if (!err)
		err = run_ready(o->ready_fd);
	if (err)
		run_stop();
	if (rs.r && readers_join(&rs, &sums))
		err = -EIO;
	if (err)
		return EXIT_USAGE;

	add_up(flows, o->flows, &t);
	if (o->json)
		print_json(o, &t, &sums);
	else
		print_table(o, &t, &sums);
	free(flows);

	if (!t.received || t.bad)
		return EXIT_BAD;
	return (t.overtaken > 0) == o->expect_overtaken ? EXIT_GOOD : EXIT_BAD;
}
