/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hash.h - the flow hash, the same in the XDP program (from a packet), in the recorder (from a
 * socket) and in the tests.
 *
 * The two ends of a flow are put in a canonical order first, so both directions hash alike. The
 * tuple's 32-bit words then go through NH, UMAC's universal hash (RFC 4418, section 5.2.2): pairs
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

static inline __attribute__((always_inline)) __u32 flow_hash_finish(__u64 sum)
{
	sum ^= sum >> 32;
	sum *= FLOW_HASH_SPREAD;
	sum ^= sum >> 29;
	sum *= FLOW_HASH_SPREAD;
	return sum >> 32;
}

/**
 * flow_hash_v4() - hash of an IPv4 flow
 * @key:   RFS_HASH_WORDS secret words, of which the first four are used
 * @a:     one end's address as it stands in the packet
 * @b:     the other end's
 * @aport: that end's port as it stands in the packet; 0 for a 2-tuple
 * @bport: the other end's
 * @proto: IPPROTO_*; 0 for a 2-tuple
 *
 * Return: the hash; the same when the ends are swapped.
 */
static inline __attribute__((always_inline)) __u32
flow_hash_v4(const volatile __u32 *key, __be32 a, __be32 b, __be16 aport, __be16 bport, __u8 proto)
{
	__u64 enda = (__u64)a << 16 | aport;
	__u64 endb = (__u64)b << 16 | bport;
	__u64 lo = enda, hi = endb;

	if (enda > endb) {
		lo = endb;
		hi = enda;
	}
	return flow_hash_finish(nh_pair(lo >> 16, key[0], hi >> 16, key[1]) +
				nh_pair((__u32)lo << 16 | (hi & 0xffff), key[2], proto, key[3]));
}

/**
 * flow_hash_v6() - hash of an IPv6 flow
 * @key:   RFS_HASH_WORDS secret words
 * @a:     one end's address, four words as they stand in the packet
 * @b:     the other end's
 * @aport: that end's port as it stands in the packet; 0 for a 2-tuple
 * @bport: the other end's
 * @proto: IPPROTO_*; 0 for a 2-tuple
 *
 * Return: the hash; the same when the ends are swapped. It differs from flow_hash_v4() also where
 * the addresses are IPv4-mapped: such a socket's packets are IPv4 and its key is the IPv4 one.
 */
static inline __attribute__((always_inline)) __u32
flow_hash_v6(const volatile __u32 *key, const __be32 a[4], const __be32 b[4], __be16 aport,
	     __be16 bport, __u8 proto)
{
	/* The order among words is arbitrary but total, which is all that symmetry needs. */
	__u64 a0 = (__u64)a[0] << 32 | a[1], a1 = (__u64)a[2] << 32 | a[3];
	__u64 b0 = (__u64)b[0] << 32 | b[1], b1 = (__u64)b[2] << 32 | b[3];

	if (a0 > b0 || (a0 == b0 && (a1 > b1 || (a1 == b1 && aport > bport)))) {
		__u64 t0 = a0, t1 = a1;
		__be16 tport = aport;

		a0 = b0;
		a1 = b1;
		aport = bport;
		b0 = t0;
		b1 = t1;
		bport = tport;
	}
	return flow_hash_finish(nh_pair(a0 >> 32, key[0], a0, key[1]) +
				nh_pair(a1 >> 32, key[2], a1, key[3]) +
				nh_pair(b0 >> 32, key[4], b0, key[5]) +
				nh_pair(b1 >> 32, key[6], b1, key[7]) +
				nh_pair((__u32)aport << 16 | bport, key[8], proto, key[9]));
}

#endif /* RFS_HASH_H */
