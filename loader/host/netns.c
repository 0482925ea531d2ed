// SPDX-License-Identifier: GPL-2.0-only
/* netns.c - network namespaces: which one we are in, how to get into another. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/netns.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

int netns_current(struct netns *ns)
{
	socklen_t len = sizeof(ns->cookie);
	struct stat self = {}, init;
	int fd, err = 0;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &ns->cookie, &len) ||
	    stat("/proc/self/ns/net", &self))
		err = -errno;
	close(fd);
	if (err)
		return err;
	ns->ino = self.st_ino;
	ns->initial = !stat("/proc/1/ns/net", &init) && init.st_ino == self.st_ino;
	return 0;
}

/* Enter the namespace behind path if it is the one that is sought. */
static int try_enter(const char *path, __u64 ino)
{
	struct stat st;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	if (fstat(fd, &st) || st.st_ino != ino)
		err = -ENOENT;
	else
		err = setns(fd, CLONE_NEWNET) ? -errno : 0;
	close(fd);
	return err;
}

static int search_dir(const char *dir, const char *suffix, __u64 ino)
{
	struct dirent *entry;
	char path[512];
	int err = -ENOENT;
	DIR *d;

	d = opendir(dir);
	if (!d)
		return -ENOENT;
	while (err == -ENOENT && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s%s", dir, entry->d_name, suffix);
		err = try_enter(path, ino);
	}
	closedir(d);
	return err;
}

int netns_enter(__u64 ino)
{
	int err = try_enter("/proc/self/ns/net", ino);

	if (err == -ENOENT)
		err = search_dir("/run/netns", "", ino);
	if (err == -ENOENT)
		err = search_dir("/proc", "/ns/net", ino);
	return err;
}

bool netns_exists(__u64 ino, __u64 cookie)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct netns ns = {};
	bool exists = true;
	int err;

	if (home < 0)
		return true;
	err = netns_enter(ino);
	if (err == -ENOENT)
		exists = false;
	else if (!err && !netns_current(&ns))
		exists = ns.cookie == cookie;
	if (!err && setns(home, CLONE_NEWNET))
		exists = true;
	close(home);
	return exists;
}
