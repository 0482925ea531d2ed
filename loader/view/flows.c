// SPDX-License-Identifier: GPL-2.0-only
/* flows.c - the socket flow table, read into plain structures. */
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "host/msg.h"
#include "host/netif.h"
#include "view/internal.h"

#define BATCH 4096

static int keep_flows(struct flow_list *list, const struct rps_sock_flow *flows, unsigned int n)
{
	if (!n)
		return 0;
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

/* In batches: a million flows in some hundred system calls. */
int walk_flows(int fd, struct flow_list *list, bool keep)
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

/* An IPv4 address goes by its label, which begins with the interface's name: "eth0:backup". */
static bool is_of(const struct ifaddrs *addr, const char *iface)
{
	size_t len = strlen(iface);

	return !strncmp(addr->ifa_name, iface, len) &&
	       (!addr->ifa_name[len] || addr->ifa_name[len] == ':');
}

static void keep_only(struct flow_view *view, const struct ifaddrs *addrs, const char *iface)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < view->n; i++) {
		bool match = false;

		for (const struct ifaddrs *a = addrs; a && !match; a = a->ifa_next)
			match = is_of(a, iface) && same_addr(a->ifa_addr, &view->flows[i]);
		if (match)
			view->flows[kept++] = view->flows[i];
	}
	view->n = kept;
}

int collect_flows(const char *iface, struct flow_view *view)
{
	struct flow_list list = {};
	char name[IF_NAMESIZE];
	struct ifaddrs *addrs;
	struct recorder r;
	int err;

	memset(view, 0, sizeof(*view));
	if (iface) {
		err = netif_find(iface, name);
		if (err == -ENODEV)
			rfs_error("there is no interface '%s' in this network namespace", iface);
		if (err < 0)
			return err;
	}
	err = open_recorder(&r);
	if (err == -EPROTO)
		rfs_error("rfs of another version is running; 'rfsctl detach --all' ends it");
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
	keep_only(view, addrs, name);
	freeifaddrs(addrs);
	return 0;
}
