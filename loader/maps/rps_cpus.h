/* SPDX-License-Identifier: GPL-2.0-only */
/* rps_cpus.h - the map of the CPUs that packets may go to, as sets. */
#ifndef RFS_RPS_CPUS_H
#define RFS_RPS_CPUS_H

#include "host/cpuset.h"

/**
 * rps_cpus_read() - read an entry
 * @fd:      the map
 * @entry:   config.active
 * @allowed: receives the CPUs that packets go to; left as it is on an error
 * @wanted:  and those that were asked for
 *
 * Return: 0 or a negative errno.
 */
int rps_cpus_read(int fd, __u32 entry, struct cpuset *allowed, struct cpuset *wanted);

/** rps_cpus_write() - fill an entry; 0, or a negative errno after an error message */
int rps_cpus_write(int fd, __u32 entry, const struct cpuset *allowed, const struct cpuset *wanted);

#endif /* RFS_RPS_CPUS_H */
