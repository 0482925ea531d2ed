// SPDX-License-Identifier: GPL-2.0-only
/* detach.c - undo an attachment, from any state, of any version. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/msg.h"
#include "iface/internal.h"
#include "iface/locate.h"
#include "iface/polls.h"
#include "iface/settings.h"
#include "iface/steer.h"
#include "maps/rings.h"
#include "xdp/xdp.h"

/* The gate is the one thing of another version's that is known; what is in its rings is not. */
static void drain_blindly(const char *dir, int config_fd)
{
	int err = set_gate(config_fd, RFS_GATE_DRAIN);

	if (!err)
		err = wait_for_polls();
	if (err)
		rfs_warn("%s: cannot make its flows leave their rings: %s", dir, strerror(-err));
	usleep(BLIND_DRAIN_MS * 1000);
	rfs_warn("%s was attached by another version of rfs: its rings got %d ms to empty, unseen",
		 dir, BLIND_DRAIN_MS);
}

/* The flows leave the rings. None has entered one without a config, or while the gate is closed. */
static int leave_rings(const char *dir, int config_fd)
{
	struct rfs_config config;
	bool closed;
	int err = steer_config(dir, &config);

	if (err == -EPROTO) {
		drain_blindly(dir, config_fd);
		return 0;
	}
	if (err)
		return err;
	closed = config.gate == RFS_GATE_CLOSED;
	config.state = RFS_STATE_DETACHING;
	err = write_config(config_fd, &config);
	if (!err && !closed)
		drain(dir, config_fd, &config);
	return err;
}

/* One map that the recorder has by its id; up to version 0.1 it had a queue's rings by its
 * CPUMAP's. */
static int forget_map(int table, const char *pin)
{
	int fd = pins_get("%s", pin), err;
	__u32 id;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = map_id(fd, &id);
	if (!err && bpf_map_delete_elem(table, &id) && errno != ENOENT)
		err = -errno;
	close(fd);
	return err;
}

/* Also those whose queue's pins somebody removed. */
static int forget_inner(int table, const char *dir, const char *outer)
{
	int fd = pins_get("%s/%s", dir, outer), err = 0;
	struct bpf_map_info info = {};
	__u32 id, len = sizeof(info);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		err = -errno;
	for (__u32 q = 0; !err && q < info.max_entries; q++)
		if (!bpf_map_lookup_elem(fd, &q, &id) && bpf_map_delete_elem(table, &id) &&
		    errno != ENOENT)
			err = -errno;
	close(fd);
	return err;
}

static int forget_queues(const char *dir, const char *table_pin, const char *map)
{
	int table = pins_get("%s", table_pin), err = 0, n;
	char **queues, path[PIN_NAME_LEN + 64];

	if (table < 0)
		return table == -ENOENT ? 0 : table;
	/* All that are there: how many there were is told by a config that we may not understand.
	 */
	snprintf(path, sizeof(path), "%s/%s", dir, RFS_PIN_QUEUE_MAPS);
	n = pins_list(path, false, &queues);
	err = n < 0 ? n : 0;
	for (int q = 0; !err && q < n; q++) {
		snprintf(path, sizeof(path), "%s/%s/%s/%s", dir, RFS_PIN_QUEUE_MAPS, queues[q],
			 map);
		err = forget_map(table, path);
	}
	pins_free_list(queues, n > 0 ? n : 0);
	close(table);
	return err;
}

/* The recorder's programs find rings and threads by maps' ids: not these any more. */
static int forget_rings(const char *dir)
{
	int threads = pins_get("%s", RFS_PIN_THREADS), rings = pins_get("%s", RFS_PIN_RINGS);
	int err = threads < 0 && threads != -ENOENT ? threads : 0;

	if (!err && rings < 0 && rings != -ENOENT)
		err = rings;
	if (!err && threads >= 0)
		err = forget_inner(threads, dir, RFS_PIN_CPUMAPS);
	if (!err && rings >= 0)
		err = forget_inner(rings, dir, RFS_PIN_RING);
	if (threads >= 0)
		close(threads);
	if (rings >= 0)
		close(rings);
	if (!err)
		err = forget_queues(dir, RFS_PIN_RINGS, RFS_PIN_RING);
	return err ? err : forget_queues(dir, RFS_PIN_RINGS_ABI4, RFS_PIN_CPUMAP);
}

