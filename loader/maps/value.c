// SPDX-License-Identifier: GPL-2.0-only
/* value.c - the value of a pinned map, which another version may have made with another size. */
#include <errno.h>

#include <bpf/bpf.h>

#include "maps/value.h"

int value_size(int fd, __u32 *size)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	*size = info.value_size;
	return 0;
}

int value_read(int fd, __u32 key, void *value, __u32 size)
{
	__u32 has = 0;
	int err = value_size(fd, &has);

	if (err)
		return err;
	if (has != size)
		return -EPROTO;
	return bpf_map_lookup_elem(fd, &key, value) ? -errno : 0;
}
