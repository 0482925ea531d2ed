/* SPDX-License-Identifier: GPL-2.0-only */
/* netns.h - network namespaces, each known by its cookie. */
#ifndef RFS_NETNS_H
#define RFS_NETNS_H

#include <stdbool.h>

#include "rfs/types.h"

struct netns {
	__u64 cookie; /* never used twice while the host is up */
	__u64 ino;
	bool initial; /* PID 1's */
};

/** netns_current() - the network namespace of this process; 0 or a negative errno */
int netns_current(struct netns *ns);

/**
 * netns_enter() - move this process into a network namespace
 * @ino: the namespace's inode number
 *
 * Searched among the processes' namespaces and the mounts in /run/netns.
 *
 * Return: 0; -ENOENT if there is no such namespace any more, or nothing that names it; or the
 * error of setns(2).
 */
int netns_enter(__u64 ino);

/**
 * netns_exists() - is there still such a namespace?
 * @ino:    inode number
 * @cookie: cookie, as another may have got the same inode since
 *
 * True also for what cannot be told, such as a namespace that no process and no mount names.
 */
bool netns_exists(__u64 ino, __u64 cookie);

#endif /* RFS_NETNS_H */
