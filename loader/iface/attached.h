/* SPDX-License-Identifier: GPL-2.0-only */
/* attached.h - an interface that is attached, opened to be changed. */
#ifndef RFS_ATTACHED_H
#define RFS_ATTACHED_H

#include "host/cpuset.h"
#include "rfs/types.h"

struct attached {
	const char *dir;
	struct rfs_config config;
	int config_fd;
	int cpus_fd;
	int cpumap;
	int cpumap_prog;
	__u32 cpumap_id;
	struct cpuset active;
	struct cpuset wanted;
};

/**
 * attached_open() - an interface's configuration
 * @dir: its pin folder's name; kept
 *
 * Return: 0, or a negative errno after an error message; then there is nothing to close.
 */
int attached_open(const char *dir, struct attached *a);
void attached_close(struct attached *a);

/**
 * attached_publish() - let a set of CPUs, and what else a->config has, be in force from now on
 * @cpus:   they have rings
 * @wanted: what was asked for
 *
 * Return: 0; or a negative errno after an error message, and then what was in force still is.
 */
int attached_publish(struct attached *a, const struct cpuset *cpus, const struct cpuset *wanted);

/**
 * attached_add_rings() - rings to these CPUs
 *
 * Those of CPUs that leave the set stay: slots may still lead there.
 *
 * Return: 0, or a negative errno after an error message.
 */
int attached_add_rings(const struct attached *a, const struct cpuset *cpus);

#endif /* RFS_ATTACHED_H */
