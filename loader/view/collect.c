// SPDX-License-Identifier: GPL-2.0-only
/* collect.c - the whole view, from the recorder and the interfaces. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "host/msg.h"
#include "view/internal.h"

static const __u32 zero;

int sum_percpu(int fd, __u64 *sum, unsigned int n)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	__u64 *values;

	if (cpus < 0)
		return cpus;
	values = calloc(cpus, n * sizeof(*values));
	if (!values)
		return -ENOMEM;
	memset(sum, 0, n * sizeof(*sum));
	if (bpf_map_lookup_elem(fd, &zero, values))
		err = -errno;
	for (int cpu = 0; !err && cpu < cpus; cpu++)
		for (unsigned int i = 0; i < n; i++)
			sum[i] += values[cpu * n + i];
	free(values);
	return err;
}

int collect_locality(int fd, struct rfs_locality *sum)
{
	return sum_percpu(fd, (__u64 *)sum, sizeof(*sum) / sizeof(__u64));
}

int open_recorder(struct recorder *r)
{
	int err = pins_ready();

	if (err)
		return err;
	err = recorder_open(r);
	return err == -ENOENT || err == -EAGAIN ? 1 : err;
}

static int read_recorder(const struct recorder *r, struct rfs_view *view)
{
	struct flow_list list = {};
	int err;

	view->running = true;
	view->recorder = r->settings;
	err = collect_locality(r->locality, &view->locality);
	if (!err)
		err = walk_flows(r->sock_flow, &list, false);
	if (err) {
		rfs_error("cannot read the recorder's maps: %s", strerror(-err));
		return err;
	}
	view->flows = list.n;
	view->n_programs = pins_list(RFS_PIN_RECORDER_DIR, false, &view->programs);
	if (view->n_programs < 0)
		view->n_programs = 0;
	return 0;
}

int collect(const char *iface, bool problems, struct rfs_view *view)
{
	struct host_facts host = {};
	struct netns here;
	struct recorder r;
	int err;

	memset(view, 0, sizeof(*view));
	err = netns_current(&here);
	if (err) {
		rfs_error("cannot identify the network namespace: %s", strerror(-err));
		return err;
	}
	err = open_recorder(&r);
	/* What it is attached to is listed none the less. */
	if (err == -EPROTO) {
		rfs_warn("rfs of another version is running; 'rfsctl detach --all' ends it");
		err = 1;
	}
	if (err < 0)
		return err;
	err = err ? 0 : read_recorder(&r, view);
	if (!err && problems)
		facts_of_host(view->running ? &r : NULL, &host);
	if (!err)
		err = collect_ifaces(iface, &here, problems ? &host : NULL, view);
	facts_free_host(&host);
	if (view->running)
		recorder_close(&r);
	if (err)
		collect_free(view);
	return err;
}

void collect_free(struct rfs_view *view)
{
	for (unsigned int i = 0; i < view->n_ifaces; i++) {
		free(view->ifaces[i].cpu);
		free(view->ifaces[i].problems);
	}
	free(view->ifaces);
	pins_free_list(view->programs, view->n_programs);
}
