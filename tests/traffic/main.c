// SPDX-License-Identifier: GPL-2.0-only
/* rfs-traffic: make traffic, and judge what became of it. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "files.h"
#include "opts.h"

static const struct command commands[] = {
	{ "udp-sink", CMD_UDP_SINK,
	  "Receive numbered datagrams and tell which were lost, doubled or overtaken.\v"
	  "Socket i is bound to ADDR:P+i and connected to the source's ADDR:P0+i. Exit status 1: a "
	  "datagram was overtaken or damaged, or nothing came.", udp_sink },
	{ "udp-source", CMD_UDP_SOURCE,
	  "Send numbered datagrams from ADDR:P0+i to ADDR:P+i.\v"
	  "Each flow belongs to one thread that stays on one CPU, so that what is sent keeps its "
	  "order. Exit status 1: nothing could be sent.", udp_source },
	{ "tcp-sink", CMD_TCP_SINK,
	  "Accept connections, check every byte of their records, answer where asked to.\v"
	  "Exit status 1: contents were wrong, or nothing came.", tcp_sink },
	{ "tcp-source", CMD_TCP_SOURCE,
	  "Send numbered records over TCP, as a stream or each one answered before the next.\v"
	  "Exit status 1: answers were wrong, or nothing could be sent.", tcp_source },
	{ "follow", CMD_FOLLOW,
	  "Tell how long a flow takes to follow its reader from CPU to CPU.\v"
	  "The flow has followed when 10 reads in a row were of packets handled on the reader's "
	  "CPU. The other end is a udp-source, or a tcp-source with --tcp, and has to outlast this "
	  "one: a stay without traffic has not been followed. Exit status 1: a stay "
	  "on a CPU took longer than --within-ms, or the flow never followed.", follow },
	{ "selftest", CMD_SELFTEST, "Check the judge itself.", selftest },
};

#define NR_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *f)
{
	size_t i;

	fprintf(f, "Usage: rfs-traffic COMMAND [OPTION...], with --help for a command's own\n\n");
	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(f, "  %-12s %.*s\n", commands[i].name, (int)strcspn(commands[i].doc, "\v"),
			commands[i].doc);
}

int main(int argc, char **argv)
{
	static struct opts o;
	size_t i;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-?"))) {
		usage(stdout);
		return EXIT_GOOD;
	}
	for (i = 0; argc > 1 && i < NR_COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		if (opts_parse(&commands[i], &o, argc - 1, argv + 1))
			return EXIT_USAGE;
		raise_file_limit();
		/* Sleeps of microseconds are to last microseconds, in the threads to come too. */
		prctl(PR_SET_TIMERSLACK, 1000UL, 0, 0, 0);
		return commands[i].run(&o);
	}
	usage(stderr);
	return EXIT_USAGE;
}
