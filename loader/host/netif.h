/* SPDX-License-Identifier: GPL-2.0-only */
/* netif.h - facts about a network interface and its namespace. */
#ifndef RFS_NETIF_H
#define RFS_NETIF_H

#include <net/if.h>
#include <stdbool.h>

#include "rfs/types.h"

struct netif {
	char name[IF_NAMESIZE];
	unsigned int ifindex;
	char driver[32];
	unsigned int mtu;
	unsigned int rx_queues;	    /* that are in use; 1 where the driver cannot say */
	unsigned int num_rx_queues; /* that the device was made with; 0: not known */
	bool lro;
	bool gro_hw_fixed; /* hardware GRO is on and cannot be turned off */
};

/**
 * netif_read() - facts about an interface of the current namespace
 * @name: its name
 *
 * Return: 0; -ENODEV if there is none; or another negative errno.
 */
int netif_read(const char *name, struct netif *nif);

#endif /* RFS_NETIF_H */
