// SPDX-License-Identifier: GPL-2.0-only
/* set.c - rfsctl set. */
#include <errno.h>
#include <string.h>

#include "cmd/change.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "host/msg.h"
#include "iface/preflight.h"
#include "iface/steer.h"

struct set_args {
	const char *iface;
	struct cpuset cpus;
	struct rfs_sched kthread_sched;
	struct steer_changes changes;
};

static error_t parse_set(int key, char *arg, struct argp_state *state)
{
	struct set_args *args = state->input;

	switch (key) {
	case CMD_KEY_CPUS:
		cmd_parse_cpus(state, arg, &args->cpus);
		args->changes.cpus = &args->cpus;
		return 0;
	case CMD_KEY_KTHREAD_SCHED:
		cmd_parse_sched(state, arg, &args->kthread_sched);
		args->changes.kthread_sched = &args->kthread_sched;
		return 0;
	case ARGP_KEY_ARG:
		cmd_take_iface(state, &args->iface, arg);
		return 0;
	case ARGP_KEY_END:
		if (!args->iface)
			cmd_usage_error(state, "which interface?");
		if (!args->changes.cpus && !args->changes.kthread_sched)
			cmd_usage_error(state,
					"what is to be set? --cpus and --kthread-sched can be");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_set(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "cpus", CMD_KEY_CPUS, "CPUS", 0,
		  "CPUs that may get packets, as a list (0-3,8) or bitmap (f)", 0 },
		{ "kthread-sched", CMD_KEY_KTHREAD_SCHED, "POLICY", 0, CMD_KTHREAD_SCHED_HELP, 0 },
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_set,
		.args_doc = "IFACE",
		.doc = "Change what an attached interface does, without losing a packet.",
		.children = common_options,
	};
	struct set_args args = {};
	char dir[PIN_NAME_LEN];
	int err;

	cmd_parse(&argp, argc, argv, &args);
	err = cmd_begin_change();
	if (!err)
		err = preflight_cpus(&args.cpus);
	if (!err)
		err = cmd_find(args.iface, dir);
	if (!err)
		err = steer_in_force(dir);
	if (!err)
		err = steer_set(dir, &args.changes);
	return cmd_status_of(err, "set", args.iface);
}
