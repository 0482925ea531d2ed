/* SPDX-License-Identifier: GPL-2.0-only */
/* ifname.h - what an interface is called at this moment. */
#ifndef RFS_IFNAME_H
#define RFS_IFNAME_H

#include <net/if.h>

/**
 * ifname_now() - an interface's name, for what goes by names
 * @ifindex: of the current network namespace
 * @name:    receives it; another interface may have it a moment later
 *
 * Return: 0; -ENODEV if there is no such interface; or another negative errno.
 */
int ifname_now(unsigned int ifindex, char name[IF_NAMESIZE]);

#endif /* RFS_IFNAME_H */
