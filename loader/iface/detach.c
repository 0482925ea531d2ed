// SPDX-License-Identifier: GPL-2.0-only
/* detach.c - undo an attachment, from any state. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/clock.h"
#include "host/msg.h"
#include "maps/queues.h"
#include "maps/rings.h"
#include "iface/settings.h"
#include "iface/steer.h"
#include "iface/internal.h"
#include "iface/polls.h"
#include "xdp/xdp.h"

#define DRAIN_LIMIT_MS 2000

/* Let flows leave their rings in order, until none has a frame in flight or the time is up. */
static void drain(const char *dir, int config_fd, struct rfs_config *config)
{
	long long limit = now_ms() + DRAIN_LIMIT_MS;
	unsigned int nr_cpus = recorder_nr_cpus();
	__u64 left;
	int err;

	config->gate = RFS_GATE_DRAIN;
	err = write_config(config_fd, config);
	if (!err)
		wait_for_polls();
	while (!err && !(err = rings_in_flight(dir, config->queues, nr_cpus, &left)) && left) {
		if (now_ms() >= limit) {
			rfs_warn("%s: %llu frames were still in flight after %d s; their flows may "
				 "see these behind later ones",
				 dir, (unsigned long long)left, DRAIN_LIMIT_MS / 1000);
			return;
		}
		usleep(1000);
	}
	if (err)
		rfs_warn("%s: cannot wait for its rings to be empty: %s; a flow may see the frames "
			 "in them behind later ones",
			 dir, strerror(-err));
}

/* The recorder's programs find rings by their CPUMAP's id: not these any more. */
static int forget_rings(const char *dir, unsigned int queues)
{
	int rings = pins_get("%s", RFS_PIN_RINGS), err;
	__u32 *ids;

	if (rings < 0)
		return rings == -ENOENT ? 0 : rings;
	err = queues_cpumap_ids(dir, queues, &ids);
	for (unsigned int q = 0; !err && q < queues; q++)
		if (ids[q] && bpf_map_delete_elem(rings, &ids[q]) && errno != ENOENT)
			err = -errno;
	free(ids);
	close(rings);
	return err;
}

/* In the interface's network namespace: take the program off, restore the settings. */
static int detach_here(const char *dir, const struct rfs_config *config, const struct netns *ns)
{
	const struct xdp_owner on = { ns->cookie, steer_ifindex(dir, config, ns) };
	const struct xdp_owner was = { config->netns_cookie, config->ifindex };
	char name[IF_NAMESIZE];
	int saved, err, undone = 0;

	err = xdp_detach(&on, dir);
	if (!err)
		err = xdp_remove_orphans(was.netns_cookie ? &was : &on);
	saved = pins_get("%s/%s", dir, RFS_PIN_SAVED);
	if (saved >= 0) {
		undone = settings_restore(
			on.ifindex && if_indextoname(on.ifindex, name) ? name : NULL, dir, saved);
		close(saved);
	} else if (saved != -ENOENT) {
		undone = saved;
	}
	return err ? err : undone;
}

static int detach_in_netns(const char *dir, const struct rfs_config *config)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), err;
	struct netns ns;

	err = netns_current(&ns);
	if (err)
		goto out;
	if (config->netns_cookie && config->netns_cookie != ns.cookie) {
		err = netns_enter(config->netns_ino);
		if (!err)
			err = netns_current(&ns);
		if (err || ns.cookie != config->netns_cookie) {
			/* The namespace is gone, and its interface and settings with it. */
			memset(&ns, 0, sizeof(ns));
		}
	}
	err = detach_here(dir, config, &ns);
	if (home >= 0 && setns(home, CLONE_NEWNET))
		rfs_warn("cannot return to the network namespace: %s", strerror(errno));
out:
	if (home >= 0)
		close(home);
	return err;
}

int steer_detach(const char *dir)
{
	struct rfs_config config = {};
	int fd, err;

	err = steer_config(dir, &config);
	if (err == -EPROTO) {
		rfs_error("%s was attached by rfs of another version; detach it with that one",
			  dir);
		return err;
	}
	/* A killed attach may have left none; if it is there, it tells which queues to undo. */
	if (err && err != -ENOENT)
		return err;
	fd = pins_get("%s/%s", dir, RFS_PIN_CONFIG);
	if (fd < 0 && fd != -ENOENT)
		return fd;
	if (fd >= 0 && !err) {
		config.state = RFS_STATE_DETACHING;
		drain(dir, fd, &config);
	}
	err = detach_in_netns(dir, &config);
	if (fd >= 0) {
		/* A program that outlives its attachment, say in a dispatcher, only passes. */
		config.gate = RFS_GATE_CLOSED;
		if (!err)
			write_config(fd, &config);
		close(fd);
	}
	if (!err)
		err = forget_rings(dir, config.queues);
	/* With the folder goes the knowledge of what is to be undone. */
	if (!err)
		pins_remove("%s", dir);
	return err;
}
