// SPDX-License-Identifier: GPL-2.0-only
/* kernel_rfs.c - net.core.rps_sock_flow_entries, read and written from any network namespace. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/msg.h"
#include "recorder/kernel_rfs.h"

#define SYSCTL "/proc/sys/net/core/rps_sock_flow_entries"

/*
 * Who may be in the initial network namespace: we ourselves, kthreadd, or PID 1, which root cannot
 * always look at. Whether it is that one shows in the file's being there; /proc/sys/net is that of
 * the namespace one is in when a file is opened.
 */
static const char *const candidates[] = { "/proc/self/ns/net", "/proc/2/ns/net", "/proc/1/ns/net" };

static int open_in(const char *netns, int flags)
{
	int ns = open(netns, O_RDONLY | O_CLOEXEC), fd;

	if (ns < 0)
		return -errno;
	fd = setns(ns, CLONE_NEWNET) ? -1 : open(SYSCTL, flags | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(ns);
	return fd;
}

/* Whatever namespace we are in. */
static int open_initial(int flags)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd = -ENOENT;

	if (home < 0)
		return -errno;
	for (size_t i = 0; fd < 0 && i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		fd = open_in(candidates[i], flags);
		if (setns(home, CLONE_NEWNET))
			rfs_warn("cannot return to the network namespace: %s", strerror(errno));
	}
	close(home);
	return fd;
}

int sock_flows_read(unsigned int *entries)
{
	int fd = open_initial(O_RDONLY), err = 0;
	char text[16] = "";
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		err = -errno;
	else if (sscanf(text, "%u", entries) != 1)
		err = -EIO;
	close(fd);
	return err;
}

int sock_flows_write(unsigned int entries)
{
	int fd = open_initial(O_WRONLY), err = 0;

	if (fd < 0)
		return fd;
	if (dprintf(fd, "%u", entries) < 0)
		err = -errno;
	close(fd);
	return err;
}
