// SPDX-License-Identifier: GPL-2.0-only
/* The source's end of a connection. */
#ifndef TRAFFIC_TCP_CONN_H
#define TRAFFIC_TCP_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "opts.h"
#include "wire.h"

struct tcp_conn {
	int fd;
	uint32_t flow;
	uint32_t size;
	uint64_t run;
	uint64_t seq;		/* records made */
	uint64_t bytes;		/* sent */
	bool dead;		/* nothing more can be sent or read */
	bool bad;		/* an answer was wrong */
	bool broken;		/* the other end was the first to close */
	bool asked;		/* a request waits for its answer */
	uint64_t asked_ns;
	size_t out_len, out_done, in_len;
	char *out;
	char *in;
};

/* Connect all, waiting some seconds for the other end; 0 or a negative errno, with a message. */
int tcp_conns_open(struct tcp_conn *conns, const struct opts *o, uint64_t run);

/* Send what was begun, tell the other end, see it close; all in bounded time. */
void tcp_conns_close(struct tcp_conn *conns, uint64_t n);

/* Make the next record. */
void tcp_conn_next(struct tcp_conn *c, uint32_t flags);

/* Send what can be sent now; true if it was anything. */
bool tcp_conn_send(struct tcp_conn *c);

/* Read what has come; true once the answer is whole. */
bool tcp_conn_answer(struct tcp_conn *c);

#endif
