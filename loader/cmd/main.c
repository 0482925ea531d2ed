// SPDX-License-Identifier: GPL-2.0-only
/* main.c - rfsctl: one table of commands drives the dispatch, the usage and the completion. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "host/msg.h"
#include "host/output.h"

const struct command commands[] = {
	{ "attach", "IFACE [OPTION...]", "steer the interface's packets", cmd_attach },
	{ "detach", "IFACE | --all", "stop, and restore what attach changed", cmd_detach },
	{ "set", "IFACE OPTION...", "change what an attached interface does", cmd_set },
	{ "refresh", "[IFACE]", "follow CPUs that went offline or came online", cmd_refresh },
	{ "status", "[IFACE]", "what is attached, and how", cmd_status },
	{ "stats", "[IFACE]", "packets steered, moved, passed and lost; locality", cmd_stats },
	{ "flows", "[IFACE]", "the known flows, their CPUs and who reads them", cmd_flows },
	{ "observe", "[SECONDS]", "would steering help? where data is read, and where it came in",
	  cmd_observe },
	{ "version", "", "rfsctl's version", cmd_version },
	{},
};

enum {
	KEY_BPFFS = 0x1000,
};

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case KEY_BPFFS:
		if (!*arg)
			cmd_usage_error(state, "--bpffs: which folder?");
		env.bpffs = arg;
		/* libxdp keeps its dispatcher's pins there too. */
		setenv("LIBXDP_BPFFS", arg, 1);
		return 0;
	case 'v':
		env.verbose = true;
		return 0;
	case 'j':
		env.json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option common[] = {
	{ "bpffs", KEY_BPFFS, "DIR", 0, "BPF file system to use (/sys/fs/bpf)", 10 },
	{ "verbose", 'v', NULL, 0, "show what libbpf and libxdp say", 10 },
	{},
};

static const struct argp_option reading[] = {
	{ "json", 'j', NULL, 0, "print JSON, errors too", 9 },
	{},
};

static const struct argp common_argp = { .options = common, .parser = parse_common };
static const struct argp reading_argp = { .options = reading, .parser = parse_common };

const struct argp_child common_options[] = { { &common_argp, 0, NULL, 0 }, {} };
const struct argp_child reading_options[] = {
	{ &reading_argp, 0, NULL, 0 },
	{ &common_argp, 0, NULL, 0 },
	{},
};

static bool has_word(int argc, char **argv, const char *const *words)
{
	for (int i = 1; i < argc; i++)
		for (int w = 0; words[w]; w++)
			if (!strcmp(argv[i], words[w]))
				return true;
	return false;
}

void cmd_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	static const char *const json[] = { "-j", "--json", NULL };
	static const char *const help[] = { "-?", "--help", "--usage", NULL };

	argp_err_exit_status = RFS_EXIT_USAGE;
	/* Wherever it stands, --json is for the errors before it too. */
	env.json = argp->children == reading_options && has_word(argc, argv, json);
	/* argp's own messages are text; without them it gives no help either. */
	if (!env.json || has_word(argc, argv, help)) {
		argp_parse(argp, argc, argv, 0, NULL, input);
	} else if (argp_parse(argp, argc, argv, ARGP_NO_ERRS, NULL, input)) {
		rfs_error("wrong usage; see '%s --help'", argv[0]);
		exit(RFS_EXIT_USAGE);
	}
}

void cmd_usage_error(const struct argp_state *state, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (env.json)
		rfs_error("%s", text);
	else
		argp_error(state, "%s", text);
	exit(RFS_EXIT_USAGE);
}

int cmd_status_of(int err, const char *command, const char *iface)
{
	if (!err)
		return RFS_EXIT_OK;
	if (!rfs_error_said())
		rfs_error("%s%s%s: %s", iface ? iface : "", iface ? ": cannot " : "cannot ",
			  command, strerror(err < 0 ? -err : EIO));
	return RFS_EXIT_FAILED;
}

error_t cmd_parse_iface(int key, char *arg, struct argp_state *state)
{
	const char **iface = state->input;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	cmd_take_iface(state, iface, arg);
	return 0;
}

unsigned int cmd_number(const struct argp_state *state, const char *what, const char *text,
			unsigned int min, unsigned int max)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text < '0' || *text > '9' || n < min || n > max)
		cmd_usage_error(state, "%s takes a number from %u to %u, not '%s'", what, min, max,
				text);
	return n;
}

static void usage(FILE *to)
{
	fputs("Usage: rfsctl COMMAND [ARGUMENT...] [OPTION...]\n"
	      "Receive Flow Steering by XDP: packets are processed where their application reads.\n"
	      "\n",
	      to);
	for (const struct command *c = commands; c->name; c++)
		fprintf(to, "  %-8s %-24s %s\n", c->name, c->args, c->help);
	fputs("\n  --help, --version\n"
	      "\n'rfsctl COMMAND --help' tells a command's options; see also rfsctl(8).\n",
	      to);
}

int cmd_version(int argc, char **argv)
{
	static const struct argp argp = {
		.children = reading_options,
		.doc = "Print rfsctl's version.",
	};

	cmd_parse(&argp, argc, argv, NULL);
	if (env.json)
		printf("{\"version\": \"%s\"}\n", RFS_VERSION);
	else
		printf("rfsctl %s\n", RFS_VERSION);
	return RFS_EXIT_OK;
}

int main(int argc, char **argv)
{
	char name[64];

	output_begin();
	rfs_libbpf_quiet();
	if (argc < 2) {
		usage(stderr);
		return RFS_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return RFS_EXIT_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		argv[1] = "version";
	if (*argv[1] == '-') {
		rfs_error("options stand behind the command, as in 'rfsctl status %s'", argv[1]);
		return RFS_EXIT_USAGE;
	}
	if (argc == 3 && !strcmp(argv[2], "-h"))
		argv[2] = "--help";
	for (const struct command *c = commands; c->name; c++) {
		if (strcmp(argv[1], c->name))
			continue;
		/* argp names the program in its messages and usage. */
		snprintf(name, sizeof(name), "rfsctl %s", c->name);
		argv[1] = name;
		return c->run(argc - 1, argv + 1);
	}
	rfs_error("there is no command '%s'; 'rfsctl --help' lists them", argv[1]);
	return RFS_EXIT_USAGE;
}
