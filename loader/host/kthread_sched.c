// SPDX-License-Identifier: GPL-2.0-only
/* kthread_sched.c - how CPUMAP kthreads are scheduled: as people write it. */
#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/kthread_sched.h"

struct class
{
	const char *name;
	__u32 policy;
	bool needs_number;
	int min;
	int max;
};

static const struct class classes[] = {
	{ "batch", SCHED_BATCH, false, -20, 19 },
	{ "other", SCHED_OTHER, false, -20, 19 },
	{ "fifo", SCHED_FIFO, true, 1, 99 },
};

/* Which others may give them. */
static const struct {
	const char *name;
	__u32 policy;
} others[] = {
	{ "rr", SCHED_RR },
	{ "idle", SCHED_IDLE },
	{ "deadline", 6 /* SCHED_DEADLINE */ },
	{ "sched_ext", 7 /* SCHED_EXT */ },
};

#define CLASSES (sizeof(classes) / sizeof(classes[0]))

const struct rfs_sched kthread_sched_default = { .policy = SCHED_OTHER, .prio = 0 };

static int parse_number(const char *text, const struct class *class, __s32 *number)
{
	const char *digits = text + (*text == '-');
	char *end;
	long n;

	if (!isdigit((unsigned char)*digits))
		return -EINVAL;
	errno = 0;
	n = strtol(text, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno || n < class->min || n > class->max)
		return -ERANGE;
	*number = n;
	return 0;
}

int kthread_sched_parse(const char *text, struct rfs_sched *sched)
{
	size_t len = strcspn(text, ":");

	for (size_t i = 0; i < CLASSES; i++) {
		const struct class *class = &classes[i];

		if (strlen(class->name) != len || strncmp(text, class->name, len))
			continue;
		*sched = (struct rfs_sched){ .policy = class->policy };
		if (text[len])
			return parse_number(text + len + 1, class, &sched->prio);
		return class->needs_number ? -EINVAL : 0;
	}
	return -EINVAL;
}

void kthread_sched_format(const struct rfs_sched *sched, char *buf, size_t len)
{
	for (size_t i = 0; i < CLASSES; i++)
		if (classes[i].policy == sched->policy) {
			snprintf(buf, len, "%s:%d", classes[i].name, sched->prio);
			return;
		}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].policy == sched->policy) {
			snprintf(buf, len, "%s", others[i].name);
			return;
		}
	snprintf(buf, len, "policy %u", sched->policy);
}
