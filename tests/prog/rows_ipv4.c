// SPDX-License-Identifier: GPL-2.0-only
/* rows_ipv4.c - IPv4. */
#include "rows.h"

#define IP	  ETH(ETH_P_IP)
#define L4(proto) IP4(proto), PORTS, FILL(24)

/* The 16 bits of flags and offset. */
#define MF 0x2000
#define DF 0x4000
#define RF 0x8000

/* UDP in a header of ihl words. */
#define IHL(n) IP, IP4X(0x40 | (n), 0, IPPROTO_UDP), PORTS, FILL(24)
/* A fragment of a UDP datagram; its first bytes would be taken for other ports. */
#define FRAGMENT(frag)	   IP, IP4X(0x45, frag, IPPROTO_UDP), FILL(64)
#define FIRST_FRAGMENT(l4) IP, IP4X(0x45, MF, l4), PORTS, FILL(64)

const struct row ipv4_rows[] = {
	ROW("IPv4 TCP", V4(IPPROTO_TCP), IP, L4(IPPROTO_TCP)),
	ROW("IPv4 UDP", V4(IPPROTO_UDP), IP, L4(IPPROTO_UDP)),
	ROW("IPv4 SCTP", V4(IPPROTO_SCTP), IP, L4(IPPROTO_SCTP)),
	ROW("IPv4 UDP-Lite", V4(IPPROTO_UDPLITE), IP, L4(IPPROTO_UDPLITE)),
	ROW("IPv4 DCCP", V4(IPPROTO_DCCP), IP, L4(IPPROTO_DCCP)),
	ROW("IPv4 ends after the ports", V4(IPPROTO_UDP), IP, IP4(IPPROTO_UDP), PORTS),
	ROW("IPv4 ends in the ports", PASS(TRUNCATED), IP, IP4(IPPROTO_UDP), PORTS, CUT(1)),
	ROW("IPv4 ends before the ports", PASS(TRUNCATED), IP, IP4(IPPROTO_TCP)),
	ROW("IPv4 ends in its header", PASS(TRUNCATED), IP, IP4(IPPROTO_UDP), CUT(1)),

	ROW("IPv4 PTP event", PASS(PTP), IP, IP4(IPPROTO_UDP), PTP_PORTS(319), FILL(24)),
	ROW("IPv4 PTP general", PASS(PTP), IP, IP4(IPPROTO_UDP), PTP_PORTS(320), FILL(24)),
	ROW("IPv4 PTP behind options", PASS(PTP), IP, IP4X(0x48, 0, IPPROTO_UDP), PTP_PORTS(319)),
	ROW("IPv4 fragment, PTP's port", V4_ADDRS, IP, IP4X(0x45, MF, IPPROTO_UDP), PTP_PORTS(319),
	    FILL(64)),

	ROW("IPv4 ICMP", V4_ADDRS, IP, L4(IPPROTO_ICMP)),
	ROW("IPv4 IGMP", V4_ADDRS, IP, L4(IPPROTO_IGMP)),
	ROW("IPv4 IPIP", V4_ADDRS, IP, IP4(IPPROTO_IPIP), UDP4),
	ROW("IPv4 6in4", V4_ADDRS, IP, IP4(IPPROTO_IPV6), UDP6),
	ROW("IPv4 GRE", V4_ADDRS, IP, L4(IPPROTO_GRE)),
	ROW("IPv4 ESP", V4_ADDRS, IP, L4(IPPROTO_ESP)),
	ROW("IPv4 AH: not followed", V4_ADDRS, IP, IP4(IPPROTO_AH), AH(4, IPPROTO_UDP), PORTS,
	    FILL(24)),
	ROW("IPv4 protocol 0", V4_ADDRS, IP, L4(0)),
	ROW("IPv4 protocol 255", V4_ADDRS, IP, L4(255)),
	ROW("IPv4 ICMP without a byte of its own", V4_ADDRS, IP, IP4(IPPROTO_ICMP)),

	ROW("IPv4 ihl 6", V4(IPPROTO_UDP), IHL(6)),
	ROW("IPv4 ihl 7", V4(IPPROTO_UDP), IHL(7)),
	ROW("IPv4 ihl 8", V4(IPPROTO_UDP), IHL(8)),
	ROW("IPv4 ihl 9", V4(IPPROTO_UDP), IHL(9)),
	ROW("IPv4 ihl 10", V4(IPPROTO_UDP), IHL(10)),
	ROW("IPv4 ihl 11", V4(IPPROTO_UDP), IHL(11)),
	ROW("IPv4 ihl 12", V4(IPPROTO_UDP), IHL(12)),
	ROW("IPv4 ihl 13", V4(IPPROTO_UDP), IHL(13)),
	ROW("IPv4 ihl 14", V4(IPPROTO_UDP), IHL(14)),
	ROW("IPv4 ihl 15", V4(IPPROTO_UDP), IHL(15)),
	ROW("IPv4 ihl 15, ICMP", V4_ADDRS, IP, IP4X(0x4f, 0, IPPROTO_ICMP), FILL(8)),
	ROW("IPv4 ihl 15, fragment", V4_ADDRS, IP, IP4X(0x4f, MF, IPPROTO_UDP), PORTS, FILL(8)),
	ROW("IPv4 ihl 15, ends after the ports", V4(IPPROTO_UDP), IP, IP4X(0x4f, 0, IPPROTO_UDP),
	    PORTS),
	ROW("IPv4 ihl 15, ends in the ports", PASS(TRUNCATED), IP, IP4X(0x4f, 0, IPPROTO_UDP),
	    PORTS, CUT(1)),
	ROW("IPv4 ihl 6, ends in the options", PASS(TRUNCATED), IP, IP4X(0x46, 0, IPPROTO_UDP),
	    CUT(1)),
	ROW("IPv4 ihl 15, no options there", PASS(TRUNCATED), IP, IP4X(0x4f, 0, IPPROTO_ICMP),
	    CUT(40)),
	ROW("IPv4 ihl 4", PASS(MALFORMED), IHL(4)),
	ROW("IPv4 ihl 3", PASS(MALFORMED), IHL(3)),
	ROW("IPv4 ihl 2", PASS(MALFORMED), IHL(2)),
	ROW("IPv4 ihl 1", PASS(MALFORMED), IHL(1)),
	ROW("IPv4 ihl 0", PASS(MALFORMED), IHL(0)),
	ROW("IPv4 version 0", PASS(MALFORMED), IP, IP4X(0x05, 0, IPPROTO_UDP), PORTS),
	ROW("IPv4 version 5", PASS(MALFORMED), IP, IP4X(0x55, 0, IPPROTO_UDP), PORTS),
	ROW("IPv4 version 6", PASS(MALFORMED), IP, IP4X(0x65, 0, IPPROTO_UDP), PORTS, FILL(24)),
	ROW("IPv4 version 15", PASS(MALFORMED), IP, IP4X(0xf5, 0, IPPROTO_UDP), PORTS),

	ROW("IPv4 DF", V4(IPPROTO_UDP), IP, IP4X(0x45, DF, IPPROTO_UDP), PORTS, FILL(24)),
	ROW("IPv4 reserved flag", V4(IPPROTO_UDP), IP, IP4X(0x45, RF, IPPROTO_UDP), PORTS),
	ROW("IPv4 DF and MF", V4_ADDRS, IP, IP4X(0x45, DF | MF, IPPROTO_UDP), PORTS),
	ROW("IPv4 first fragment, UDP", V4_ADDRS, FIRST_FRAGMENT(IPPROTO_UDP)),
	ROW("IPv4 first fragment, TCP", V4_ADDRS, FIRST_FRAGMENT(IPPROTO_TCP)),
	ROW("IPv4 middle fragment", V4_ADDRS, FRAGMENT(MF | 185)),
	ROW("IPv4 last fragment", V4_ADDRS, FRAGMENT(370)),
	ROW("IPv4 last fragment, offset 1", V4_ADDRS, FRAGMENT(1)),
	ROW("IPv4 last fragment, largest offset", V4_ADDRS, FRAGMENT(0x1fff)),
	ROW("IPv4 last fragment, one bit of each offset byte", V4_ADDRS, FRAGMENT(0x1001)),
	ROW("IPv4 last fragment, offset in the high byte alone", V4_ADDRS, FRAGMENT(0x0100)),
	ROW("IPv4 last fragment, without a byte of its own", V4_ADDRS, IP,
	    IP4X(0x45, 370, IPPROTO_UDP)),
	ROW("IPv4 fragment, ICMP", V4_ADDRS, IP, IP4X(0x45, MF, IPPROTO_ICMP), FILL(64)),
	{},
};
