/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tag.h - what a frame carries through a CPU's ring: the RX queue that it came by.
 *
 * It stands in the place of the frame's EtherType. Of these only five are steered, so three bits
 * bring back which one it was, and thirteen are left for the queue. The program on the CPUMAP's
 * entries puts the EtherType back before there is an skb. Nobody else sees a frame meanwhile, but
 * for a program that libxdp runs behind ours although it redirects.
 *
 * XDP metadata would be the common way, and cannot be had everywhere: some drivers have no room for
 * it, and a program that moves the packet's bounds is not loaded by Linux 6.13 and later in place
 * of one that does not, as those of libxdp's dispatcher (xdp-tools' pull request
 * 509 mends that). Writing to a packet that stays where it is needs no helper and no room.
 */
#ifndef RFS_TAG_H
#define RFS_TAG_H

#include <linux/if_ether.h>
#include "rfs/rules.h"

#define RFS_TAG_TYPE_BITS 3
#define RFS_TAG_NONE	  0xffff /* no frame has this one */
#define RFS_TAG_QUEUES	  (RFS_TAG_NONE >> RFS_TAG_TYPE_BITS)

/**
 * rfs_tag() - a frame's tag
 * @queue:    the RX queue
 * @eth_type: in host order
 *
 * Return: the tag; RFS_TAG_NONE if such a frame, or queue, has none, and so is not to be steered.
 */
RFS_INLINE __u16 rfs_tag(__u32 queue, __u16 eth_type)
{
	__u16 type;

	if (queue >= RFS_TAG_QUEUES)
		return RFS_TAG_NONE;
	switch (eth_type) {
	case ETH_P_IP:
		type = 0;
		break;
	case ETH_P_IPV6:
		type = 1;
		break;
	case ETH_P_8021Q:
		type = 2;
		break;
	case ETH_P_8021AD:
		type = 3;
		break;
	case ETH_P_PPP_SES:
		type = 4;
		break;
	default:
		return RFS_TAG_NONE;
	}
	return queue << RFS_TAG_TYPE_BITS | type;
}

/** rfs_tag_queue() - the RX queue of a frame that has this tag */
RFS_INLINE __u32 rfs_tag_queue(__u16 tag)
{
	return tag >> RFS_TAG_TYPE_BITS;
}

/** rfs_tag_eth_type() - and its EtherType, in host order; 0: there is no such tag */
RFS_INLINE __u16 rfs_tag_eth_type(__u16 tag)
{
	switch (tag & ((1 << RFS_TAG_TYPE_BITS) - 1)) {
	case 0:
		return ETH_P_IP;
	case 1:
		return ETH_P_IPV6;
	case 2:
		return ETH_P_8021Q;
	case 3:
		return ETH_P_8021AD;
	case 4:
		return ETH_P_PPP_SES;
	default:
		return 0;
	}
}

#endif /* RFS_TAG_H */
