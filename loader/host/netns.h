/* SPDX-License-Identifier: GPL-2.0-only */
/* netns.h - network namespaces: which one we are in, how to get into another, which there are. */
#ifndef RFS_NETNS_H
#define RFS_NETNS_H

#include <stdbool.h>

#include "rfs/types.h"

struct netns {
	__u64 cookie; /* never used twice while the host is up */
	__u64 ino;
	bool initial; /* PID 1's */
};

/** netns_current() - the network namespace of this process; 0 or a negative errno */
int netns_current(struct netns *ns);

/* Where ip(8) has namespaces by name. */
#define NAMED_NETNS    "/run/netns"
#define NETNS_PATH_LEN 288

/** netns_path() - a namespace's path there, by its inode number; "" if it has none */
void netns_path(__u64 ino, char path[NETNS_PATH_LEN]);

/** netns_open() - the network namespace of this process, for netns_return(); an fd or -errno */
int netns_open(void);

/**
 * netns_enter() - move this process into a network namespace
 * @fd: open
 *
 * Return: 0, or a negative errno after an error message.
 */
int netns_enter(int fd);

/**
 * netns_return() - enter a namespace again, and close it
 * @home: of netns_open()
 *
 * Return: 0, or a negative errno after an error message: then this process is in another namespace
 * than it should be, and must do nothing more by names or indices of interfaces.
 */
int netns_return(int home);

/*
 * What is done in a namespace, with this process in it. Return: 0 to go on with the next one, 1 to
 * stay, a negative errno to give up.
 */
typedef int netns_visit_fn(const struct netns *ns, void *data);

/**
 * netns_visit() - go through the network namespaces, beginning with the one that we are in
 * @visit: called once in each
 * @data:  handed to it
 * @whole: receives whether these were all, as far as can be known
 *
 * A namespace is found if a process is in it, a mount that some process sees keeps it (as "ip
 * netns" and container runtimes do), or a process has it open. Not whole: one of these could not be
 * looked at or entered, or /proc shows only the processes of a PID namespace.
 *
 * Return: 1 if @visit stayed in one, and then this process is there; 0 if it did not, or a negative
 * errno after an error message, and then this process is where it was.
 */
int netns_visit(netns_visit_fn *visit, void *data, bool *whole);

#endif /* RFS_NETNS_H */
