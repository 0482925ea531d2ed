// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus.h"
#include "run.h"

int cpus_parse(struct cpu_list *list, const char *text)
{
	const char *at = text;

	list->n = 0;
	while (*at) {
		unsigned long first, last;
		char *end;

		/* strtoul() would take blanks and signs. */
		if (*at < '0' || *at > '9')
			return -EINVAL;
		first = strtoul(at, &end, 10);
		last = first;
		if (*end == '-') {
			if (end[1] < '0' || end[1] > '9')
				return -EINVAL;
			last = strtoul(end + 1, &end, 10);
		}
		if (last < first || last >= CPUS_MAX)
			return -EINVAL;
		for (; first <= last; first++) {
			if (list->n == CPUS_MAX)
				return -EINVAL;
			list->cpu[list->n++] = first;
		}
		if (*end == ',' && end[1])
			end++;
		else if (*end)
			return -EINVAL;
		at = end;
	}
	return list->n ? 0 : -EINVAL;
}

int cpus_default(struct cpu_list *list)
{
	unsigned int i;
	cpu_set_t set;
	int err;

	if (list->n)
		return 0;
	if (sched_getaffinity(0, sizeof(set), &set)) {
		err = -errno;
		fprintf(stderr, "rfs-traffic: cannot read the allowed CPUs: %s\n", strerror(-err));
		return err;
	}
	for (i = 0; i < CPUS_MAX; i++)
		if (CPU_ISSET(i, &set))
			list->cpu[list->n++] = i;
	return 0;
}

int cpus_move(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int cpus_pin(unsigned int cpu)
{
	int err = cpus_move(cpu);

	if (err)
		fprintf(stderr, "rfs-traffic: cannot move to CPU %u: %s\n", cpu, strerror(-err));
	return err;
}

uint32_t rng_next(uint32_t *state)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	*state = x;
	return x;
}

uint32_t rng_seed(unsigned int salt)
{
	uint64_t t = now_ns();
	uint32_t seed = (uint32_t)(t ^ (t >> 32)) ^ (salt + 1) * 0x9e3779b1U;

	return seed ? seed : 1;
}

uint64_t rng_around(uint32_t *state, uint64_t ns)
{
	return ns / 2 + (uint64_t)(ns * (rng_next(state) / 4294967296.0));
}
