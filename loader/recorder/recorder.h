/* SPDX-License-Identifier: GPL-2.0-only */
/* recorder.h - the global part: loaded with the first interface, removed with the last. */
#ifndef RFS_RECORDER_H
#define RFS_RECORDER_H

#include "rfs/types.h"

struct recorder {
	int global; /* file descriptors of the pinned maps */
	int sock_flow;
	int sock_ents;
	int locality;
	int rings;
	int threads;
	int napi;
	struct rfs_global settings;
};

struct recorder_opts {
	unsigned int sock_flow_entries; /* a power of two; 0: the default */
	unsigned int hook;		/* enum rfs_hook; 0: fentry where the kernel allows it */
};

#define SOCK_FLOW_ENTRIES_DEFAULT 65536
#define SOCK_FLOW_ENTRIES_MAX	  (1U << 24)

/** recorder_hook_name() - "fentry" or "tracepoint" */
const char *recorder_hook_name(unsigned int hook);

/** recorder_nr_cpus() - one more than the highest possible CPU number */
unsigned int recorder_nr_cpus(void);

/**
 * recorder_open() - open the recorder that is pinned
 * @r: receives it; close with recorder_close()
 *
 * Return: 0; -ENOENT if there is none, -EAGAIN for one whose start was cut short, -EPROTO for one
 * of another rfs version, all without a message; else a negative errno after an error message.
 */
int recorder_open(struct recorder *r);

/**
 * recorder_start() - load, run and pin the recorder
 * @opts: sizes and hook
 * @pin:  false: for this process only
 * @r:    receives it
 *
 * Return: 0, or a negative errno after an error message; then nothing is left behind.
 */
int recorder_start(const struct recorder_opts *opts, bool pin, struct recorder *r);

void recorder_close(struct recorder *r);

#define RECORDER_PROGRAMS_MAX 32

/**
 * recorder_stopped() - programs of the pinned recorder that should run and do not
 * @hook:  its settings.hook
 * @names: receives the programs' names, which stay
 *
 * Return: how many; or a negative errno if that cannot be told.
 */
int recorder_stopped(unsigned int hook, const char *names[RECORDER_PROGRAMS_MAX]);

/**
 * recorder_remove() - unload the pinned recorder, or what is left of one
 *
 * Return: 0, or a negative errno.
 */
int recorder_remove(void);

#endif /* RFS_RECORDER_H */
