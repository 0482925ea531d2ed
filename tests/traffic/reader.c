// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "reader.h"
#include "run.h"

#define EVENTS	16

static int complain(int err, const char *what)
{
	fprintf(stderr, "rfs-traffic: cannot %s: %s\n", what, strerror(-err));
	return err;
}

int readers_init(struct readers *rs, struct opts *o,
		 int (*on_data)(struct reader *r, void *flow))
{
	unsigned int i;
	int err;

	if (o->hop_ms) {
		err = cpus_default(&o->cpus);
		if (err)
			return err;
		if (o->cpus.n < 2)
			fprintf(stderr, "rfs-traffic: only one CPU: readers will not hop\n");
	}

	rs->n = o->readers ? o->readers : o->flows < 8 ? o->flows : 8;
	rs->r = calloc(rs->n, sizeof(*rs->r));
	if (!rs->r)
		return complain(-ENOMEM, "allocate the readers");

	for (i = 0; i < rs->n; i++) {
		rs->r[i].index = i;
		rs->r[i].o = o;
		rs->r[i].on_data = on_data;
		rs->r[i].epfd = epoll_create1(EPOLL_CLOEXEC);
		if (rs->r[i].epfd < 0)
			return complain(-errno, "make an epoll");
	}
	return 0;
}

int readers_add(struct readers *rs, unsigned int index, int fd, void *flow)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = flow };

	if (epoll_ctl(rs->r[index % rs->n].epfd, EPOLL_CTL_ADD, fd, &ev))
		return complain(-errno, "add a socket to an epoll");
	return 0;
}

static int read_loop(struct reader *r)
{
	struct epoll_event ev[EVENTS];
	int err, i, n;

	err = hopper_start(&r->hopper, &r->o->cpus, r->o->hop_ms, r->index);
	while (!err && !run_over()) {
		err = hopper_tick(&r->hopper, now_ns());
		if (err)
			break;
		n = epoll_wait(r->epfd, ev, EVENTS, run_slice_ms(r->hopper.next_ns));
		if (n < 0 && errno != EINTR)
			return complain(-errno, "wait for data");
		for (i = 0; i < n && !err; i++)
			err = r->on_data(r, ev[i].data.ptr);
	}
	return err;
}

static void *reader_main(void *arg)
{
	struct reader *r = arg;

	r->err = read_loop(r);
	if (r->err)
		run_stop();
	return NULL;
}

int readers_start(struct readers *rs)
{
	unsigned int i;
	int err;

	for (i = 0; i < rs->n; i++) {
		err = pthread_create(&rs->r[i].thread, NULL, reader_main, &rs->r[i]);
		if (!err)
			continue;
		/* Those that run already must not outlive what they use. */
		complain(-err, "start a reader");
		run_stop();
		rs->n = i;
		readers_join(rs, NULL);
		return -err;
	}
	return 0;
}

int readers_join(struct readers *rs, struct reader_sums *sums)
{
	uint64_t first = UINT64_MAX, last = 0;
	unsigned int i;
	int err = 0;

	for (i = 0; i < rs->n; i++) {
		struct reader *r = &rs->r[i];

		pthread_join(r->thread, NULL);
		close(r->epfd);
		if (r->err)
			err = r->err;
		if (!sums)
			continue;

		place_merge(&sums->place, &r->place);
		hist_merge(&sums->latency, &r->latency);
		sums->hops += r->hopper.hops;
		if (r->first_ns && r->first_ns < first)
			first = r->first_ns;
		if (r->last_ns > last)
			last = r->last_ns;
	}
	if (sums && last > first)
		sums->seconds = (last - first) / 1e9;
	free(rs->r);
	rs->r = NULL;
	return err;
}

void reader_note(struct reader *r, uint64_t now)
{
	if (!r->first_ns) {
		r->first_ns = now;
		run_traffic();
	}
	r->last_ns = now;
}
