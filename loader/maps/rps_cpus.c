// SPDX-License-Identifier: GPL-2.0-only
/* rps_cpus.c - the map of the CPUs that packets may go to, as sets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "host/msg.h"
#include "maps/rps_cpus.h"
#include "maps/value.h"

int rps_cpus_read(int fd, __u32 entry, struct cpuset *allowed, struct cpuset *wanted)
{
	struct rps_cpus *value = malloc(sizeof(*value));
	int err = value ? value_read(fd, entry, value, sizeof(*value)) : -ENOMEM;

	if (!err) {
		memcpy(allowed->bits, value->allowed, sizeof(allowed->bits));
		memcpy(wanted->bits, value->wanted, sizeof(wanted->bits));
	}
	free(value);
	return err;
}

int rps_cpus_write(int fd, __u32 entry, const struct cpuset *allowed, const struct cpuset *wanted)
{
	struct rps_cpus *value = calloc(1, sizeof(*value));
	int err = 0;

	if (!value)
		return -ENOMEM;
	memcpy(value->allowed, allowed->bits, sizeof(value->allowed));
	memcpy(value->wanted, wanted->bits, sizeof(value->wanted));
	cpuset_for_each(cpu, allowed) value->cpu[value->n++] = cpu;
	if (bpf_map_update_elem(fd, &entry, value, BPF_ANY)) {
		err = -errno;
		rfs_error("cannot write the CPU list: %s", strerror(-err));
	}
	free(value);
	return err;
}
