/* SPDX-License-Identifier: GPL-2.0-only */
/* rr.h - requests and replies. */
#ifndef RFS_BENCH_RR_H
#define RFS_BENCH_RR_H

#include "worker.h"

void srv_epoll(struct worker *w);
void cli_epoll(struct worker *w);
void srv_block(struct worker *w);
void cli_block(struct worker *w);

#endif /* RFS_BENCH_RR_H */
