// SPDX-License-Identifier: GPL-2.0-only
/*
 * folders.c - the folders in which libxdp pins the programs of its dispatchers and their links:
 * is one of ours, was one left behind?
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/folder.h"
#include "host/msg.h"
#include "xdp/xdp.h"

/* The program that a pinned link of libxdp's puts in its dispatcher; else -errno. */
static int program_of_link(int link_fd)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);
	int prog;

	if (bpf_obj_get_info_by_fd(link_fd, &info, &len))
		return -errno;
	prog = bpf_prog_get_fd_by_id(info.prog_id);
	return prog < 0 ? -errno : prog;
}

/* 1 or 0; -errno after a message. */
static int is_ours(const char *path, bool link, const struct xdp_owner *owner)
{
	int fd = bpf_obj_get(path), prog, ours;

	if (fd < 0) {
		ours = -errno;
	} else {
		prog = link ? program_of_link(fd) : fd;
		ours = prog < 0 ? prog : xdp_owned(prog, owner);
		if (link && prog >= 0)
			close(prog);
		close(fd);
	}
	/* Another may be at work there. */
	if (ours == -ENOENT)
		return 0;
	if (ours < 0)
		rfs_error("cannot read %s: %s", path, strerror(-ours));
	return ours;
}

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), end_len = strlen(end);

	return len >= end_len && !strcmp(s + len - end_len, end);
}

/* 0 without a folder; -errno after a message. */
static int open_folder(const char *path, DIR **d)
{
	int err;

	*d = opendir(path);
	err = *d || errno == ENOENT ? 0 : -errno;
	if (err)
		rfs_error("cannot read %s: %s", path, strerror(-err));
	return err;
}

/*
 * Is one of the programs in the dispatcher's folder ours? libxdp pins progN-link and then
 * progN-prog, and removes them in this order too: either may be alone.
 */
static int holds_ours(const char *dir, const struct xdp_owner *owner)
{
	char path[PATH_MAX + 2 * NAME_MAX + 2];
	struct dirent *entry;
	DIR *d;
	int found = open_folder(dir, &d);

	if (found || !d)
		return found;
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

static int remove_folder(DIR *root, const char *name)
{
	int err = folder_remove(dirfd(root), name);

	if (err)
		rfs_error("cannot remove %s/xdp/%s: %s", env.bpffs, name, strerror(-err));
	return err;
}

int xdp_dispatcher_holds_ours(__u32 id, const struct xdp_owner *owner)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/xdp/dispatch-%u-%u", env.bpffs, owner->ifindex, id);
	return holds_ours(dir, owner);
}

int xdp_remove_orphans(const struct xdp_owner *owner, unsigned int ifindex)
{
	char root[PATH_MAX - NAME_MAX], dir[PATH_MAX + NAME_MAX];
	unsigned int index;
	struct dirent *entry;
	__u32 id, runs = 0;
	int ours = ifindex ? xdp_running_prog(ifindex, &runs) : 0;
	DIR *d;

	if (ours) {
		rfs_error("cannot see which XDP program interface %u runs: %s", ifindex,
			  strerror(-ours));
		return ours;
	}
	snprintf(root, sizeof(root), "%s/xdp", env.bpffs);
	ours = open_folder(root, &d);
	if (ours || !d)
		return ours;
	while (ours >= 0 && (entry = readdir(d))) {
		if (sscanf(entry->d_name, "dispatch-%u-%u", &index, &id) != 2 ||
		    index != owner->ifindex || (runs && id == runs))
			continue;
		snprintf(dir, sizeof(dir), "%s/%s", root, entry->d_name);
		ours = holds_ours(dir, owner);
		if (ours == 1)
			ours = remove_folder(d, entry->d_name);
	}
	closedir(d);
	return ours < 0 ? ours : 0;
}
