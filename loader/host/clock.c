// SPDX-License-Identifier: GPL-2.0-only
/* clock.c - time that is never set. */
#include <time.h>

#include "host/clock.h"

long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}
