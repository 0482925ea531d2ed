// SPDX-License-Identifier: GPL-2.0-only
/*
 * rr.c - requests and replies: a thread for many connections (epoll), or one for each (the RPC load
 * of the RFS paper's kind); as many as go, or at a rate.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base.h"
#include "rr.h"
#include "sockets.h"

#define EVENTS	   64
#define MSG_MAX	   65536
#define RESEND_NS  50000000ULL /* UDP: a request or its reply was lost */
#define WORK_BYTES 8192

/* What memcached answers; the value is set by memcached_set(). */
#define MC_GET	     "get k\r\n"
#define MC_VALUE_LEN 100

struct conn {
	uint64_t sent_ns;
	uint64_t due; /* paced: when the next request is to be sent */
	bool asked;   /* paced: a reply is to come */
	uint32_t seq;
	int have; /* bytes of the message that comes in */
};

/* Some work per request, on memory that is the connection's own. */
static void work(int us, uint64_t *mem)
{
	uint64_t end, x = 1;

	if (!us)
		return;
	end = now_ns() + us * 1000ULL;
	do
		for (int i = 0; i < WORK_BYTES / 8; i += 8)
			mem[i] = x = x * 0x9e3779b97f4a7c15ULL + mem[i];
	while (now_ns() < end);
}

static int epoll_for(struct worker *w, const int *fds, int threads)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0)
		die("epoll_create1");
	for (int i = w->index; i < w->o->conns; i += threads) {
		struct epoll_event ev = { .events = EPOLLIN, .data.u32 = i };

		if (epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &ev))
			die("epoll_ctl");
	}
	return ep;
}

/* One request, if it is whole. */
static void serve(struct worker *w, struct conn *c, int fd, int flags, uint64_t *mem)
{
	char buf[MSG_MAX] = "";
	ssize_t n = recv(fd, buf, w->o->tcp ? w->o->size - c->have : MSG_MAX, flags);

	if (n <= 0)
		return;
	worker_read(w, fd);
	c->have += n;
	if (c->have < w->o->size)
		return;
	c->have = 0;
	work(w->o->work_us, mem);
	w->ops++;
	if (send(fd, buf, w->o->reply, MSG_NOSIGNAL) < 0 && errno == EPIPE)
		exit(1);
}

void srv_epoll(struct worker *w)
{
	int ep = epoll_for(w, srv_fd, w->o->srv_threads);
	struct conn *conns = calloc(w->o->conns, sizeof(*conns));
	uint64_t mem[WORK_BYTES / 8] = {};
	struct epoll_event ev[EVENTS];

	while (phase_now() != PHASE_STOP) {
		int n = epoll_wait(ep, ev, EVENTS, 20);

		for (int i = 0; i < n; i++) {
			int c = ev[i].data.u32;

			serve(w, &conns[c], srv_fd[c], MSG_DONTWAIT, mem);
		}
		worker_hop(w);
	}
}

void srv_poll(struct worker *w)
{
	struct conn *conns = calloc(w->o->conns, sizeof(*conns));
	uint64_t mem[WORK_BYTES / 8] = {};

	while (phase_now() != PHASE_STOP) {
		for (int i = w->index; i < w->o->conns; i += w->o->srv_threads)
			serve(w, &conns[i], srv_fd[i], MSG_DONTWAIT, mem);
		worker_hop(w);
	}
}

void srv_block(struct worker *w)
{
	uint64_t mem[WORK_BYTES / 8] = {};
	struct conn c = {};

	while (phase_now() != PHASE_STOP) {
		serve(w, &c, srv_fd[w->index], 0, mem);
		worker_hop(w);
	}
}

static void ask(struct worker *w, struct conn *c, int fd)
{
	char buf[MSG_MAX] = "";

	c->sent_ns = now_ns();
	if (w->o->memcached) {
		send(fd, MC_GET, strlen(MC_GET), MSG_NOSIGNAL);
		return;
	}
	c->seq++;
	memcpy(buf, &c->seq, sizeof(c->seq));
	send(fd, buf, w->o->size, MSG_NOSIGNAL);
}

