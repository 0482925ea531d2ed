// SPDX-License-Identifier: GPL-2.0-only
/* The counters of this network namespace in which reordered TCP shows. */
#ifndef TRAFFIC_NETSTAT_H
#define TRAFFIC_NETSTAT_H

#include <stdint.h>
#include <stdio.h>

#define NETSTAT_N	6

struct netstat {
	uint64_t value[NETSTAT_N];
};

enum { NETSTAT_OFO_QUEUE = 0 };	/* place of TCPOFOQueue */

/* Read all; 0 or a negative errno with a message on stderr. */
int netstat_read(struct netstat *n);

/* How much each grew from @a to @b. */
struct netstat netstat_growth(const struct netstat *a, const struct netstat *b);

void netstat_print(const struct netstat *growth);
void netstat_json(FILE *f, const struct netstat *growth);

#endif
