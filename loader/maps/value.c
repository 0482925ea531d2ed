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
	/* Of one that is per CPU, the kernel hands over more than the size of a value. */
	if (info.type != BPF_MAP_TYPE_ARRAY)
		return -EPROTO;
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
