// SPDX-License-Identifier: GPL-2.0-only
/* Lists of CPUs, and threads pinned to one of them. */
#ifndef TRAFFIC_CPUS_H
#define TRAFFIC_CPUS_H

#include <stdint.h>

#define CPUS_MAX	1024

struct cpu_list {
	unsigned int n;
	uint16_t cpu[CPUS_MAX];
};

/* Parse "0-3,6": 0 or -EINVAL. The order is kept. */
int cpus_parse(struct cpu_list *list, const char *text);

/* Fill an empty list with the CPUs this process may use. */
int cpus_default(struct cpu_list *list);

/* Pin the calling thread; complains on stderr. */
int cpus_pin(unsigned int cpu);

/* The same without a message; -EINVAL: it is offline, or there is none. */
int cpus_move(unsigned int cpu);

/* A small generator of random numbers, one for each thread; the state must not be 0. */
uint32_t rng_next(uint32_t *state);
uint32_t rng_seed(unsigned int salt);

/* A random time around @ns, from half of it to one and a half. */
uint64_t rng_around(uint32_t *state, uint64_t ns);

#endif
