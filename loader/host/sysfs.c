// SPDX-License-Identifier: GPL-2.0-only
/* sysfs.c - an interface's folder in the sysfs of the namespace that we are in. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "host/sysfs.h"

int netif_sysfs(const char *name)
{
	char path[sizeof("class/net/") + IF_NAMESIZE];
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
	snprintf(path, sizeof(path), "class/net/%s", name);
	fd = openat(mnt, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = -errno;
	close(mnt);
	return fd < 0 ? err : fd;
}

unsigned int netif_count_rx_dirs(const char *name)
{
	int fd = netif_sysfs(name), queues;
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
