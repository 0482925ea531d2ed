/* SPDX-License-Identifier: GPL-2.0-only */
/* netif.h - facts about a network interface and its namespace. */
#ifndef RFS_NETIF_H
#define RFS_NETIF_H

#include <net/if.h>
#include <stdbool.h>

#include "rfs/types.h"

struct netns {
	__u64 cookie; /* never used twice while the host is up */
	__u64 ino;
	bool initial; /* PID 1's */
};

struct netif {
	char name[IF_NAMESIZE];
	unsigned int ifindex;
	char driver[32];
	unsigned int mtu;
	unsigned int rx_queues; /* that are in use; 1 where the driver cannot say */
	bool lro;
	bool gro_hw_fixed; /* hardware GRO is on and cannot be turned off */
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

/**
 * netif_read() - facts about an interface of the current namespace
 * @name: its name
 *
 * Return: 0; -ENODEV if there is none; or another negative errno.
 */
int netif_read(const char *name, struct netif *nif);

/**
 * netif_feature() - is a device feature on?
 * @feature: the kernel's name of it, as "rx-vlan-hw-parse"
 *
 * Return: 1 or 0; -ENOENT if the kernel has no such feature; or another negative errno.
 */
int netif_feature(const char *name, const char *feature);

/**
 * netif_set_feature() - turn a device feature on or off
 *
 * Return: 0; -EOPNOTSUPP if it is fixed; or another negative errno.
 */
int netif_set_feature(const char *name, const char *feature, bool on);

/**
 * netif_sysfs() - open the directory /sys/class/net/NAME of the current network namespace
 *
 * The process's /sys shows the namespace in which it was mounted, which nsenter(1) does not change;
 * so this opens a sysfs of its own that is not mounted anywhere.
 *
 * Return: a file descriptor or a negative errno.
 */
int netif_sysfs(const char *name);

#endif /* RFS_NETIF_H */
