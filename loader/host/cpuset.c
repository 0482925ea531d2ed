// SPDX-License-Identifier: GPL-2.0-only
/* cpuset.c - sets of CPUs. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/cpuset.h"

#define LINE_LEN 4096 /* of a file in sysfs */

bool cpuset_has(const struct cpuset *set, unsigned int cpu)
{
	return cpu < RFS_MAX_CPUS && set->bits[cpu / 64] >> (cpu % 64) & 1;
}

void cpuset_add(struct cpuset *set, unsigned int cpu)
{
	set->bits[cpu / 64] |= 1ULL << (cpu % 64);
}

void cpuset_remove(struct cpuset *set, unsigned int cpu)
{
	set->bits[cpu / 64] &= ~(1ULL << (cpu % 64));
}

int cpuset_count(const struct cpuset *set)
{
	int n = 0;

	for (size_t i = 0; i < RFS_MAX_CPUS / 64; i++)
		n += __builtin_popcountll(set->bits[i]);
	return n;
}

struct cpuset cpuset_minus(const struct cpuset *a, const struct cpuset *b)
{
	struct cpuset set;

	for (size_t i = 0; i < RFS_MAX_CPUS / 64; i++)
		set.bits[i] = a->bits[i] & ~b->bits[i];
	return set;
}

struct cpuset cpuset_and(const struct cpuset *a, const struct cpuset *b)
{
	struct cpuset set;

	for (size_t i = 0; i < RFS_MAX_CPUS / 64; i++)
		set.bits[i] = a->bits[i] & b->bits[i];
	return set;
}

struct cpuset cpuset_usable(const struct cpuset *wanted, const struct cpuset *online,
			    const struct cpuset *isolated)
{
	struct cpuset usable =
		cpuset_count(wanted) ? cpuset_and(wanted, online) : cpuset_minus(online, isolated);

	return cpuset_count(&usable) ? usable : *online;
}

/* A decimal CPU number at *text; moves *text behind it. */
static int parse_cpu(const char **text, unsigned int *cpu)
{
	unsigned long n;
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	errno = 0;
	n = strtoul(*text, &end, 10);
	if (errno || n >= RFS_MAX_CPUS)
		return -ERANGE;
	*text = end;
	*cpu = n;
	return 0;
}

static int parse_list(const char *text, struct cpuset *set)
{
	for (;;) {
		unsigned int first, last;
		int err = parse_cpu(&text, &first);

		if (err)
			return err;
		last = first;
		if (*text == '-') {
			text++;
			err = parse_cpu(&text, &last);
			if (err)
				return err;
			if (last < first)
				return -EINVAL;
		}
		for (unsigned int cpu = first; cpu <= last; cpu++)
			cpuset_add(set, cpu);
		if (!*text)
			return 0;
		if (*text++ != ',')
			return -EINVAL;
	}
}

/* Groups of 8 hex digits, the first may be shorter; the last holds CPUs 0 to 31. */
static int parse_mask(const char *text, struct cpuset *set)
{
	unsigned int base = 0;
	const char *end;

	if (!strncasecmp(text, "0x", 2))
		text += 2;
	end = text + strlen(text);
	while (end > text) {
		const char *start = end;
		unsigned long word;
		char group[9] = "";

		while (start > text && start[-1] != ',')
			start--;
		if (start == end || end - start > 8 || (start > text && end - start != 8))
			return -EINVAL;
		memcpy(group, start, end - start);
		if (strspn(group, "0123456789abcdefABCDEF") != strlen(group))
			return -EINVAL;
		word = strtoul(group, NULL, 16);
		for (int bit = 0; bit < 32; bit++) {
			if (!(word >> bit & 1))
				continue;
			if (base + bit >= RFS_MAX_CPUS)
				return -ERANGE;
			cpuset_add(set, base + bit);
		}
		base += 32;
		if (start == text)
			return 0;
		end = start - 1;
		if (end == text)
			return -EINVAL; /* begins with a comma */
	}
	return -EINVAL;
}

/* Every group behind a comma is 8 digits long, or it is said with 0x, or it has letters. */
static bool looks_like_mask(const char *text)
{
	const char *comma = strchr(text, ',');

	if (!strncasecmp(text, "0x", 2) || strpbrk(text, "abcdefABCDEF"))
		return true;
	if (!comma || strchr(text, '-'))
		return false;
	while (comma) {
		if (strcspn(comma + 1, ",") != 8)
			return false;
		comma = strchr(comma + 1, ',');
	}
	return true;
}

int cpuset_parse(const char *text, struct cpuset *set)
{
	int err;

	memset(set, 0, sizeof(*set));
	err = looks_like_mask(text) ? parse_mask(text, set) : parse_list(text, set);
	if (err)
		return err;
	return cpuset_count(set) ? 0 : -EINVAL;
}

void cpuset_format(const struct cpuset *set, char *buf, size_t len)
{
	size_t used = 0;

	if (len)
		buf[0] = 0;
	for (unsigned int cpu = 0; cpu < RFS_MAX_CPUS; cpu++) {
		unsigned int last = cpu;
		int n;

		if (!cpuset_has(set, cpu))
			continue;
		while (cpuset_has(set, last + 1))
			last++;
		n = snprintf(buf + used, len - used, last > cpu ? "%s%u-%u" : "%s%u",
			     used ? "," : "", cpu, last);
		if (n < 0 || (size_t)n >= len - used)
			return;
		used += n;
		cpu = last;
	}
}

/* The first line of a file, without its newline. */
static int read_line(const char *path, char *line, int len)
{
	FILE *f = fopen(path, "re");
	bool read;

	*line = 0;
	if (!f)
		return -errno;
	read = fgets(line, len, f);
	fclose(f);
	if (!read)
		return -EIO;
	line[strcspn(line, "\n")] = 0;
	return 0;
}

int cpuset_read(const char *path, struct cpuset *set)
{
	char line[LINE_LEN];
	int err = read_line(path, line, sizeof(line));

	memset(set, 0, sizeof(*set));
	return err ? err : parse_list(line, set);
}

int cpuset_add_isolated(const char *path, struct cpuset *set)
{
	char line[LINE_LEN];
	int err = read_line(path, line, sizeof(line));

	if (err == -ENOENT || (!err && (!*line || strstr(line, "(null)"))))
		return 0;
	return err ? err : parse_list(line, set);
}

int cpuset_isolated(struct cpuset *set)
{
	int err;

	memset(set, 0, sizeof(*set));
	err = cpuset_add_isolated("/sys/devices/system/cpu/isolated", set);
	return err ? err : cpuset_add_isolated("/sys/devices/system/cpu/nohz_full", set);
}

int cpuset_online(struct cpuset *set)
{
	return cpuset_read("/sys/devices/system/cpu/online", set);
}

int cpuset_possible(struct cpuset *set)
{
	return cpuset_read("/sys/devices/system/cpu/possible", set);
}
