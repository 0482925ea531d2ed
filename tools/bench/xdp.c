// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-xdp - put one of bench.bpf.c's programs on an interface, where it stays:
 *
 *   bench-xdp IFACE pass
 *   bench-xdp IFACE l4-hash CPU...
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bench.skel.h"

#define QSIZE 2048 /* rfs's */

static int fill(struct bench *skel, int n, char **cpus)
{
	struct bpf_cpumap_val value = { .qsize = QSIZE };
	__u32 zero = 0, count = n;

	for (__u32 i = 0; i < count; i++) {
		__u32 cpu = atoi(cpus[i]);

		if (bpf_map_update_elem(bpf_map__fd(skel->maps.bench_cpumap), &cpu, &value, 0) ||
		    bpf_map_update_elem(bpf_map__fd(skel->maps.cpus_available), &i, &cpu, 0))
			return -errno;
	}
	return bpf_map_update_elem(bpf_map__fd(skel->maps.cpus_count), &zero, &count, 0) ? -errno
											 : 0;
}

int main(int argc, char **argv)
{
	unsigned int ifindex = argc > 2 ? if_nametoindex(argv[1]) : 0;
	bool hash = argc > 3 && !strcmp(argv[2], "l4-hash");
	struct bench *skel;
	int err;

	if (!ifindex || (!hash && (argc != 3 || strcmp(argv[2], "pass")))) {
		fprintf(stderr, "Usage: bench-xdp IFACE pass | l4-hash CPU...\n");
		return 2;
	}
	skel = bench__open();
	if (!skel)
		return 1;
	bpf_program__set_autoload(skel->progs.bench_nothing, false);
	err = bpf_map__set_max_entries(skel->maps.bench_cpumap, libbpf_num_possible_cpus())
		      ?: bench__load(skel);
	if (!err && hash)
		err = fill(skel, argc - 3, argv + 3);
	if (!err)
		err = bpf_xdp_attach(
			ifindex,
			bpf_program__fd(hash ? skel->progs.bench_l4_hash : skel->progs.bench_pass),
			XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	if (err)
		fprintf(stderr, "bench-xdp: %s\n", strerror(-err));
	return err ? 1 : 0;
}
