// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sock.h"

#define UDP_BUFFER	(8 << 20)

static int complain(int err, const char *what, const struct sock_addr *a)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE] = "?", port[8] = "?";

	getnameinfo((const struct sockaddr *)&a->ss, a->len, host, sizeof(host), port,
		    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	fprintf(stderr, "rfs-traffic: cannot %s %s port %s: %s\n", what, host, port,
		strerror(-err));
	return err;
}

static void set_port(struct sock_addr *a, uint64_t port)
{
	if (a->ss.ss_family == AF_INET)
		((struct sockaddr_in *)&a->ss)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)&a->ss)->sin6_port = htons(port);
}

int sock_addr(struct sock_addr *a, const char *text, uint64_t port, bool mapped)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
	struct addrinfo *info;
	char v6[64];
	int err;

	if (mapped && !strchr(text, ':')) {
		snprintf(v6, sizeof(v6), "::ffff:%s", text);
		text = v6;
	}
	err = getaddrinfo(text, NULL, &hints, &info);
	if (err) {
		fprintf(stderr, "rfs-traffic: '%s' is no address: %s\n", text, gai_strerror(err));
		return -EINVAL;
	}
	memset(a, 0, sizeof(*a));
	memcpy(&a->ss, info->ai_addr, info->ai_addrlen);
	a->len = info->ai_addrlen;
	freeaddrinfo(info);
	set_port(a, port);
	return 0;
}

struct sock_addr sock_addr_port(const struct sock_addr *a, uint64_t port)
{
	struct sock_addr copy = *a;

	set_port(&copy, port);
	return copy;
}

void sock_buffer(int fd, bool receive, int bytes)
{
	int force = receive ? SO_RCVBUFFORCE : SO_SNDBUFFORCE;
	int plain = receive ? SO_RCVBUF : SO_SNDBUF;

	/* A smaller buffer is no error: what it loses shows in the summary. */
	if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof(bytes));
}

int sock_bound(int type, const struct sock_addr *a)
{
	int fd, err, on = 1, off = 0;

	fd = socket(a->ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return complain(-errno, "make a socket for", a);

	/* The system's default may be 1, which rules out mapped addresses. */
	if (a->ss.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	/* For TCP only: two UDP sinks on the same port would share its datagrams. */
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));

	if (bind(fd, (const struct sockaddr *)&a->ss, a->len)) {
		err = complain(-errno, "bind to", a);
		close(fd);
		return err;
	}
	return fd;
}

int sock_udp(const struct sock_addr *local, const struct sock_addr *peer)
{
	int fd, err;

	fd = sock_bound(SOCK_DGRAM, local);
	if (fd < 0)
		return fd;
	if (peer && connect(fd, (const struct sockaddr *)&peer->ss, peer->len)) {
		err = complain(-errno, "connect to", peer);
		close(fd);
		return err;
	}
	sock_buffer(fd, true, UDP_BUFFER);
	sock_buffer(fd, false, UDP_BUFFER);
	return fd;
}

int sock_listen(const struct sock_addr *a)
{
	int fd, err;

	fd = sock_bound(SOCK_STREAM, a);
	if (fd < 0)
		return fd;
	if (listen(fd, 1024)) {
		err = complain(-errno, "listen on", a);
		close(fd);
		return err;
	}
	return fd;
}
