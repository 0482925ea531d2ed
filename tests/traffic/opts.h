// SPDX-License-Identifier: GPL-2.0-only
/* The options of all subcommands. */
#ifndef TRAFFIC_OPTS_H
#define TRAFFIC_OPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "cpus.h"

enum {
	CMD_UDP_SINK	= 1 << 0,
	CMD_UDP_SOURCE	= 1 << 1,
	CMD_TCP_SINK	= 1 << 2,
	CMD_TCP_SOURCE	= 1 << 3,
	CMD_FOLLOW	= 1 << 4,
	CMD_SELFTEST	= 1 << 5,
};

enum pattern { PATTERN_STEADY, PATTERN_ONOFF, PATTERN_SWEEP };
enum mode { MODE_STREAM, MODE_RR };

/* Numbers are all uint64_t, so that one table can describe them. */
struct opts {
	const char *bind;
	const char *peer;
	const char *link;
	uint64_t port;
	uint64_t cport;
	uint64_t flows;
	uint64_t seconds;
	uint64_t hop_ms;
	uint64_t readers;
	uint64_t senders;
	uint64_t rate;
	uint64_t count;
	uint64_t burst;
	uint64_t size;
	uint64_t churn_ms;
	uint64_t within_ms;
	uint64_t within_reads;
	uint64_t stay_ms;
	uint64_t swap;
	uint64_t skip;
	uint64_t repeat;
	uint64_t ready_fd;
	uint64_t pattern;
	uint64_t mode;
	struct cpu_list cpus;
	bool json;
	bool mapped;
	bool verbose;
	bool strict;
	bool expect_overtaken;
	bool tcp;
};

struct command {
	const char *name;
	unsigned int bit;
	const char *doc;
	int (*run)(struct opts *o);
};

/* What a subcommand returns, and rfs-traffic exits with. */
enum { EXIT_GOOD = 0, EXIT_BAD = 1, EXIT_USAGE = 2 };

/* Parse argv after the subcommand's name; ends the process after --help or a usage error. */
int opts_parse(const struct command *cmd, struct opts *o, int argc, char **argv);

int udp_sink(struct opts *o);
int udp_source(struct opts *o);
int tcp_sink(struct opts *o);
int tcp_source(struct opts *o);
int follow(struct opts *o);
int selftest(struct opts *o);

#endif
