// SPDX-License-Identifier: GPL-2.0-only
/* When a run begins and ends, and who is told. */
#ifndef TRAFFIC_RUN_H
#define TRAFFIC_RUN_H

#include <stdbool.h>
#include <stdint.h>

#define NSEC_PER_SEC	1000000000ULL
#define NSEC_PER_MSEC	1000000ULL
#define NSEC_PER_USEC	1000ULL

/* No thread waits longer than this without looking whether the run is over. */
#define RUN_SLICE_MS	50

uint64_t now_ns(void);

void run_begin(uint64_t seconds, bool wait_for_traffic);
bool run_over(void);
void run_stop(void);

/* The first datagram or record has come. */
void run_traffic(void);
bool run_had_traffic(void);

/* Milliseconds to wait, at most RUN_SLICE_MS, so as not to pass @until_ns (0: no limit). */
int run_slice_ms(uint64_t until_ns);

/* Sleep until @until_ns, less if the run ends before. */
void run_sleep_until(uint64_t until_ns);

/* Say "ready" on @fd, or on stderr if @fd is 0 (stdin, where nobody would look for it). */
int run_ready(int fd);

#endif
