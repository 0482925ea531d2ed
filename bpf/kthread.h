/* SPDX-License-Identifier: GPL-2.0-only */
/* kthread.h - what the kernel knows of a CPUMAP's kthread. */
#ifndef RFS_KTHREAD_H
#define RFS_KTHREAD_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* The CPUMAP entry whose ring a kthread serves. */
static __always_inline struct bpf_cpu_map_entry *kthread_entry(struct task_struct *task)
{
	struct kthread *kthread = BPF_CORE_READ(task, worker_private);

	return BPF_CORE_READ(kthread, data);
}

/* The ring's CPU, also if the thread was moved off it. */
static __always_inline __u32 kthread_cpu(struct task_struct *task)
{
	struct bpf_cpu_map_entry *entry = kthread_entry(task);

	return BPF_CORE_READ(entry, cpu);
}

#endif /* RFS_KTHREAD_H */
