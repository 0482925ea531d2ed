/* SPDX-License-Identifier: GPL-2.0-only */
/* xdp_features.h - what a driver's native XDP can do, as the kernel tells it. */
#ifndef RFS_XDP_FEATURES_H
#define RFS_XDP_FEATURES_H

#include "rfs/types.h"

#define NETIF_XDP_REDIRECT 0x2 /* NETDEV_XDP_ACT_REDIRECT of the kernel's linux/netdev.h */

/**
 * netif_xdp_features() - what an interface's driver can do in native mode, as it is set up now
 * @ifindex:  interface of the current network namespace
 * @features: receives NETIF_XDP_REDIRECT and others; 0: there is no native mode
 *
 * Return: 0; -ENOENT where the kernel does not tell (Linux before 6.3); or another negative errno.
 *
 * Source: Documentation/netlink/specs/netdev.yaml in Linux 6.3.
 */
int netif_xdp_features(unsigned int ifindex, __u64 *features);

#endif /* RFS_XDP_FEATURES_H */
