// SPDX-License-Identifier: GPL-2.0-only
/* The threads that read, each with its own flows and its own CPU. */
#ifndef TRAFFIC_READER_H
#define TRAFFIC_READER_H

#include <pthread.h>
#include <stdint.h>

#include "hist.h"
#include "hop.h"
#include "opts.h"

struct reader {
	pthread_t thread;
	unsigned int index;
	int epfd;
	int err;
	const struct opts *o;
	/* Read what has come for @flow, up to READER_BUDGET; every error ends the run. */
	int (*on_data)(struct reader *r, void *flow);
	struct hopper hopper;
	struct place_stats place;
	struct hist latency;
	uint64_t first_ns;	/* first and last read with data */
	uint64_t last_ns;
	char buf[1 << 16];
};

/* Reads of a flow before the others get their turn, and before a hop that is due. */
#define READER_BUDGET	16

struct readers {
	unsigned int n;
	struct reader *r;
};

struct reader_sums {
	struct place_stats place;
	struct hist latency;
	uint64_t hops;
	double seconds;		/* from the first to the last read with data */
};

int readers_init(struct readers *rs, struct opts *o,
		 int (*on_data)(struct reader *r, void *flow));

/* Give @fd to reader @index % n, before readers_start() or after. */
int readers_add(struct readers *rs, unsigned int index, int fd, void *flow);

int readers_start(struct readers *rs);

/* Wait for the end of the run; adds up what the readers found. */
int readers_join(struct readers *rs, struct reader_sums *sums);

/* Data has been read, at @now. */
void reader_note(struct reader *r, uint64_t now);

#endif
