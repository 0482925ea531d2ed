/* SPDX-License-Identifier: GPL-2.0-only */
/* sysfs.h - an interface's folder in sysfs, in whichever network namespace we are. */
#ifndef RFS_SYSFS_H
#define RFS_SYSFS_H

#include <linux/types.h>

/**
 * netif_sysfs() - open the directory /sys/class/net/NAME of the current network namespace
 * @ifindex: the interface, whatever its name is now
 *
 * The process's /sys shows the namespace in which it was mounted, which nsenter(1) does not change;
 * so this opens a sysfs of its own that is not mounted anywhere.
 *
 * Return: a file descriptor or a negative errno.
 */
int netif_sysfs(unsigned int ifindex);

/**
 * netif_sysfs_ino() - the inode number of that folder
 *
 * kernfs gives each folder a number of its own until the next boot, and the folder stays the
 * interface's through changes of its name and namespace. So it tells an interface from a later one
 * that has its index.
 *
 * Return: the number, or 0 where sysfs does not tell.
 */
__u64 netif_sysfs_ino(unsigned int ifindex);

/** netif_count_rx_dirs() - RX queues as sysfs has them; 0 where it does not tell */
unsigned int netif_count_rx_dirs(unsigned int ifindex);

#endif /* RFS_SYSFS_H */
