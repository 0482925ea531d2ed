// SPDX-License-Identifier: GPL-2.0-only
/* When a sender may send. */
#ifndef TRAFFIC_PACE_H
#define TRAFFIC_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "opts.h"

struct pacer {
	double gap_ns;		/* between two units; 0: no limit */
	enum pattern pattern;
	uint64_t start_ns;
	uint64_t due_ns;
	uint64_t pause_ns;	/* when the next pause begins */
	uint32_t rng;
};

/* For a sender with @share of the @o->flows. */
void pacer_init(struct pacer *p, const struct opts *o, uint64_t share, unsigned int index);

/* Wait until @units more may be sent; false: the run is over. */
bool pacer_wait(struct pacer *p, uint64_t units);

#endif
