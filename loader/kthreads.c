// SPDX-License-Identifier: GPL-2.0-only
/* kthreads.c - CPUMAP kthreads, found and looked at in /proc. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "kthreads.h"
#include "rfs/types.h"

static int read_comm(const char *pid, struct kthread *k)
{
	char path[64], comm[64] = "";
	FILE *f;
	int n;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	if (!fgets(comm, sizeof(comm), f))
		comm[0] = 0;
	fclose(f);
	n = sscanf(comm, "cpumap/%u/map:%u", &k->cpu, &k->cpumap_id);
	k->pid = atoi(pid);
	return n == 2 ? 0 : -ENOENT;
}

int kthreads_list(struct kthreads *all)
{
	struct dirent *entry;
	struct kthread k;
	DIR *d = opendir("/proc");
	int err = 0;

	all->list = NULL;
	all->n = 0;
	if (!d)
		return -errno;
	while (!err && (entry = readdir(d))) {
		struct kthread *more;

		if (!isdigit((unsigned char)entry->d_name[0]) || read_comm(entry->d_name, &k))
			continue;
		more = realloc(all->list, (all->n + 1) * sizeof(*more));
		if (!more) {
			err = -ENOMEM;
			break;
		}
		all->list = more;
		all->list[all->n++] = k;
	}
	closedir(d);
	if (err) {
		free(all->list);
		all->list = NULL;
	}
	return err;
}

bool kthread_is_bound(const struct kthread *k)
{
	cpu_set_t *set = CPU_ALLOC(RFS_MAX_CPUS);
	size_t size = CPU_ALLOC_SIZE(RFS_MAX_CPUS);
	bool bound = true;

	if (set && !sched_getaffinity(k->pid, size, set))
		bound = CPU_COUNT_S(size, set) == 1 && CPU_ISSET_S(k->cpu, size, set);
	if (set)
		CPU_FREE(set);
	return bound;
}

bool kthread_is_asleep(const struct kthread *k)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", k->pid);
	f = fopen(path, "re");
	if (!f)
		return true; /* it has ended */
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(f);
	return state == 'S';
}
