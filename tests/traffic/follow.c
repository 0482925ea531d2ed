// SPDX-License-Identifier: GPL-2.0-only
/* One reader that goes from CPU to CPU, and how long its flow takes to come after it. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hop.h"
#include "opts.h"
#include "run.h"
#include "sock.h"

/* So many reads in a row on the reader's CPU are no accident. */
#define IN_A_ROW	10U

struct stay {
	unsigned int cpu;
	uint64_t reads;
	uint64_t local;
	uint64_t first_ns;	/* until the first of the reads in a row; 0: never */
	uint64_t follow_ns;	/* until the last of them; 0: never */
	uint64_t follow_reads;	/* reads until then */
	bool whole;		/* not cut short by the end of the run */
};

enum verdict { VERDICT_GOOD, VERDICT_LATE, VERDICT_NEVER, VERDICT_CUT };

static const char *const verdicts[] = {
	[VERDICT_GOOD] = "good",
	[VERDICT_LATE] = "late",
	[VERDICT_NEVER] = "never",
	[VERDICT_CUT] = "cut short",
};

static enum verdict judge_stay(const struct opts *o, const struct stay *s)
{
	if (s->follow_ns && s->follow_ns > o->within_ms * NSEC_PER_MSEC &&
	    s->follow_reads > o->within_reads)
		return VERDICT_LATE;
	if (s->follow_ns)
		return VERDICT_GOOD;
	return s->whole ? VERDICT_NEVER : VERDICT_CUT;
}

/* One read; 0: nothing came for a while, negative: the other end has gone. */
static ssize_t read_once(int fd, uint64_t until_ns)
{
	static char buf[1 << 16];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n > 0)
		return n;
	if (!n)
		return -EPIPE;
	if (errno == EAGAIN)
		poll(&p, 1, run_slice_ms(until_ns));
	else if (errno != EINTR && errno != ECONNREFUSED && errno != EHOSTUNREACH)
		return -errno;
	return 0;
}

static int do_stay(const struct opts *o, int fd, struct stay *s)
{
	uint64_t start, until_ns, now, run_ns = 0;
	unsigned int in_a_row = 0;
	ssize_t n;
	int err;

	err = cpus_pin(s->cpu);
	if (err)
		return err;
	start = now_ns();
	until_ns = start + o->stay_ms * NSEC_PER_MSEC;

	while ((now = now_ns()) < until_ns) {
		if (run_over())
			return 0;
		n = read_once(fd, until_ns);
		if (n < 0) {
			/* The end of a TCP source ends the run. */
			run_stop();
			return 0;
		}
		if (!n)
			continue;

		now = now_ns();
		s->reads++;
		if (incoming_cpu(fd) != (int)s->cpu) {
			in_a_row = 0;
			continue;
		}
		s->local++;
		if (!in_a_row++)
			run_ns = now;
		if (in_a_row == IN_A_ROW && !s->follow_ns) {
			s->first_ns = run_ns - start;
			s->follow_ns = now - start;
			s->follow_reads = s->reads;
		}
	}
	s->whole = true;
	return 0;
}

static int open_udp(const struct opts *o)
{
	struct sock_addr local, peer;
	int err;

	err = sock_addr(&local, o->bind, o->port, o->mapped);
	if (!err)
		err = sock_addr(&peer, o->peer, o->cport, o->mapped);
	if (err)
		return err;
	err = sock_udp(&local, &peer);
	return err;
}

