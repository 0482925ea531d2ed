/* SPDX-License-Identifier: GPL-2.0-only */
/* netif.h - facts about a network interface of the namespace that we are in. */
#ifndef RFS_NETIF_H
#define RFS_NETIF_H

#include <net/if.h>
#include <stdbool.h>

#include "rfs/types.h"

#define NETIF_KIND_LEN	    32
#define NETIF_MEMBERS_NAMED 8

struct netif {
	char name[IF_NAMESIZE]; /* its own, whatever it was asked for by */
	unsigned int ifindex;
	unsigned int type;	   /* ARPHRD_* of net/if_arp.h */
	char kind[NETIF_KIND_LEN]; /* as "ip -d link" shows it: "bond", "vlan", ...; "" for hardware
				    */
	char driver[32];
	unsigned int mtu;
	unsigned int rx_queues;	    /* that are in use; 1 where the driver cannot say */
	unsigned int num_rx_queues; /* that there is room for; does not change; >= rx_queues */
	char lower[IF_NAMESIZE]; /* the interface that it is made on, or its peer; "" for none here
				  */
	bool lower_elsewhere;	 /* that is in another network namespace */
	char members[NETIF_MEMBERS_NAMED][IF_NAMESIZE]; /* whose master it is; the first of them */
	unsigned int n_members;
	bool xdp_features_known;
	__u64 xdp_features; /* of netif_xdp_features() */
	bool lro;
	bool gro_hw_fixed; /* hardware GRO is on and cannot be turned off */
};

/**
 * netif_find() - the index of an interface of the current namespace
 * @name: its name or one of its altnames
 * @real: IF_NAMESIZE bytes, receives its name; or NULL
 *
 * Return: the index; -ENODEV if there is no such interface; or another negative errno.
 */
int netif_find(const char *name, char *real);

/**
 * netif_read() - facts about an interface of the current namespace
 * @name: its name or one of its altnames
 *
 * Return: 0; -ENODEV if there is none; or another negative errno.
 */
int netif_read(const char *name, struct netif *nif);

#endif /* RFS_NETIF_H */
