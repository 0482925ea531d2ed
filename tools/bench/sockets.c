// SPDX-License-Identifier: GPL-2.0-only
/*
 * sockets.c - all connections, both ends, made by the main thread: a socket belongs to the network
 * namespace in which it was made, whoever uses it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../tests/traffic/files.h"
#include "base.h"
#include "sockets.h"

int *srv_fd, *cli_fd;

void netns_enter(const char *path)
{
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static struct sockaddr_in address(const char *text, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (inet_pton(AF_INET, text, &a.sin_addr) != 1) {
		fprintf(stderr, "not an IPv4 address: %s\n", text);
		exit(2);
	}
	return a;
}

static int make(int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		die("socket");
	if (type == SOCK_STREAM) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	}
	return fd;
}

/* A connection that cannot be read for so long says that its thread may look at the clock. */
static void set_timeout(int fd)
{
	struct timeval tv = { .tv_usec = 50000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static void make_udp(const struct load_opts *o)
{
	for (int side = 0; side < 2; side++) {
		netns_enter(side ? o->cli_ns : o->srv_ns);
		for (int i = 0; i < o->conns; i++) {
			struct sockaddr_in srv = address(o->srv_addr, o->port + i);
			struct sockaddr_in cli = address(o->cli_addr, o->cport + i);
			int fd = make(SOCK_DGRAM);

			if (bind(fd, (void *)(side ? &cli : &srv), sizeof(srv)) ||
			    connect(fd, (void *)(side ? &srv : &cli), sizeof(srv)))
				die("UDP socket");
			*(side ? &cli_fd[i] : &srv_fd[i]) = fd;
		}
	}
}

static void make_tcp(const struct load_opts *o)
{
	struct sockaddr_in srv = address(o->srv_addr, o->port);
	int listener = -1, on = 1;

	if (!o->memcached) {
		netns_enter(o->srv_ns);
		listener = make(SOCK_STREAM);
		if (bind(listener, (void *)&srv, sizeof(srv)) || listen(listener, 512))
			die("listen");
	}
	netns_enter(o->cli_ns);
	for (int i = 0; i < o->conns; i++) {
		cli_fd[i] = make(SOCK_STREAM);
		if (connect(cli_fd[i], (void *)&srv, sizeof(srv)))
			die("connect");
		if (listener < 0)
			continue;
		srv_fd[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (srv_fd[i] < 0)
			die("accept");
		setsockopt(srv_fd[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	if (listener >= 0)
		close(listener);
}

void sockets_make(const struct load_opts *o)
{
	raise_file_limit();
	srv_fd = calloc(o->conns, sizeof(int));
	cli_fd = calloc(o->conns, sizeof(int));
	if (!srv_fd || !cli_fd)
		die("calloc");
	if (o->tcp)
		make_tcp(o);
	else
		make_udp(o);
	for (int i = 0; i < o->conns; i++) {
		set_timeout(cli_fd[i]);
		if (!o->memcached)
			set_timeout(srv_fd[i]);
	}
}
