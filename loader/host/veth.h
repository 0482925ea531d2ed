/* SPDX-License-Identifier: GPL-2.0-only */
/* veth.h - does the other end of a veth leave checksums to be computed? */
#ifndef RFS_VETH_H
#define RFS_VETH_H

#include <net/if.h>

#include "host/netns.h"

struct veth_peer {
	char name[IF_NAMESIZE];
	struct netns ns; /* where it is */
	int tx;		 /* its checksum offload is on: 1, 0, or -errno */
};

/**
 * veth_peer() - find the other end of a veth, in whichever network namespace it is
 * @ifindex: in the current network namespace
 *
 * Its offload being on means that what it sends has a checksum that nobody has computed. The skb
 * says so; an XDP frame cannot.
 *
 * Return: 0; -ENODEV if it is no veth, or its peer is nowhere that we can see; or another negative
 * errno.
 */
int veth_peer(unsigned int ifindex, struct veth_peer *peer);

#endif /* RFS_VETH_H */
