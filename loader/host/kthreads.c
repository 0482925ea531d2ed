// SPDX-License-Identifier: GPL-2.0-only
/* kthreads.c - CPUMAP kthreads, found and looked at in /proc. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "host/kthreads.h"

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

static int set_policy(int pid, const struct rfs_sched *sched)
{
	struct sched_param wanted = {}, now;

	if (sched->policy == SCHED_FIFO)
		wanted.sched_priority = sched->prio;
	if (sched_getscheduler(pid) == (int)sched->policy && !sched_getparam(pid, &now) &&
	    now.sched_priority == wanted.sched_priority)
		return 0;
	return sched_setscheduler(pid, sched->policy, &wanted) ? -errno : 0;
}

static int set_nice(int pid, int nice)
{
	errno = 0;
	if (getpriority(PRIO_PROCESS, pid) == nice && !errno)
		return 0;
	return setpriority(PRIO_PROCESS, pid, nice) ? -errno : 0;
}

/* In two steps: sched_setattr(2), which does both, has no function in glibc before 2.41. */
int kthread_set_sched(const struct kthread *k, const struct rfs_sched *sched)
{
	/* SCHED_FIFO knows no nice value, but it should not show that of an earlier choice. */
	int nice = sched->policy == SCHED_FIFO ? 0 : sched->prio, err = set_policy(k->pid, sched);

	if (!err)
		err = set_nice(k->pid, nice);
	return err == -ESRCH ? 0 : err;
}
