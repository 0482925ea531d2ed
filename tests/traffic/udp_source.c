// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sending end of numbered datagrams. A flow has one sender and a sender one CPU: two CPUs
 * that send datagrams of one flow could bring them out of order before they reach the wire. A
 * sender that is to move waits, before it sends from the next CPU, until what it sent has long left
 * the one before, or has been seen to arrive (--link); and its sockets are not connected, as these
 * would keep their TX queue.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "arrive.h"
#include "hop.h"
#include "opts.h"
#include "pace.h"
#include "run.h"
#include "sock.h"
#include "wire.h"

#define BURST_MAX	64
#define RETRY_NS	(50 * NSEC_PER_USEC)
#define CHURN_IDLE_NS	NSEC_PER_MSEC
#define SETTLE_NS	(2 * NSEC_PER_MSEC)
#define POLL_NS		(200 * NSEC_PER_USEC)
#define ARRIVE_NS	(1000 * NSEC_PER_MSEC)

struct flow {
	int fd;
	uint64_t pos;		/* datagrams sent; the number follows from it */
	uint64_t turn_ns;	/* when it falls silent or comes back */
	bool silent;
};

/* What all senders share if one may move only when nothing is under way. */
struct wire_state {
	pthread_rwlock_t lock;	/* to send, to move */
	struct arrival arrival;
	_Atomic uint64_t sent;
};

struct sender {
	pthread_t thread;
	struct wire_state *wire; /* NULL without --link */
	const struct opts *o;
	struct flow *flows;	/* of all senders; ours are index, index + senders ... */
	unsigned int index;
	uint64_t at;		/* the flow whose turn it is */
	uint64_t share;		/* how many are ours */
	uint64_t run;
	uint32_t rng;
	struct pacer pacer;
	struct hopper hopper;
	int err;

	uint64_t sent;
	uint64_t busy;		/* a full buffer or queue, a link that is down; sent again */
	uint64_t refused;	/* nobody listens there, yet or any more */
	uint64_t hops;

	struct mmsghdr msg[BURST_MAX];
	struct iovec iov[BURST_MAX];
	struct sock_addr to;	/* of each message, if senders move */
	char *buf;
};

/* The number of the datagram sent at @pos: the same, unless the judge is to be checked. */
static uint64_t number_at(const struct opts *o, uint64_t pos)
{
	if (o->swap && pos / 2 % o->swap == o->swap - 1)
		pos ^= 1;
	if (o->repeat)
		pos -= (pos + 1) / (o->repeat + 1);
	if (o->skip)
		pos += pos / (o->skip - 1);
	return pos;
}

/* The next flow that is not silent, NULL if there is none now. */
static struct flow *next_flow(struct sender *s)
{
	uint64_t now = s->o->churn_ms ? now_ns() : 0, tries;
	struct flow *f;

	for (tries = 0; tries < s->share; tries++) {
		f = &s->flows[s->at];
		s->at += s->o->senders;
		if (s->at >= s->o->flows)
			s->at = s->index;

		if (now >= f->turn_ns && s->o->churn_ms) {
			f->silent = f->turn_ns && !f->silent;
			f->turn_ns = now + rng_around(&s->rng, s->o->churn_ms * NSEC_PER_MSEC);
		}
		if (!f->silent)
			return f;
	}
	return NULL;
}

static void fill(struct sender *s, const struct flow *f, unsigned int n)
{
	struct wire w = {
		.magic = WIRE_MAGIC,
		.size = s->o->size,
		.flow = f - s->flows,
		.run = s->run,
		.sent_ns = now_ns(),
	};
	unsigned int i;

	for (i = 0; i < n; i++) {
		w.seq = number_at(s->o, f->pos + i);
		wire_write(s->iov[i].iov_base, &w);
	}
}

