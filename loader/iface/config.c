// SPDX-License-Identifier: GPL-2.0-only
/* config.c - an interface's configuration map: read and written. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/msg.h"
#include "iface/internal.h"
#include "iface/steer.h"

static const __u32 zero;

int write_config(int fd, const struct rfs_config *config)
{
	return bpf_map_update_elem(fd, &zero, config, BPF_ANY) ? -errno : 0;
}

int update_config(int fd, const struct rfs_config *config)
{
	int err = write_config(fd, config);

	if (err)
		rfs_error("cannot write the configuration map: %s", strerror(-err));
	return err;
}

int steer_config(const char *dir, struct rfs_config *config)
{
	int fd = pins_get("%s/%s", dir, RFS_PIN_CONFIG), err = 0;
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	memset(config, 0, sizeof(*config));
	if (fd < 0)
		return fd;
	/* The kernel writes as much as the map has: another version's could be longer. */
	if (bpf_obj_get_info_by_fd(fd, &info, &len) ||
	    (info.value_size == sizeof(*config) && bpf_map_lookup_elem(fd, &zero, config)))
		err = -errno;
	else if (info.value_size != sizeof(*config) || config->abi != RFS_ABI)
		err = -EPROTO;
	close(fd);
	return err;
}
