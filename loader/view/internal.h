/* SPDX-License-Identifier: GPL-2.0-only */
/* internal.h - what the parts of collect.h's implementation share. */
#ifndef RFS_VIEW_INTERNAL_H
#define RFS_VIEW_INTERNAL_H

#include "view/collect.h"
#include "view/facts.h"

struct flow_list {
	struct rps_sock_flow *flows; /* NULL: only count */
	unsigned int n;
	unsigned int room;
};

/** walk_flows() - count the flows of the table, and keep them if wanted; 0 or a negative errno */
int walk_flows(int fd, struct flow_list *list, bool keep);

/** sum_percpu() - sum a per-CPU map's only value, n 64-bit counters; 0 or a negative errno */
int sum_percpu(int fd, __u64 *sum, unsigned int n);

/**
 * open_recorder() - for a reading command
 *
 * Return: 0; 1 if none runs; -EPROTO without a message for one of another version; or another
 * negative errno after a message.
 */
int open_recorder(struct recorder *r);

/**
 * collect_ifaces() - fill view->ifaces
 * @host: the host's facts, if problems are asked for
 *
 * Return: 0, or a negative errno.
 */
int collect_ifaces(const char *iface, const struct netns *here, const struct host_facts *host,
		   struct rfs_view *view);

#endif /* RFS_VIEW_INTERNAL_H */
