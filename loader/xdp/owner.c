// SPDX-License-Identifier: GPL-2.0-only
/* owner.c - recognise a steering program by its constants. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "rfs/types.h"
#include "rfs_steer.skel.h"
#include "xdp/owner.h"

/* More than the steering program has; what has more is not ours, as the kernel then tells none. */
#define MAX_MAPS 64

/* More than any version's constants have. */
#define MAX_RODATA 65536

/* The constants' names, which are frozen: by them every rfsctl knows the program of any other. */
static const char *const names[] = { "owner_magic", "owner_netns", "owner_ifindex", "owner_sysfs" };

#define N_NAMES (sizeof(names) / sizeof(names[0]))

/* a70dfc6's programs have all but the last. */
#define N_NEEDED 3
#define NOWHERE	 ~0U

/* Where the constants are, by the BTF that the map has. */
static int find_constants(const struct bpf_map_info *info, __u32 offsets[N_NAMES])
{
	struct btf *btf = btf__load_from_kernel_by_id(info->btf_id);
	const struct btf_type *sec;
	unsigned int found = 0;

	if (!btf)
		return -errno;
	sec = btf__type_by_id(btf, info->btf_value_type_id);
	for (int i = 0; sec && btf_is_datasec(sec) && i < btf_vlen(sec); i++) {
		const struct btf_var_secinfo *var = &btf_var_secinfos(sec)[i];
		const struct btf_type *t = btf__type_by_id(btf, var->type);

		for (size_t n = 0; n < N_NAMES; n++) {
			if (strcmp(btf__name_by_offset(btf, t->name_off), names[n]))
				continue;
			offsets[n] = var->offset;
			found += n < N_NEEDED;
		}
	}
	btf__free(btf);
	return found == N_NEEDED ? 0 : -ENOENT;
}

/* Without BTF it can only be this version's. */
static int our_constants(const struct bpf_map_info *info, __u32 offsets[N_NAMES])
{
	offsets[0] = offsetof(struct rfs_steer__rodata, owner_magic);
	offsets[1] = offsetof(struct rfs_steer__rodata, owner_netns);
	offsets[2] = offsetof(struct rfs_steer__rodata, owner_ifindex);
	offsets[3] = offsetof(struct rfs_steer__rodata, owner_sysfs);
	if (info->value_size < offsets[3] + sizeof(__u64))
		offsets[3] = NOWHERE;
	return info->value_size >= offsets[2] + sizeof(__u32) &&
			       info->value_size <= sizeof(struct rfs_steer__rodata)
		       ? 0
		       : -ENOENT;
}

static bool has_number(const void *rodata, __u32 offset, __u64 number, size_t size)
{
	return !memcmp((const char *)rodata + offset, &number, size);
}

/* Is the magic number in it at all? Most programs' constants need no closer look. */
static bool has_magic(const void *rodata, size_t size)
{
	for (__u32 offset = 0; offset + sizeof(__u64) <= size; offset += sizeof(__u64))
		if (has_number(rodata, offset, RFS_MAGIC, sizeof(__u64)))
			return true;
	return false;
}

/* Where one of the two numbers is not known, as attach did not note it, the rest must do. */
static bool may_be_of(const void *rodata, __u32 offset, const struct xdp_owner *owner)
{
	return offset == NOWHERE || !owner->sysfs_ino ||
	       has_number(rodata, offset, 0, sizeof(__u64)) ||
	       has_number(rodata, offset, owner->sysfs_ino, sizeof(__u64));
}

/* 1 or 0; -errno if the kernel does not tell. */
static int is_owned(const struct bpf_map_info *info, const void *rodata,
		    const struct xdp_owner *owner)
{
	__u32 offsets[N_NAMES] = { [N_NEEDED] = NOWHERE };
	int err;

	if (!has_magic(rodata, info->value_size))
		return 0;
	err = info->btf_id ? find_constants(info, offsets) : our_constants(info, offsets);
	if (err)
		return err == -ENOENT ? 0 : err;
	return has_number(rodata, offsets[0], RFS_MAGIC, sizeof(__u64)) &&
	       has_number(rodata, offsets[1], owner->netns_cookie, sizeof(__u64)) &&
	       has_number(rodata, offsets[2], owner->ifindex, sizeof(__u32)) &&
	       may_be_of(rodata, offsets[3], owner);
}

static int is_rodata_of(int map_fd, const struct xdp_owner *owner)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info), zero = 0;
	void *rodata;
	int owned;

	if (bpf_obj_get_info_by_fd(map_fd, &info, &len))
		return -errno;
	if (info.type != BPF_MAP_TYPE_ARRAY || info.max_entries != 1 ||
	    info.value_size > MAX_RODATA)
		return 0;
	rodata = malloc(info.value_size);
	if (!rodata)
		return -ENOMEM;
	owned = bpf_map_lookup_elem(map_fd, &zero, rodata) ? -errno
							   : is_owned(&info, rodata, owner);
	free(rodata);
	return owned;
}

int xdp_owned(int prog_fd, const struct xdp_owner *owner)
{
	__u32 ids[MAX_MAPS], len = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .nr_map_ids = MAX_MAPS, .map_ids = (__u64)(uintptr_t)ids };
	int owned = 0;

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		return -errno;
	for (__u32 i = 0; !owned && i < info.nr_map_ids && i < MAX_MAPS; i++) {
		int fd = bpf_map_get_fd_by_id(ids[i]);

		if (fd < 0)
			return -errno;
		owned = is_rodata_of(fd, owner);
		close(fd);
	}
	return owned;
}
