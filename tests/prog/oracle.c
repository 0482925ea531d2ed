// SPDX-License-Identifier: GPL-2.0-only
/*
 * oracle.c - written from the RFCs, by offsets into bytes, to share no mistake with parse.h.
 *
 * Where a packet has two faults, the one that a reader from left to right meets first counts.
 */
#include <string.h>

#include "oracle.h"

#define TCP	6
#define UDP	17
#define DCCP	33
#define SCTP	132
#define UDPLITE 136

static __u32 be16(const __u8 *at)
{
	return at[0] << 8 | at[1];
}

static enum rfs_stat ports(const struct packet *p, __u32 at, __u8 proto, struct flow *flow)
{
	switch (proto) {
	case TCP:
	case UDP:
	case DCCP:
	case SCTP:
	case UDPLITE:
		if (p->len < at + 4)
			return RFS_STAT_PASS_TRUNCATED;
		flow->proto = proto;
		memcpy(&flow->sport, p->data + at, 2);
		memcpy(&flow->dport, p->data + at + 2, 2);
		if (proto == UDP && be16(p->data + at + 2) - 319 < 2)
			return RFS_STAT_PASS_PTP;
	}
	return RFS_STAT_HASH_STEERED;
}

static enum rfs_stat ip4(const struct packet *p, __u32 at, struct flow *flow)
{
	const __u8 *ip = p->data + at;
	__u32 len;

	if (p->len < at + 20)
		return RFS_STAT_PASS_TRUNCATED;
	len = (ip[0] & 15) * 4;
	if (ip[0] >> 4 != 4 || len < 20)
		return RFS_STAT_PASS_MALFORMED;
	if (p->len < at + len)
		return RFS_STAT_PASS_TRUNCATED;
	memcpy(flow->src, ip + 12, 4);
	memcpy(flow->dst, ip + 16, 4);
	/* More fragments, or an offset. */
	if (be16(ip + 6) & 0x3fff)
		return RFS_STAT_HASH_STEERED;
	return ports(p, at + len, ip[9], flow);
}

static enum rfs_stat ip6(const struct packet *p, __u32 at, struct flow *flow)
{
	const __u8 *ip = p->data + at;
	__u8 next;

	if (p->len < at + 40)
		return RFS_STAT_PASS_TRUNCATED;
	if (ip[0] >> 4 != 6)
		return RFS_STAT_PASS_MALFORMED;
	flow->v6 = true;
	memcpy(flow->src, ip + 8, 16);
	memcpy(flow->dst, ip + 24, 16);
	next = ip[6];
	at += 40;
	for (int depth = 0;; depth++) {
		const __u8 *ext = p->data + at;
		__u8 type = next;
		__u32 len;

		/* Hop-by-hop, routing, fragment, AH, destination options. */
		if (type != 0 && type != 43 && type != 44 && type != 51 && type != 60)
			return ports(p, at, type, flow);
		/*
		 * A seventh header, itself looked into: it may be cut off, or a fragment's,
		 * behind which nothing is looked for.
		 */
		if (p->len < at + 8)
			return RFS_STAT_PASS_TRUNCATED;
		next = ext[0];
		switch (type) {
		case 44:
			if (be16(ext + 2) & 0xfff9)
				return RFS_STAT_HASH_STEERED;
			len = 8;
			break;
		case 51:
			/* The sequence number is part of every AH: 12 bytes at least. */
			if (ext[1] < 1)
				return RFS_STAT_PASS_MALFORMED;
			len = (ext[1] + 2) * 4;
			break;
		default:
			len = (ext[1] + 1) * 8;
		}
		at += len;
		if (p->len < at)
			return RFS_STAT_PASS_TRUNCATED;
		if (depth == 6)
			return RFS_STAT_PASS_TOO_DEEP;
	}
}

enum rfs_stat oracle(const struct packet *p, struct flow *flow)
{
	__u32 at = 12, tags = 0, type;

	memset(flow, 0, sizeof(*flow));
	for (;;) {
		type = be16(p->data + at);
		at += 2;
		if (type != 0x8100 && type != 0x88a8)
			break;
		if (++tags > 2)
			return RFS_STAT_PASS_TOO_DEEP;
		if (p->len < at + 4)
			return RFS_STAT_PASS_TRUNCATED;
		at += 2;
	}
	if (type == 0x8864) {
		if (p->len < at + 8)
			return RFS_STAT_PASS_TRUNCATED;
		if (p->data[at] != 0x11)
			return RFS_STAT_PASS_MALFORMED;
		switch (be16(p->data + at + 6)) {
		case 0x0021:
			return ip4(p, at + 8, flow);
		case 0x0057:
			return ip6(p, at + 8, flow);
		}
		return RFS_STAT_PASS_NOT_IP;
	}
	if (type == 0x0800)
		return ip4(p, at, flow);
	if (type == 0x86dd)
		return ip6(p, at, flow);
	return RFS_STAT_PASS_NOT_IP;
}
