// SPDX-License-Identifier: GPL-2.0-only
/* observe.c - rfsctl observe: would steering help? */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "view/collect.h"
#include "host/msg.h"
#include "recorder/recorder.h"

#define DEFAULT_SECONDS 5

struct observe_args {
	unsigned int seconds;
};

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct observe_args *args = state->input;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (args->seconds)
		cmd_usage_error(state, "one number of seconds is enough, not also '%s'", arg);
	args->seconds = cmd_number(state, "SECONDS", arg, 1, 86400);
	return 0;
}

/* The pinned recorder if there is one, else one for as long as this process runs. */
static int get_recorder(struct recorder *r)
{
	const struct recorder_opts opts = { .sock_flow_entries = 65536 };
	int err = pins_ready();

	if (!err)
		err = recorder_open(r);
	if (err == -ENOENT || err == -EAGAIN)
		err = recorder_start(&opts, false, r);
	else if (err == -EPROTO)
		rfs_error("rfs of another version is running; 'rfsctl detach --all' ends it");
	return err;
}

static void print_second(unsigned int second, const struct rfs_locality *d)
{
	double percent = view_percent(d->local, d->remote);

	if (percent < 0)
		printf("%7u %12s %12s %10s\n", second, "0", "0", "-");
	else
		printf("%7u %12llu %12llu %8.1f %%\n", second, (unsigned long long)d->local,
		       (unsigned long long)d->remote, percent);
	fflush(stdout);
}

static void print_verdict(const struct rfs_locality *sum, bool steering)
{
	double percent = view_percent(sum->local, sum->remote);

	if (percent < 0) {
		printf("no reads from connected TCP or UDP sockets of other hosts were seen\n");
		return;
	}
	printf("\n%.1f %% of %llu reads were on the CPU that processed the packet. ", percent,
	       (unsigned long long)(sum->local + sum->remote));
	if (steering)
		printf("An interface is attached.\n");
	else if (percent >= 95)
		printf("Steering has nothing to win here.\n");
	else
		printf("Steering can make this near 100 %%.\n");
}

static int observe(const struct observe_args *args)
{
	struct rfs_locality first, last, now;
	struct recorder r;
	bool steering;
	char **dirs;
	int err = get_recorder(&r), n;

	if (err)
		return err;
	n = pins_list("", true, &dirs);
	steering = n > 0;
	pins_free_list(dirs, n > 0 ? n : 0);

	err = collect_locality(r.locality, &first);
	last = first;
	if (!env.json && !err)
		printf("%7s %12s %12s %10s\n", "SECOND", "LOCAL", "REMOTE", "LOCALITY");
	for (unsigned int s = 1; !err && s <= args->seconds && !stopped; s++) {
		struct rfs_locality d;

		sleep(1);
		err = collect_locality(r.locality, &now);
		d.local = now.local - last.local;
		d.remote = now.remote - last.remote;
		last = now;
		if (!env.json && !err)
			print_second(s, &d);
	}
	recorder_close(&r);
	if (err) {
		rfs_error("cannot read the recorder's counters: %s", strerror(-err));
		return err;
	}
	last.local -= first.local;
	last.remote -= first.remote;
	if (env.json) {
		double percent = view_percent(last.local, last.remote);

		printf("{\"local\": %llu, \"remote\": %llu, \"percent\": ",
		       (unsigned long long)last.local, (unsigned long long)last.remote);
		printf(percent < 0 ? "null}\n" : "%.2f}\n", percent);
	} else {
		print_verdict(&last, steering);
	}
	return 0;
}

int cmd_observe(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "[SECONDS]",
		.doc = "Tell how many reads are on the CPU that processed the packet, second by "
		       "second (5).\vNo interface needs to be attached: this is how to see "
		       "whether steering would help.",
		.children = reading_options,
	};
	struct observe_args args = {};
	struct sigaction sa = { .sa_handler = stop };

	cmd_parse(&argp, argc, argv, &args);
	if (!args.seconds)
		args.seconds = DEFAULT_SECONDS;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	return cmd_status_of(observe(&args), "observe", NULL);
}
