// SPDX-License-Identifier: GPL-2.0-only
/* state.c - an interface's configuration and folder: read, written, found. */
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/msg.h"
#include "iface/steer.h"
#include "iface/internal.h"
#include "xdp/xdp.h"

static const __u32 zero;

void wait_for_polls(void)
{
	if (syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(200 * 1000);
}

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

long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
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

unsigned int steer_ifindex(const char *dir, const struct rfs_config *config,
			   const struct netns *here)
{
	char name[PIN_NAME_LEN];

	if (config->netns_cookie) {
		if (config->netns_cookie != here->cookie || !if_indextoname(config->ifindex, name))
			return 0;
		return config->ifindex;
	}
	/* A killed attach left no more than the folder; its name tells. */
	snprintf(name, sizeof(name), "%s", dir);
	name[strcspn(name, "@")] = 0;
	for (char *c = name; *c; c++)
		if (*c == ':')
			*c = '.';
	return if_nametoindex(name);
}

int steer_find(const char *name, const struct netns *here, char *dir)
{
	unsigned int ifindex = if_nametoindex(name);
	struct rfs_config config;
	int n, err = -ENOENT;
	char **dirs;

	n = pins_list("", true, &dirs);
	/* By ifindex first: an interface may have been renamed since. */
	for (int i = 0; err && ifindex && i < n; i++) {
		steer_config(dirs[i], &config);
		if (config.ifindex == ifindex && config.netns_cookie == here->cookie) {
			strcpy(dir, dirs[i]);
			err = 0;
		}
	}
	for (int pass = 0; err && pass < 2; pass++) {
		if (pass)
			snprintf(dir, PIN_NAME_LEN, "%s", name);
		else
			pins_iface_dir(dir, name, here);
		for (int i = 0; err && i < n; i++)
			if (!strcmp(dirs[i], dir))
				err = 0;
	}
	pins_free_list(dirs, n > 0 ? n : 0);
	return err;
}

int steer_find_remains(const char *name, const struct netns *here, char *dir)
{
	const struct xdp_owner on = { here->cookie, if_nametoindex(name) };

	if (!steer_find(name, here, dir))
		return 0;
	pins_iface_dir(dir, name, here);
	return xdp_is_attached(&on, dir) ? 0 : -ENOENT;
}
