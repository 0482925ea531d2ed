// SPDX-License-Identifier: GPL-2.0-only
/* mode.c - the names of the XDP modes. */
#include <stddef.h>

#include "host/mode.h"
#include "rfs/types.h"

const char *const mode_names[] = {
	[RFS_MODE_AUTO] = "auto",
	[RFS_MODE_NATIVE] = "native",
	[RFS_MODE_GENERIC] = "generic",
	NULL,
};

const char *mode_name(unsigned int mode)
{
	return mode == RFS_MODE_NATIVE || mode == RFS_MODE_GENERIC ? mode_names[mode] : NULL;
}
