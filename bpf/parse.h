/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse.h - from a packet to its flow hash.
 *
 * A cursor walks over Ethernet, VLAN tags, PPPoE, IPv4 or IPv6 with its extension headers, and
 * stops at the ports. Each bound is checked before it is passed; what cannot be followed is named
 * by the RFS_STAT_PASS_* under which the packet is then counted and passed.
 */
#ifndef RFS_PARSE_H
#define RFS_PARSE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "rfs/hash.h"

#define VLAN_MAX_DEPTH 2 /* 802.1Q in 802.1ad */
#define IPV6_EXT_MAX   6
#define IP_MF	       0x2000
#define IP_OFFSET      0x1fff
#define IP6_OFFSET_MF  0xfff9 /* fragment offset and the more-fragments bit */

struct cursor {
	void *pos;
	void *end;
};

struct vlan_hdr {
	__be16 tci;
	__be16 proto;
};

struct pppoe_hdr {
	__u8 ver_type;
	__u8 code;
	__be16 session;
	__be16 length;
	__be16 ppp_proto;
};

struct ipv6_ext {
	__u8 nexthdr;
	__u8 len; /* in 8 bytes, the first not counted; AH: in 4 bytes, the first two not counted */
	__be16 frag_off; /* of a fragment header only */
	__be32 rest;
};

struct ports {
	__be16 src;
	__be16 dst;
};

#define PTP_EVENT_PORT	 319
#define PTP_GENERAL_PORT 320

#define PPPOE_SESSION_V1 0x11
#define PPP_IPV4	 0x0021
#define PPP_IPV6	 0x0057

static __always_inline void *take(struct cursor *c, __u32 len)
{
	void *hdr = c->pos;

	if (hdr + len > c->end)
		return NULL;
	c->pos = hdr + len;
	return hdr;
}

/*
 * take() of a length that the packet tells; max is one less than a power of two, and not less than
 * any length. The compiler knows that, and may drop the mask and with it the bound that the
 * verifier needs, unless the number comes out of nowhere.
 */
static __always_inline void *take_bounded(struct cursor *c, __u32 len, const __u32 max)
{
	asm volatile("" : "+r"(len));
	return take(c, len & max);
}

static __always_inline bool has_ports(__u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP;
}

/*
 * PTP over UDP (IEEE 1588, annexes C and D) lives by the NIC's receive timestamp, which a frame
 * loses in a CPUMAP.
 */
static __always_inline bool is_ptp(__u8 proto, const struct ports *ports)
{
	return proto == IPPROTO_UDP && (ports->dst == bpf_htons(PTP_EVENT_PORT) ||
					ports->dst == bpf_htons(PTP_GENERAL_PORT));
}

static __always_inline int parse_ipv4(struct cursor *c, const volatile __u32 *key,
				      __u32 stack_proto, struct flow_hash *hash)
{
	struct iphdr *ip = take(c, sizeof(*ip));
	struct ports none = {}, *ports = &none;
	__u8 proto = 0;

	if (!ip)
		return RFS_STAT_PASS_TRUNCATED;
	if (ip->version != 4 || ip->ihl < 5)
		return RFS_STAT_PASS_MALFORMED;
	if (!take_bounded(c, ip->ihl * 4 - sizeof(*ip), 0x3f))
		return RFS_STAT_PASS_TRUNCATED;

	/* All fragments of a datagram must meet; only the first has ports. */
	if (has_ports(ip->protocol) && !(ip->frag_off & bpf_htons(IP_MF | IP_OFFSET))) {
		ports = take(c, sizeof(*ports));
		if (!ports)
			return RFS_STAT_PASS_TRUNCATED;
		proto = ip->protocol;
		if (proto == stack_proto)
			return RFS_STAT_PASS_STACK;
		if (is_ptp(proto, ports))
			return RFS_STAT_PASS_PTP;
	}
	*hash = flow_hash_v4(key, ip->saddr, ip->daddr, ports->src, ports->dst, proto);
	return 0;
}

/*
 * Follow the extension headers to the upper protocol.
 *
 * Return: 0 with *nexthdr the upper protocol, or 0 (which has no ports) for a fragment;
 * else the reason to pass.
 */
