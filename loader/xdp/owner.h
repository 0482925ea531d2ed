/* SPDX-License-Identifier: GPL-2.0-only */
/* owner.h - whose is a loaded steering program: for which interface was it made? */
#ifndef RFS_XDP_OWNER_H
#define RFS_XDP_OWNER_H

#include <linux/types.h>

/* The interface that a program was made for, wherever that is now. */
struct xdp_owner {
	__u64 netns_cookie;
	unsigned int ifindex; /* as at attach; 0: none */
	__u64 sysfs_ino; /* netif_sysfs_ino(), as a later one may have the index; 0: not known */
};

/**
 * xdp_owned() - is it a steering program that was made for this interface?
 * @prog_fd: any BPF program's
 *
 * By constants in the program, not by its name: libbpf loads it without one if it was short of
 * memory when it tried whether the kernel takes names.
 *
 * Return: 1 if so, 0 if not; a negative errno if the kernel does not tell.
 */
int xdp_owned(int prog_fd, const struct xdp_owner *owner);

#endif /* RFS_XDP_OWNER_H */
