/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd.h - the subcommands, and the options that all of them take. */
#ifndef RFS_CMD_H
#define RFS_CMD_H

#include <argp.h>

struct command {
	const char *name;
	const char *args; /* for the usage */
	const char *help;
	int (*run)(int argc, char **argv); /* returns an RFS_EXIT_* */
};

/** commands - ends with a NULL name */
extern const struct command commands[];

/* Children of every command's argp: --bpffs, --verbose; and --json for reading commands. */
extern const struct argp_child common_options[];
extern const struct argp_child reading_options[];

/**
 * cmd_parse() - parse a command's options and arguments
 * @argp: the command's
 * @input: its own options' structure
 *
 * Ends the process on --help (0) and on wrong usage (RFS_EXIT_USAGE).
 */
void cmd_parse(const struct argp *argp, int argc, char **argv, void *input);

/**
 * cmd_usage_error() - report a bad value of an option or argument, and end with RFS_EXIT_USAGE
 */
void cmd_usage_error(const struct argp_state *state, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/** cmd_parse_iface() - argp's parser for [IFACE] alone; its input is a const char * */
error_t cmd_parse_iface(int key, char *arg, struct argp_state *state);

/**
 * cmd_number() - a number from an option's argument, or cmd_usage_error()
 * @what: the option's name, for the message
 */
unsigned int cmd_number(const struct argp_state *state, const char *what, const char *text,
			unsigned int min, unsigned int max);

/**
 * cmd_status_of() - the exit status of a command
 * @err:   0 or a negative errno
 * @iface: what it was about, or NULL
 *
 * Whatever failed deep down without a word gets at least the errno's.
 */
int cmd_status_of(int err, const char *command, const char *iface);

int cmd_attach(int argc, char **argv);
int cmd_detach(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_flows(int argc, char **argv);
int cmd_set(int argc, char **argv);
int cmd_refresh(int argc, char **argv);
int cmd_observe(int argc, char **argv);
int cmd_version(int argc, char **argv);

#endif /* RFS_CMD_H */
