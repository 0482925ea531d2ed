/* SPDX-License-Identifier: GPL-2.0-only */
/* preflight.h - what is found out before anything is loaded: would steering hurt here? */
#ifndef RFS_PREFLIGHT_H
#define RFS_PREFLIGHT_H

#include "host/cpuset.h"
#include "host/netif.h"

/**
 * preflight_kernel() - does what keeps packets in order hold on this kernel?
 *
 * Return: 0; -EOPNOTSUPP for a PREEMPT_RT one, or another negative errno if that cannot be told;
 * after an error message.
 */
int preflight_kernel(void);

/**
 * preflight_iface() - may this interface be steered?
 * @nif:  its facts
 * @mode: enum rfs_mode as asked for; RFS_MODE_AUTO becomes RFS_MODE_GENERIC, after a warning, where
 *	  the driver has a native mode that would hurt
 *
 * What cannot be told, such as an old kernel's driver's abilities, is no reason to refuse.
 *
 * Return: 0, perhaps after warnings; or -EINVAL or -EOPNOTSUPP after an error message that says
 * what to do instead.
 */
int preflight_iface(const struct netif *nif, unsigned int *mode);

/**
 * preflight_cpus() - may packets be steered to these CPUs?
 * @cpus: as they were asked for; empty: none were
 *
 * They must exist, and one at least be online.
 *
 * Return: 0, perhaps after a warning; or -EINVAL after an error message.
 */
int preflight_cpus(const struct cpuset *cpus);

#endif /* RFS_PREFLIGHT_H */
