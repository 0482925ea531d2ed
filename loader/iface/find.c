// SPDX-License-Identifier: GPL-2.0-only
/* find.c - which folder is an interface's, which interface is a folder's. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "iface/steer.h"
#include "xdp/xdp.h"

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
