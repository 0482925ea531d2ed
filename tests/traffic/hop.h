// SPDX-License-Identifier: GPL-2.0-only
/* Readers that move between CPUs, and whether their flows follow them. */
#ifndef TRAFFIC_HOP_H
#define TRAFFIC_HOP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cpus.h"
#include "hist.h"

struct hopper {
	const struct cpu_list *cpus;
	uint64_t period_ns;	/* 0: stays */
	uint64_t next_ns;	/* time of the next hop; 0: none */
	uint64_t hop_ns;	/* time of the last one, or of the start */
	uint64_t hops;
	int cpu;		/* where it is pinned, -1: nowhere */
	uint32_t rng;
};

/* CPUs that are told apart in the matrix of reads. */
#define PLACE_CPUS	16

/* What a reader found about its flows. */
struct place_stats {
	uint64_t matrix[PLACE_CPUS][PLACE_CPUS]; /* reads by the CPU that processed, that read */
	uint64_t local;
	uint64_t remote;
	uint64_t missed;	/* hops that a flow with traffic had not followed by the next */
	struct hist follow;	/* ns from a hop to the first read that was local again */
};

/* One flow as its reader sees it. */
struct place {
	uint64_t hop;		/* the reader's hop that this flow is to follow */
	bool pending;		/* not followed yet */
	unsigned int age;	/* reads since the socket was asked */
	int incoming;
};

/* Pin reader @index of @cpus, if there is a list; hop about every @period_ms, if not 0. */
int hopper_start(struct hopper *h, const struct cpu_list *cpus, uint64_t period_ms,
		 unsigned int index);

/* Hop if it is time. */
int hopper_tick(struct hopper *h, uint64_t now);

/* The CPU that handled what came last for @fd; -1 if none or unknown. */
int incoming_cpu(int fd);

/* Count a read of @fd, done at @now. */
void place_read(struct place *p, const struct hopper *h, struct place_stats *st, int fd,
		uint64_t now);

void place_merge(struct place_stats *to, const struct place_stats *from);
void place_print(const struct place_stats *st, uint64_t hops);
void place_json(FILE *f, const struct place_stats *st, uint64_t hops);

#endif
