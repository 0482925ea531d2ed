/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmdline.h - command lines of rfsctl, each run in a process of its own against stubs of all that
 * would touch the kernel. The stubs write what they were asked for into a trace.
 */
#ifndef RFS_UNIT_CMDLINE_H
#define RFS_UNIT_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "loader/host/netif.h"

/*
 * What the stubs find. All zero: CPUs 0-7 possible and 0-3 online; interfaces lo and eth0, the
 * latter not attached and with one queue; no recorder.
 */
struct world {
	int pins_ready; /* errors that functions return; negative errno */
	int pins_lock;
	int netns;
	int netif;
	int attach;
	int detach;
	int recorder_start;
	int locality;
	int collect;
	int recorder;	   /* 1: is running; else recorder_open()'s error, 0 for -ENOENT */
	bool attached;	   /* eth0 and eth1 have pin folders */
	bool stale;	   /* without the program */
	int room;	   /* steer_make_room()'s error */
	const char *isolated; /* CPUs */
	struct netif nif;  /* eth0's facts: what is zero is an Ethernet NIC's with a queue */
	int neighbours;	   /* other XDP programs in the dispatcher; 0: there is no dispatcher */
};

struct row {
	const char *line; /* split at spaces; '' is an empty argument */
	int status;
	const char *err;   /* part of what is on stderr; NULL: nothing is */
	const char *out;   /* of stdout */
	const char *calls; /* of the trace */
	const char *never; /* not in the trace, if not NULL */
	bool json_err;	   /* stderr is {"error": ...} and err is part of that string */
	struct world world;
};

/* Both end with a NULL line. */
extern const struct row usage_rows[];
extern const struct row run_rows[];

extern const struct world *world;

#define TRACE_SIZE 4096

extern char *trace_text;

void trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** rfsctl_main() - rfsctl's main(), renamed when it is compiled for this test */
int rfsctl_main(int argc, char **argv);

#endif /* RFS_UNIT_CMDLINE_H */
