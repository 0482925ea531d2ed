// SPDX-License-Identifier: GPL-2.0-only
/* One table describes every option: which subcommands take it, its range, where it is kept. */
#include <argp.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opts.h"

#define SINKS		(CMD_UDP_SINK | CMD_TCP_SINK)
#define SOURCES		(CMD_UDP_SOURCE | CMD_TCP_SOURCE)
#define ENDS		(SINKS | SOURCES)
#define NETWORK		(ENDS | CMD_FOLLOW)
#define LISTENERS	(SINKS | CMD_FOLLOW)

#define KEY_FIRST	0x100	/* above every character: no short options */

enum kind { KIND_TEXT, KIND_NUMBER, KIND_FLAG, KIND_CPUS, KIND_CHOICE };

struct opt_desc {
	const char *name;
	const char *arg;
	enum kind kind;
	size_t offset;
	unsigned int cmds;
	unsigned int required;
	uint64_t min;
	uint64_t max;
	const char *const *choices;
	const char *doc;
};

static const char *const patterns[] = {
	[PATTERN_STEADY] = "steady",
	[PATTERN_ONOFF] = "onoff",
	[PATTERN_SWEEP] = "sweep",
	NULL,
};

static const char *const modes[] = {
	[MODE_STREAM] = "stream",
	[MODE_RR] = "rr",
	NULL,
};

#define TEXT(n, field, c, req, d) \
	{ n, "ADDR", KIND_TEXT, offsetof(struct opts, field), c, req, 0, 0, NULL, d }
#define NUMBER(n, a, field, c, req, lo, hi, d) \
	{ n, a, KIND_NUMBER, offsetof(struct opts, field), c, req, lo, hi, NULL, d }
#define FLAG(n, field, c, d) \
	{ n, NULL, KIND_FLAG, offsetof(struct opts, field), c, 0, 0, 0, NULL, d }
#define CPUS(n, c, req, d) \
	{ n, "LIST", KIND_CPUS, offsetof(struct opts, cpus), c, req, 0, 0, NULL, d }
#define CHOICE(n, a, field, list, c, d) \
	{ n, a, KIND_CHOICE, offsetof(struct opts, field), c, 0, 0, 0, list, d }

