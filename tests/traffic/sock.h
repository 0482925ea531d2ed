// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of IPv4, IPv6, and IPv6 that carries IPv4. */
#ifndef TRAFFIC_SOCK_H
#define TRAFFIC_SOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct sock_addr {
	struct sockaddr_storage ss;
	socklen_t len;
};

/* All functions return 0 (or a descriptor) or a negative errno, with a message on stderr. */

/* @text is a numeric address; @mapped turns IPv4 into ::ffff:a.b.c.d. */
int sock_addr(struct sock_addr *a, const char *text, uint64_t port, bool mapped);

/* The same address with another port. */
struct sock_addr sock_addr_port(const struct sock_addr *a, uint64_t port);

/* A socket that does not block, bound to @a. */
int sock_bound(int type, const struct sock_addr *a);

/* Datagrams: bound to @local and, if not NULL, connected to @peer, with large buffers. */
int sock_udp(const struct sock_addr *local, const struct sock_addr *peer);

int sock_listen(const struct sock_addr *a);

/* SO_RCVBUF or SO_SNDBUF, beyond the system's limit if this process may. */
void sock_buffer(int fd, bool receive, int bytes);

#endif
