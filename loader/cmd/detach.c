// SPDX-License-Identifier: GPL-2.0-only
/* detach.c - rfsctl detach. */
#include <errno.h>
#include <string.h>

#include "cmd/change.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "host/msg.h"
#include "host/netif.h"
#include "iface/steer.h"
#include "maps/pins.h"

struct detach_args {
	const char *iface;
	bool all;
};

static error_t parse_detach(int key, char *arg, struct argp_state *state)
{
	struct detach_args *args = state->input;

	switch (key) {
	case 'a':
		args->all = true;
		return 0;
	case ARGP_KEY_ARG:
		cmd_take_iface(state, &args->iface, arg);
		return 0;
	case ARGP_KEY_END:
		if (args->iface && args->all)
			cmd_usage_error(state, "one interface, or --all?");
		if (!args->iface && !args->all)
			cmd_usage_error(state, "which interface? Name one, or say --all");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int detach_all(void)
{
	char **dirs;
	int n = pins_list("", true, &dirs), err = n < 0 ? n : 0;

	for (int i = 0; i < n; i++) {
		int one = steer_detach(dirs[i]);

		err = err ? err : one;
	}
	pins_free_list(dirs, n > 0 ? n : 0);
	return err;
}

static int detach_one(const char *iface)
{
	char dir[PIN_NAME_LEN];
	struct netns ns;
	int err = netns_current(&ns);

	if (err) {
		rfs_error("cannot identify the network namespace: %s", strerror(-err));
		return err;
	}
	err = steer_find(iface, &ns, dir);
	if (!err)
		return steer_detach(dir);
	if (err == -ENOENT)
		err = steer_take_off(iface, &ns);
	if (err == -ENOENT)
		rfs_error("%s is not attached%s; 'rfsctl status' shows what is", iface,
			  netif_find(iface, NULL) == -ENODEV
				  ? ", and there is no such interface here"
				  : "");
	return err;
}

static int detach(const struct detach_args *args)
{
	int err = cmd_begin_change(), idle;

	if (err)
		return err;
	err = args->all ? detach_all() : detach_one(args->iface);
	idle = cmd_remove_idle_recorder();
	return err ? err : idle;
}

int cmd_detach(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "all", 'a', NULL, 0, "all interfaces, in all network namespaces", 0 },
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_detach,
		.args_doc = "IFACE\n--all",
		.doc = "Stop steering IFACE and restore what attach changed.\v"
		       "Flows leave the rings in order first. Also removes what a killed attach or "
		       "detach or a vanished interface has left; IFACE may be a name as 'rfsctl "
		       "status' shows it.",
		.children = common_options,
	};
	struct detach_args args = {};

	cmd_parse(&argp, argc, argv, &args);
	return cmd_status_of(detach(&args), "detach", args.iface);
}
