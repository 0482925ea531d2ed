// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "run.h"
#include "sock.h"
#include "tcp_conn.h"

/* The other end may start later than we do. */
#define CONNECT_NS	(5 * NSEC_PER_SEC)
#define RETRY_NS	(100 * NSEC_PER_MSEC)

/* The end of a run may take this long. */
#define CLOSE_NS	NSEC_PER_SEC

/* Wait for a connect() under way; 0, or why it failed. */
static int finish_connect(int fd, uint64_t give_up_ns)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int err;

	while (poll(&p, 1, RUN_SLICE_MS) <= 0)
		if (run_over() || now_ns() > give_up_ns)
			return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return -err;
}

static int try_connect(const struct sock_addr *local, const struct sock_addr *peer,
		       uint64_t give_up_ns)
{
	int fd, err = 0;

	fd = sock_bound(SOCK_STREAM, local);
	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)&peer->ss, peer->len)) {
		err = -errno;
		if (err == -EINPROGRESS)
			err = finish_connect(fd, give_up_ns);
	}
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static int open_one(struct tcp_conn *c, const struct sock_addr *local,
		    const struct sock_addr *peer, uint64_t give_up_ns)
{
	int fd;

	for (;;) {
		fd = try_connect(local, peer, give_up_ns);
		if (fd >= 0)
			break;
		if (fd != -ECONNREFUSED || run_over() || now_ns() > give_up_ns) {
			fprintf(stderr, "rfs-traffic: flow %u: cannot connect: %s\n", c->flow,
				strerror(-fd));
			return fd;
		}
		run_sleep_until(now_ns() + RETRY_NS);
	}
	c->fd = fd;
	c->out = malloc(c->size);
	c->in = malloc(c->size);
	return c->out && c->in ? 0 : -ENOMEM;
}

int tcp_conns_open(struct tcp_conn *conns, const struct opts *o, uint64_t run)
{
	uint64_t i, give_up_ns = now_ns() + CONNECT_NS;
	struct sock_addr local, peer, l;
	const char *any;
	int err;

	err = sock_addr(&peer, o->peer, o->port, o->mapped);
	if (err)
		return err;
	any = peer.ss.ss_family == AF_INET ? "0.0.0.0" : "::";
	err = sock_addr(&local, o->bind ? o->bind : any, 0, o->mapped);

	for (i = 0; !err && i < o->flows; i++) {
		conns[i].flow = i;
		conns[i].size = o->size;
		conns[i].run = run;
		l = sock_addr_port(&local, o->cport ? o->cport + i : 0);
		err = open_one(&conns[i], &l, &peer, give_up_ns);
	}
	return err;
}

void tcp_conn_next(struct tcp_conn *c, uint32_t flags)
{
	struct wire w = {
		.magic = WIRE_MAGIC,
		.size = c->size,
		.flow = c->flow,
		.flags = flags,
		.run = c->run,
		.seq = c->seq++,
		.sent_ns = now_ns(),
	};

	wire_write(c->out, &w);
	c->out_len = c->size;
	c->out_done = 0;
	if (flags & WIRE_ASK) {
		c->asked = true;
		c->asked_ns = w.sent_ns;
		c->in_len = 0;
	}
}

static void set_dead(struct tcp_conn *c)
{
	c->dead = true;
	c->broken = true;
}

bool tcp_conn_send(struct tcp_conn *c)
{
	ssize_t n;

	n = send(c->fd, c->out + c->out_done, c->out_len - c->out_done,
		 MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0) {
		c->out_done += n;
		c->bytes += n;
		return true;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
		set_dead(c);
	return false;
}

static const char *check_answer(const struct tcp_conn *c)
{
	const char *why;
	struct wire w;

	why = wire_read(&w, c->in);
	if (why)
		return why;
	if (w.size != c->size || w.flow != c->flow || w.run != c->run)
		return "not of this flow";
	if (w.seq != c->seq - 1 || w.flags != WIRE_ANSWER)
		return "not to the last request";
	return wire_check(&w, c->in);
}

bool tcp_conn_answer(struct tcp_conn *c)
{
	const char *why;
	ssize_t n;

	n = recv(c->fd, c->in + c->in_len, c->size - c->in_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		set_dead(c);
		return false;
	}
	c->in_len += n;
	if (c->in_len < c->size)
		return false;

	c->asked = false;
	why = check_answer(c);
	if (why) {
		fprintf(stderr, "rfs-traffic: flow %u: answer %lu %s\n", c->flow, c->seq - 1, why);
		c->bad = true;
		c->dead = true;
	}
	return !why;
}

/* Wait for @events on a connection, but not beyond @until_ns. */
static bool wait_for(const struct tcp_conn *c, short events, uint64_t until_ns)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	uint64_t now = now_ns();

	return now < until_ns && poll(&p, 1, (until_ns - now) / NSEC_PER_MSEC + 1) > 0;
}

void tcp_conns_close(struct tcp_conn *conns, uint64_t n)
{
	uint64_t i, until_ns = now_ns() + CLOSE_NS;
	char byte;

	for (i = 0; i < n; i++) {
		struct tcp_conn *c = &conns[i];

		while (!c->dead && c->out_done < c->out_len && wait_for(c, POLLOUT, until_ns))
			tcp_conn_send(c);
		shutdown(c->fd, SHUT_WR);
	}
	/* Once they have closed too, they have read all and the counters have settled. */
	for (i = 0; i < n; i++) {
		struct tcp_conn *c = &conns[i];

		while (!c->dead && wait_for(c, POLLIN, until_ns))
			if (recv(c->fd, &byte, sizeof(byte), MSG_DONTWAIT) <= 0)
				break;
		close(c->fd);
		free(c->out);
		free(c->in);
	}
}
