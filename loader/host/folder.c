// SPDX-License-Identifier: GPL-2.0-only
/* folder.c - folders, opened and emptied with no symbolic link on the way. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/folder.h"

/* The folder of that name in another, whose descriptor is used up. */
static int step_into(int fd, const char *name)
{
	int below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = -errno;

	close(fd);
	return below < 0 ? err : below;
}

/*
 * Step by step: openat2(2) could do it at once, but where systemd keeps a service from making SUID
 * files there is none.
 */
int folder_open(const char *root, const char *path)
{
	char names[PATH_MAX], *rest = names, *name;
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	snprintf(names, sizeof(names), "%s", path);
	while (fd >= 0 && (name = strsep(&rest, "/")))
		if (*name)
			fd = step_into(fd, name);
	return fd;
}

static int empty(int fd)
{
	struct dirent *entry;
	DIR *d = fdopendir(fd);
	int err = 0;

	if (!d) {
		err = -errno;
		close(fd);
		return err;
	}
	while ((entry = readdir(d))) {
		int one = 0;

		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			one = folder_remove(dirfd(d), entry->d_name);
		err = err ? err : one;
	}
	closedir(d);
	return err;
}

int folder_remove(int fd, const char *name)
{
	int inner, err;

	if (!unlinkat(fd, name, 0) || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -errno;
	inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	err = inner < 0 ? -errno : empty(inner);
	if (!unlinkat(fd, name, AT_REMOVEDIR) || errno == ENOENT)
		return 0;
	return err ? err : -errno;
}

static bool is_trusted(const struct stat *st)
{
	return !st->st_uid || st->st_uid == geteuid();
}

const char *folder_flaw(const char *path, unsigned int may_be)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? NULL : strerror(errno);
	if (!is_trusted(&st))
		return "belongs to another user";
	if (may_be & FOLDER_LINK && S_ISLNK(st.st_mode) && stat(path, &st))
		return strerror(errno);
	if (!S_ISDIR(st.st_mode))
		return "is no folder";
	if (!is_trusted(&st))
		return "leads to what belongs to another user";
	if (st.st_mode & (S_IWGRP | S_IWOTH) && !(may_be & FOLDER_STICKY && st.st_mode & S_ISVTX))
		return "can be written by others";
	return NULL;
}
