// SPDX-License-Identifier: GPL-2.0-only
/* view.c - what is said of a view in text and in JSON alike: names and figures. */
#include "view/collect.h"

const char *view_state_name(enum view_state state)
{
	static const char *const names[] = {
		[VIEW_ATTACHED] = "attached", [VIEW_BROKEN] = "broken",
		[VIEW_STALE] = "stale",	      [VIEW_FOREIGN] = "foreign",
		[VIEW_CHANGING] = "changing", [VIEW_UNKNOWN] = "unknown",
	};

	return names[state];
}

const char *view_handle(const struct iface_view *iface)
{
	return iface->here ? iface->name : iface->dir;
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