static const struct opt_desc table[] = {
	TEXT("bind", bind, NETWORK, CMD_UDP_SINK | CMD_UDP_SOURCE | CMD_FOLLOW,
	     "Local address (tcp-sink: any if not given)"),
	NUMBER("port", "P", port, NETWORK, NETWORK, 1, 65535, "First port of the sink"),
	TEXT("connect", peer, CMD_UDP_SINK | CMD_FOLLOW, CMD_UDP_SINK,
	     "Address of the source (follow: not with --tcp)"),
	TEXT("to", peer, SOURCES, SOURCES, "Address of the sink"),
	NUMBER("cport", "P0", cport, CMD_UDP_SINK | SOURCES | CMD_FOLLOW,
	       CMD_UDP_SINK | CMD_UDP_SOURCE, 1, 65535,
	       "First port of the source (tcp-source: any if not given; follow: not with --tcp)"),
	NUMBER("flows", "N", flows, ENDS, 0, 1, 4096, "Number of flows (default 1)"),
	NUMBER("seconds", "S", seconds, NETWORK, NETWORK, 1, 86400, "Length of the run"),
	NUMBER("readers", "R", readers, SINKS, 0, 1, 256,
	       "Reader threads (default: one for each flow, at most 8)"),
	CPUS("cpus", LISTENERS, CMD_FOLLOW, "CPUs of the readers, such as 0-3,6"),
	NUMBER("hop-ms", "M", hop_ms, SINKS | CMD_UDP_SOURCE, 0, 1, 60000,
	       "Readers, or senders, move to another CPU of the list (default: all) about every M ms"),
	{ "link", "DEV:PEER@PID", KIND_TEXT, offsetof(struct opts, link), CMD_UDP_SOURCE, 0, 0, 0, NULL,
	  "Senders move when all that they sent by DEV has arrived at PEER, in PID's namespace" },
	NUMBER("senders", "K", senders, SOURCES, 0, 1, 256, "Sender threads (default 1)"),
	CPUS("cpu", SOURCES, 0, "CPUs of the senders, one each (default: all)"),
	NUMBER("rate", "PPS", rate, SOURCES, 0, 0, 100000000,
	       "Datagrams or records per second, all flows together (default 0: no limit)"),
	NUMBER("count", "C", count, SOURCES, 0, 1, 1000000000000,
	       "Stop after this many, rounded up to the same for each flow (default 10^9)"),
	NUMBER("burst", "B", burst, CMD_UDP_SOURCE, 0, 1, 64,
	       "Datagrams of a flow back to back (default 1, without a rate 16)"),
	NUMBER("size", "BYTES", size, SOURCES, 0, 40, 65000,
	       "Payload of a datagram or length of a record (default 64, TCP streams 4096)"),
	CHOICE("pattern", "steady|onoff|sweep", pattern, patterns, SOURCES,
	       "Load over time: even, pauses of some ms, or 10 to 190 % of the rate"),
	NUMBER("churn-ms", "M", churn_ms, CMD_UDP_SOURCE, 0, 1, 60000,
	       "Flows fall silent and come back, each about every M ms"),
	CHOICE("mode", "stream|rr", mode, modes, CMD_TCP_SOURCE,
	       "Records in a stream, or each one answered before the next (default stream)"),
	NUMBER("within-ms", "MS", within_ms, CMD_FOLLOW, 0, 1, 60000,
	       "A stay is bad if the flow took longer to follow (default 100)"),
	NUMBER("within-reads", "N", within_reads, CMD_FOLLOW, 0, 0, 1000000,
	       "... and also took more than N reads, where the machine is busy (default 0)"),
	NUMBER("stay-ms", "MS", stay_ms, CMD_FOLLOW, 0, 10, 60000,
	       "Length of a stay on a CPU (default 1000)"),
	FLAG("tcp", tcp, CMD_FOLLOW, "Listen for one TCP connection rather than for datagrams"),
	FLAG("mapped", mapped, NETWORK, "IPv6 sockets that carry IPv4 (::ffff:a.b.c.d)"),
	FLAG("json", json, NETWORK, "Print one JSON object"),
	FLAG("verbose", verbose, CMD_UDP_SINK, "Tell of the first overtaken datagrams one by one"),
	NUMBER("ready-fd", "FD", ready_fd, LISTENERS, 0, 1, 1023,
	       "Say \"ready\" there and close it, rather than on stderr"),
	FLAG("strict", strict, CMD_TCP_SINK, "Growth of TCPOFOQueue is bad, too"),
	FLAG("expect-overtaken", expect_overtaken, CMD_UDP_SINK,
	     "Bad if NO datagram is overtaken (to check the judge)"),
	NUMBER("swap", "N", swap, CMD_UDP_SOURCE, 0, 1, 1000000000,
	       "Swap every Nth pair of a flow's datagrams (to check the judge)"),
	NUMBER("skip", "N", skip, CMD_UDP_SOURCE, 0, 2, 1000000000,
	       "Leave out every Nth number (to check the judge)"),
	NUMBER("repeat", "N", repeat, CMD_UDP_SOURCE, 0, 1, 1000000000,
	       "Send every Nth datagram twice (to check the judge)"),
};

#define TABLE_LEN	(sizeof(table) / sizeof(table[0]))

_Static_assert(TABLE_LEN <= 64, "one bit of parse.given for each option");

struct parse {
	const struct command *cmd;
	struct opts *o;
	uint64_t given;
};

static void take_number(const struct opt_desc *d, uint64_t *to, char *arg, struct argp_state *st)
{
	char *end;

	errno = 0;
	*to = strtoull(arg, &end, 10);
	if (*arg < '0' || *arg > '9' || *end || errno || *to < d->min || *to > d->max)
		argp_error(st, "--%s: '%s' is no number from %lu to %lu", d->name, arg, d->min,
			   d->max);
}

