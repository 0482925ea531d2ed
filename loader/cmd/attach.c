// SPDX-License-Identifier: GPL-2.0-only
/* attach.c - rfsctl attach, detach and set: what changes something. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "view/collect.h"
#include "host/kthread_sched.h"
#include "host/msg.h"
#include "maps/pins.h"
#include "recorder/recorder.h"
#include "rfs/rules.h"
#include "iface/steer.h"
#include "xdp/xdp.h"

struct attach_args {
	const char *iface;
	struct steer_opts steer;
	struct recorder_opts recorder;
};

#define KTHREAD_SCHED_HELP                                                                         \
	"batch or other: how the rings' threads are scheduled, also with a nice value as in "      \
	"batch:5; or fifo:PRIO"

enum {
	KEY_CPUS = 0x2000,
	KEY_SOCK_FLOW_ENTRIES,
	KEY_FLOW_CNT,
	KEY_QSIZE,
	KEY_RECORDER,
	KEY_KTHREAD_SCHED,
	KEY_TCP,
};

static void parse_cpus(struct argp_state *state, const char *text, struct cpuset *cpus)
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

static void parse_sched(struct argp_state *state, const char *text, struct rfs_sched *sched)
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

/* Of two or three words, the index of the one that is the text. */
static unsigned int parse_word(struct argp_state *state, const char *option, const char *text,
			       const char *const *words)
{
	for (unsigned int i = 0; words[i]; i++)
		if (!strcmp(text, words[i]))
			return i;
	if (!words[2])
		cmd_usage_error(state, "%s takes %s or %s, not '%s'", option, words[0], words[1],
				text);
	cmd_usage_error(state, "%s takes %s, %s or %s, not '%s'", option, words[0], words[1],
			words[2], text);
}

static void parse_iface(struct argp_state *state, const char **iface, char *arg)
{
	if (*iface)
		cmd_usage_error(state, "one interface at a time: '%s' or '%s'", *iface, arg);
	*iface = arg;
}

