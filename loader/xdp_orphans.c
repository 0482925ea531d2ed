// SPDX-License-Identifier: GPL-2.0-only
/* xdp_orphans.c - dispatchers of libxdp that were pinned and never attached. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "msg.h"
#include "xdp.h"

#define MAX_MAPS 64

/* The program's constants, from the map that holds its .rodata. */
static bool read_rodata(int prog_fd, struct rfs_steer__rodata *rodata)
{
	__u32 ids[MAX_MAPS], len = sizeof(struct bpf_prog_info), zero = 0;
	struct bpf_prog_info info = { .nr_map_ids = MAX_MAPS, .map_ids = (__u64)(uintptr_t)ids };
	bool found = false;

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len) || strcmp(info.name, "rfs_steer"))
		return false;
	for (__u32 i = 0; !found && i < info.nr_map_ids && i < MAX_MAPS; i++) {
		struct bpf_map_info map = {};
		int fd = bpf_map_get_fd_by_id(ids[i]);

		len = sizeof(map);
		if (fd < 0)
			continue;
		found = !bpf_obj_get_info_by_fd(fd, &map, &len) && strstr(map.name, ".rodata") &&
			map.value_size == sizeof(*rodata) &&
			!bpf_map_lookup_elem(fd, &zero, rodata);
		close(fd);
	}
	return found;
}

static bool is_ours(const char *path, __u64 netns_cookie, unsigned int ifindex)
{
	struct rfs_steer__rodata rodata;
	int fd = bpf_obj_get(path);
	bool ours;

	if (fd < 0)
		return false;
	ours = read_rodata(fd, &rodata) && rodata.owner_netns == netns_cookie &&
	       rodata.owner_ifindex == ifindex;
	close(fd);
	return ours;
}

/* Is one of the programs in the dispatcher's folder ours? They are pinned as progN-prog. */
static bool holds_ours(const char *dir, __u64 netns_cookie, unsigned int ifindex)
{
	char path[PATH_MAX + 2 * NAME_MAX + 2];
	struct dirent *entry;
	bool found = false;
	DIR *d = opendir(dir);

	if (!d)
		return false;
	while (!found && (entry = readdir(d))) {
		size_t len = strlen(entry->d_name);

		if (len < 5 || strcmp(entry->d_name + len - 5, "-prog") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		found = is_ours(path, netns_cookie, ifindex);
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

void xdp_remove_orphans(__u64 netns_cookie, unsigned int ifindex)
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
		if (sscanf(entry->d_name, "dispatch-%u-", &index) != 1 || index != ifindex)
			continue;
		snprintf(dir, sizeof(dir), "%s/%s", root, entry->d_name);
		if (holds_ours(dir, netns_cookie, ifindex))
			remove_folder(dir);
	}
	closedir(d);
}