/* What could not be sent keeps its number and comes first in the flow's next turn. */
static int send_burst(struct sender *s, struct flow *f)
{
	int n;

	fill(s, f, s->o->burst);
	if (s->o->hop_ms)
		s->to = sock_addr_port(&s->to, s->o->port + (f - s->flows));
	n = sendmmsg(f->fd, s->msg, s->o->burst, MSG_DONTWAIT);
	if (n >= 0) {
		f->pos += n;
		s->sent += n;
		if (s->wire)
			s->wire->sent += n;
		return 0;
	}

	switch (errno) {
	case ECONNREFUSED:
		s->refused++;
		return 0;
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
	case ENETDOWN:		/* attaching XDP can take a link down for a moment */
	case ENETUNREACH:
	case EHOSTUNREACH:
		s->busy++;
		run_sleep_until(now_ns() + RETRY_NS);
		return 0;
	case EINTR:
		return 0;
	default:
		n = -errno;
		fprintf(stderr, "rfs-traffic: cannot send: %s\n", strerror(-n));
		return n;
	}
}

/* Is nothing under way? Else the sender stays where it is. */
static bool arrived(struct sender *s)
{
	uint64_t limit = now_ns() + ARRIVE_NS;

	while (s->wire && !arrival_all(&s->wire->arrival, s->wire->sent)) {
		if (now_ns() >= limit || run_over())
			return false;
		run_sleep_until(now_ns() + RETRY_NS);
	}
	return true;
}

/* To another CPU, if it is time. */
static int hop(struct sender *s)
{
	uint64_t hops = s->hopper.hops, now = now_ns();
	int err = 0;

	if (!s->hopper.next_ns || now < s->hopper.next_ns)
		return 0;
	if (s->wire)
		pthread_rwlock_wrlock(&s->wire->lock);
	else
		run_sleep_until(now + SETTLE_NS);
	if (arrived(s)) {
		/* The NAPI counts a little before its poll ends. */
		run_sleep_until(now_ns() + POLL_NS);
		err = hopper_tick(&s->hopper, now_ns());
	}
	if (s->wire)
		pthread_rwlock_unlock(&s->wire->lock);
	s->hops += s->hopper.hops - hops;
	return err;
}

static int send_in_turn(struct sender *s, struct flow *f)
{
	int err;

	if (!s->wire)
		return send_burst(s, f);
	pthread_rwlock_rdlock(&s->wire->lock);
	err = send_burst(s, f);
	pthread_rwlock_unlock(&s->wire->lock);
	return err;
}

static int send_loop(struct sender *s)
{
	uint64_t limit = (s->o->count + s->o->flows - 1) / s->o->flows;
	struct flow *f;
	int err;

	err = hopper_start(&s->hopper, &s->o->cpus, s->o->hop_ms, s->index);
	pacer_init(&s->pacer, s->o, s->share, s->index);

	while (!err && s->sent < limit * s->share) {
		f = next_flow(s);
		if (!f) {
			run_sleep_until(now_ns() + CHURN_IDLE_NS);
			if (run_over())
				break;
			continue;
		}
		if (!pacer_wait(&s->pacer, s->o->burst))
			break;
		err = hop(s);
		if (!err)
			err = send_in_turn(s, f);
	}
	return err;
}

static void *sender_main(void *arg)
{
	struct sender *s = arg;

	s->err = send_loop(s);
	return NULL;
}

static int init_sender(struct sender *s, const struct opts *o, struct flow *flows,
		       unsigned int index, uint64_t run, const struct sock_addr *to)
{
	unsigned int i;

	s->o = o;
	s->flows = flows;
	s->index = index;
	s->at = index;
	s->share = (o->flows - index + o->senders - 1) / o->senders;
	s->run = run;
	s->rng = rng_seed(index + 1000);
	s->buf = malloc(o->burst * o->size);
	if (!s->buf)
		return -ENOMEM;

	for (i = 0; i < o->burst; i++) {
		s->iov[i].iov_base = s->buf + i * o->size;
		s->iov[i].iov_len = o->size;
		s->msg[i].msg_hdr.msg_iov = &s->iov[i];
		s->msg[i].msg_hdr.msg_iovlen = 1;
		if (o->hop_ms) {
			s->msg[i].msg_hdr.msg_name = &s->to.ss;
			s->msg[i].msg_hdr.msg_namelen = to->len;
		}
	}
	s->to = *to;
	return 0;
}