static error_t parse_attach(int key, char *arg, struct argp_state *state)
{
	/* In the order of enum rfs_mode, rfs_hook and rfs_tcp. */
	static const char *const modes[] = { "auto", "native", "generic", NULL };
	static const char *const hooks[] = { "auto", "fentry", "tracepoint", NULL };
	static const char *const tcp[] = { "cpumap", "stack", NULL };
	struct attach_args *args = state->input;

	switch (key) {
	case 'm':
		args->steer.mode = parse_word(state, "--mode", arg, modes);
		return 0;
	case KEY_CPUS:
		parse_cpus(state, arg, &args->steer.cpus);
		return 0;
	case KEY_SOCK_FLOW_ENTRIES:
		args->recorder.sock_flow_entries = rfs_roundup_pow2(
			cmd_number(state, "--sock-flow-entries", arg, 64, SOCK_FLOW_ENTRIES_MAX));
		return 0;
	case KEY_FLOW_CNT:
		args->steer.flow_cnt =
			rfs_roundup_pow2(cmd_number(state, "--flow-cnt", arg, 1, FLOW_CNT_MAX));
		return 0;
	case KEY_QSIZE:
		args->steer.qsize =
			rfs_roundup_pow2(cmd_number(state, "--qsize", arg, 8, QSIZE_MAX));
		return 0;
	case KEY_RECORDER:
		args->recorder.hook = parse_word(state, "--recorder", arg, hooks);
		return 0;
	case KEY_KTHREAD_SCHED:
		parse_sched(state, arg, &args->steer.kthread_sched);
		return 0;
	case KEY_TCP:
		args->steer.tcp = parse_word(state, "--tcp", arg, tcp);
		return 0;
	case ARGP_KEY_ARG:
		parse_iface(state, &args->iface, arg);
		return 0;
	case ARGP_KEY_END:
		if (!args->iface)
			cmd_usage_error(state, "which interface?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* An attach or detach is not left half-way by Ctrl-C; it takes moments. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int cmd_begin_change(void)
{
	int err = pins_ready();

	if (!err)
		err = pins_lock();
	block_signals();
	return err;
}

/* The last interface's recorder goes with it. */
static void remove_idle_recorder(void)
{
	char **dirs;
	int n = pins_list("", true, &dirs);

	pins_free_list(dirs, n > 0 ? n : 0);
	if (!n)
		recorder_remove();
}

static int check_iface(const struct netif *nif)
{
	struct cpuset online;

	if (nif->ifindex == if_nametoindex("lo")) {
		rfs_error("lo: packets of the loopback interface are on the right CPU already");
		return -EINVAL;
	}
	if (nif->lro) {
		rfs_error("%s: LRO is on, which XDP cannot work with; turn it off first "
			  "(ethtool -K %s lro off)",
			  nif->name, nif->name);
		return -EINVAL;
	}
	if (!cpuset_online(&online) && (int)nif->rx_queues >= cpuset_count(&online) &&
	    nif->rx_queues > 1)
		rfs_warn(
			"%s has %u RX queues for %d CPUs; with a queue for each CPU, steering mostly "
			"costs more than it saves ('rfsctl observe' tells)",
			nif->name, nif->rx_queues, cpuset_count(&online));
	return 0;
}

/* The CPUs exist, and one at least is online. */
static int check_cpus(const struct cpuset *cpus)
{
	struct cpuset online, possible, missing;
	char text[256];

	if (!cpuset_count(cpus) || cpuset_online(&online) || cpuset_possible(&possible))
		return 0;
	missing = cpuset_minus(cpus, &possible);
	if (cpuset_count(&missing)) {
		cpuset_format(&missing, text, sizeof(text));
		rfs_error("this machine has no CPU %s", text);
		return -EINVAL;
	}
	missing = cpuset_minus(cpus, &online);
	if (!cpuset_count(&missing))
		return 0;
	cpuset_format(&missing, text, sizeof(text));
	if (cpuset_count(&missing) == cpuset_count(cpus)) {
		rfs_error("CPU %s is offline; bring it online (chcpu -e %s) or name others", text,
			  text);
		return -EINVAL;
	}
	rfs_warn(
		"CPU %s is offline; it gets packets when it is online and 'rfsctl refresh' was run",
		text);
	return 0;
}

/* The running recorder if it fits, or a new one. */
static int get_recorder(const struct recorder_opts *opts, struct recorder *r)
{
	int err = recorder_open(r);

	if (err == -EAGAIN || err == -ENOENT) {
		recorder_remove(); /* what a killed start or removal has left */
		return recorder_start(opts, true, r);
	}
	if (err == -EPROTO)
		rfs_error("rfs of another version is running; detach all with its rfsctl first");
	if (err)
		return err;
	if (opts->sock_flow_entries && opts->sock_flow_entries != r->settings.sock_flow_entries) {
		rfs_error("the recorder is running with %u flow entries, for all interfaces; for "
			  "another size, detach all first",
			  r->settings.sock_flow_entries);
		err = -EBUSY;
	} else if (opts->hook && opts->hook != r->settings.hook) {
		rfs_error("the recorder is running with %s hooks, for all interfaces; for others, "
			  "detach all first",
			  recorder_hook_name(r->settings.hook));
		err = -EBUSY;
	}
	if (err)
		recorder_close(r);
	return err;
}

/* Nothing of the interface may be there: refuse what is in force, undo what was cut short. */
static int make_room(const struct netif *nif, const struct netns *ns)
{
	const struct xdp_owner on = { ns->cookie, nif->ifindex };
	struct rfs_config config;
	char dir[PIN_NAME_LEN];
	int err;

	if (steer_find_remains(nif->name, ns, dir))
		return 0;
	err = steer_config(dir, &config);
	if (err == -EPROTO) {
		rfs_error("%s was attached by rfs of another version; detach it with that one",
			  nif->name);
		return err;
	}
	/* What cannot be read may be in force. */
	if (err && err != -ENOENT)
		return err;
	if (!err && config.netns_cookie != ns->cookie) {
		rfs_error("%s/%s/%s is taken by an interface of another network namespace",
			  env.bpffs, RFS_PIN_DIR, dir);
		return -EEXIST;
	}
	if (!err && config.state == RFS_STATE_READY && config.ifindex == nif->ifindex &&
	    xdp_is_attached(&on, dir)) {
		rfs_error(
			"%s is attached already; 'rfsctl set' changes it, 'rfsctl detach' ends it",
			nif->name);
		return -EEXIST;
	}
	rfs_note("%s: removing what an earlier attachment left", nif->name);
	return steer_detach(dir);
}

static void attached_note(const struct netif *nif, const struct rfs_config *config,
			  const struct recorder *r)
{
	if (!strcmp(nif->driver, "veth"))
		rfs_warn("%s is a veth: its peer must compute checksums itself (ethtool -K PEER tx "
			 "off), or its TCP and UDP packets are dropped as corrupt",
			 nif->name);
	printf("%s: attached in %s mode%s, %u RX queue%s with %u flows and rings of %u frames; "
	       "recorder: %s%s\n",
	       nif->name, config->mode == RFS_MODE_GENERIC ? "generic" : "native",
	       config->dispatcher ? " beside other XDP programs" : "", config->queues,
	       config->queues > 1 ? "s" : "", config->flow_cnt, config->qsize,
	       recorder_hook_name(r->settings.hook),
	       config->tcp == RFS_TCP_STACK ? "; TCP: by the kernel's RFS" : "");
}

static int attach(const struct attach_args *args)
{
	char dir[PIN_NAME_LEN];
	struct rfs_config config;
	struct recorder r;
	struct netif nif;
	struct netns ns;
	int err;

	err = netif_read(args->iface, &nif);
	if (!err)
		err = netns_current(&ns);
	if (err == -ENODEV)
		rfs_error("there is no interface '%s' in this network namespace", args->iface);
	else if (err)
		rfs_error("%s: %s", args->iface, strerror(-err));
	if (!err)
		err = check_iface(&nif);
	if (!err)
		err = check_cpus(&args->steer.cpus);
	if (!err)
		err = cmd_begin_change();
	if (!err)
		err = make_room(&nif, &ns);
	if (!err)
		err = get_recorder(&args->recorder, &r);
	if (err)
		return err;
	pins_iface_dir(dir, nif.name, &ns);
	err = steer_attach(&nif, dir, &r, &args->steer, &config);
	if (err)
		remove_idle_recorder();
	else
		attached_note(&nif, &config, &r);
	recorder_close(&r);
	return err;
}

int cmd_attach(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "mode", 'm', "MODE", 0,
		  "native, generic, or auto: native if the driver can (auto)", 0 },
		{ "cpus", KEY_CPUS, "CPUS", 0,
		  "CPUs that may get packets, as a list (0-3,8) or bitmap (f); all that are online",
		  0 },
		{ "sock-flow-entries", KEY_SOCK_FLOW_ENTRIES, "N", 0,
		  "flows that are known at once, on all interfaces (65536)", 0 },
		{ "flow-cnt", KEY_FLOW_CNT, "N", 0,
		  "slots per RX queue (sock-flow-entries / RX queues)", 0 },
		{ "qsize", KEY_QSIZE, "N", 0,
		  "frames that may wait from one RX queue to one CPU (2048)", 0 },
		{ "recorder", KEY_RECORDER, "HOOK", 0,
		  "fentry, tracepoint, or auto: fentry if the kernel allows it (auto)", 0 },
		{ "kthread-sched", KEY_KTHREAD_SCHED, "POLICY", 0, KTHREAD_SCHED_HELP " (batch:7)",
		  0 },
		{ "tcp", KEY_TCP, "WAY", 0,
		  "cpumap or stack: the way that TCP takes, steered here, or by the kernel's own "
		  "RFS behind GRO (cpumap)",
		  0 },
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_attach,
		.args_doc = "IFACE",
		.doc = "Steer the packets that IFACE receives to the CPUs where they are read.\v"
		       "Numbers N are rounded up to a power of two. All is undone by 'rfsctl "
		       "detach', or at once if attaching fails.",
		.children = common_options,
	};
	struct attach_args args = { .steer.kthread_sched = kthread_sched_default };

	cmd_parse(&argp, argc, argv, &args);
	return cmd_status_of(attach(&args), "attach", args.iface);
}

/* ---- detach ---- */

struct detach_args {
	const char *iface;
	bool all;
};

static error_t parse_detach(int key, char *arg, struct argp_state *state)
{
	struct detach_args *args = state->input;

	switch (key) {
	case 'a':
		args->all = true;
		return 0;
	case ARGP_KEY_ARG:
		parse_iface(state, &args->iface, arg);
		return 0;
	case ARGP_KEY_END:
		if (!args->iface == !args->all)
			cmd_usage_error(state, "which interface? Name one, or say --all");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int detach_all(void)
{
	char **dirs;
	int n = pins_list("", true, &dirs), err = n < 0 ? n : 0;

	for (int i = 0; i < n; i++) {
		int one = steer_detach(dirs[i]);

		err = err ? err : one;
	}
	pins_free_list(dirs, n > 0 ? n : 0);
	return err;
}

static int detach(const struct detach_args *args)
{
	char dir[PIN_NAME_LEN];
	struct netns ns;
	int err = netns_current(&ns);

	if (err)
		rfs_error("cannot identify the network namespace: %s", strerror(-err));
	else
		err = cmd_begin_change();
	if (err)
		return err;
	if (args->all) {
		err = detach_all();
	} else if (steer_find_remains(args->iface, &ns, dir)) {
		rfs_error("%s is not attached%s; 'rfsctl status' shows what is", args->iface,
			  if_nametoindex(args->iface) ? ""
						      : ", and there is no such interface here");
		err = -ENOENT;
	} else {
		err = steer_detach(dir);
	}
	remove_idle_recorder();
	return err;
}

int cmd_detach(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "all", 'a', NULL, 0, "all interfaces, in all network namespaces", 0 },
		{},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_detach,
		.args_doc = "IFACE\n--all",
		.doc = "Stop steering IFACE and restore what attach changed.\v"
		       "Flows leave the rings in order first. Also removes what a killed attach or "
		       "detach or a vanished interface has left; IFACE may be a name as 'rfsctl "
		       "status' shows it.",
		.children = common_options,
	};
	struct detach_args args = {};

	cmd_parse(&argp, argc, argv, &args);
	return cmd_status_of(detach(&args), "detach", args.iface);
}

/* ---- set ---- */

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
	case KEY_CPUS:
		parse_cpus(state, arg, &args->cpus);
		args->changes.cpus = &args->cpus;
		return 0;
	case KEY_KTHREAD_SCHED:
		parse_sched(state, arg, &args->kthread_sched);
		args->changes.kthread_sched = &args->kthread_sched;
		return 0;
	case ARGP_KEY_ARG:
		parse_iface(state, &args->iface, arg);
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
		{ "cpus", KEY_CPUS, "CPUS", 0,
		  "CPUs that may get packets, as a list (0-3,8) or bitmap (f)", 0 },
		{ "kthread-sched", KEY_KTHREAD_SCHED, "POLICY", 0, KTHREAD_SCHED_HELP, 0 },
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
	struct netns ns;
	int err;

	cmd_parse(&argp, argc, argv, &args);
	err = check_cpus(&args.cpus);
	if (!err) {
		err = netns_current(&ns);
		if (err)
			rfs_error("cannot identify the network namespace: %s", strerror(-err));
	}
	if (!err)
		err = cmd_begin_change();
	if (!err && steer_find(args.iface, &ns, dir)) {
		rfs_error("%s is not attached; 'rfsctl status' shows what is", args.iface);
		err = -ENOENT;
	}
	if (!err)
		err = steer_set(dir, &args.changes);
	return cmd_status_of(err, "set", args.iface);
}
