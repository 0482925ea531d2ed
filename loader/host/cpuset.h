/* SPDX-License-Identifier: GPL-2.0-only */
/* cpuset.h - sets of CPUs: the kernel's list and mask notations, and which CPUs there are. */
#ifndef RFS_CPUSET_H
#define RFS_CPUSET_H

#include <stdbool.h>
#include <stddef.h>

#include "rfs/types.h"

struct cpuset {
	__u64 bits[RFS_MAX_CPUS / 64];
};

/**
 * cpuset_parse() - read a set of CPUs
 * @text: a list ("0-3,8"; a stride as in "0-14:2/4" is not taken) or the kernel's hex bitmap
 *	  ("f", "00000000,0000000f", "0xf")
 * @set:  receives the set
 *
 * A text of digits alone, such as "10", is a list: CPU ten. A bitmap of digits alone needs a comma
 * or 0x. "0,1" is a list too: a group of a bitmap after a comma has 8 digits.
 *
 * Return: 0; -EINVAL if it is neither, or empty; -ERANGE for a CPU from RFS_MAX_CPUS on.
 */
int cpuset_parse(const char *text, struct cpuset *set);

/**
 * cpuset_format() - write a set as a list
 * @set: the set
 * @buf: receives "0-3,8", or "" for the empty set; cut if @len is too small
 */
void cpuset_format(const struct cpuset *set, char *buf, size_t len);

/**
 * cpuset_read() - the set that a sysfs file holds as a list
 * @path: for example /sys/devices/system/cpu/online
 *
 * Return: 0 or a negative errno.
 */
int cpuset_read(const char *path, struct cpuset *set);

/** cpuset_online() - the CPUs that are online; 0 or a negative errno */
int cpuset_online(struct cpuset *set);

/** cpuset_possible() - the CPUs that may ever be there; 0 or a negative errno */
int cpuset_possible(struct cpuset *set);

/**
 * cpuset_isolated() - the CPUs that the kernel's RPS leaves alone
 * @set: receives those of isolcpus= and nohz_full=; empty where there are none
 *
 * Return: 0 or a negative errno.
 *
 * Source: rps_cpumask_housekeeping() in Linux net/core/net-sysfs.c. Isolated partitions of cpuset
 * are not among them, there as here.
 */
int cpuset_isolated(struct cpuset *set);

/**
 * cpuset_add_isolated() - add the CPUs that one of the kernel's files of isolated CPUs lists
 * @path: its lines are "3,5-7", "" or, without nohz_full=, "(null)"; no such file: none
 *
 * Return: 0 or a negative errno.
 */
int cpuset_add_isolated(const char *path, struct cpuset *set);

bool cpuset_has(const struct cpuset *set, unsigned int cpu);
void cpuset_add(struct cpuset *set, unsigned int cpu);
void cpuset_remove(struct cpuset *set, unsigned int cpu);
int cpuset_count(const struct cpuset *set);

/** cpuset_minus() - the CPUs of @a that are not in @b */
struct cpuset cpuset_minus(const struct cpuset *a, const struct cpuset *b);

/** cpuset_and() - the CPUs that are in both */
struct cpuset cpuset_and(const struct cpuset *a, const struct cpuset *b);

/**
 * cpuset_usable() - where packets can go
 * @wanted:   what was asked for; empty: all CPUs but those that are isolated
 * @online:   not empty
 * @isolated: counts where nothing was asked for
 *
 * Return: those of the CPUs wanted that are online; all that are online if there are none.
 */
struct cpuset cpuset_usable(const struct cpuset *wanted, const struct cpuset *online,
			    const struct cpuset *isolated);

#define cpuset_for_each(cpu, set)                                                                  \
	for (unsigned int cpu = 0; cpu < RFS_MAX_CPUS; cpu++)                                      \
		if (cpuset_has(set, cpu))

#endif /* RFS_CPUSET_H */
