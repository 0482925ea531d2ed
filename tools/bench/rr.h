/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rr.h - requests and replies: what the ends do.
 *
 *   epoll   a thread for many connections
 *   block   a thread for each
 *   poll    a thread that reads all its connections in turn, and never waits
 *   paced   as epoll, but so many requests a second, of connections that are not waited for
 */
#ifndef RFS_BENCH_RR_H
#define RFS_BENCH_RR_H

#include "worker.h"

void srv_epoll(struct worker *w);
void cli_epoll(struct worker *w);
void srv_poll(struct worker *w);
void cli_paced(struct worker *w);
void srv_block(struct worker *w);
void cli_block(struct worker *w);

#endif /* RFS_BENCH_RR_H */
