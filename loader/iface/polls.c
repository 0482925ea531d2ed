// SPDX-License-Identifier: GPL-2.0-only
/* polls.c - wait until no NAPI poll works on what it has read before. */
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "iface/polls.h"

void wait_for_polls(void)
{
	if (syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(200 * 1000);
}
