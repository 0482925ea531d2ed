// SPDX-License-Identifier: GPL-2.0-only
/* read.c - rfsctl status, stats and flows: collect, then print. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "view/collect.h"
#include "host/msg.h"
#include "view/show.h"

/* The common course of commands that read everything. */
static int read_all(const char *command, const char *doc, bool problems, int argc, char **argv,
		    void (*text)(const struct rfs_view *view),
		    void (*json)(const struct rfs_view *view))
{
	const struct argp argp = {
		.parser = cmd_parse_iface,
		.args_doc = "[IFACE]",
		.doc = doc,
		.children = reading_options,
	};
	const char *iface = NULL;
	struct rfs_view view;
	int err;

	cmd_parse(&argp, argc, argv, &iface);
	err = collect(iface, problems, &view);
	if (err)
		return cmd_status_of(err, command, iface);
	(env.json ? json : text)(&view);
	collect_free(&view);
	return RFS_EXIT_OK;
}

int cmd_status(int argc, char **argv)
{
	return read_all("status",
			"Show what is attached, how, and what is wrong with it; on IFACE or "
			"everywhere.",
			true, argc, argv, show_status, json_status);
}

int cmd_stats(int argc, char **argv)
{
	return read_all("stats",
			"Show how many packets were steered, moved, passed and lost, on IFACE or "
			"everywhere, and how many reads were local.",
			false, argc, argv, show_stats, json_stats);
}

int cmd_flows(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = cmd_parse_iface,
		.args_doc = "[IFACE]",
		.doc = "Show the known flows, the CPU where each is read, and the process that read "
		       "it first.\vWith IFACE, those to an address of that interface.",
		.children = reading_options,
	};
	const char *iface = NULL;
	struct flow_view view;
	int err;

	cmd_parse(&argp, argc, argv, &iface);
	err = collect_flows(iface, &view);
	if (err)
		return cmd_status_of(err, "flows", iface);
	(env.json ? json_flows : show_flows)(&view);
	free(view.flows);
	return RFS_EXIT_OK;
}
