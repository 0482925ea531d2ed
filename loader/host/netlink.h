/* SPDX-License-Identifier: GPL-2.0-only */
/* netlink.h - one question to the kernel by netlink. */
#ifndef RFS_NETLINK_H
#define RFS_NETLINK_H

#include <libmnl/libmnl.h>

/* Room for a request: its headers and some short attributes. */
#define NETLINK_REQUEST_LEN 512

/**
 * netlink_ask() - send a request, and hand each message of the answer to a function
 * @bus:  NETLINK_ROUTE or NETLINK_GENERIC, of the current network namespace
 * @req:  header, payload and attributes; NLM_F_DUMP in its flags if many messages are asked for
 * @cb:   as libmnl calls it; may be NULL
 * @data: for @cb
 *
 * Return: 0; the kernel's answer as a negative errno; or another negative errno.
 */
int netlink_ask(int bus, struct nlmsghdr *req, mnl_cb_t cb, void *data);

#endif /* RFS_NETLINK_H */
