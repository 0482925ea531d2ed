// SPDX-License-Identifier: GPL-2.0-only
/* polls.c - wait until no NAPI poll works on what it has read before. */
#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "iface/polls.h"
#include "rfs/types.h"

static int write_map_of_maps(int inner)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = inner);
	const __u32 zero = 0;
	int outer, err = 0;

	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "rfs_polls", sizeof(zero), sizeof(inner),
			       1, &opts);
	if (outer < 0)
		return -errno;
	if (bpf_map_update_elem(outer, &zero, &inner, BPF_ANY))
		err = -errno;
	close(outer);
	return err;
}

int wait_for_polls(void)
{
	int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "rfs_polls_inner", sizeof(__u32),
				   sizeof(__u32), 1, NULL);
	int err;

	if (inner < 0)
		return -errno;
	err = write_map_of_maps(inner);
	close(inner);
	return err;
}
