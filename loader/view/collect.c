// SPDX-License-Identifier: GPL-2.0-only
/* collect.c - read pinned maps into plain structures. */
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "view/collect.h"
#include "host/msg.h"
#include "maps/rings.h"
#include "iface/steer.h"
#include "xdp/xdp.h"

static const __u32 zero;

const char *view_state_name(enum view_state state)
{
	static const char *const names[] = {
		[VIEW_ATTACHED] = "attached", [VIEW_BROKEN] = "broken",	    [VIEW_STALE] = "stale",
		[VIEW_FOREIGN] = "foreign",   [VIEW_CHANGING] = "changing",
	};

	return names[state];
}

const char *view_tcp_name(const struct rfs_config *config)
{
	return config->tcp == RFS_TCP_STACK ? "stack" : "cpumap";
}

__u64 view_passed(const struct iface_view *iface)
{
	__u64 sum = 0;

	for (int i = RFS_STAT_PASS_FIRST; i < RFS_STAT_NR; i++)
		sum += iface->count[i];
	return sum;
}

double view_percent(__u64 part, __u64 rest)
{
	return part + rest ? 100.0 * part / (part + rest) : -1;
}

/* Sum a per-CPU map's only value, which consists of n 64-bit counters. */
static int sum_percpu(int fd, __u64 *sum, unsigned int n)
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

/* ---- flows ---- */

#define BATCH 4096

struct flow_list {
	struct rps_sock_flow *flows; /* NULL: only count */
	unsigned int n;
	unsigned int room;
};

static int keep_flows(struct flow_list *list, const struct rps_sock_flow *flows, unsigned int n)
{
	if (list->n + n > list->room) {
		unsigned int room = list->room * 2 > list->n + n ? list->room * 2 : list->n + n;
		struct rps_sock_flow *more = realloc(list->flows, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		list->flows = more;
		list->room = room;
	}
	memcpy(list->flows + list->n, flows, n * sizeof(*flows));
	return 0;
}

/* Walk the table in batches: a million flows in some hundred system calls. */
static int walk_flows(int fd, struct flow_list *list, bool keep)
{
	struct rps_sock_flow *flows = malloc(BATCH * sizeof(*flows));
	__u32 *keys = malloc(BATCH * sizeof(*keys)), in = 0, out = 0, count;
	void *in_batch = NULL;
	int err = flows && keys ? 0 : -ENOMEM;

	while (!err) {
		count = BATCH;
		if (bpf_map_lookup_batch(fd, in_batch, &out, keys, flows, &count, NULL))
			err = -errno;
		if (err && err != -ENOENT)
			break;
		if (keep && keep_flows(list, flows, count))
			err = -ENOMEM;
		list->n += count;
		in = out;
		in_batch = &in;
	}
	free(flows);
	free(keys);
	return err == -ENOENT ? 0 : err;
}

static bool same_addr(const struct sockaddr *sa, const struct rps_sock_flow *flow)
{
	if (!sa || sa->sa_family != flow->family)
		return false;
	if (sa->sa_family == AF_INET)
		return ((const struct sockaddr_in *)sa)->sin_addr.s_addr == flow->laddr[0];
	return !memcmp(&((const struct sockaddr_in6 *)sa)->sin6_addr, flow->laddr, 16);
}

static void keep_only(struct flow_view *view, const struct ifaddrs *addrs, const char *iface)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < view->n; i++) {
		bool match = false;

		for (const struct ifaddrs *a = addrs; a && !match; a = a->ifa_next)
			match = !strcmp(a->ifa_name, iface) &&
				same_addr(a->ifa_addr, &view->flows[i]);
		if (match)
			view->flows[kept++] = view->flows[i];
	}
	view->n = kept;
}

/* The recorder for a reading command; 1 if none is running. */
static int open_recorder(struct recorder *r)
{
	int err = pins_ready();

	if (err)
		return err;
	err = recorder_open(r);
	if (err == -ENOENT || err == -EAGAIN)
		return 1;
	if (err == -EPROTO)
		rfs_error(
			"rfs of another version is running; use its rfsctl, or detach all with it");
	return err;
}

int collect_flows(const char *iface, struct flow_view *view)
{
	struct flow_list list = {};
	struct ifaddrs *addrs;
	struct recorder r;
	int err;

	memset(view, 0, sizeof(*view));
	if (iface && !if_nametoindex(iface)) {
		rfs_error("there is no interface '%s' in this network namespace", iface);
		return -ENODEV;
	}
	err = open_recorder(&r);
	if (err)
		return err < 0 ? err : 0;
	err = walk_flows(r.sock_flow, &list, true);
	recorder_close(&r);
	if (err) {
		rfs_error("cannot read the flow table: %s", strerror(-err));
		free(list.flows);
		return err;
	}
	view->flows = list.flows;
	view->n = list.n;
	if (!iface)
		return 0;
	if (getifaddrs(&addrs)) {
		err = -errno;
		rfs_error("cannot read the addresses of %s: %s", iface, strerror(-err));
		return err;
	}
	keep_only(view, addrs, iface);
	freeifaddrs(addrs);
	return 0;
}

/* ---- interfaces ---- */

static int read_counters(struct iface_view *v)
{
	int fd = pins_get("%s/%s", v->dir, RFS_PIN_STATS), err;

	if (fd < 0)
		return fd;
	err = sum_percpu(fd, v->count, RFS_STAT_NR);
	close(fd);
	return err;
}

