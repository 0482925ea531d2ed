/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet.h - packets from a list of layers, and flows as the tests expect them to be seen.
 */
#ifndef RFS_TEST_PACKET_H
#define RFS_TEST_PACKET_H

#include <stdbool.h>
#include <linux/types.h>

#include "rfs/hash.h"

#define PACKET_MAX   16384
#define PACKET_DEPTH 16

struct packet {
	__u32 len;
	__u32 need; /* bytes up to the end of the last header that steering looks at */
	__u8 data[PACKET_MAX];
};

enum layer_kind {
	L_END,
	L_ETH,
	L_TAG,
	L_PPPOE,
	L_IP4,
	L_IP6,
	L_EXT,
	L_AH,
	L_FRAG,
	L_PORTS,
	L_FILL,
	L_CUT,
};

struct layer {
	enum layer_kind kind;
	__u32 next; /* what the layer says comes after it */
	__u32 a;
	__u32 b;
};

#define ETH(type)	       { L_ETH, type, 0, 0 }
#define TAG(type)	       { L_TAG, type, 0, 0 }
#define PPPOE(ver_type, proto) { L_PPPOE, proto, ver_type, 0 }
/* First byte: version and header length; frag: the field of flags and offset. */
#define IP4X(first, frag, proto) { L_IP4, proto, first, frag }
#define IP4(proto)		 IP4X(0x45, 0, proto)
#define IP6X(first, next)	 { L_IP6, next, first, 0 }
#define IP6(next)		 IP6X(0x60, next)
/* len is the header's length field, in its own unit. */
#define EXT(len, next)	{ L_EXT, next, len, 0 }
#define AH(len, next)	{ L_AH, next, len, 0 }
#define FRAG(off, next) { L_FRAG, next, off, 0 }
#define PORTS		{ L_PORTS, 0, PACKET_SPORT, PACKET_DPORT }
#define PTP_PORTS(dst)	{ L_PORTS, 0, 40001, dst }
#define FILL(n)		{ L_FILL, 0, n, 0 }
/* Take bytes off the end again. */
#define CUT(n) { L_CUT, 0, n, 0 }

#define PACKET_SPORT 40001
#define PACKET_DPORT 443

/* What steering should see of a packet; addresses and ports as they stand in it. */
struct flow {
	bool v6;
	__u8 proto; /* 0 for a 2-tuple */
	__be16 sport;
	__be16 dport;
	__be32 src[4]; /* IPv4: the first word */
	__be32 dst[4];
};

/** packet_build() - a packet of layers, up to L_END or PACKET_DEPTH */
void packet_build(struct packet *p, const struct layer *layers);

/** packet_flow() - the flow of packet_build()'s packets; 2-tuple for proto 0 */
struct flow packet_flow(bool v6, __u8 proto);

/** packet_of_flow() - a whole packet of any flow, with ports if flow->proto is not 0 */
void packet_of_flow(struct packet *p, const struct flow *flow);

/** flow_number() - one of many IPv4 UDP flows */
struct flow flow_number(__u32 n);

/** flow_reverse() - the same flow's other direction */
struct flow flow_reverse(const struct flow *flow);

/** flow_hash() - as the program under test should compute it */
struct flow_hash flow_hash(const __u32 *key, const struct flow *flow);

#endif /* RFS_TEST_PACKET_H */
