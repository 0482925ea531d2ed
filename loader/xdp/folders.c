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

/* What is pinned there, as a program; else -errno. */
static int open_program(const char *path, bool link)
{
	int fd = bpf_obj_get(path), prog;

	if (fd < 0)
		return -errno;
	if (!link)
		return fd;
	prog = program_of_link(fd);
	close(fd);
	return prog;
}

/* 1, then @found is the program if it is wanted, or 0; -errno after a message. */
static int is_ours(const char *path, bool link, const struct xdp_owner *owner, int *found)
{
	int prog = open_program(path, link), ours = prog < 0 ? prog : xdp_owned(prog, owner);

	if (ours == 1 && found)
		*found = prog;
	else if (prog >= 0)
		close(prog);
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
static int holds_ours(const char *dir, const struct xdp_owner *owner, int *prog)
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
		found = is_ours(path, link, owner, prog);
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

/*
 * The folder of a dispatcher, by its program id, which is no other's: the interface's index, which
 * is in the name too, may have changed since, as it moved to another network namespace.
 *
 * 1 with the folder's path and index; 0; -errno after a message.
 */
static int find_folder(__u32 id, char path[PATH_MAX], unsigned int *index)
{
	char root[PATH_MAX - 2 * NAME_MAX];
	struct dirent *entry;
	__u32 its_id = 0;
	DIR *d;
	int found;

	snprintf(root, sizeof(root), "%s/xdp", env.bpffs);
	found = open_folder(root, &d);
	if (found || !d)
		return found;
	while (!found && (entry = readdir(d))) {
		found = sscanf(entry->d_name, "dispatch-%u-%u", index, &its_id) == 2 &&
			its_id == id;
		if (found)
			snprintf(path, PATH_MAX, "%s/%s", root, entry->d_name);
	}
	closedir(d);
	return found;
}

int xdp_dispatcher_holds_ours(__u32 id, const struct xdp_owner *owner)
{
	char path[PATH_MAX];
	unsigned int index;
	int found = find_folder(id, path, &index);

	return found <= 0 ? found : holds_ours(path, owner, NULL);
}

int xdp_dispatcher_program(__u32 id, const struct xdp_owner *owner)
{
	char path[PATH_MAX];
	unsigned int index;
	int prog = -1, found = find_folder(id, path, &index);

	if (found > 0)
		found = holds_ours(path, owner, &prog);
	return found < 0 ? found : found ? prog : -ENOENT;
}

int xdp_dispatcher_follow(__u32 id, unsigned int ifindex)
{
	char path[PATH_MAX], now[PATH_MAX];
	unsigned int index = 0;
	int found = find_folder(id, path, &index);

	if (found <= 0 || index == ifindex)
		return found < 0 ? found : 0;
	snprintf(now, sizeof(now), "%s/xdp/dispatch-%u-%u", env.bpffs, ifindex, id);
	if (!rename(path, now))
		return 0;
	found = -errno;
	rfs_error("cannot rename %s to %s: %s", path, now, strerror(-found));
	return found;
}

int xdp_remove_orphans(const struct xdp_owner *owner, unsigned int ifindex)
{
	char root[PATH_MAX - NAME_MAX], dir[PATH_MAX + NAME_MAX];
	unsigned int index;
	struct dirent *entry;
	__u32 id = 0, runs = 0;
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
		    (runs && id == runs))
			continue;
		snprintf(dir, sizeof(dir), "%s/%s", root, entry->d_name);
		ours = holds_ours(dir, owner, NULL);
		if (ours == 1)
			ours = remove_folder(d, entry->d_name);
	}
	closedir(d);
	return ours < 0 ? ours : 0;
}
