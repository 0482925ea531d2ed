// SPDX-License-Identifier: GPL-2.0-only
/* refresh.c - rfsctl refresh: follow CPUs and RX queues that came or went. */
#include <string.h>

#include "cmd/change.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "host/msg.h"
#include "maps/pins.h"
#include "iface/steer.h"

static int refresh_all(void)
{
	char **dirs;
	int n = pins_list("", true, &dirs), err = n < 0 ? n : 0;

	for (int i = 0; i < n; i++) {
		struct rfs_config config;
		int one = 0;

		/* What is broken or of another version is not ours to change. */
		if (!steer_config(dirs[i], &config) && config.state == RFS_STATE_READY)
			one = steer_refresh(dirs[i]);
		err = err ? err : one;
	}
	pins_free_list(dirs, n > 0 ? n : 0);
	return err;
}

static int refresh(const char *iface)
{
	char dir[PIN_NAME_LEN];
	int err = cmd_begin_change();

	if (err)
		return err;
	if (!iface)
		return refresh_all();
	err = cmd_find(iface, dir);
	if (!err)
		err = steer_in_force(dir);
	return err ? err : steer_refresh(dir);
}

int cmd_refresh(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = cmd_parse_iface,
		.args_doc = "[IFACE]",
		.doc = "Follow a change of the CPUs that are online or of the RX queues, on IFACE or "
		       "everywhere.\v"
		       "CPUs that went offline are left in order; those that came back get their "
		       "rings' threads bound to them again. The udev rule that 'make install' puts "
		       "in place runs this.",
		.children = common_options,
	};
	const char *iface = NULL;

	cmd_parse(&argp, argc, argv, &iface);
	return cmd_status_of(refresh(iface), "refresh", iface);
}
