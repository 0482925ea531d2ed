/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_rfs.h - the kernel's own table of who reads what where: net.core.rps_sock_flow_entries,
 * one for all network namespaces and seen in the initial one only.
 */
#ifndef RFS_SOCK_FLOWS_H
#define RFS_SOCK_FLOWS_H

/**
 * sock_flows_read() - the size of the kernel's table
 * @entries: receives it; 0: there is no table, and the kernel's RFS is off
 *
 * Return: 0; -ENOENT for a kernel without RFS, or in a container that does not see the initial
 * network namespace; or another negative errno.
 */
int sock_flows_read(unsigned int *entries);

/** sock_flows_write() - make, resize or (0) remove the kernel's table; as sock_flows_read() */
int sock_flows_write(unsigned int entries);

#endif /* RFS_SOCK_FLOWS_H */
