/* SPDX-License-Identifier: GPL-2.0-only */
/* options.h - options and arguments that several commands take. */
#ifndef RFS_CMD_OPTIONS_H
#define RFS_CMD_OPTIONS_H

#include <argp.h>

#include "host/cpuset.h"

enum {
	CMD_KEY_CPUS = 0x3000,
	CMD_KEY_KTHREAD_SCHED,
};

#define CMD_KTHREAD_SCHED_HELP                                                                     \
	"batch, other or fifo:1: how the rings' threads are scheduled; batch and other also with " \
	"a nice value as in batch:5, fifo with any priority"

/** cmd_parse_cpus() - --cpus, or cmd_usage_error() */
void cmd_parse_cpus(struct argp_state *state, const char *text, struct cpuset *cpus);

/** cmd_parse_sched() - --kthread-sched, or cmd_usage_error() */
void cmd_parse_sched(struct argp_state *state, const char *text, struct rfs_sched *sched);

/** cmd_take_iface() - the interface argument, of which there may be one */
void cmd_take_iface(const struct argp_state *state, const char **iface, const char *arg);

/**
 * cmd_find() - the folder of an interface that must be attached
 * @dir: PIN_NAME_LEN bytes, receives its name
 *
 * Return: 0, or a negative errno after an error message.
 */
int cmd_find(const char *iface, char *dir);

#endif /* RFS_CMD_OPTIONS_H */
