// SPDX-License-Identifier: GPL-2.0-only
/* sysfs.c - an interface's folder in the sysfs of the namespace that we are in. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/ifname.h"
#include "host/sysfs.h"

#define ATTEMPTS 5

static bool is_of(int fd, unsigned int ifindex)
{
	char text[16] = "";
	int file = openat(fd, "ifindex", O_RDONLY | O_CLOEXEC);
	bool is = file >= 0 && read(file, text, sizeof(text) - 1) > 0 &&
		  strtoul(text, NULL, 10) == ifindex;

	if (file >= 0)
		close(file);
	return is;
}

/*
 * The folder by its name, which may have become another interface's since it was looked up. What is
 * open stays the interface's own, whatever it is called later.
 */
static int open_folder(int mnt, unsigned int ifindex)
{
	char name[IF_NAMESIZE], path[sizeof("class/net/") + IF_NAMESIZE];

	for (int i = 0; i < ATTEMPTS; i++) {
		int fd, err = ifname_now(ifindex, name);

		if (err)
			return err;
		snprintf(path, sizeof(path), "class/net/%s", name);
		fd = openat(mnt, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = -errno;
		if (fd >= 0 && is_of(fd, ifindex))
			return fd;
		if (fd >= 0)
			close(fd);
		else if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}

int netif_sysfs(unsigned int ifindex)
{
	int fs, mnt, fd, err;

	fs = fsopen("sysfs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) {
		err = -errno;
		close(fs);
		return err;
	}
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	err = -errno;
	close(fs);
	if (mnt < 0)
		return err;
	fd = open_folder(mnt, ifindex);
	close(mnt);
	return fd;
}

__u64 netif_sysfs_ino(unsigned int ifindex)
{
	int fd = netif_sysfs(ifindex);
	struct stat st;
	__u64 ino;

	if (fd < 0)
		return 0;
	ino = fstat(fd, &st) ? 0 : st.st_ino;
	close(fd);
	return ino;
}

unsigned int netif_count_rx_dirs(unsigned int ifindex)
{
	int fd = netif_sysfs(ifindex), queues;
	struct dirent *entry;
	unsigned int n = 0;
	DIR *d;

	if (fd < 0)
		return 0;
	queues = openat(fd, "queues", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(fd);
	if (queues < 0)
		return 0;
	d = fdopendir(queues);
	if (!d) {
		close(queues);
		return 0;
	}
	while ((entry = readdir(d)))
		n += !strncmp(entry->d_name, "rx-", 3);
	closedir(d);
	return n;
}