static int open_flows(const struct opts *o, struct flow *flows, const struct sock_addr *peer)
{
	struct sock_addr local, l, p;
	uint64_t i;
	int err;

	err = sock_addr(&local, o->bind, 0, o->mapped);
	for (i = 0; !err && i < o->flows; i++) {
		l = sock_addr_port(&local, o->cport + i);
		p = sock_addr_port(peer, o->port + i);
		flows[i].fd = sock_udp(&l, o->hop_ms ? NULL : &p);
		if (flows[i].fd < 0)
			err = flows[i].fd;
	}
	return err;
}

static int run_senders(const struct opts *o, struct sender *s)
{
	unsigned int i, n;
	int err = 0;

	for (n = 0; n < o->senders && !err; n++) {
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
		free(s[i].buf);
		if (s[i].err)
			err = s[i].err;
	}
	return err;
}

static int report(const struct opts *o, const struct sender *s, double seconds)
{
	uint64_t sent = 0, busy = 0, refused = 0, hops = 0;
	unsigned int i;

	for (i = 0; i < o->senders; i++) {
		sent += s[i].sent;
		busy += s[i].busy;
		refused += s[i].refused;
		hops += s[i].hops;
	}
	if (o->json) {
		printf("{\"sent\":%lu,\"busy\":%lu,\"refused\":%lu,\"seconds\":%.3f,"
		       "\"per_second\":%.0f,\"flows\":%lu,\"hops\":%lu}\n", sent, busy, refused,
		       seconds, sent / seconds, o->flows, hops);
	} else {
		printf("udp-source: %lu flows, %.3f s\n", o->flows, seconds);
		printf("  sent          %12lu  (%.0f per second)\n", sent, sent / seconds);
		printf("  busy          %12lu  (sent again)\n", busy);
		printf("  refused       %12lu\n", refused);
		if (o->hop_ms)
			printf("  hops          %12lu\n", hops);
	}
	return sent ? EXIT_GOOD : EXIT_BAD;
}

int udp_source(struct opts *o)
{
	struct wire_state wire = { .lock = PTHREAD_RWLOCK_INITIALIZER };
	struct sock_addr to;
	struct sender *senders;
	struct flow *flows;
	uint64_t start;
	unsigned int i;
	int err;

	if (!o->size)
		o->size = 64;
	if (!o->burst)
		o->burst = o->rate ? 1 : 16;
	if (o->senders > o->flows)
		o->senders = o->flows;

	flows = calloc(o->flows, sizeof(*flows));
	senders = calloc(o->senders, sizeof(*senders));
	if (!flows || !senders) {
		fprintf(stderr, "rfs-traffic: no memory for %lu flows\n", o->flows);
		return EXIT_USAGE;
	}

	start = now_ns();
	err = cpus_default(&o->cpus);
	if (!err)
		err = sock_addr(&to, o->peer, 0, o->mapped);
	if (!err)
		err = open_flows(o, flows, &to);
	if (!err && o->link)
		err = arrival_open(&wire.arrival, o->link);
	for (i = 0; !err && i < o->senders; i++) {
		err = init_sender(&senders[i], o, flows, i, start, &to);
		senders[i].wire = o->link ? &wire : NULL;
	}
	if (err)
		return EXIT_USAGE;

	run_begin(o->seconds, false);
	start = now_ns();
	err = run_senders(o, senders);
	i = report(o, senders, (now_ns() - start) / 1e9);
	free(senders);
	free(flows);
	return err ? EXIT_USAGE : i;
}
