// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every arrival below the highest number seen is one that was overtaken, even if it is a
 * duplicate as well: nothing on the way may bring an old datagram after a newer one. A duplicate
 * of the highest number itself is only a duplicate.
 */
#include <string.h>

#include "judge.h"

static uint64_t *word_of(struct judge *j, uint64_t seq)
{
	return &j->seen[seq % JUDGE_WINDOW / 64];
}

static bool test_and_set(struct judge *j, uint64_t seq)
{
	uint64_t bit = 1ULL << (seq % 64), *word = word_of(j, seq);
	bool was = *word & bit;

	*word |= bit;
	return was;
}

/* The window moves on: the places of the new numbers hold what was a window ago. */
static void advance(struct judge *j, uint64_t seq)
{
	uint64_t i;

	if (seq - j->next >= JUDGE_WINDOW)
		memset(j->seen, 0, sizeof(j->seen));
	else
		for (i = j->next; i <= seq; i++)
			*word_of(j, i) &= ~(1ULL << (i % 64));
	j->next = seq + 1;
}

static void new_run(struct judge *j, uint64_t run)
{
	j->lost_before = judge_lost(j);
	j->run = run;
	j->next = 0;
	j->distinct = 0;
	memset(j->seen, 0, sizeof(j->seen));
}

bool judge_take(struct judge *j, uint64_t run, uint64_t seq)
{
	uint64_t behind;

	j->received++;
	if (run > j->run)
		new_run(j, run);
	if (run < j->run) {
		/* A sender's earlier life, after its later one has been heard. */
		j->overtaken++;
		return true;
	}

	if (seq >= j->next) {
		advance(j, seq);
		test_and_set(j, seq);
		j->distinct++;
		return false;
	}

	behind = j->next - 1 - seq;
	if (behind < JUDGE_WINDOW && test_and_set(j, seq))
		j->duplicates++;
	else
		j->distinct++;
	if (!behind)
		return false;

	j->overtaken++;
	if (behind > j->depth)
		j->depth = behind;
	return true;
}

uint64_t judge_lost(const struct judge *j)
{
	/* Duplicates too old for the window count as distinct: never go below zero. */
	return j->lost_before + (j->next > j->distinct ? j->next - j->distinct : 0);
}
