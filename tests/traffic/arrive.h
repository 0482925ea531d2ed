// SPDX-License-Identifier: GPL-2.0-only
/* Has all that was sent over a veth arrived at its other end? */
#ifndef TRAFFIC_ARRIVE_H
#define TRAFFIC_ARRIVE_H

#include <stdbool.h>
#include <stdint.h>

struct arrival {
	char dev[16];		/* this end */
	char peer[16];		/* the other one */
	char path[32];		/* /proc/PID/net/dev, of a process in the other one's namespace */
	uint64_t seen;		/* packets that had arrived, or were dropped, when all had */
	uint64_t sent;		/* that had been sent then */
};

/* DEV:PEER@PID; 0 or a negative errno after a message. */
int arrival_open(struct arrival *a, const char *link);

/* Of @sent packets, none is under way any more. */
bool arrival_all(struct arrival *a, uint64_t sent);

#endif
