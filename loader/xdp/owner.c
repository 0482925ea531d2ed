// SPDX-License-Identifier: GPL-2.0-only
/* owner.c - recognise a steering program by its constants. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "rfs/types.h"
#include "rfs_steer.skel.h"
#include "xdp/owner.h"

/* More than the steering program has; what has more is not ours, as the kernel then tells none. */
#define MAX_MAPS 64

/* The skeleton's struct may be padded at its end, the map's value is not. */
#define RODATA_MIN                                                                                 \
	(offsetof(struct rfs_steer__rodata, owner_ifindex) +                                       \
	 sizeof(((struct rfs_steer__rodata *)0)->owner_ifindex))

/* 1 or 0; -errno if the kernel does not tell. */
static int is_rodata_of(int map_fd, const struct xdp_owner *owner)
{
	struct rfs_steer__rodata rodata;
	struct bpf_map_info info = {};
	__u32 len = sizeof(info), zero = 0;

	if (bpf_obj_get_info_by_fd(map_fd, &info, &len))
		return -errno;
	if (info.type != BPF_MAP_TYPE_ARRAY || info.max_entries != 1 ||
	    info.value_size < RODATA_MIN || info.value_size > sizeof(rodata))
		return 0;
	if (bpf_map_lookup_elem(map_fd, &zero, &rodata))
		return -errno;
	return rodata.owner_magic == RFS_MAGIC && rodata.owner_netns == owner->netns_cookie &&
	       rodata.owner_ifindex == owner->ifindex;
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