static void take_choice(const struct opt_desc *d, uint64_t *to, char *arg, struct argp_state *st)
{
	for (*to = 0; d->choices[*to]; (*to)++)
		if (!strcmp(d->choices[*to], arg))
			return;
	argp_error(st, "--%s: '%s' is not one of %s", d->name, arg, d->arg);
}

static void check(struct parse *p, struct argp_state *st)
{
	struct opts *o = p->o;
	size_t i;

	for (i = 0; i < TABLE_LEN; i++)
		if ((table[i].required & p->cmd->bit) && !(p->given & (1ULL << i)))
			argp_error(st, "--%s is missing", table[i].name);

	/* A TCP sink has one port, and flows of TCP need no port of their own. */
	if ((p->cmd->bit & (CMD_UDP_SINK | CMD_UDP_SOURCE)) && o->port + o->flows - 1 > 65535)
		argp_error(st, "--port: no room for %lu flows above %lu", o->flows, o->port);
	if (o->cport + o->flows - 1 > 65535)
		argp_error(st, "--cport: no room for %lu flows above %lu", o->flows, o->cport);
	if (p->cmd->bit == CMD_FOLLOW && !o->tcp && (!o->peer || !o->cport))
		argp_error(st, "--connect and --cport are needed without --tcp");
	if (o->mode == MODE_RR && (o->rate || o->pattern))
		argp_error(st, "--rate and --pattern do not go with --mode rr");
	if (o->pattern == PATTERN_SWEEP && !o->rate)
		argp_error(st, "--pattern sweep needs a --rate");
}

static error_t take(int key, char *arg, struct argp_state *st)
{
	struct parse *p = st->input;
	const struct opt_desc *d;
	void *to;

	if (key == ARGP_KEY_ARG)
		argp_error(st, "'%s' is no option", arg);
	if (key == ARGP_KEY_END)
		check(p, st);
	if (key < KEY_FIRST || key >= KEY_FIRST + (int)TABLE_LEN)
		return ARGP_ERR_UNKNOWN;

	d = &table[key - KEY_FIRST];
	to = (char *)p->o + d->offset;
	p->given |= 1ULL << (key - KEY_FIRST);

	switch (d->kind) {
	case KIND_TEXT:
		*(const char **)to = arg;
		break;
	case KIND_NUMBER:
		take_number(d, to, arg, st);
		break;
	case KIND_FLAG:
		*(bool *)to = true;
		break;
	case KIND_CPUS:
		if (cpus_parse(to, arg))
			argp_error(st, "--%s: '%s' is no list of CPUs", d->name, arg);
		break;
	case KIND_CHOICE:
		take_choice(d, to, arg, st);
		break;
	}
	return 0;
}

int opts_parse(const struct command *cmd, struct opts *o, int argc, char **argv)
{
	struct argp_option options[TABLE_LEN + 1] = { 0 };
	struct argp argp = { .options = options, .parser = take, .doc = cmd->doc };
	struct parse p = { .cmd = cmd, .o = o };
	size_t i, n = 0;
	char name[64];

	*o = (struct opts) {
		.flows = 1,
		.within_ms = 100,
		.stay_ms = 1000,
		.senders = 1,
		.count = 1000000000,
	};
	for (i = 0; i < TABLE_LEN; i++)
		if (table[i].cmds & cmd->bit)
			options[n++] = (struct argp_option) {
				.name = table[i].name,
				.key = KEY_FIRST + i,
				.arg = table[i].arg,
				.doc = table[i].doc,
				.group = table[i].required & cmd->bit ? 1 : 2,
			};

	snprintf(name, sizeof(name), "rfs-traffic %s", cmd->name);
	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	return argp_parse(&argp, argc, argv, 0, NULL, &p);
}
