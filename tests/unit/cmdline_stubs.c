// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmdline_stubs.c - in place of the loader's library: find what the row says, and tell what is
 * asked.
 */
#include <errno.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmdline.h"
#include "loader/view/collect.h"
#include "loader/host/kthread_sched.h"
#include "loader/host/msg.h"
#include "loader/host/netif.h"
#include "loader/host/veth.h"
#include "loader/maps/pins.h"
#include "loader/recorder/recorder.h"
#include "loader/view/show.h"
#include "loader/iface/steer.h"

#define ETH0_IFINDEX 7
#define COOKIE	     42

const struct world *world;
char *trace_text;

void trace(const char *fmt, ...)
{
	size_t used = strlen(trace_text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(trace_text + used, TRACE_SIZE - used, fmt, ap);
	va_end(ap);
}

static const char *list(const struct cpuset *set)
{
	static char text[256];

	cpuset_format(set, text, sizeof(text));
	return *text ? text : "-";
}

static const char *class(const struct rfs_sched *sched)
{
	static char text[KTHREAD_SCHED_LEN];

	kthread_sched_format(sched, text, sizeof(text));
	return text;
}

/* As functions do that return "a negative errno after an error message". */
static int failing(const char *what, int err)
{
	if (err)
		rfs_error("stub: %s failed", what);
	return err;
}

/* ---- the machine; the linker puts these in place of the real ones ---- */

int __wrap_cpuset_online(struct cpuset *set);
int __wrap_cpuset_possible(struct cpuset *set);
int __wrap_cpuset_isolated(struct cpuset *set);
unsigned int __wrap_sleep(unsigned int seconds);

int __wrap_cpuset_online(struct cpuset *set)
{
	return cpuset_parse("0-3", set);
}

int __wrap_cpuset_possible(struct cpuset *set)
{
	return cpuset_parse("0-7", set);
}

/* Its types take a while to read; kernel.c does. */
int kernel_is_rt(void)
{
	return 0;
}

int __wrap_cpuset_isolated(struct cpuset *set)
{
	memset(set, 0, sizeof(*set));
	return world->isolated ? cpuset_parse(world->isolated, set) : 0;
}

unsigned int __wrap_sleep(unsigned int seconds)
{
	trace("sleep(%u) ", seconds);
	return 0;
}

/* ---- netif.h ---- */

int netns_current(struct netns *ns)
{
	*ns = (struct netns){ .cookie = COOKIE, .ino = 1, .initial = true };
	return world->netns;
}

void netns_path(__u64 ino, char path[NETNS_PATH_LEN])
{
	(void)ino;
	*path = 0;
}

int veth_peer(unsigned int ifindex, struct veth_peer *peer)
{
	(void)ifindex;
	(void)peer;
	return -ENODEV;
}

int netif_find(const char *name, char *real)
{
	const char *found = !strcmp(name, "altname-of-eth0") ? "eth0" : name;

	if (real)
		snprintf(real, IF_NAMESIZE, "%s", found);
	return !strcmp(found, "lo") ? 1 : !strcmp(found, "eth0") ? ETH0_IFINDEX : -ENODEV;
}

int netif_read(const char *name, struct netif *nif)
{
	int ifindex = netif_find(name, nif->name);

	trace("netif_read(%s) ", name);
	if (ifindex < 0)
		return ifindex;
	*nif = world->nif;
	netif_find(name, nif->name);
	nif->ifindex = ifindex;
	if (!nif->type)
		nif->type = ifindex == 1 ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
	if (!*nif->driver)
		strcpy(nif->driver, "stub");
	if (!nif->rx_queues)
		nif->rx_queues = 1;
	return world->netif;
}

/* ---- pins.h ---- */

int pins_ready(void)
{
	const char *libxdp = getenv("LIBXDP_BPFFS");

	trace("pins_ready(bpffs=%s libxdp=%s verbose=%d) ", env.bpffs, libxdp ? libxdp : "-",
	      env.verbose);
	return failing("pins_ready", world->pins_ready);
}

int pins_lock(void)
{
	trace("pins_lock() ");
	return failing("pins_lock", world->pins_lock);
}

int pins_list(const char *rel, bool interfaces, char ***names)
{
	(void)rel;
	(void)interfaces;
	*names = NULL;
	if (!world->attached)
		return 0;
	*names = calloc(2, sizeof(**names));
	(*names)[0] = strdup("eth0");
	(*names)[1] = strdup("eth1");
	return 2;
}

void pins_free_list(char **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* ---- recorder.h ---- */

const char *recorder_hook_name(unsigned int hook)
{
	return hook == RFS_HOOK_TRACEPOINT ? "tracepoint" : "fentry";
}

int recorder_open(struct recorder *r)
{
	*r = (struct recorder){ .settings = { .hook = RFS_HOOK_FENTRY,
					      .sock_flow_entries = SOCK_FLOW_ENTRIES_DEFAULT } };
	if (world->recorder == -ENFILE)
		return failing("recorder_open", world->recorder);
	return world->recorder == 1 ? 0 : world->recorder ? world->recorder : -ENOENT;
}

int recorder_start(const struct recorder_opts *opts, bool pin, struct recorder *r)
{
	trace("recorder_start(entries=%u hook=%u pin=%d) ", opts->sock_flow_entries, opts->hook,
	      pin);
	*r = (struct recorder){ .settings = { .hook = opts->hook } };
	return failing("recorder_start", world->recorder_start);
}

void recorder_close(struct recorder *r)
{
	(void)r;
	trace("recorder_close() ");
}

int recorder_remove(void)
{
	trace("recorder_remove() ");
	return 0;
}

/* ---- steer.h ---- */

int steer_attach(const struct netif *nif, const char *dir, const struct recorder *r,
		 const struct steer_opts *opts, struct rfs_config *config)
{
	(void)r;
	trace("steer_attach(%s %s mode=%u cpus=%s sched=%s tcp=%u flow_cnt=%u qsize=%u) ",
	      nif->name, dir, opts->mode, list(&opts->cpus), class(&opts->kthread_sched), opts->tcp,
	      opts->flow_cnt, opts->qsize);
	*config = (struct rfs_config){ .mode = opts->mode ?: RFS_MODE_NATIVE,
				       .queues = nif->rx_queues,
				       .tcp = opts->tcp,
				       .dispatcher = world->neighbours };
	return failing("steer_attach", world->attach);
}

int steer_detach(const char *dir)
{
	trace("steer_detach(%s) ", dir);
	return failing("steer_detach", world->detach);
}

int steer_in_force(const char *dir)
{
	if (world->stale)
		rfs_error("stub: %s is stale", dir);
	return world->stale ? -ENODEV : 0;
}

int steer_refresh(const char *dir)
{
	trace("steer_refresh(%s) ", dir);
	return 0;
}

int steer_set(const char *dir, const struct steer_changes *changes)
{
	trace("steer_set(%s cpus=%s sched=%s) ", dir, changes->cpus ? list(changes->cpus) : "-",
	      changes->kthread_sched ? class(changes->kthread_sched) : "-");
	return 0;
}

int steer_config(const char *dir, struct rfs_config *config)
{
	(void)dir;
	*config = (struct rfs_config){
		.state = RFS_STATE_READY,
	};
	return 0;
}

int steer_find(const char *name, const struct netns *here, char *dir)
{
	(void)here;
	if (!world->attached || strncmp(name, "eth", 3))
		return -ENOENT;
	snprintf(dir, PIN_NAME_LEN, "%s", name);
	return 0;
}

int steer_make_room(const struct netif *nif, const struct netns *ns)
{
	(void)ns;
	trace("steer_make_room(%s) ", nif->name);
	return failing("steer_make_room", world->room);
}

int xdp_fall_back(const struct netif *nif, const char *why)
{
	trace("xdp_fall_back(%s: %s) ", nif->name, why);
	return nif->gro_hw_fixed ? -EOPNOTSUPP : 0;
}

int xdp_neighbours(unsigned int ifindex)
{
	trace("xdp_neighbours(%u) ", ifindex);
	return world->neighbours;
}

int steer_new_dir(const char *name, unsigned int ifindex, const struct netns *ns, char *dir)
{
	(void)ifindex;
	(void)ns;
	snprintf(dir, PIN_NAME_LEN, "%s", name);
	return 0;
}

int steer_take_off(const char *name, const struct netns *here)
{
	(void)name;
	(void)here;
	return -ENOENT;
}

/* ---- collect.h and show.h ---- */

int collect(const char *iface, bool problems, struct rfs_view *view)
{
	memset(view, 0, sizeof(*view));
	trace("collect(%s%s) ", iface ? iface : "-", problems ? " problems" : "");
	return failing("collect", world->collect);
}

void collect_free(struct rfs_view *view)
{
	(void)view;
	trace("collect_free() ");
}

int collect_flows(const char *iface, struct flow_view *view)
{
	memset(view, 0, sizeof(*view));
	trace("collect_flows(%s) ", iface ? iface : "-");
	return failing("collect_flows", world->collect);
}

/* Three of four reads of each second are local. */
int collect_locality(int fd, struct rfs_locality *sum)
{
	static unsigned int second;

	(void)fd;
	sum->local = 3 * second;
	sum->remote = second++;
	return world->locality;
}

double view_percent(__u64 part, __u64 rest)
{
	return part + rest ? 100.0 * part / (part + rest) : -1;
}

#define STUB_PRINTER(name, view)                                                                   \
	void name(const struct view *v)                                                            \
	{                                                                                          \
		(void)v;                                                                           \
		trace(#name "() ");                                                                \
	}

STUB_PRINTER(show_status, rfs_view)
STUB_PRINTER(show_stats, rfs_view)
STUB_PRINTER(show_flows, flow_view)
STUB_PRINTER(json_status, rfs_view)
STUB_PRINTER(json_stats, rfs_view)
STUB_PRINTER(json_flows, flow_view)
