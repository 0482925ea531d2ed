// SPDX-License-Identifier: GPL-2.0-only
/* config.c - an interface's configuration map: read and written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/msg.h"
#include "iface/internal.h"
#include "iface/steer.h"
#include "maps/value.h"

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

/*
 * The rest of the value stays as it is. Nobody else writes it meanwhile: changes are made under the
 * lock, and the program only reads it.
 */
int set_gate(int fd, enum rfs_gate gate)
{
	__u32 size, word = gate;
	int err = value_size(fd, &size);
	void *value;

	if (err)
		return err;
	value = size >= sizeof(word) ? malloc(size) : NULL;
	if (!value)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &zero, value)) {
		err = -errno;
	} else {
		memcpy(value, &word, sizeof(word));
		if (bpf_map_update_elem(fd, &zero, value, BPF_ANY))
			err = -errno;
	}
	free(value);
	return err;
}

int steer_config(const char *dir, struct rfs_config *config)
{
	int fd = pins_get("%s/%s", dir, RFS_PIN_CONFIG), err;

	memset(config, 0, sizeof(*config));
	if (fd < 0)
		return fd;
	err = value_read(fd, zero, config, sizeof(*config));
	close(fd);
	if (!err && config->abi != RFS_ABI)
		err = -EPROTO;
	/* Of another version's, no field may be taken for what it is not. */
	if (err)
		memset(config, 0, sizeof(*config));
	return err;
}
