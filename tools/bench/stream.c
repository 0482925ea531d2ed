// SPDX-License-Identifier: GPL-2.0-only
/* stream.c - one direction only: TCP bulk, and a flood or steady flow of datagrams. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "base.h"
#include "sockets.h"
#include "stream.h"

#define CHUNK  131072
#define EVENTS 64
#define BATCH  32

static int epoll_for(const int *fds, int n, uint32_t events)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0)
		die("epoll_create1");
	for (int i = 0; i < n; i++) {
		struct epoll_event ev = { .events = events, .data.fd = fds[i] };

		if (epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &ev))
			die("epoll_ctl");
	}
	return ep;
}

/* One thread an end, whatever the number of streams. */
void srv_bulk(struct worker *w)
{
	int ep = epoll_for(srv_fd, w->o->conns, EPOLLIN);
	struct epoll_event ev[EVENTS];
	char *buf = malloc(CHUNK);

	while (phase_now() != PHASE_STOP) {
		int n = epoll_wait(ep, ev, EVENTS, 20);

		for (int i = 0; i < n; i++) {
			ssize_t got = recv(ev[i].data.fd, buf, CHUNK, MSG_DONTWAIT);

			if (got <= 0)
				continue;
			worker_read(w, ev[i].data.fd);
			w->bytes += got;
			w->ops++;
		}
		worker_hop(w);
	}
	free(buf);
}

void cli_bulk(struct worker *w)
{
	int ep = epoll_for(cli_fd, w->o->conns, EPOLLOUT);
	struct epoll_event ev[EVENTS];
	char *buf = calloc(1, CHUNK);

	while (phase_now() != PHASE_STOP) {
		int n = epoll_wait(ep, ev, EVENTS, 20);

		for (int i = 0; i < n; i++) {
			ssize_t put = send(ev[i].data.fd, buf, CHUNK, MSG_DONTWAIT | MSG_NOSIGNAL);

			if (put > 0)
				w->bytes += put;
		}
	}
	free(buf);
}

static bool take_datagram(struct worker *w, int fd, int flags)
{
	char buf[2048];

	if (recv(fd, buf, sizeof(buf), flags) <= 0)
		return false;
	w->ops++;
	worker_read(w, fd);
	return true;
}

/* Each socket until it is empty, or the others have waited for some time. */
static void srv_flood_many(struct worker *w)
{
	int ep = epoll_for(srv_fd, w->o->conns, EPOLLIN);
	struct epoll_event ev[EVENTS];

	while (phase_now() != PHASE_STOP) {
		int n = epoll_wait(ep, ev, EVENTS, 20);

		for (int i = 0; i < n; i++)
			for (int j = 0; j < BATCH; j++)
				if (!take_datagram(w, ev[i].data.fd, MSG_DONTWAIT))
					break;
		worker_hop(w);
	}
}

void srv_flood(struct worker *w)
{
	if (w->o->conns > 1) {
		srv_flood_many(w);
		return;
	}
	while (phase_now() != PHASE_STOP) {
		take_datagram(w, srv_fd[0], 0);
		worker_hop(w);
	}
}

/* At a rate, in steps of at least a millisecond. */
static int pace(struct worker *w, uint64_t start, uint64_t sent)
{
	static const struct timespec ms = { .tv_nsec = 250000 };
	int64_t due;

	if (!w->o->rate)
		return BATCH;
	due = (now_ns() - start) * w->o->rate / NSEC_PER_SEC - sent;
	if (due <= 0) {
		nanosleep(&ms, NULL);
		return 0;
	}
	return due < BATCH ? due : BATCH;
}

void cli_flood(struct worker *w)
{
	struct mmsghdr msgs[BATCH] = {};
	uint64_t start = now_ns(), sent = 0;
	char buf[2048] = {};
	struct iovec iov = { .iov_base = buf, .iov_len = w->o->size };

	for (int i = 0; i < BATCH; i++) {
		msgs[i].msg_hdr.msg_iov = &iov;
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	while (phase_now() != PHASE_STOP) {
		int n = pace(w, start, sent);

		if (n)
			n = sendmmsg(cli_fd[0], msgs, n, 0);
		if (n < 0 && errno != EAGAIN && errno != ENOBUFS && errno != ECONNREFUSED)
			die("sendmmsg");
		if (n > 0) {
			sent += n;
			w->ops += n;
		}
	}
}
