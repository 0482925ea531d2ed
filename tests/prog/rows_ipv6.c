// SPDX-License-Identifier: GPL-2.0-only
/* rows_ipv6.c - IPv6 and its extension headers. */
#include "rows.h"

#define IP	  ETH(ETH_P_IPV6)
#define L4(proto) IP6(proto), PORTS, FILL(24)
#define UDP	  IPPROTO_UDP
#define HBH	  IPPROTO_HOPOPTS
#define RT	  IPPROTO_ROUTING
#define DST	  IPPROTO_DSTOPTS
#define FRG	  IPPROTO_FRAGMENT
#define END	  PORTS, FILL(24)

/* A fragment header's field: offset in units of 8 bytes, and more-fragments. */
#define OFF(units) ((units) << 3)
#define MF	   1

#define DST5(next) EXT(0, DST), EXT(0, DST), EXT(0, DST), EXT(0, DST), EXT(0, next)

const struct row ipv6_rows[] = {
	ROW("IPv6 TCP", V6(IPPROTO_TCP), IP, L4(IPPROTO_TCP)),
	ROW("IPv6 UDP", V6(UDP), IP, L4(UDP)),
	ROW("IPv6 SCTP", V6(IPPROTO_SCTP), IP, L4(IPPROTO_SCTP)),
	ROW("IPv6 UDP-Lite", V6(IPPROTO_UDPLITE), IP, L4(IPPROTO_UDPLITE)),
	ROW("IPv6 DCCP", V6(IPPROTO_DCCP), IP, L4(IPPROTO_DCCP)),
	ROW("IPv6 version, traffic class and label set", V6(UDP), IP, IP6X(0x6f, UDP), END),
	ROW("IPv6 ends after the ports", V6(UDP), IP, IP6(UDP), PORTS),
	ROW("IPv6 ends in the ports", PASS(TRUNCATED), IP, IP6(UDP), PORTS, CUT(1)),
	ROW("IPv6 ends before the ports", PASS(TRUNCATED), IP, IP6(IPPROTO_TCP)),
	ROW("IPv6 ends in its header", PASS(TRUNCATED), IP, IP6(UDP), CUT(1)),
	ROW("IPv6 PTP event", PASS(PTP), IP, IP6(UDP), PTP_PORTS(319), FILL(24)),
	ROW("IPv6 PTP general", PASS(PTP), IP, IP6(UDP), PTP_PORTS(320), FILL(24)),
	ROW("IPv6 PTP behind an extension header", PASS(PTP), IP, IP6(HBH), EXT(0, UDP),
	    PTP_PORTS(319)),
	ROW("IPv6 fragment, PTP's port", V6_ADDRS, IP, IP6(FRG), FRAG(MF, UDP), PTP_PORTS(319)),
	ROW("IPv6 version 0", PASS(MALFORMED), IP, IP6X(0x00, UDP), END),
	ROW("IPv6 version 4", PASS(MALFORMED), IP, IP6X(0x45, UDP), END),
	ROW("IPv6 version 7", PASS(MALFORMED), IP, IP6X(0x70, UDP), END),

	ROW("IPv6 ICMPv6", V6_ADDRS, IP, L4(IPPROTO_ICMPV6)),
	ROW("IPv6 GRE", V6_ADDRS, IP, L4(IPPROTO_GRE)),
	ROW("IPv6 ESP", V6_ADDRS, IP, L4(IPPROTO_ESP)),
	ROW("IPv6 in IPv6", V6_ADDRS, IP, IP6(IPPROTO_IPV6), UDP6),
	ROW("IPv6 no next header", V6_ADDRS, IP, L4(IPPROTO_NONE)),
	ROW("IPv6 no next header and no more bytes", V6_ADDRS, IP, IP6(IPPROTO_NONE)),
	ROW("IPv6 mobility header: not followed", V6_ADDRS, IP, IP6(IPPROTO_MH), EXT(0, UDP), END),
	ROW("IPv6 HIP: not followed", V6_ADDRS, IP, IP6(139), EXT(0, UDP), END),

	ROW("IPv6 hop-by-hop", V6(UDP), IP, IP6(HBH), EXT(0, UDP), END),
	ROW("IPv6 hop-by-hop, ICMPv6 (MLD)", V6_ADDRS, IP, IP6(HBH), EXT(0, IPPROTO_ICMPV6), END),
	ROW("IPv6 routing", V6(UDP), IP, IP6(RT), EXT(2, UDP), END),
	ROW("IPv6 destination options", V6(UDP), IP, IP6(DST), EXT(1, UDP), END),
	ROW("IPv6 all kinds", V6(UDP), IP, IP6(HBH), EXT(0, DST), EXT(1, RT), EXT(2, FRG),
	    FRAG(0, DST), EXT(3, UDP), END),
	ROW("IPv6 hop-by-hop not at the front", V6(UDP), IP, IP6(DST), EXT(0, HBH), EXT(0, UDP),
	    END),
	ROW("IPv6 hop-by-hop, TCP", V6(IPPROTO_TCP), IP, IP6(HBH), EXT(3, IPPROTO_TCP), END),

	ROW("IPv6 AH, 96-bit ICV (24 bytes)", V6(UDP), IP, IP6(IPPROTO_AH), AH(4, UDP), END),
	ROW("IPv6 AH, 128-bit ICV (28 bytes)", V6(UDP), IP, IP6(IPPROTO_AH), AH(5, UDP), END),
	ROW("IPv6 AH, 256-bit ICV", V6(UDP), IP, IP6(IPPROTO_AH), AH(9, UDP), END),
	ROW("IPv6 AH, no ICV (12 bytes)", V6(UDP), IP, IP6(IPPROTO_AH), AH(1, UDP), END),
	ROW("IPv6 AH, length 255", V6(UDP), IP, IP6(IPPROTO_AH), AH(255, UDP), END),
	ROW("IPv6 AH, then destination options", V6(UDP), IP, IP6(IPPROTO_AH), AH(4, DST),
	    EXT(1, UDP), END),
	ROW("IPv6 AH, then ESP", V6_ADDRS, IP, IP6(IPPROTO_AH), AH(4, IPPROTO_ESP), END),
	ROW("IPv6 AH, length 0: shorter than an AH can be", PASS(MALFORMED), IP, IP6(IPPROTO_AH),
	    AH(0, UDP), END),
	ROW("IPv6 AH ends in its ICV", PASS(TRUNCATED), IP, IP6(IPPROTO_AH),
	    AH(4, IPPROTO_ICMPV6), CUT(1)),

	ROW("IPv6 first fragment", V6_ADDRS, IP, IP6(FRG), FRAG(MF, UDP), END),
	ROW("IPv6 middle fragment", V6_ADDRS, IP, IP6(FRG), FRAG(OFF(185) | MF, UDP), END),
	ROW("IPv6 last fragment", V6_ADDRS, IP, IP6(FRG), FRAG(OFF(370), UDP), END),
	ROW("IPv6 last fragment, smallest offset", V6_ADDRS, IP, IP6(FRG), FRAG(OFF(1), UDP), END),
	ROW("IPv6 last fragment, largest offset", V6_ADDRS, IP, IP6(FRG), FRAG(OFF(0x1fff), UDP),
	    END),
	ROW("IPv6 last fragment without a byte of its own", V6_ADDRS, IP, IP6(FRG),
	    FRAG(OFF(370), UDP)),
	ROW("IPv6 atomic fragment", V6(UDP), IP, IP6(FRG), FRAG(0, UDP), END),
	ROW("IPv6 atomic fragment, reserved bits set", V6(UDP), IP, IP6(FRG), FRAG(6, UDP), END),
	ROW("IPv6 atomic fragment, ICMPv6", V6_ADDRS, IP, IP6(FRG), FRAG(0, IPPROTO_ICMPV6), END),
	ROW("IPv6 hop-by-hop, first fragment", V6_ADDRS, IP, IP6(HBH), EXT(0, FRG), FRAG(MF, UDP),
	    END),
	ROW("IPv6 first fragment, destination options behind it", V6_ADDRS, IP, IP6(FRG),
	    FRAG(MF, DST), EXT(0, UDP), END),
	ROW("IPv6 later fragment whose next header is not there", V6_ADDRS, IP, IP6(FRG),
	    FRAG(OFF(2), DST), FILL(2)),
	ROW("IPv6 fragment header cut off", PASS(TRUNCATED), IP, IP6(FRG), FRAG(OFF(2), UDP),
	    CUT(1)),

	ROW("IPv6 five extension headers", V6(UDP), IP, IP6(DST), DST5(UDP), END),
	ROW("IPv6 six extension headers: the limit", V6(UDP), IP, IP6(HBH), EXT(0, DST), DST5(UDP),
	    END),
	ROW("IPv6 six extension headers, ICMPv6", V6_ADDRS, IP, IP6(HBH), EXT(0, DST),
	    DST5(IPPROTO_ICMPV6), END),
	ROW("IPv6 six extension headers, the last a fragment", V6_ADDRS, IP, IP6(DST), DST5(FRG),
	    FRAG(MF, UDP), END),
	ROW("IPv6 seven extension headers: one too many", PASS(TOO_DEEP), IP, IP6(HBH), EXT(0, DST),
	    EXT(0, DST), DST5(UDP), END),
	ROW("IPv6 seven extension headers, the last an atomic fragment", PASS(TOO_DEEP), IP,
	    IP6(HBH), EXT(0, DST), DST5(FRG), FRAG(0, UDP), END),
	ROW("IPv6 eight extension headers", PASS(TOO_DEEP), IP, IP6(HBH), EXT(0, DST), EXT(0, DST),
	    EXT(0, DST), DST5(UDP), END),

	ROW("IPv6 hop-by-hop of 2048 bytes", V6(UDP), IP, IP6(HBH), EXT(255, UDP), END),
	ROW("IPv6 routing of 2048 bytes", V6(UDP), IP, IP6(RT), EXT(255, UDP), END),
	ROW("IPv6 destination options of 2040 bytes", V6(UDP), IP, IP6(DST), EXT(254, UDP), END),
	ROW("IPv6 destination options of 1032 bytes", V6(UDP), IP, IP6(DST), EXT(128, UDP), END),
	ROW("IPv6 hop-by-hop of 2048 bytes ends one byte early", PASS(TRUNCATED), IP, IP6(HBH),
	    EXT(255, IPPROTO_ICMPV6), CUT(1)),
	ROW("IPv6 two of 1024 bytes", V6(UDP), IP, IP6(HBH), EXT(127, DST), EXT(127, UDP), END),
	ROW("IPv6 six of 2048 bytes: beyond the linear part", PASS(TRUNCATED), IP, IP6(HBH),
	    EXT(255, DST), EXT(255, DST), EXT(255, DST), EXT(255, DST), EXT(255, DST),
	    EXT(255, UDP), END),
	ROW("IPv6 extension header overruns the packet", PASS(TRUNCATED), IP, IP6(DST), EXT(9, UDP),
	    CUT(40)),
	ROW("IPv6 extension header ends after two bytes", PASS(TRUNCATED), IP, IP6(HBH),
	    EXT(0, UDP), CUT(6)),
	ROW("IPv6 extension header not there", PASS(TRUNCATED), IP, IP6(HBH)),
	ROW("IPv6 second extension header not there", PASS(TRUNCATED), IP, IP6(HBH), EXT(0, DST)),
	ROW("IPv6 ports cut off behind an extension header", PASS(TRUNCATED), IP, IP6(HBH),
	    EXT(0, UDP), PORTS, CUT(1)),
	{},
};
