// SPDX-License-Identifier: GPL-2.0-only
/* The judge of one flow's sequence: what was lost, doubled or overtaken. */
#ifndef TRAFFIC_JUDGE_H
#define TRAFFIC_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

/* How far back a late number is still told from a duplicate. */
#define JUDGE_WINDOW	65536U

struct judge {
	uint64_t run;		/* the sender's run; grows when a sender starts again */
	uint64_t next;		/* highest number seen + 1 */
	uint64_t distinct;	/* different numbers of this run */
	uint64_t lost_before;	/* lost in earlier runs */
	uint64_t received;
	uint64_t duplicates;
	uint64_t overtaken;
	uint64_t depth;		/* the furthest that one came behind the highest */
	uint64_t seen[JUDGE_WINDOW / 64];
};

/* Take the next arrival; true if a later one had come before it. */
bool judge_take(struct judge *j, uint64_t run, uint64_t seq);

/* Gaps that are not filled (yet). */
uint64_t judge_lost(const struct judge *j);

#endif
