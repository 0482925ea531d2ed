// SPDX-License-Identifier: GPL-2.0-only
/* attached.c - an interface that is attached, opened to be changed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/msg.h"
#include "iface/attached.h"
#include "iface/internal.h"
#include "iface/journal.h"
#include "iface/locate.h"
#include "iface/steer.h"
#include "maps/rings.h"
#include "maps/rps_cpus.h"

void attached_close(struct attached *a)
{
	const int fds[] = { a->config_fd, a->cpus_fd, a->cpumap, a->cpumap_prog };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* 0 or the first that could not be opened. */
static int open_pins(struct attached *a)
{
	a->config_fd = pins_get("%s/%s", a->dir, RFS_PIN_CONFIG);
	a->cpus_fd = pins_get("%s/%s", a->dir, RFS_PIN_CPUS);
	a->cpumap = pins_get("%s/%s", a->dir, RFS_PIN_CPUMAP);
	a->cpumap_prog = pins_get("%s/%s", a->dir, RFS_PIN_CPUMAP_PROG);
	return a->config_fd < 0	    ? a->config_fd
	       : a->cpus_fd < 0	    ? a->cpus_fd
	       : a->cpumap < 0	    ? a->cpumap
	       : a->cpumap_prog < 0 ? a->cpumap_prog
				    : map_id(a->cpumap, &a->cpumap_id);
}

int attached_open(const char *dir, struct attached *a)
{
	int err;

	*a = (struct attached){
		.dir = dir, .config_fd = -1, .cpus_fd = -1, .cpumap = -1, .cpumap_prog = -1
	};
	err = steer_config(dir, &a->config);
	if (err == -EPROTO)
		rfs_error(
			"%s was attached by another version of rfs; detach and attach it to change "
			"it",
			dir);
	else if (err && err != -ENOENT)
		rfs_error("%s: cannot read its configuration: %s", dir, strerror(-err));
	else if (err || a->config.state != RFS_STATE_READY)
		rfs_error("%s is not attached in full; attach or detach it first", dir);
	if (err || a->config.state != RFS_STATE_READY)
		return err ? err : -EAGAIN;
	if (pins_missing(dir)) {
		rfs_error("%s: somebody removed its pin %s; detach and attach it to change it", dir,
			  pins_missing(dir));
		return -ENOENT;
	}
	err = open_pins(a);
	if (!err)
		err = rps_cpus_read(a->cpus_fd, a->config.active, &a->active, &a->wanted);
	if (err) {
		rfs_error("%s: cannot read its configuration: %s", dir, strerror(-err));
		attached_close(a);
	}
	return err;
}

int steer_in_force(const char *dir)
{
	struct iface_place place;
	struct iface_id id;
	int err = journal_id(dir, &id);
	bool gone, has;

	if (err && err != -ENOENT)
		return 0;
	iface_locate(dir, &id, &place);
	gone = place.where == IFACE_GONE;
	has = iface_has_program(dir, &id, &place);
	iface_place_close(&place);
	if (has)
		return 0;
	rfs_error(
		gone ? "%s: the interface is gone; 'rfsctl detach %s' removes what is left"
		     : "%s: somebody took the XDP program off it, and no packet is steered; 'rfsctl "
		       "detach %s', and attach it again",
		dir, dir);
	return -ENODEV;
}

int attached_publish(struct attached *a, const struct cpuset *cpus, const struct cpuset *wanted)
{
	int err = publish_cpus(a->cpus_fd, a->config_fd, &a->config, cpus, wanted);

	if (!err) {
		a->active = *cpus;
		a->wanted = *wanted;
	}
	return err;
}

int attached_add_rings(const struct attached *a, const struct cpuset *cpus)
{
	return add_cpumap_entries(a->cpumap, a->cpumap_prog, cpus, a->config.qsize);
}
