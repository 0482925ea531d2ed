/* SPDX-License-Identifier: GPL-2.0-only */
/* internal.h - what the parts of steer.h's implementation share. */
#ifndef RFS_STEER_INTERNAL_H
#define RFS_STEER_INTERNAL_H

#include "host/cpuset.h"
#include "maps/pins.h"
#include "rfs/types.h"

/* A folder that is not there: for what is done without one. */
#define NO_FOLDER "."

/**
 * set_gate() - let an interface's program steer, drain or pass, of whichever version it is
 * @fd: its configuration map, whose value begins with the gate in all versions
 *
 * Return: 0 or a negative errno.
 */
int set_gate(int fd, enum rfs_gate gate);

/* What is given to rings that cannot be looked into: another version's, or not pinned any more. */
#define BLIND_DRAIN_MS 200

/** write_config() - write an interface's configuration; 0 or a negative errno */
int write_config(int fd, const struct rfs_config *config);

/** update_config() - the same, with a message if it fails */
int update_config(int fd, const struct rfs_config *config);

/**
 * drain() - let an interface's flows leave their rings in order
 * @dir:       its pin folder's name
 * @config_fd: of its configuration, whose gate is set to RFS_GATE_DRAIN
 * @config:    the same
 *
 * What is not possible within two seconds, or cannot be told, gets a warning.
 */
void drain(const char *dir, int config_fd, struct rfs_config *config);

/**
 * watch_attached() - for a moment after the gate was opened: do redirected packets arrive?
 * @dir:    its pin folder's name
 * @config: what is in force
 *
 * The XDP program goes on looking, and passes packets to a ring that swallows them.
 *
 * Return: 0, also if there was no packet to tell by; or a negative errno after an error message.
 */
int watch_attached(const char *dir, const struct rfs_config *config);

/**
 * publish_cpus() - fill the set that is not in use, then turn over
 * @config: what else is to be in force with it; receives what is
 * @cpus:   the set
 * @wanted: what was asked for
 *
 * Return: 0; or a negative errno after an error message, and then what was in force still is.
 */
int publish_cpus(int cpus_fd, int config_fd, struct rfs_config *config, const struct cpuset *cpus,
		 const struct cpuset *wanted);

/**
 * usable_cpus() - the CPUs that are online, of those that are wanted
 * @wanted: empty: all but isolated ones, which the kernel's RPS leaves alone too
 * @usable: receives them; where none is, all that are online, with a warning
 *
 * Return: 0, or a negative errno after an error message.
 */
int usable_cpus(const struct cpuset *wanted, struct cpuset *usable);

/**
 * add_cpumap_entries() - make the rings that are missing
 * @prog: rfs_cpumap, which runs for each frame that comes out
 *
 * Return: 0, or a negative errno after an error message.
 */
int add_cpumap_entries(int cpumap, int prog, const struct cpuset *cpus, unsigned int qsize);

/* rfs_error() or rfs_warn() */
typedef void say_fn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * sched_kthreads() - schedule all kthreads of an interface
 * @dir:   its pin folder's name
 * @sched: how
 * @say:   takes the message if that fails
 *
 * Return: 0, or a negative errno after a message; those before the one that failed are changed.
 */
int sched_kthreads(const char *dir, const struct rfs_sched *sched, say_fn *say);

#endif /* RFS_STEER_INTERNAL_H */
