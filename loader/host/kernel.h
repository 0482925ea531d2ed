/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel.h - how the running kernel was built. */
#ifndef RFS_KERNEL_H
#define RFS_KERNEL_H

struct btf;

/**
 * kernel_is_rt() - was the running kernel built with CONFIG_PREEMPT_RT?
 *
 * Return: 1 or 0; or a negative errno if that cannot be told.
 */
int kernel_is_rt(void);

/**
 * btf_is_rt() - the same of the kernel that these types are of
 *
 * Return: 1 or 0; -ENOENT if they are no kernel's.
 */
int btf_is_rt(const struct btf *btf);

#endif /* RFS_KERNEL_H */
