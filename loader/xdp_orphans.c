// SPDX-License-Identifier: GPL-2.0-only
/* xdp_orphans.c - dispatchers of libxdp that were pinned and never attached. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "msg.h"
#include "xdp.h"

/* The program that a pinned link of libxdp's puts in its dispatcher; else -errno. */
static int program_of_link(int link_fd)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(link_fd, &info, &len);

	return err ? err : bpf_prog_get_fd_by_id(info.prog_id);
}

static bool is_ours(const char *path, bool link, const struct xdp_owner *owner)
{
	int fd = bpf_obj_get(path), prog = fd;
	bool ours;

	if (fd < 0)
		return false;
	if (link)
		prog = program_of_link(fd);
	ours = xdp_owned(prog, owner);
	if (link && prog >= 0)
		close(prog);
	close(fd);
	return ours;
}

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), end_len = strlen(end);

	return len >= end_len && !strcmp(s + len - end_len, end);
}

/*
 * Is one of the programs in the dispatcher's folder ours? libxdp pins progN-link and then
 * progN-prog, and removes them in this order too: either may be alone.
 */
static bool holds_ours(const char *dir, const struct xdp_owner *owner)
{
	char path[PATH_MAX + 2 * NAME_MAX + 2];
	struct dirent *entry;
	bool found = false;
	DIR *d = opendir(dir);

	if (!d)
		return false;
	while (!found && (entry = readdir(d))) {
		bool link = ends_with(entry->d_name, "-link");

		if (!link && !ends_with(entry->d_name, "-prog"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		found = is_ours(path, link, owner);
	}
	closedir(d);
	return found;
}

static void remove_folder(const char *dir)
{
	char path[PATH_MAX + 2 * NAME_MAX + 2];
	struct dirent *entry;
	DIR *d = opendir(dir);

	if (!d)
		return;
	while ((entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	closedir(d);
	rmdir(dir);
}

void xdp_remove_orphans(const struct xdp_owner *owner)
{
	char root[PATH_MAX - NAME_MAX], dir[PATH_MAX + NAME_MAX];
	struct dirent *entry;
	unsigned int index;
	DIR *d;

	snprintf(root, sizeof(root), "%s/xdp", env.bpffs);
	d = opendir(root);
	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (sscanf(entry->d_name, "dispatch-%u-", &index) != 1 || index != owner->ifindex)
			continue;
		snprintf(dir, sizeof(dir), "%s/%s", root, entry->d_name);
		if (holds_ours(dir, owner))
			remove_folder(dir);
	}
	closedir(d);
}
