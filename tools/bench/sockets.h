/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sockets.h - all connections, both ends, made by the main thread: a socket belongs to the network
 * namespace in which it was made, whoever uses it.
 */
#ifndef RFS_BENCH_SOCKETS_H
#define RFS_BENCH_SOCKETS_H

#include "opts.h"

extern int *srv_fd, *cli_fd;

/** netns_enter() - move the calling thread to a network namespace; NULL: stay */
void netns_enter(const char *path);

/** sockets_make() - all connections, with the server's end in srv_fd[] and the client's in cli_fd[]
 */
void sockets_make(const struct load_opts *o);

#endif /* RFS_BENCH_SOCKETS_H */
