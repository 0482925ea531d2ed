// SPDX-License-Identifier: GPL-2.0-only
/* queues.c - the pinned maps of an interface's RX queues. */
#include <errno.h>
#include <unistd.h>

#include "maps/pins.h"
#include "maps/queues.h"
#include "maps/rings.h"

int queue_get(const char *dir, unsigned int queue, const char *map)
{
	return pins_get("%s/%s/%u/%s", dir, RFS_PIN_QUEUE_MAPS, queue, map);
}

int queue_put(int fd, const char *dir, unsigned int queue, const char *map)
{
	return pins_put(fd, "%s/%s/%u/%s", dir, RFS_PIN_QUEUE_MAPS, queue, map);
}

int queue_mkdir(const char *dir, unsigned int queue)
{
	return pins_mkdir("%s/%s/%u", dir, RFS_PIN_QUEUE_MAPS, queue);
}

static int pinned_id(int fd, __u32 *id)
{
	int err;

	*id = 0;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = map_id(fd, id);
	close(fd);
	return err;
}

int queue_id(const char *dir, unsigned int queue, __u32 *id)
{
	return pinned_id(queue_get(dir, queue, RFS_PIN_RING), id);
}

int cpumap_id(const char *dir, __u32 *id)
{
	return pinned_id(pins_get("%s/%s", dir, RFS_PIN_CPUMAP), id);
}