static int read_cpus(struct iface_view *v)
{
	int fd = pins_get("%s/%s", v->dir, RFS_PIN_CPUS), err = 0;
	struct rps_cpus *cpus = malloc(sizeof(*cpus));

	if (fd < 0 || !cpus)
		err = fd < 0 ? fd : -ENOMEM;
	else if (bpf_map_lookup_elem(fd, &v->config.active, cpus))
		err = -errno;
	else
		memcpy(v->cpus.bits, cpus->allowed, sizeof(cpus->allowed));
	free(cpus);
	if (fd >= 0)
		close(fd);
	return err;
}

static int read_rings(struct iface_view *v)
{
	unsigned int nr_cpus = recorder_nr_cpus(), n = 0;
	struct cpu_view *cpu = calloc(nr_cpus, sizeof(*cpu));

	if (!cpu)
		return -ENOMEM;
	for (unsigned int q = 0; q < v->config.queues; q++) {
		struct rps_ring *rings = rings_map(v->dir, q, nr_cpus);

		if (!rings)
			continue;
		for (unsigned int i = 0; i < nr_cpus; i++) {
			__u64 lost = rings[i].lost_ring_full + rings[i].lost_redirect_error;

			v->lost_ring_full += rings[i].lost_ring_full;
			v->lost_redirect_error += rings[i].lost_redirect_error;
			v->lost_alloc_failed += rings[i].alloc_failed;
			cpu[i].enqueued += rings[i].tail;
			/* What the ring's consumer took, less what got no skb. */
			cpu[i].delivered += rings[i].popped - rings[i].alloc_failed;
			cpu[i].lost += lost + rings[i].alloc_failed;
		}
		rings_unmap(rings, nr_cpus);
	}
	/* CPUs that are in the set, or were. */
	for (unsigned int i = 0; i < nr_cpus; i++) {
		if (!cpuset_has(&v->cpus, i) && !cpu[i].enqueued)
			continue;
		cpu[n] = cpu[i];
		cpu[n++].cpu = i;
	}
	v->cpu = cpu;
	v->n_cpus = n;
	return 0;
}

/* Can it be told from here that the interface is gone? */
static bool is_stale(struct iface_view *v, unsigned int ifindex)
{
	const struct xdp_owner on = { v->config.netns_cookie, ifindex };
	int fd = pins_get("%s/%s", v->dir, RFS_PIN_XDP_LINK);

	if (fd >= 0 || v->here) {
		if (fd >= 0)
			close(fd);
		return !xdp_is_attached(&on, v->dir);
	}
	return !netns_exists(v->config.netns_ino, v->config.netns_cookie);
}

/*
 * What looks broken is being changed, if somebody held the lock before it was read, or does now: an
 * attach or detach takes longer than to read.
 */
static void tell_changing(struct iface_view *v, pid_t before)
{
	pid_t now = pins_lock_holder();

	v->changed_by = now ? now : before;
	if (v->changed_by)
		v->state = VIEW_CHANGING;
}

static void read_iface(struct iface_view *v, const char *dir, const struct netns *here,
		       pid_t before)
{
	unsigned int ifindex;
	int err;

	strcpy(v->dir, dir);
	err = steer_config(dir, &v->config);
	v->here = v->config.netns_cookie == here->cookie;
	ifindex = steer_ifindex(dir, &v->config, here);
	if (!ifindex || !if_indextoname(ifindex, v->name))
		snprintf(v->name, sizeof(v->name), "%.15s", *v->config.name ? v->config.name : dir);
	if (err == -EPROTO)
		v->state = VIEW_FOREIGN;
	else if (err || v->config.state != RFS_STATE_READY || read_counters(v) || read_cpus(v) ||
		 read_rings(v))
		v->state = VIEW_BROKEN;
	else
		v->state = is_stale(v, ifindex) ? VIEW_STALE : VIEW_ATTACHED;
	if (v->state == VIEW_BROKEN)
		tell_changing(v, before);
}

static int collect_ifaces(const char *iface, const struct netns *here, struct rfs_view *view)
{
	char dir[PIN_NAME_LEN], **dirs;
	pid_t before;
	int n;

	if (iface && steer_find(iface, here, dir)) {
		rfs_error("%s is not attached%s", iface,
			  if_nametoindex(iface) ? "" : ", and there is no such interface here");
		return -ENOENT;
	}
	before = pins_lock_holder();
	n = pins_list("", true, &dirs);
	if (n < 0) {
		rfs_error("cannot list %s/%s: %s", env.bpffs, RFS_PIN_DIR, strerror(-n));
		return n;
	}
	view->ifaces = calloc(n ? n : 1, sizeof(*view->ifaces));
	for (int i = 0; view->ifaces && i < n; i++)
		if (!iface || !strcmp(dirs[i], dir))
			read_iface(&view->ifaces[view->n_ifaces++], dirs[i], here, before);
	pins_free_list(dirs, n);
	return view->ifaces ? 0 : -ENOMEM;
}

int collect(const char *iface, struct rfs_view *view)
{
	struct flow_list list = {};
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
	if (err < 0)
		return err;
	if (!err) {
		view->running = true;
		view->recorder = r.settings;
		err = collect_locality(r.locality, &view->locality);
		if (!err)
			err = walk_flows(r.sock_flow, &list, false);
		view->flows = list.n;
		recorder_close(&r);
		if (err) {
			rfs_error("cannot read the recorder's maps: %s", strerror(-err));
			return err;
		}
		view->n_programs = pins_list(RFS_PIN_RECORDER_DIR, false, &view->programs);
		if (view->n_programs < 0)
			view->n_programs = 0;
	}
	err = collect_ifaces(iface, &here, view);
	if (err)
		collect_free(view);
	return err;
}

void collect_free(struct rfs_view *view)
{
	for (unsigned int i = 0; i < view->n_ifaces; i++)
		free(view->ifaces[i].cpu);
	free(view->ifaces);
	pins_free_list(view->programs, view->n_programs);
}
