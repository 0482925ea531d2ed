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
#include "maps/queues.h"
#include "maps/rps_cpus.h"

void attached_close(struct attached *a)
{
	if (a->config_fd >= 0)
		close(a->config_fd);
	if (a->cpus_fd >= 0)
		close(a->cpus_fd);
	free(a->cpumap_ids);
}

int attached_open(const char *dir, struct attached *a)
{
	int err;

	*a = (struct attached){ .dir = dir, .config_fd = -1, .cpus_fd = -1 };
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
	a->config_fd = pins_get("%s/%s", dir, RFS_PIN_CONFIG);
	a->cpus_fd = pins_get("%s/%s", dir, RFS_PIN_CPUS);
	err = a->config_fd < 0 ? a->config_fd : a->cpus_fd < 0 ? a->cpus_fd : 0;
	if (!err)
		err = rps_cpus_read(a->cpus_fd, a->config.active, &a->active, &a->wanted);
	if (!err)
		err = queues_cpumap_ids(dir, a->config.queues, &a->cpumap_ids);
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

int attached_cpumap(const struct attached *a, unsigned int queue)
{
	int fd = queue_get(a->dir, queue, RFS_PIN_CPUMAP);

	if (fd < 0)
		rfs_error("%s: cannot open the CPUMAP of RX queue %u: %s", a->dir, queue,
			  strerror(-fd));
	return fd;
}

int attached_add_rings(const struct attached *a, const struct cpuset *cpus)
{
	int err = 0;

	for (unsigned int q = 0; !err && q < a->config.queues; q++) {
		int fd = attached_cpumap(a, q);

		if (fd < 0)
			return fd;
		err = add_cpumap_entries(fd, cpus, a->config.qsize);
		close(fd);
	}
	return err;
}
