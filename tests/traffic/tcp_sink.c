// SPDX-License-Identifier: GPL-2.0-only
/* The accepting end of numbered records: every byte is checked, and requests are answered. */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netstat.h"
#include "opts.h"
#include "reader.h"
#include "run.h"
#include "sock.h"
#include "wire.h"

#define ANSWER_BUFFER	(1 << 20)

struct conn {
	int fd;
	bool bad;		/* contents were wrong: from there on nothing can be told */
	bool ended;
	uint32_t flow;
	uint64_t run;
	uint64_t seq;		/* number of the next record */
	uint64_t bytes;
	size_t len;		/* read, not yet taken as records */
	struct place place;
	char buf[2 * WIRE_MAX];
};

static atomic_uint ended;	/* connections that the other end has closed */

struct totals {
	uint64_t records, bytes, bad, truncated;
	unsigned int connections;
};

/* The source takes answers before it asks again: the buffer has room, or soon will. */
static int answer(struct conn *c, const char *record, struct wire *w)
{
	char out[WIRE_MAX];
	size_t done = 0;
	ssize_t n;

	w->flags = WIRE_ANSWER;
	memcpy(out, record, w->size);
	wire_write(out, w);

	while (done < w->size) {
		struct pollfd p = { .fd = c->fd, .events = POLLOUT };

		n = send(c->fd, out + done, w->size - done, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			done += n;
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
		else if (run_over())
			return 0;
		else
			poll(&p, 1, RUN_SLICE_MS);
	}
	return 0;
}

static const char *take_record(struct conn *c, const char *record, struct wire *w)
{
	const char *why;

	if (!c->seq) {
		c->flow = w->flow;
		c->run = w->run;
	}
	if (w->flow != c->flow || w->run != c->run)
		return "record of another flow";
	if (w->seq != c->seq)
		return "record out of order";
	if (w->flags & ~WIRE_ASK)
		return "wrong flags";
	why = wire_check(w, record);
	if (!why)
		c->seq++;
	return why;
}

/* Take the whole records in the buffer, keep the rest at its front. */
static void take_records(struct reader *r, struct conn *c, uint64_t now)
{
	const char *why = NULL;
	struct wire w;
	size_t at = 0;

	while (c->len - at >= sizeof(w)) {
		why = wire_read(&w, c->buf + at);
		if (why || w.size > c->len - at)
			break;
		why = take_record(c, c->buf + at, &w);
		if (why)
			break;
		if (now > w.sent_ns)
			hist_add(&r->latency, now - w.sent_ns);
		/* An error means that the source has gone: recv() will tell. */
		if (w.flags & WIRE_ASK)
			answer(c, c->buf + at, &w);
		at += w.size;
	}
	if (why) {
		fprintf(stderr, "rfs-traffic: flow %u, record %lu: %s\n", c->flow, c->seq, why);
		c->bad = true;
		c->len = 0;
		return;
	}
	memmove(c->buf, c->buf + at, c->len - at);
	c->len -= at;
}

static void end(struct conn *c)
{
	/* Closing takes it out of the epoll; the reader is the only one who uses it. */
	close(c->fd);
	c->ended = true;
	atomic_fetch_add(&ended, 1);
}

static int on_data(struct reader *r, void *arg)
{
	struct conn *c = arg;
	uint64_t now;
	unsigned int i;
	ssize_t n;

	for (i = 0; i < READER_BUDGET; i++) {
		n = recv(c->fd, c->buf + c->len, WIRE_MAX, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0) {
			end(c);
			break;
		}
		now = now_ns();
		reader_note(r, now);
		place_read(&c->place, &r->hopper, &r->place, c->fd, now);
		c->bytes += n;
		if (c->bad)
			continue;
		c->len += n;
		take_records(r, c, now);
	}
	return 0;
}

/* Accept until the run is over or all connections have ended. */
static int accept_loop(struct readers *rs, const struct opts *o, int lfd, struct conn **conns)
{
	unsigned int n = 0;
	int fd, err;

	while (!run_over()) {
		struct pollfd p = { .fd = lfd, .events = POLLIN };

		if (n == o->flows && atomic_load(&ended) == n)
			return 0;
		/* Those too many wait in the listening socket, and are reset in the end. */
		if (poll(&p, n < o->flows, RUN_SLICE_MS) <= 0)
			continue;
		fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			err = -errno;
			if (err == -EAGAIN || err == -EINTR || err == -ECONNABORTED)
				continue;
			fprintf(stderr, "rfs-traffic: cannot accept: %s\n", strerror(-err));
			return err;
		}
		sock_buffer(fd, false, ANSWER_BUFFER);
		conns[n] = calloc(1, sizeof(**conns));
		if (!conns[n]) {
			fprintf(stderr, "rfs-traffic: no memory for a connection\n");
			close(fd);
			return -ENOMEM;
		}
		conns[n]->fd = fd;
		err = readers_add(rs, n, fd, conns[n]);
		if (err)
			return err;
		n++;
	}
	return 0;
}

