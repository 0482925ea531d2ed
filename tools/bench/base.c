// SPDX-License-Identifier: GPL-2.0-only
/* base.c - the clock, and the end. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base.h"

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

void die(const char *what)
{
	perror(what);
	exit(1);
}
