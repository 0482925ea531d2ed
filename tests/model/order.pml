// SPDX-License-Identifier: GPL-2.0-only
/* order.pml - P1: no packet of the flow is handed over before an earlier one. */
byte newest; /* packet of the flow that was handed over */
bit in_order = 1;

#ifndef PACKET
#define PACKET(p) (p)
#endif
#define FLOW_DELIVERED(p)								      \
	if										      \
	:: PACKET(p) -> in_order = (PACKET(p) > newest); assert(in_order); newest = PACKET(p) \
	:: else										      \
	fi
