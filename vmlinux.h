/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmlinux.h - the kernel types that rfs reads, and of these only the members that it reads.
 *
 * It is written by hand instead of dumped from a running kernel, so that a build needs no BTF and
 * gives the same object everywhere. CO-RE relocates each access to where the running kernel keeps
 * the member; sizes and offsets here mean nothing. A type's ___suffix flavour is the same type in
 * another kernel release, named beside it.
 */
#ifndef RFS_VMLINUX_H
#define RFS_VMLINUX_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/in6.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	int skc_incoming_cpu;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
};

struct socket {
	struct sock *sk;
};

struct sched_info {
	unsigned long long run_delay; /* ns */
};

/* __state was "volatile long state" before 5.14, below rfs's floor. */
struct task_struct {
	unsigned int __state;
	struct sched_info sched_info;
	void *worker_private; /* a kthread's struct kthread; 5.17 and later */
	unsigned long nvcsw;
};

struct kthread {
	void *data; /* the threadfn's argument */
};

struct gro_node { /* 6.15 and later; part of napi_struct and of bpf_cpu_map_entry */
	unsigned long bitmask;
	__u32 rx_count;
};

struct ptr_ring {
	int consumer_head; /* where the next frame comes out; NULL there: none waits */
	void **queue;
};

struct bpf_cpu_map_entry {
	__u32 cpu;
	int map_id;
	struct ptr_ring *queue;
	struct gro_node gro; /* 6.15 and later */
};

struct bpf_cpu_map {
	struct bpf_cpu_map_entry **cpu_map; /* by CPU */
};

struct net_device {
	int ifindex;
};

struct napi_struct {
	unsigned long state;
	struct gro_node gro;
};

struct napi_struct___pre_6_15 {
	unsigned long gro_bitmask;
};

struct xdp_cpumap_stats;
struct bpf_prog;

#pragma clang attribute pop

#endif /* RFS_VMLINUX_H */
