// SPDX-License-Identifier: GPL-2.0-only
/* order.pml - P1: no packet of the flow is handed over before an earlier one. */
byte last; /* packet of the flow that was handed over */
bit in_order = 1;

#define FLOW_DELIVERED(p)						       \
	if								       \
	:: p -> in_order = (p > last); assert(in_order); last = p	       \
	:: else								       \
	fi
