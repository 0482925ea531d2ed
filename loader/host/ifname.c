// SPDX-License-Identifier: GPL-2.0-only
/* ifname.c - what an interface is called at this moment. */
#include <errno.h>

#include "host/ifname.h"

int ifname_now(unsigned int ifindex, char name[IF_NAMESIZE])
{
	if (if_indextoname(ifindex, name))
		return 0;
	return errno == ENXIO ? -ENODEV : -errno;
}
