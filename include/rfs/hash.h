/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hash.h - the flow hash, the same in the XDP program (from a packet), in the recorder (from a
 * socket) and in the tests.
 *
 * The two ends of a flow are put in a canonical order first, so both directions hash alike: that is
 * the flow's hash. Its key in rps_sock_flow also tells which of the ends is the receiving one, for
 * each end has a reader of its own, and both may be on this host (containers). The tuple's 32-bit
 * words go through NH, UMAC's universal hash (RFC 4418, section 5.2.2): pairs
 * of words, each with a secret 32-bit key word added, are multiplied to 64 bits and summed. Whoever
 * does not know the key finds two tuples that collide with a probability of 2^-32, and it takes one
 * multiplication for eight bytes. NH leaves its low bits weak, so a multiplication by an odd
 * constant spreads the sum and the upper half is taken.
 */
#ifndef RFS_HASH_H
#define RFS_HASH_H

#include <linux/types.h>
#include "rfs/types.h"

#define FLOW_HASH_SPREAD 0x9e3779b97f4a7c15ULL /* 2^64 / golden ratio, odd */

static inline __attribute__((always_inline)) __u64 nh_pair(__u32 a, __u32 ka, __u32 b, __u32 kb)
{
	return (__u64)(__u32)(a + ka) * (__u32)(b + kb);
}

struct flow_hash {
	__u32 hash; /* of the flow, both directions: names slot and RPS CPU */
	__u32 key;  /* of one direction: names the reader in rps_sock_flow */
};

static inline __attribute__((always_inline)) struct flow_hash flow_hash_finish(__u64 sum,
									       _Bool swapped)
{
	struct flow_hash h;

	sum ^= sum >> 32;
	sum *= FLOW_HASH_SPREAD;
	sum ^= sum >> 29;
	sum *= FLOW_HASH_SPREAD;
	h.hash = sum >> 32;
	h.key = swapped ? ~h.hash : h.hash;
	return h;
}

/**
 * flow_hash_v4() - hash of an IPv4 flow
 * @key:   RFS_HASH_WORDS secret words, of which the first four are used
 * @src:   the sending (remote) end's address as it stands in the packet
 * @dst:   the receiving (local) end's
 * @sport: the sending end's port as it stands in the packet; 0 for a 2-tuple
 * @dport: the receiving end's
 * @proto: IPPROTO_*; 0 for a 2-tuple
 *
 * Return: the flow's hash and key; with the ends swapped the hash is the same and the key another.
 */
static inline __attribute__((always_inline)) struct flow_hash
flow_hash_v4(const volatile __u32 *key, __be32 src, __be32 dst, __be16 sport, __be16 dport,
	     __u8 proto)
{
	__u64 from = (__u64)src << 16 | sport;
	__u64 to = (__u64)dst << 16 | dport;
	_Bool swap = from > to;
	__u64 lo = swap ? to : from, hi = swap ? from : to;

	return flow_hash_finish(
		nh_pair(lo >> 16, key[0], hi >> 16, key[1]) +
			nh_pair((__u32)lo << 16 | (hi & 0xffff), key[2], proto, key[3]),
		swap);
}

/**
 * flow_hash_v6() - hash of an IPv6 flow
 * @key:   RFS_HASH_WORDS secret words
 * @src:   the sending (remote) end's address, four words as they stand in the packet
 * @dst:   the receiving (local) end's
 * @sport: the sending end's port as it stands in the packet; 0 for a 2-tuple
 * @dport: the receiving end's
 * @proto: IPPROTO_*; 0 for a 2-tuple
 *
 * Return: the flow's hash and key; with the ends swapped the hash is the same and the key another.
 * They differ from flow_hash_v4() also where the addresses are IPv4-mapped: such a socket's packets
 * are IPv4, and so is its key.
 */
static inline __attribute__((always_inline)) struct flow_hash
flow_hash_v6(const volatile __u32 *key, const __be32 src[4], const __be32 dst[4], __be16 sport,
	     __be16 dport, __u8 proto)
{
	/* The order among words is arbitrary but total, which is all that symmetry needs. */
	__u64 a0 = (__u64)src[0] << 32 | src[1], a1 = (__u64)src[2] << 32 | src[3];
	__u64 b0 = (__u64)dst[0] << 32 | dst[1], b1 = (__u64)dst[2] << 32 | dst[3];
	_Bool swap = a0 > b0 || (a0 == b0 && (a1 > b1 || (a1 == b1 && sport > dport)));

	if (swap) {
		__u64 t0 = a0, t1 = a1;
		__be16 tport = sport;

		a0 = b0;
		a1 = b1;
		sport = dport;
		b0 = t0;
		b1 = t1;
		dport = tport;
	}
	return flow_hash_finish(nh_pair(a0 >> 32, key[0], a0, key[1]) +
					nh_pair(a1 >> 32, key[2], a1, key[3]) +
					nh_pair(b0 >> 32, key[4], b0, key[5]) +
					nh_pair(b1 >> 32, key[6], b1, key[7]) +
					nh_pair((__u32)sport << 16 | dport, key[8], proto, key[9]),
				swap);
}

#endif /* RFS_HASH_H */
