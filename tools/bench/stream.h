/* SPDX-License-Identifier: GPL-2.0-only */
/* stream.h - one direction only. */
#ifndef RFS_BENCH_STREAM_H
#define RFS_BENCH_STREAM_H

#include "worker.h"

void srv_bulk(struct worker *w);
void cli_bulk(struct worker *w);
void srv_flood(struct worker *w);
void cli_flood(struct worker *w);

#endif /* RFS_BENCH_STREAM_H */