/* With this process where the interface is: take the program off, restore the settings. */
static int undo_here(const char *dir, const struct xdp_owner *owner,
		     const struct iface_place *place)
{
	bool there = place->where == IFACE_THERE;
	unsigned int ifindex = there ? place->ifindex : 0;
	int err = xdp_detach(dir, owner, ifindex), journal, undone = 0;

	if (!err)
		err = xdp_remove_orphans(owner, ifindex);
	journal = journal_open(dir);
	if (journal >= 0) {
		undone = settings_restore(ifindex, place->name, dir, journal);
		close(journal);
	} else if (journal != -ENOENT) {
		undone = journal;
	}
	return err ? err : undone;
}

static int undo(const char *dir, const struct iface_id *id, const struct iface_place *place)
{
	struct xdp_owner owner = iface_owner(id);
	int home, err, back;

	if (place->where != IFACE_THERE)
		return undo_here(dir, &owner, place);
	/* Of a killed attach that left no more than the folder: whom it found by the folder's name.
	 */
	if (!id->ifindex)
		owner = (struct xdp_owner){ .netns_cookie = place->ns.cookie,
					    .ifindex = place->ifindex };
	home = netns_open();
	if (home < 0)
		return home;
	err = iface_enter(place);
	if (err) {
		close(home);
		return err;
	}
	err = undo_here(dir, &owner, place);
	back = netns_return(home);
	return err ? err : back;
}

/* The program has ended or is to end: nothing looks at the folder's maps any more. */
static int forget(const char *dir, int config_fd)
{
	int err = 0;

	/* One that outlives its attachment, say in a dispatcher, only passes. */
	if (config_fd >= 0)
		err = set_gate(config_fd, RFS_GATE_CLOSED);
	/* What was put in the place of its configuration is no map that a program reads. */
	if (err == -EPROTO)
		err = 0;
	if (!err)
		err = forget_rings(dir);
	if (err) {
		rfs_error("%s: cannot take it out of the recorder: %s", dir, strerror(-err));
		return err;
	}
	/* With the folder goes the knowledge of what is to be undone. */
	return pins_remove("%s", dir);
}

static int detach_from(const char *dir, const struct iface_id *id, const struct iface_place *place)
{
	int fd = pins_get("%s/%s", dir, RFS_PIN_CONFIG), err = fd < 0 && fd != -ENOENT ? fd : 0;

	if (!err && fd >= 0)
		err = leave_rings(dir, fd);
	if (err)
		rfs_error("%s: cannot read or write its configuration: %s", dir, strerror(-err));
	if (!err)
		err = undo(dir, id, place);
	if (!err)
		err = forget(dir, fd);
	if (fd >= 0)
		close(fd);
	return err;
}

static bool is_empty(const char *dir)
{
	char **names;
	int n = pins_list(dir, false, &names);

	pins_free_list(names, n > 0 ? n : 0);
	return !n;
}

int steer_detach(const char *dir)
{
	struct iface_place place;
	struct rfs_config config;
	struct iface_id id;
	int err = journal_id(dir, &id);

	if (err == -ENOENT && !steer_config(dir, &config))
		rfs_warn(
			"%s: somebody removed its journal: what attach changed of kernel RPS, RFS and "
			"VLAN offload cannot be restored",
			dir);
	if (err && err != -ENOENT) {
		rfs_error(err == -EPROTO ? "%s: its journal is of a format that this rfsctl does "
					   "not know; detach it with the one that attached it"
					 : "%s: cannot read its journal: %s",
			  dir, strerror(-err));
		return err;
	}
	iface_locate(dir, &id, &place);
	/* An attach makes the journal before it changes anything. */
	if (place.where == IFACE_UNKNOWN && is_empty(dir)) {
		rfs_warn("%s: nothing is known of it but its name; it is removed", dir);
		iface_place_close(&place);
		return pins_remove("%s", dir);
	}
	if (place.where == IFACE_UNKNOWN) {
		rfs_error("%s: cannot tell whether %s is gone: %s; nothing was changed", dir,
			  id.name, place.why);
		return -EAGAIN;
	}
	err = detach_from(dir, &id, &place);
	iface_place_close(&place);
	return err;
}
