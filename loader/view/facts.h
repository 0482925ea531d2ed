/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * facts.h - what is found out about an attached interface, beside its counters. Nothing is judged
 * here. What could not be found out has a negative errno instead of its fact.
 */
#ifndef RFS_FACTS_H
#define RFS_FACTS_H

#include <stdbool.h>

#include "host/cpuset.h"
#include "host/ethtool.h"
#include "host/kthreads.h"
#include "host/netns.h"
#include "host/veth.h"
#include "iface/locate.h"
#include "recorder/recorder.h"

/* The ring from one RX queue to one CPU, and the thread that empties it. */
struct ring_facts {
	unsigned int queue;
	unsigned int cpu;
	struct kthread kthread; /* pid 0: there is none */
	int bound;		/* 1, 0 or -errno */
	int sched_err;
	struct rfs_sched sched;
	__s32 standing; /* frames that are counted as in it, while none came out; else 0 */
	bool stuck;	/* the program found that frames vanish before they reach it */
	bool asleep;	/* with standing frames: the thread waits for frames, not for its CPU */
};

/* The kernel's own steering of one RX queue. */
struct rx_facts {
	unsigned int queue;
	char rps_cpus[32]; /* as the kernel's file has it, without leading zeros; "": off */
	unsigned int flow_cnt;
};

enum vlan_feature {
	VLAN_PARSE,	 /* rx-vlan-hw-parse */
	VLAN_STAG_PARSE, /* rx-vlan-stag-hw-parse */
	VLAN_FEATURES,
};

/* The host's part, the same for all interfaces. */
struct host_facts {
	bool changing;			 /* when the view began */
	const struct recorder *recorder; /* NULL: none runs */
	int stopped_err;
	const char *stopped[RECORDER_PROGRAMS_MAX]; /* its programs that do not run */
	unsigned int n_stopped;
	int kthreads_err;
	struct kthreads kthreads;
	int cpus_err;
	struct cpuset online;
	struct cpuset isolated;
};

struct iface_facts {
	const struct host_facts *host;
	bool changing;			 /* another rfsctl changes something at this moment */
	bool moved;			 /* to another network namespace */
	char netns_path[NETNS_PATH_LEN]; /* of netns_path() */
	__u64 netns_cookie;		 /* where it is now */
	bool sysfs_here;		 /* this process's /sys/class/net shows it */

	int rx_queues_err;
	unsigned int rx_queues;
	int rx_err;
	struct rx_facts *rx;
	unsigned int n_rx;
	int sock_flows_err;	 /* --tcp stack only: */
	unsigned int sock_flows; /* size of the kernel's own table */
	int veth_err;		 /* in native mode; else -ENODEV */
	struct veth_peer peer;
	char peer_path[NETNS_PATH_LEN];
	bool peer_here; /* in the namespace of this process */
	int vlan_err[VLAN_FEATURES];
	struct ethtool_feature vlan[VLAN_FEATURES];

	int same_recorder; /* 1: it is that of the attachment; 0 or -errno */
	int rings_err;
	struct ring_facts *ring; /* to CPUs of the set, with a thread, or with standing frames */
	unsigned int n_rings;
	bool no_journal;
	/* not pinned any more: */
	const char *lost_pin;	  /* of its own, the first; NULL: none */
	unsigned int lost_queues; /* whose rings are not */
	struct cpuset due;	  /* where packets should go, given the CPUs that are online */
};

/** facts_of_host() - @r may be NULL; to be given to facts_free_host() */
void facts_of_host(const struct recorder *r, struct host_facts *host);
void facts_free_host(struct host_facts *host);

struct iface_view;

/**
 * facts_collect() - look at an interface
 * @v:     its configuration and CPUs
 * @place: where it is; IFACE_THERE
 * @prog:  its steering program's file descriptor
 * @host:  of facts_of_host()
 * @f:     receives the facts; free with facts_free()
 *
 * Takes a moment, up to RING_LIMIT_MS, where frames are in flight.
 *
 * Return: 0; or a negative errno after an error message if this process could not get back from the
 * interface's network namespace.
 */
int facts_collect(const struct iface_view *v, const struct iface_place *place, int prog,
		  const struct host_facts *host, struct iface_facts *f);
void facts_free(struct iface_facts *f);

/* How long a ring may have frames of which none comes out: longer than any slice. */
#define RING_LIMIT_MS 200

/** facts_settings() - in the interface's namespace: queues, kernel RPS and RFS, VLAN offload */
void facts_settings(const struct iface_view *v, const char *name, struct iface_facts *f);

/** facts_rings() - rings and their threads */
void facts_rings(const struct iface_view *v, struct iface_facts *f);

#endif /* RFS_FACTS_H */
