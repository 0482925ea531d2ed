// SPDX-License-Identifier: GPL-2.0-only
/* preflight.c - what is found out before anything is loaded: would steering hurt here? */
#include <errno.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#include "host/kernel.h"
#include "host/msg.h"
#include "host/xdp_features.h"
#include "iface/preflight.h"
#include "xdp/xdp.h"

/*
 * Interfaces that have no RX queues of their own. A bond or a team would put the program on its
 * members, whose NAPIs share queue numbers then; on all of them generic XDP comes after GRO, and
 * makes one piece of what that has joined.
 */
static const struct {
	const char *kind;
	const char *is;
} joined[] = {
	{ "bond", "a bond" },
	{ "team", "a team" },
	{ "bridge", "a bridge" },
	{ "vrf", "a VRF" },
};

/* Interfaces that are made on one other, whose packets the program understands there. */
static const struct {
	const char *kind;
	const char *is;
} stacked[] = {
	{ "vlan", "a VLAN" },	   { "macvlan", "a macvlan" }, { "macvtap", "a macvtap" },
	{ "ipvlan", "an ipvlan" }, { "ipvtap", "an ipvtap" },
};

/* Drivers of which one queue's packets do not come from one NAPI of the interface alone. */
static const struct {
	const char *driver;
	const char *why;
} unsuited[] = {
	{ "tun", "in native mode a tap's packets come from whoever writes them, several at once, "
		 "and not from a NAPI poll, so that their order cannot be kept" },
	{ "mtk_soc_eth",
	  "driver mtk_soc_eth installs an XDP program on all its interfaces at once" },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void name_members(const struct netif *nif, char *buf, size_t len)
{
	size_t used = 0;

	buf[0] = 0;
	for (unsigned int i = 0; i < nif->n_members && i < NETIF_MEMBERS_NAMED && used < len; i++)
		used += snprintf(buf + used, len - used, "%s%s", i ? ", " : "", nif->members[i]);
	if (nif->n_members > NETIF_MEMBERS_NAMED && used < len)
		snprintf(buf + used, len - used, " and others");
}

/* Packets come in by other interfaces, which each have this one as their master. */
static int check_joined(const struct netif *nif)
{
	char members[(size_t)NETIF_MEMBERS_NAMED * (IF_NAMESIZE + 2) + sizeof(" and others")];
	const char *is = NULL;

	for (size_t i = 0; i < COUNT(joined); i++)
		if (!strcmp(nif->kind, joined[i].kind))
			is = joined[i].is;
	if (!nif->n_members && !is)
		return 0;
	name_members(nif, members, sizeof(members));
	/* A driver's own kind of it, such as hv_netvsc's or net_failover's. */
	if (!is)
		is = "the master of others";
	if (nif->n_members)
		rfs_error("%s is %s, its packets come in by %s: attach to %s instead", nif->name,
			  is, members, nif->n_members > 1 ? "each of these" : "that");
	else
		rfs_error("%s is %s, its packets come in by its members, of which it has none now: "
			  "attach to those",
			  nif->name, is);
	return -EINVAL;
}

static int check_stacked(const struct netif *nif)
{
	for (size_t i = 0; i < COUNT(stacked); i++) {
		if (strcmp(nif->kind, stacked[i].kind))
			continue;
		if (*nif->lower)
			rfs_error(
				"%s is %s of %s: attach to %s instead, which steers its packets too",
				nif->name, stacked[i].is, nif->lower, nif->lower);
		else
			rfs_error(
				"%s is %s of an interface in another network namespace: attach to "
				"that one instead, there; it steers these packets too",
				nif->name, stacked[i].is);
		return -EINVAL;
	}
	return 0;
}

/* The program takes what it gets for Ethernet frames. */
static int check_link_type(const struct netif *nif)
{
	if (nif->type == ARPHRD_LOOPBACK) {
		rfs_error("%s: packets of the loopback interface are on the right CPU already",
			  nif->name);
		return -EINVAL;
	}
	if (nif->type == ARPHRD_ETHER)
		return 0;
	rfs_error("%s: its packets have no Ethernet header (link type %u%s%s): attach to the "
		  "interface that carries them%s%s",
		  nif->name, nif->type, *nif->kind ? ", " : "", nif->kind, *nif->lower ? ", " : "",
		  nif->lower);
	return -EINVAL;
}

/* What speaks against native mode on this driver; NULL for nothing that can be told. */
static const char *unfit_for_native(const struct netif *nif, char *buf, size_t len)
{
	for (size_t i = 0; i < COUNT(unsuited); i++)
		if (!strcmp(nif->driver, unsuited[i].driver))
			return unsuited[i].why;
	/* None at all: whoever attaches natively is told so by the kernel. */
	if (!nif->xdp_features_known || !nif->xdp_features ||
	    nif->xdp_features & NETIF_XDP_REDIRECT)
		return NULL;
	snprintf(buf, len,
		 "driver %s has native XDP without redirection, and would drop every "
		 "packet that is steered",
		 nif->driver);
	return buf;
}

static int check_mode(const struct netif *nif, unsigned int *mode)
{
	char buf[128];
	const char *why;
	int err;

	if (*mode == RFS_MODE_GENERIC)
		return 0;
	why = unfit_for_native(nif, buf, sizeof(buf));
	if (!why)
		return 0;
	if (*mode == RFS_MODE_NATIVE) {
		rfs_error("%s: %s; take --mode generic", nif->name, why);
		return -EOPNOTSUPP;
	}
	err = xdp_fall_back(nif, why);
	if (!err)
		*mode = RFS_MODE_GENERIC;
	return err;
}

static void warn_queues(const struct netif *nif)
{
	struct cpuset online;

	if (!cpuset_online(&online) && (int)nif->rx_queues >= cpuset_count(&online) &&
	    nif->rx_queues > 1)
		rfs_warn(
			"%s has %u RX queues for %d CPUs; with a queue for each CPU, steering "
			"mostly costs more than it saves, unless 'rfsctl observe' shows a low locality",
			nif->name, nif->rx_queues, cpuset_count(&online));
}

int preflight_iface(const struct netif *nif, unsigned int *mode)
{
	int err = check_joined(nif);

	if (!err)
		err = check_stacked(nif);
	if (!err)
		err = check_link_type(nif);
	if (!err && nif->lro) {
		rfs_error("%s: LRO is on, which XDP cannot work with; turn it off first "
			  "(ethtool -K %s lro off)",
			  nif->name, nif->name);
		err = -EINVAL;
	}
	if (!err)
		err = check_mode(nif, mode);
	if (!err)
		warn_queues(nif);
	return err;
}

static void warn_isolated(const struct cpuset *cpus)
{
	struct cpuset isolated, named;
	char text[256];

	if (cpuset_isolated(&isolated))
		return;
	named = cpuset_and(cpus, &isolated);
	if (!cpuset_count(&named))
		return;
	cpuset_format(&named, text, sizeof(text));
	rfs_warn("CPU %s is isolated (isolcpus or nohz_full); threads of rings will run there",
		 text);
}

/* With PREEMPT_RT, softirqs of one CPU interleave: what a poll has passed may be another poll's. */
int preflight_kernel(void)
{
	int rt = kernel_is_rt();

	if (!rt)
		return 0;
	if (rt > 0)
		rfs_error(
			"this kernel is a PREEMPT_RT one, on which the order of packets cannot be "
			"kept; rfs wants one without, as Debian's linux-image-amd64");
	else
		rfs_error("cannot tell from the kernel's types whether it is a PREEMPT_RT one: %s",
			  strerror(-rt));
	return rt > 0 ? -EOPNOTSUPP : rt;
}

int preflight_cpus(const struct cpuset *cpus)
{
	struct cpuset online, possible, missing;
	char text[256], have[256];

	if (!cpuset_count(cpus) || cpuset_online(&online) || cpuset_possible(&possible))
		return 0;
	missing = cpuset_minus(cpus, &possible);
	if (cpuset_count(&missing)) {
		cpuset_format(&missing, text, sizeof(text));
		cpuset_format(&possible, have, sizeof(have));
		rfs_error("this machine has no CPU %s; it has %s", text, have);
		return -EINVAL;
	}
	missing = cpuset_minus(cpus, &online);
	cpuset_format(&missing, text, sizeof(text));
	if (cpuset_count(&missing) == cpuset_count(cpus)) {
		rfs_error("CPU %s is offline; bring it online (chcpu -e %s) or name others", text,
			  text);
		return -EINVAL;
	}
	if (cpuset_count(&missing))
		rfs_warn("CPU %s is offline; it gets packets when it is online and 'rfsctl "
			 "refresh' was run",
			 text);
	warn_isolated(cpus);
	return 0;
}
