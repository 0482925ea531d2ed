// SPDX-License-Identifier: GPL-2.0-only
/* progs.c - loaded BPF programs. */
#include <errno.h>
#include <stdint.h>

#include <bpf/bpf.h>

#include "maps/progs.h"

/* The verifier's MAX_USED_MAPS; Linux include/linux/bpf_verifier.h */
#define MAX_MAPS 64

int prog_has_map(int prog_fd, __u32 map_id)
{
	__u32 ids[MAX_MAPS] = {}, len = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .nr_map_ids = MAX_MAPS, .map_ids = (__u64)(uintptr_t)ids };

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		return -errno;
	for (__u32 i = 0; i < info.nr_map_ids && i < MAX_MAPS; i++)
		if (ids[i] == map_id)
			return 1;
	return 0;
}