/* Nothing has come yet: run_over() bounds the time. */
static int accept_one(int lfd)
{
	struct pollfd p = { .fd = lfd, .events = POLLIN };
	int fd;

	while (!run_over()) {
		if (poll(&p, 1, RUN_SLICE_MS) <= 0)
			continue;
		fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	return -ETIMEDOUT;
}

/* The first stay begins with the first traffic. */
static void wait_for_traffic(int fd)
{
	while (!run_over()) {
		if (read_once(fd, 0)) {
			run_traffic();
			return;
		}
	}
}

static void print_table(const struct opts *o, const struct stay *s, unsigned int n)
{
	unsigned int i;

	printf("follow: %u stays, %lu ms allowed\n", n, o->within_ms);
	printf("  stay   CPU      reads   first ms  %u in a row ms   %% local\n", IN_A_ROW);
	for (i = 0; i < n; i++) {
		printf("  %4u  %4u %10lu", i, s[i].cpu, s[i].reads);
		if (s[i].follow_ns)
			printf(" %10.3f %15.3f", s[i].first_ns / 1e6, s[i].follow_ns / 1e6);
		else
			printf(" %10s %15s", "-", "-");
		printf("  %8.2f  %s\n", s[i].reads ? 100.0 * s[i].local / s[i].reads : 0,
		       verdicts[judge_stay(o, &s[i])]);
	}
}

static void print_json(const struct opts *o, const struct stay *s, unsigned int n,
		       unsigned int judged, unsigned int bad, uint64_t worst)
{
	unsigned int i;

	printf("{\"within_ms\":%lu,\"judged\":%u,\"bad\":%u,\"worst_ms\":%.3f,\"stays\":[",
	       o->within_ms, judged, bad, worst / 1e6);
	for (i = 0; i < n; i++) {
		printf("%s{\"cpu\":%u,\"reads\":%lu,\"local\":%lu,", i ? "," : "", s[i].cpu,
		       s[i].reads, s[i].local);
		if (s[i].follow_ns)
			printf("\"first_ms\":%.3f,\"follow_ms\":%.3f,", s[i].first_ns / 1e6,
			       s[i].follow_ns / 1e6);
		else
			printf("\"first_ms\":null,\"follow_ms\":null,");
		printf("\"verdict\":\"%s\"}", verdicts[judge_stay(o, &s[i])]);
	}
	printf("]}\n");
}

static int report(const struct opts *o, const struct stay *s, unsigned int n)
{
	unsigned int i, judged = 0, bad = 0;
	uint64_t worst = 0;

	for (i = 0; i < n; i++) {
		enum verdict v = judge_stay(o, &s[i]);

		judged += v != VERDICT_CUT;
		bad += v == VERDICT_LATE || v == VERDICT_NEVER;
		if (s[i].follow_ns > worst)
			worst = s[i].follow_ns;
	}
	if (o->json)
		print_json(o, s, n, judged, bad, worst);
	else
		print_table(o, s, n);
	if (!judged)
		fprintf(stderr, "rfs-traffic: no stay could be judged\n");
	return judged && !bad ? EXIT_GOOD : EXIT_BAD;
}

int follow(struct opts *o)
{
	uint64_t max = o->seconds * 1000 / o->stay_ms + 2;
	struct sock_addr addr;
	unsigned int n = 0;
	struct stay *stays;
	int fd, lfd, err;

	stays = calloc(max, sizeof(*stays));
	if (!stays)
		return EXIT_USAGE;
	run_begin(o->seconds, true);
	if (o->tcp) {
		if (sock_addr(&addr, o->bind, o->port, o->mapped))
			return EXIT_USAGE;
		lfd = sock_listen(&addr);
	} else {
		lfd = open_udp(o);
	}
	if (lfd < 0 || cpus_pin(o->cpus.cpu[0]) || run_ready(o->ready_fd))
		return EXIT_USAGE;

	fd = o->tcp ? accept_one(lfd) : lfd;
	if (fd >= 0)
		wait_for_traffic(fd);
	for (err = 0; !err && !run_over() && n < max && run_had_traffic(); n++) {
		stays[n].cpu = o->cpus.cpu[n % o->cpus.n];
		err = do_stay(o, fd, &stays[n]);
	}
	if (err)
		return EXIT_USAGE;
	err = report(o, stays, n);
	free(stays);
	return err;
}
