// SPDX-License-Identifier: GPL-2.0-only
/* meter.c - CPU time, context switches and packet counters, from /proc. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "meter.h"

void usage_add(struct usage *u, pid_t pid, pid_t tid)
{
	unsigned long long n;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%llu", &n) == 1)
			u->ns += n;
		fclose(f);
	}
	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	f = fopen(path, "r");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "voluntary_ctxt_switches: %llu", &n) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %llu", &n) == 1)
			u->switches += n;
	fclose(f);
}

void usage_add_process(struct usage *u, pid_t pid)
{
	struct dirent *e;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((e = readdir(dir)))
		if (isdigit(e->d_name[0]))
			usage_add(u, pid, atoi(e->d_name));
	closedir(dir);
}

/* The kernel's threads that handle packets. */
static void read_kthreads(struct meter *m)
{
	static const char *const names[] = { "cpumap/", "ksoftirqd/", "napi/" };
	struct dirent *e;
	char path[320], comm[32];
	DIR *dir = opendir("/proc");
	FILE *f;

	if (!dir)
		return;
	while (m->nr_kthreads < METER_KTHREADS && (e = readdir(dir))) {
		struct usage u = {};
		int pid = atoi(e->d_name);

		if (!isdigit(e->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (!fgets(comm, sizeof(comm), f))
			comm[0] = 0;
		fclose(f);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (strncmp(comm, names[i], strlen(names[i])))
				continue;
			usage_add(&u, pid, pid);
			m->kthread[m->nr_kthreads].pid = pid;
			m->kthread[m->nr_kthreads++].ns = u.ns;
			break;
		}
	}
	closedir(dir);
}

/* Of those that were there at both times: others attach and detach on this machine too. */
static uint64_t kthreads_ns(const struct meter *a, const struct meter *b)
{
	uint64_t ns = 0;

	for (int i = 0; i < a->nr_kthreads; i++)
		for (int j = 0; j < b->nr_kthreads; j++)
			if (a->kthread[i].pid == b->kthread[j].pid &&
			    b->kthread[j].ns >= a->kthread[i].ns)
				ns += b->kthread[j].ns - a->kthread[i].ns;
	return ns;
}

static void read_stat(struct meter *m)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
	FILE *f = fopen("/proc/stat", "r");
	char line[4096];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		unsigned long long n;

		if (sscanf(line, "cpu  %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
			   &system, &idle, &iowait, &irq, &softirq, &steal) == 8) {
			m->softirq = irq + softirq;
			m->steal = steal;
			m->idle = idle + iowait;
		} else if (sscanf(line, "ctxt %llu", &n) == 1) {
			m->switches = n;
		}
	}
	fclose(f);
}

/* Columns: processed, dropped, time_squeeze, 0, 0, 0, 0, 0, collision, received_rps, ... */
static void read_softnet(struct meter *m)
{
	FILE *f = fopen("/proc/net/softnet_stat", "r");
	unsigned int v[10];
	char line[512];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%x %x %x %x %x %x %x %x %x %x", &v[0], &v[1], &v[2], &v[3], &v[4],
			   &v[5], &v[6], &v[7], &v[8], &v[9]) != 10)
			continue;
		m->backlog_drops += v[1];
		m->rps += v[9];
	}
	fclose(f);
}

void meter_read(struct meter *m)
{
	memset(m, 0, sizeof(*m));
	m->wall = now_ns();
	read_stat(m);
	read_softnet(m);
	read_kthreads(m);
}

/* CPU time is given in CPUs: 1 is one CPU all the time. */
void meter_print(const struct meter *a, const struct meter *b, uint64_t ours)
{
	double s = (b->wall - a->wall) / 1e9, kthreads = kthreads_ns(a, b) / 1e9 / s;
	/* A softirq at the end of a system call is in its thread's time already. */
	double others = sysconf(_SC_NPROCESSORS_ONLN) - ours / 1e9 / s - kthreads -
			(b->steal - a->steal + b->idle - a->idle) / 100.0 / s;

	printf("softirq_cpus,%.4f\n", (b->softirq - a->softirq) / 100.0 / s);
	printf("kthread_cpus,%.4f\n", kthreads);
	printf("steal_cpus,%.4f\n", (b->steal - a->steal) / 100.0 / s);
	printf("idle_cpus,%.4f\n", (b->idle - a->idle) / 100.0 / s);
	/* Whoever else uses the machine, and softirqs that no thread paid for */
	printf("other_cpus,%.4f\n", others);
	printf("switches_s,%.0f\n", (b->switches - a->switches) / s);
	printf("rps_ipi_s,%.0f\n", (b->rps - a->rps) / s);
	printf("backlog_drops_s,%.0f\n", (b->backlog_drops - a->backlog_drops) / s);
}

void usage_print(const char *who, const struct usage *a, const struct usage *b, uint64_t wall)
{
	printf("%s_cpus,%.4f\n", who, (double)(b->ns - a->ns) / wall);
	printf("%s_switches_s,%.0f\n", who, (b->switches - a->switches) / (wall / 1e9));
}
