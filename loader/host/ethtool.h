/* SPDX-License-Identifier: GPL-2.0-only */
/* ethtool.h - an interface's driver and features, in whichever network namespace we are. */
#ifndef RFS_ETHTOOL_H
#define RFS_ETHTOOL_H

#include <stdbool.h>

#include "rfs/types.h"

struct ethtool_feature {
	bool active;
	bool fixed;   /* as ethtool -k says it: neither the driver nor the kernel lets it change */
	__u32 blocks; /* of features that the kernel has */
};

/**
 * ethtool_call() - one SIOCETHTOOL request
 * @fd:   any socket of the interface's network namespace
 * @name: interface
 * @cmd:  the request, as linux/ethtool.h has it; receives the answer
 *
 * Return: 0 or a negative errno.
 */
int ethtool_call(int fd, const char *name, void *cmd);

/**
 * ethtool_feature() - a device feature
 * @fd:      as ethtool_call()
 * @feature: the kernel's name of it, as "rx-vlan-hw-parse"
 * @f:       receives it
 *
 * Return: 0; -ENOENT if the kernel has no such feature; or another negative errno.
 */
int ethtool_feature(int fd, const char *name, const char *feature, struct ethtool_feature *f);

/**
 * netif_feature() - is a device feature on?
 * @feature: the kernel's name of it, as "rx-vlan-hw-parse"
 *
 * Return: 1 or 0; -ENOENT if the kernel has no such feature; or another negative errno.
 */
int netif_feature(unsigned int ifindex, const char *feature);

/**
 * netif_set_feature() - turn a device feature on or off
 *
 * Return: 0; -EOPNOTSUPP if it is fixed; or another negative errno.
 */
int netif_set_feature(unsigned int ifindex, const char *feature, bool on);

#endif /* RFS_ETHTOOL_H */
