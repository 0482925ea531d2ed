/* SPDX-License-Identifier: GPL-2.0-only */
/* collect.h - pinned maps read into plain structures; printers only format these. */
#ifndef RFS_COLLECT_H
#define RFS_COLLECT_H

#include <net/if.h>

#include "host/cpuset.h"
#include "maps/pins.h"
#include "recorder/recorder.h"

struct problem;

enum view_state {
	VIEW_ATTACHED, /* packets are steered */
	VIEW_BROKEN,   /* an attach or a detach was cut short */
	VIEW_STALE,    /* the interface or its namespace is gone */
	VIEW_FOREIGN,  /* of another rfs version: not understood */
	VIEW_CHANGING, /* an attach or a detach is under way */
	VIEW_UNKNOWN,  /* it cannot be told */
};

struct cpu_view {
	unsigned int cpu;
	__u64 enqueued; /* frames redirected to this CPU, all queues */
	__u64 delivered;
	__u64 lost; /* ring full, redirect failed, vanished before the ring, or no skb */
};

struct iface_view {
	char dir[PIN_NAME_LEN];
	char name[IF_NAMESIZE]; /* as it is called now, if that can be told */
	unsigned int ifindex;	/* and its index; else as it was at attach */
	enum view_state state;
	bool here;		  /* in the network namespace that rfsctl runs in */
	bool gone;		  /* VIEW_STALE: the interface, not only the program on it */
	pid_t changed_by;	  /* VIEW_CHANGING: the rfsctl that holds the lock */
	char why[256];		  /* VIEW_UNKNOWN: the reason */
	struct problem *problems; /* if they were asked for */
	unsigned int n_problems;
	struct rfs_config config;
	struct cpuset cpus;
	struct cpuset wanted;
	__u64 count[RFS_STAT_NR];
	__u64 lost_ring_full;
	__u64 lost_redirect_error;
	__u64 lost_vanished;
	__u64 lost_alloc_failed;
	struct cpu_view *cpu;
	unsigned int n_cpus;
};

struct rfs_view {
	bool running; /* the recorder is there */
	struct rfs_global recorder;
	char **programs;
	int n_programs;
	__u64 flows;
	struct rfs_locality locality;
	struct iface_view *ifaces;
	unsigned int n_ifaces;
};

struct flow_view {
	struct rps_sock_flow *flows;
	unsigned int n;
};

/**
 * collect() - all that is pinned
 * @iface:    only this interface; NULL for all
 * @problems: find out as well what is wrong with each
 * @view:     receives it; free with collect_free()
 *
 * Return: 0, or a negative errno after an error message. Nothing pinned is no error, but an
 * interface that was named and is not attached is.
 */
int collect(const char *iface, bool problems, struct rfs_view *view);
void collect_free(struct rfs_view *view);

/**
 * collect_flows() - the socket flow table
 * @iface: only flows to an address of this interface; NULL for all
 * @view:  receives it; free its flows
 *
 * Return: 0, or a negative errno after an error message.
 */
int collect_flows(const char *iface, struct flow_view *view);

/** collect_locality() - sum the per-CPU counters of reads; 0 or a negative errno */
int collect_locality(int fd, struct rfs_locality *sum);

/** view_state_name() - "attached", "broken", "stale", "foreign", "changing" or "unknown" */
const char *view_state_name(enum view_state state);

/** view_handle() - the name by which rfsctl finds the interface from this network namespace */
const char *view_handle(const struct iface_view *iface);

/** view_tcp_name() - "cpumap" or "stack" */
const char *view_tcp_name(const struct rfs_config *config);

/** view_passed() - packets that were not steered, all reasons */
__u64 view_passed(const struct iface_view *iface);

/** view_percent() - 0 to 100, or -1 where there is nothing to divide */
double view_percent(__u64 part, __u64 rest);

#endif /* RFS_COLLECT_H */
