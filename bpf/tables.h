/* SPDX-License-Identifier: GPL-2.0-only */
/* tables.h - what the loader sets before load, and the maps of an interface and its RX queues. */
#ifndef RFS_TABLES_H
#define RFS_TABLES_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "rfs/types.h"

/* Set by the loader before load. */
const volatile __u32 hash_key[RFS_HASH_WORDS];
const volatile __u32 flow_cnt = 1;  /* slots per queue, a power of two */
const volatile __u32 nr_cpus = 1;   /* also the index of the local ring */
const volatile __u32 nr_queues = 1; /* there are tables for */
const volatile __u32 sock_sets = 1; /* of rps_sock_ents, a power of two */
const volatile bool shared_queues;  /* generic mode: several CPUs may serve one queue */
const volatile bool stay_here;	    /* pass what is wanted on the CPU that it came in on */
const volatile __u32 stack_proto;   /* --tcp stack: IPPROTO_TCP, passed and in no slot; else 0 */
const volatile __u32 missing_max = RPS_MISSING_MAX; /* rps_missing_max() */
const volatile __u32 missing_age = RPS_LATE_JIFFIES;

/* By these the loader knows the program, see loader/xdp/owner.h; the index is read here too. */
const volatile __u64 owner_magic = RFS_MAGIC;
const volatile __u64 owner_netns;
const volatile __u64 owner_sysfs;
const volatile __u32 owner_ifindex;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rfs_config);
} rfs_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RPS_CPUS_NR);
	__type(key, __u32);
	__type(value, struct rps_cpus);
} rps_cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rfs_stats);
} rfs_stats SEC(".maps");

/* The recorder's. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rps_sock_flow);
} rps_sock_flow SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rps_sock_ents);
} rps_sock_ents SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rfs_napi);
} rfs_napi SEC(".maps");

/* By CPU; known to the recorder by the CPUMAP's id. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rps_thread);
} rps_thread SEC(".maps");

/* One RX queue's slots and rings: templates, from which the loader makes one each per queue. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rps_dev_flow);
} dev_flow_queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rps_ring);
} ring_queue SEC(".maps");

/* By RX queue; the loader sets the inner maps. All queues have one CPUMAP. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} rps_dev_flow SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} rps_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cpumap SEC(".maps");

/* By slot, for all RX queues. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rps_place);
} rps_place SEC(".maps");

struct queue {
	__u32 index;
	__u32 slot_index;
	void *rings;
	struct bpf_cpu_map *cpumap;
	struct rps_dev_flow *slot;
};

/* Where a packet's flow belongs, and why. */
struct want {
	__u32 cpu;    /* RPS_NO_CPU: where the packet is */
	__u32 how;    /* the RFS_STAT_* to count if it is redirected */
	__u32 passed; /* and if it is passed */
};

static const __u32 zero;

#endif /* RFS_TABLES_H */
