// SPDX-License-Identifier: GPL-2.0-only
/* options.c - options and arguments that several commands take. */
#include <errno.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "host/kthread_sched.h"
#include "host/msg.h"
#include "host/netif.h"
#include "iface/steer.h"

void cmd_parse_cpus(struct argp_state *state, const char *text, struct cpuset *cpus)
{
	int err = cpuset_parse(text, cpus);

	if (err == -ERANGE)
		cmd_usage_error(state, "--cpus: CPU numbers go up to %u, in '%s'", RFS_MAX_CPUS - 1,
				text);
	if (err)
		cmd_usage_error(state,
				"--cpus takes a list (0-3,8) or a hex bitmap (f or "
				"00000000,0000000f), not '%s'",
				text);
}

void cmd_parse_sched(struct argp_state *state, const char *text, struct rfs_sched *sched)
{
	int err = kthread_sched_parse(text, sched);

	if (err == -ERANGE)
		cmd_usage_error(state,
				"--kthread-sched: NICE goes from -20 to 19 and PRIO from 1 to 99, "
				"in '%s'",
				text);
	if (err)
		cmd_usage_error(state,
				"--kthread-sched takes batch[:NICE], other[:NICE] or fifo:PRIO, "
				"not '%s'",
				text);
}

void cmd_take_iface(const struct argp_state *state, const char **iface, const char *arg)
{
	if (!*arg)
		cmd_usage_error(state, "which interface? Its name is empty");
	if (*iface)
		cmd_usage_error(state, "one interface at a time: '%s' or '%s'", *iface, arg);
	*iface = arg;
}

int cmd_find(const char *iface, char *dir)
{
	struct netns ns;
	int err = netns_current(&ns);

	if (err) {
		rfs_error("cannot identify the network namespace: %s", strerror(-err));
		return err;
	}
	err = steer_find(iface, &ns, dir);
	if (err == -ENOENT)
		rfs_error("%s is not attached%s; 'rfsctl status' shows what is", iface,
			  netif_find(iface, NULL) == -ENODEV
				  ? ", and there is no such interface here"
				  : "");
	return err;
}