static __always_inline int skip_ipv6_ext(struct cursor *c, __u8 *nexthdr)
{
	struct ipv6_ext *ext;

	for (int i = 0; i <= IPV6_EXT_MAX; i++) {
		__u8 type = *nexthdr;
		__u32 rest;

		if (type != IPPROTO_HOPOPTS && type != IPPROTO_ROUTING && type != IPPROTO_DSTOPTS &&
		    type != IPPROTO_FRAGMENT && type != IPPROTO_AH)
			return 0;
		ext = take(c, sizeof(*ext));
		if (!ext)
			return RFS_STAT_PASS_TRUNCATED;
		*nexthdr = ext->nexthdr;
		if (type == IPPROTO_FRAGMENT) {
			/* An atomic fragment (RFC 6946) is whole. */
			if (ext->frag_off & bpf_htons(IP6_OFFSET_MF)) {
				*nexthdr = 0;
				return 0;
			}
			continue;
		}
		if (type == IPPROTO_AH && ext->len < 1)
			return RFS_STAT_PASS_MALFORMED;
		rest = type == IPPROTO_AH ? ext->len * 4 : ext->len * 8;
		if (!take_bounded(c, rest, 0x7ff))
			return RFS_STAT_PASS_TRUNCATED;
	}
	return RFS_STAT_PASS_TOO_DEEP;
}

static __always_inline int parse_ipv6(struct cursor *c, const volatile __u32 *key,
				      __u32 stack_proto, struct flow_hash *hash)
{
	struct ipv6hdr *ip6 = take(c, sizeof(*ip6));
	struct ports none = {}, *ports = &none;
	__u8 proto;
	int pass;

	if (!ip6)
		return RFS_STAT_PASS_TRUNCATED;
	if (ip6->version != 6)
		return RFS_STAT_PASS_MALFORMED;
	proto = ip6->nexthdr;
	pass = skip_ipv6_ext(c, &proto);
	if (pass)
		return pass;
	if (has_ports(proto)) {
		ports = take(c, sizeof(*ports));
		if (!ports)
			return RFS_STAT_PASS_TRUNCATED;
		if (proto == stack_proto)
			return RFS_STAT_PASS_STACK;
		if (is_ptp(proto, ports))
			return RFS_STAT_PASS_PTP;
	} else {
		proto = 0;
	}
	*hash = flow_hash_v6(key, ip6->saddr.in6_u.u6_addr32, ip6->daddr.in6_u.u6_addr32,
			     ports->src, ports->dst, proto);
	return 0;
}

/**
 * parse_flow() - the flow hash of a packet
 * @c:    the packet from its Ethernet header on
 * @key:  RFS_HASH_WORDS secret words
 * @stack_proto: a protocol with ports whose packets are left to the kernel's stack, or 0
 * @hash: receives the hash
 *
 * Fragments are of no protocol here, as only the first of them shows its ports. So they are steered
 * by their addresses also if they are of stack_proto.
 *
 * Return: 0, or the RFS_STAT_PASS_* that says why there is none.
 */
static __always_inline int parse_flow(struct cursor *c, const volatile __u32 *key,
				      __u32 stack_proto, struct flow_hash *hash)
{
	struct ethhdr *eth = take(c, sizeof(*eth));
	__be16 proto;

	if (!eth)
		return RFS_STAT_PASS_TRUNCATED;
	proto = eth->h_proto;

	for (int i = 0; proto == bpf_htons(ETH_P_8021Q) || proto == bpf_htons(ETH_P_8021AD); i++) {
		struct vlan_hdr *tag;

		if (i == VLAN_MAX_DEPTH)
			return RFS_STAT_PASS_TOO_DEEP;
		tag = take(c, sizeof(*tag));
		if (!tag)
			return RFS_STAT_PASS_TRUNCATED;
		proto = tag->proto;
	}
	if (proto == bpf_htons(ETH_P_PPP_SES)) {
		struct pppoe_hdr *ppp = take(c, sizeof(*ppp));

		if (!ppp)
			return RFS_STAT_PASS_TRUNCATED;
		if (ppp->ver_type != PPPOE_SESSION_V1)
			return RFS_STAT_PASS_MALFORMED;
		if (ppp->ppp_proto == bpf_htons(PPP_IPV4))
			proto = bpf_htons(ETH_P_IP);
		else if (ppp->ppp_proto == bpf_htons(PPP_IPV6))
			proto = bpf_htons(ETH_P_IPV6);
	}
	if (proto == bpf_htons(ETH_P_IP))
		return parse_ipv4(c, key, stack_proto, hash);
	if (proto == bpf_htons(ETH_P_IPV6))
		return parse_ipv6(c, key, stack_proto, hash);
	return RFS_STAT_PASS_NOT_IP;
}

#endif /* RFS_PARSE_H */
