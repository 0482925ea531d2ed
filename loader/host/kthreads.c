// SPDX-License-Identifier: GPL-2.0-only
/* kthreads.c - CPUMAP kthreads, found and looked at in /proc. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "host/kthreads.h"

/* The kernel's, in field "flags" of /proc/PID/stat; it is in no header for applications. */
#define PF_KTHREAD 0x00200000
#define KTHREADD   2

/* What /proc/PID/stat tells of a process. */
struct stat_line {
	char name[64];
	char state;
	bool kernel; /* a thread of the kernel's own */
	int ppid;
};

/*
 * Anybody may take the name of a kthread, and brackets, blanks and newlines in it. So the name ends
 * at the last bracket, behind which there are numbers only.
 */
static int read_stat(int pid, struct stat_line *stat)
{
	char path[64], line[1024], *name, *rest;
	unsigned int flags;
	size_t len;
	FILE *f;

	memset(stat, 0, sizeof(*stat));
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	len = fread(line, 1, sizeof(line) - 1, f);
	fclose(f);
	line[len] = 0;
	name = strchr(line, '(');
	rest = strrchr(line, ')');
	if (!name || !rest ||
	    sscanf(rest, ") %c %d %*d %*d %*d %*d %u", &stat->state, &stat->ppid, &flags) != 3)
		return -ESRCH;
	*rest = 0;
	snprintf(stat->name, sizeof(stat->name), "%s", name + 1);
	stat->kernel = flags & PF_KTHREAD;
	return 0;
}

static bool has_ended(int err)
{
	return err == -ENOENT || err == -ESRCH;
}

/* 1, with its CPU and map, or 0; -errno where that cannot be told. */
static int is_cpumap_kthread(int pid, struct kthread *k)
{
	struct stat_line stat;
	int end = 0, err = read_stat(pid, &stat);

	k->pid = pid;
	if (err)
		return has_ended(err) ? 0 : err;
	return stat.kernel && stat.ppid == KTHREADD &&
	       sscanf(stat.name, "cpumap/%u/map:%u%n", &k->cpu, &k->cpumap_id, &end) == 2 &&
	       !stat.name[end];
}

static int append(struct kthreads *all, const struct kthread *k)
{
	struct kthread *more = realloc(all->list, (all->n + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	all->list = more;
	all->list[all->n++] = *k;
	return 0;
}

/* In another PID namespace than the initial one there are none to be seen, which is not none. */
static bool are_seen(void)
{
	struct stat_line stat;

	return !read_stat(KTHREADD, &stat) && stat.kernel;
}

int kthreads_list(struct kthreads *all)
{
	struct dirent *entry;
	struct kthread k;
	DIR *d;
	int err = 0;

	all->list = NULL;
	all->n = 0;
	if (!are_seen())
		return -EACCES;
	d = opendir("/proc");
	if (!d)
		return -errno;
	while (err >= 0 && (entry = readdir(d))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		err = is_cpumap_kthread(atoi(entry->d_name), &k);
		if (err == 1)
			err = append(all, &k);
	}
	closedir(d);
	if (err < 0) {
		free(all->list);
		all->list = NULL;
		all->n = 0;
	}
	return err < 0 ? err : 0;
}

int kthread_bound(const struct kthread *k)
{
	cpu_set_t *set = CPU_ALLOC(RFS_MAX_CPUS);
	size_t size = CPU_ALLOC_SIZE(RFS_MAX_CPUS);
	int bound;

	if (!set)
		return -ENOMEM;
	if (sched_getaffinity(k->pid, size, set))
		bound = -errno;
	else
		bound = CPU_COUNT_S(size, set) == 1 && CPU_ISSET_S(k->cpu, size, set);
	CPU_FREE(set);
	return bound;
}

bool kthread_is_bound(const struct kthread *k)
{
	return kthread_bound(k) != 0;
}

bool kthread_is_asleep(const struct kthread *k)
{
	struct stat_line stat;
	int err = read_stat(k->pid, &stat);

	return err ? has_ended(err) : stat.state == 'S';
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

int kthread_get_sched(const struct kthread *k, struct rfs_sched *sched)
{
	struct sched_param param;
	int policy = sched_getscheduler(k->pid);

	if (policy < 0)
		return -errno;
	sched->policy = policy;
	if (policy == SCHED_FIFO || policy == SCHED_RR) {
		if (sched_getparam(k->pid, &param))
			return -errno;
		sched->prio = param.sched_priority;
		return 0;
	}
	errno = 0;
	sched->prio = getpriority(PRIO_PROCESS, k->pid);
	return -errno;
}