/* True if a reply is whole, and counted. */
static bool answered(struct worker *w, struct conn *c, int fd, int flags)
{
	char buf[MSG_MAX];
	ssize_t n = recv(fd, buf, w->o->tcp ? w->o->reply - c->have : MSG_MAX, flags);

	if (n <= 0)
		return false;
	/* A reply that was given up and came after all. */
	if (!w->o->tcp && memcmp(buf, &c->seq, sizeof(c->seq)))
		return false;
	c->have += n;
	if (c->have < w->o->reply)
		return false;
	c->have = 0;
	w->ops++;
	if (phase_now() == PHASE_MEASURE)
		hist_add(&w->lat, now_ns() - c->sent_ns);
	return true;
}

static void resend(struct worker *w, struct conn *c, int fd, uint64_t now)
{
	if (w->o->tcp || now - c->sent_ns < RESEND_NS)
		return;
	w->lost++;
	ask(w, c, fd);
}

void cli_epoll(struct worker *w)
{
	int ep = epoll_for(w, cli_fd, w->o->cli_threads), step = w->o->cli_threads;
	struct conn *conns = calloc(w->o->conns, sizeof(*conns));
	struct epoll_event ev[EVENTS];
	uint64_t now, look = 0;

	for (int i = w->index; i < w->o->conns; i += step)
		ask(w, &conns[i], cli_fd[i]);
	while (phase_now() != PHASE_STOP) {
		int n = epoll_wait(ep, ev, EVENTS, 20);

		for (int i = 0; i < n; i++) {
			int c = ev[i].data.u32;

			if (answered(w, &conns[c], cli_fd[c], MSG_DONTWAIT))
				ask(w, &conns[c], cli_fd[c]);
		}
		now = now_ns();
		if (now < look)
			continue;
		look = now + RESEND_NS / 2;
		for (int i = w->index; i < w->o->conns; i += step)
			resend(w, &conns[i], cli_fd[i], now);
	}
}

/*
 * Send what is due, and see what is overdue. A connection that waits for its reply beyond the time
 * of the next request sends that one then, and does not catch up. The time of the next thing to do.
 */
static uint64_t ask_due(struct worker *w, struct conn *conns, uint64_t now)
{
	uint64_t period = NSEC_PER_SEC * w->o->conns / w->o->rate, next = now + RESEND_NS / 2;

	for (int i = w->index; i < w->o->conns; i += w->o->cli_threads) {
		struct conn *c = &conns[i];

		if (c->asked) {
			resend(w, c, cli_fd[i], now);
			continue;
		}
		if (c->due <= now) {
			ask(w, c, cli_fd[i]);
			c->asked = true;
			c->due = c->due + period > now ? c->due + period : now;
		} else if (c->due < next) {
			next = c->due;
		}
	}
	return next;
}

void cli_paced(struct worker *w)
{
	int ep = epoll_for(w, cli_fd, w->o->cli_threads);
	struct conn *conns = calloc(w->o->conns, sizeof(*conns));
	struct epoll_event ev[EVENTS];

	for (int i = 0; i < w->o->conns; i++)
		conns[i].due = now_ns() + NSEC_PER_SEC * i / w->o->rate;
	while (phase_now() != PHASE_STOP) {
		uint64_t now = now_ns(), wait = ask_due(w, conns, now) - now;
		struct timespec ts = { .tv_nsec = wait };
		int n = epoll_pwait2(ep, ev, EVENTS, &ts, NULL);

		for (int i = 0; i < n; i++) {
			int c = ev[i].data.u32;

			if (answered(w, &conns[c], cli_fd[c], MSG_DONTWAIT))
				conns[c].asked = false;
		}
	}
}

void cli_block(struct worker *w)
{
	int fd = cli_fd[w->index];
	struct conn c = {};

	ask(w, &c, fd);
	while (phase_now() != PHASE_STOP) {
		if (answered(w, &c, fd, 0))
			ask(w, &c, fd);
		else
			resend(w, &c, fd, now_ns());
	}
}
