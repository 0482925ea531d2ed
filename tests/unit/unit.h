/* SPDX-License-Identifier: GPL-2.0-only */
/* unit.h - what all unit tests share: cmocka, and random numbers that are the same in every run. */
#ifndef RFS_UNIT_H
#define RFS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* splitmix64: full period, any seed will do. */
static inline uint64_t rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static inline unsigned int rnd_below(uint64_t *state, unsigned int n)
{
	return (rnd(state) >> 32) * n >> 32;
}

#endif /* RFS_UNIT_H */
