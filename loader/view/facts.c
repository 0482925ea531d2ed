// SPDX-License-Identifier: GPL-2.0-only
/* facts.c - look at the host and at an interface, from outside and from its network namespace. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "iface/journal.h"
#include "maps/progs.h"
#include "maps/queues.h"
#include "maps/rings.h"
#include "view/collect.h"
#include "view/facts.h"

void facts_of_host(const struct recorder *r, struct host_facts *host)
{
	memset(host, 0, sizeof(*host));
	host->changing = pins_lock_holder();
	host->recorder = r;
	if (r)
		host->stopped_err = recorder_stopped(r->settings.hook, host->stopped);
	if (host->stopped_err > 0) {
		host->n_stopped = host->stopped_err;
		host->stopped_err = 0;
	}
	host->kthreads_err = kthreads_list(&host->kthreads);
	host->cpus_err = cpuset_online(&host->online);
	if (!host->cpus_err)
		host->cpus_err = cpuset_isolated(&host->isolated);
}

void facts_free_host(struct host_facts *host)
{
	free(host->kthreads.list);
}

/* That a map is not pinned (its id is 0) is another problem. */
static int knows(int table, __u32 id)
{
	__u32 found;

	if (!id || !bpf_map_lookup_elem(table, &id, &found))
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

/* Does the recorder count the frames of all queues? 1, 0 or -errno. */
static int knows_queues(const struct recorder *r, const struct iface_view *v)
{
	__u32 id;
	int err = cpumap_id(v->dir, &id), known = err ? err : knows(r->threads, id);

	for (unsigned int q = 0; known == 1 && q < v->config.queues; q++) {
		err = queue_id(v->dir, q, &id);
		known = err ? err : knows(r->rings, id);
	}
	return known;
}

static int same_recorder(const struct recorder *r, const struct iface_view *v, int prog)
{
	__u32 id;
	int same = map_id(r->sock_flow, &id);

	if (!same)
		same = prog_has_map(prog, id);
	return same == 1 ? knows_queues(r, v) : same;
}

static int look_in_netns(const struct iface_view *v, const struct iface_place *place,
			 struct iface_facts *f)
{
	int home = netns_open(), err = home < 0 ? home : iface_enter(place);

	if (err) {
		f->rx_queues_err = f->rx_err = f->vlan_err[VLAN_PARSE] = err;
		f->vlan_err[VLAN_STAG_PARSE] = err;
		if (home >= 0)
			close(home);
		return 0;
	}
	facts_settings(v, place->name, f);
	return netns_return(home);
}

static bool no_journal(const char *dir)
{
	int fd = journal_open(dir);

	if (fd >= 0)
		close(fd);
	return fd == -ENOENT;
}

int facts_collect(const struct iface_view *v, const struct iface_place *place, int prog,
		  const struct host_facts *host, struct iface_facts *f)
{
	struct netns here;
	int err;

	memset(f, 0, sizeof(*f));
	f->veth_err = -ENODEV;
	f->host = host;
	f->changing = host->changing || pins_lock_holder();
	f->moved = place->moved;
	f->netns_cookie = place->ns.cookie;
	netns_path(place->ns.ino, f->netns_path);
	f->same_recorder = host->recorder ? same_recorder(host->recorder, v, prog) : 1;
	f->due = cpuset_usable(&v->wanted, &host->online, &host->isolated);
	f->no_journal = no_journal(v->dir);
	f->lost_pin = pins_missing(v->dir);
	facts_rings(v, f);
	err = look_in_netns(v, place, f);
	if (!f->veth_err)
		netns_path(f->peer.ns.ino, f->peer_path);
	f->peer_here = !netns_current(&here) && here.cookie == f->peer.ns.cookie;
	return err;
}

void facts_free(struct iface_facts *f)
{
	free(f->rx);
	free(f->ring);
}