/* Add up and free. */
static void add_up(const struct opts *o, struct conn **conns, struct totals *t)
{
	uint64_t i;

	for (i = 0; i < o->flows && conns[i]; i++) {
		struct conn *c = conns[i];

		t->connections++;
		t->records += c->seq;
		t->bytes += c->bytes;
		t->bad += c->bad;
		t->truncated += c->ended && c->len;
		if (!c->ended)
			close(c->fd);
		free(c);
	}
}

static void print_table(const struct opts *o, const struct totals *t, const struct reader_sums *s,
			const struct netstat *growth)
{
	double seconds = s->seconds > 0 ? s->seconds : 1;

	printf("tcp-sink: %u of %lu connections, %.3f s\n", t->connections, o->flows, s->seconds);
	printf("  records       %12lu  (%.0f per second)\n", t->records, t->records / seconds);
	printf("  bytes         %12lu  (%.3f Gbit/s)\n", t->bytes, t->bytes * 8 / seconds / 1e9);
	printf("  bad           %12lu  (connections with wrong contents)\n", t->bad);
	printf("  truncated     %12lu  (connections that ended within a record)\n", t->truncated);
	place_print(&s->place, s->hops);
	printf("  latency            p50 %.1f us, p99 %.1f us, max %.1f us\n",
	       hist_percentile(&s->latency, 50) / 1e3, hist_percentile(&s->latency, 99) / 1e3,
	       s->latency.max / 1e3);
	netstat_print(growth);
}

static void print_json(const struct opts *o, const struct totals *t, const struct reader_sums *s,
		       const struct netstat *growth)
{
	printf("{\"connections\":%u,\"records\":%lu,\"bytes\":%lu,\"bad\":%lu,\"truncated\":%lu,",
	       t->connections, t->records, t->bytes, t->bad, t->truncated);
	place_json(stdout, &s->place, s->hops);
	printf(",\"seconds\":%.3f,\"flows\":%lu,\"latency_us\":{", s->seconds, o->flows);
	hist_json(stdout, "p50", &s->latency, 50, 1e3);
	printf(",");
	hist_json(stdout, "p99", &s->latency, 99, 1e3);
	printf(",");
	hist_json(stdout, "max", &s->latency, 100, 1e3);
	printf("},");
	netstat_json(stdout, growth);
	printf("}\n");
}

static int serve(struct opts *o, int lfd, struct conn **conns, struct reader_sums *sums)
{
	struct readers rs;
	int err;

	err = readers_init(&rs, o, on_data);
	if (err)
		return err;
	run_begin(o->seconds, true);
	err = readers_start(&rs);
	if (err)
		return err;

	err = run_ready(o->ready_fd);
	if (!err)
		err = accept_loop(&rs, o, lfd, conns);
	run_stop();
	if (readers_join(&rs, sums))
		err = -EIO;
	return err;
}

int tcp_sink(struct opts *o)
{
	static struct reader_sums sums;
	struct netstat before, after;
	struct totals t = { 0 };
	struct sock_addr addr;
	struct conn **conns;
	int lfd, err;

	if (!o->bind)
		o->bind = o->mapped ? "::" : "0.0.0.0";
	conns = calloc(o->flows, sizeof(*conns));
	if (!conns || sock_addr(&addr, o->bind, o->port, o->mapped))
		return EXIT_USAGE;
	lfd = sock_listen(&addr);
	if (lfd < 0 || netstat_read(&before))
		return EXIT_USAGE;

	err = serve(o, lfd, conns, &sums);
	close(lfd);
	if (err || netstat_read(&after))
		return EXIT_USAGE;
	after = netstat_growth(&before, &after);

	add_up(o, conns, &t);
	free(conns);
	if (o->json)
		print_json(o, &t, &sums, &after);
	else
		print_table(o, &t, &sums, &after);

	if (!t.records || t.bad)
		return EXIT_BAD;
	return o->strict && after.value[NETSTAT_OFO_QUEUE] ? EXIT_BAD : EXIT_GOOD;
}
