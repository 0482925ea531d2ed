// SPDX-License-Identifier: GPL-2.0-only
/* attach.c - rfsctl attach. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "host/kthread_sched.h"
#include "host/mode.h"
#include "host/msg.h"
#include "host/text.h"
#include "host/veth.h"
#include "maps/pins.h"
#include "recorder/recorder.h"
#include "rfs/rules.h"
#include "iface/preflight.h"
#include "iface/steer.h"
#include "xdp/xdp.h"

enum {
	KEY_SOCK_FLOW_ENTRIES = 0x2000,
	KEY_FLOW_CNT,
	KEY_QSIZE,
	KEY_RECORDER,
	KEY_TCP,
};

struct attach_args {
	const char *iface;
	struct steer_opts steer;
	struct recorder_opts recorder;
};

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

static error_t parse_attach(int key, char *arg, struct argp_state *state)
{
	/* In the order of enum rfs_hook and rfs_tcp. */
	static const char *const hooks[] = { "auto", "fentry", "tracepoint", NULL };
	static const char *const tcp[] = { "cpumap", "stack", NULL };
	struct attach_args *args = state->input;

	switch (key) {
	case 'm':
		args->steer.mode = parse_word(state, "--mode", arg, mode_names);
		return 0;
	case CMD_KEY_CPUS:
		cmd_parse_cpus(state, arg, &args->steer.cpus);
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
	case CMD_KEY_KTHREAD_SCHED:
		cmd_parse_sched(state, arg, &args->steer.kthread_sched);
		return 0;
	case KEY_TCP:
		args->steer.tcp = parse_word(state, "--tcp", arg, tcp);
		return 0;
	case ARGP_KEY_ARG:
		cmd_take_iface(state, &args->iface, arg);
		return 0;
	case ARGP_KEY_END:
		if (!args->iface)
			cmd_usage_error(state, "which interface?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* A recorder that is not whole is made anew, but not under the feet of who steers by it. */
static int renew_recorder(const struct recorder_opts *opts, struct recorder *r)
{
	char **dirs;
	int n = pins_list("", true, &dirs);

	if (n > 0)
		rfs_error("the recorder is not whole, but %s%s attached; detach %s first", dirs[0],
			  n > 1 ? " and others are" : " is", n > 1 ? "them (--all)" : "it");
	else if (n < 0)
		rfs_error("cannot list %s/%s: %s", env.bpffs, RFS_PIN_DIR, strerror(-n));
	pins_free_list(dirs, n > 0 ? n : 0);
	if (n)
		return n < 0 ? n : -EBUSY;
	n = recorder_remove(); /* what a killed start or removal has left */
	return n ? n : recorder_start(opts, true, r);
}

/* The running recorder if it fits, or a new one. */
static int get_recorder(const struct recorder_opts *opts, struct recorder *r)
{
	int err = recorder_open(r);

	if (err == -EAGAIN || err == -ENOENT)
		return renew_recorder(opts, r);
	if (err == -EPROTO)
		rfs_error("rfs of another version is running; 'rfsctl detach --all' ends it");
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

/* " by libxdp's dispatcher", and how many others it calls. */
static const char *by_dispatcher(const struct netif *nif, char *buf, size_t len)
{
	int others = xdp_neighbours(nif->ifindex);

	if (others <= 0)
		snprintf(buf, len, " by libxdp's dispatcher");
	else
		snprintf(buf, len, " by libxdp's dispatcher, beside %d other XDP program%s", others,
			 others > 1 ? "s" : "");
	return buf;
}

/* Generic mode's skbs keep what the driver says of their checksum; an XDP frame cannot. */
static void warn_checksums(const struct netif *nif)
{
	char path[NETNS_PATH_LEN] = "", word[TEXT_QUOTED_LEN], to[TEXT_QUOTED_LEN + 32] = "";
	struct veth_peer peer;
	struct netns here;

	if (veth_peer(nif->ifindex, &peer) || peer.tx < 0) {
		rfs_warn("%s is a veth: its peer must compute checksums itself (ethtool -K PEER tx "
			 "off), or its TCP and UDP packets are dropped as corrupt; its peer is not "
			 "seen from here",
			 nif->name);
		return;
	}
	if (!peer.tx)
		return;
	if (netns_current(&here) || here.cookie != peer.ns.cookie) {
		netns_path(peer.ns.ino, path);
		text_quote(word, path);
		snprintf(to, sizeof(to),
			 *path ? "nsenter --net=%s " : "in its network namespace: ", word);
	}
	text_quote(word, peer.name);
	rfs_warn("%s is a veth: its peer must compute checksums itself (%sethtool -K %s tx off), "
		 "or its TCP and UDP packets are dropped as corrupt",
		 nif->name, to, word);
}

static void attached_note(const struct netif *nif, const struct rfs_config *config,
			  const struct recorder *r)
{
	char name[TEXT_NAME_LEN], dispatcher[80];

	text_ascii(name, sizeof(name), nif->name);
	if (!strcmp(nif->driver, "veth") && config->mode == RFS_MODE_NATIVE)
		warn_checksums(nif);
	printf("%s: attached in %s mode%s, %u RX queue%s%s with %u slots; each CPU's ring has %u "
	       "frames; recorder: %s%s\n",
	       name, mode_name(config->mode),
	       config->dispatcher ? by_dispatcher(nif, dispatcher, sizeof(dispatcher)) : "",
	       config->queues, config->queues > 1 ? "s" : "", config->queues > 1 ? ", each" : "",
	       config->flow_cnt, config->qsize, recorder_hook_name(r->settings.hook),
	       config->tcp == RFS_TCP_STACK ? "; TCP: by the kernel's RFS" : "");
}

/* The interface's facts, which nobody of us changes while the lock is held. */
static int look(const char *name, struct netif *nif, struct netns *ns)
{
	int err = netns_current(ns);

	if (!err)
		err = netif_read(name, nif);
	if (err == -ENODEV)
		rfs_error("there is no interface '%s' in this network namespace", name);
	else if (err)
		rfs_error("%s: %s", name, strerror(-err));
	return err;
}

static int attach(const struct attach_args *args)
{
	struct steer_opts opts = args->steer;
	char dir[PIN_NAME_LEN];
	struct rfs_config config;
	struct recorder r;
	struct netif nif;
	struct netns ns;
	int err = cmd_begin_change();

	if (!err)
		err = look(args->iface, &nif, &ns);
	if (!err)
		err = preflight_kernel();
	if (!err)
		err = preflight_cpus(&opts.cpus);
	if (!err)
		err = preflight_iface(&nif, &opts.mode);
	if (!err)
		err = steer_make_room(&nif, &ns);
	if (!err)
		err = get_recorder(&args->recorder, &r);
	if (err)
		return err;
	err = steer_new_dir(nif.name, nif.ifindex, &ns, dir);
	if (!err)
		err = steer_attach(&nif, dir, &r, &opts, &config);
	if (err)
		cmd_remove_idle_recorder();
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
		{ "cpus", CMD_KEY_CPUS, "CPUS", 0,
		  "CPUs that may get packets, as a list (0-3,8) or bitmap (f); all that are "
		  "online and not isolated",
		  0 },
		{ "sock-flow-entries", KEY_SOCK_FLOW_ENTRIES, "N", 0,
		  "flows that are known at once, on all interfaces (65536)", 0 },
		{ "flow-cnt", KEY_FLOW_CNT, "N", 0,
		  "slots per RX queue (its share of sock-flow-entries)", 0 },
		{ "qsize", KEY_QSIZE, "N", 0,
		  "frames that may wait for one CPU, from all RX queues (2048)", 0 },
		{ "recorder", KEY_RECORDER, "HOOK", 0,
		  "fentry, tracepoint, or auto: fentry if the kernel allows it (auto)", 0 },
		{ "kthread-sched", CMD_KEY_KTHREAD_SCHED, "POLICY", 0,
		  CMD_KTHREAD_SCHED_HELP " (other:0)", 0 },
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
