// SPDX-License-Identifier: GPL-2.0-only
/* queues.c - the pinned maps of an interface's RX queues. */
#include <errno.h>
#include <stdlib.h>
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

static int cpumap_id(const char *dir, unsigned int queue, __u32 *id)
{
	int fd = queue_get(dir, queue, RFS_PIN_CPUMAP), err;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = map_id(fd, id);
	close(fd);
	return err;
}

int queues_cpumap_ids(const char *dir, unsigned int queues, __u32 **ids)
{
	int err = 0;

	*ids = calloc(queues ? queues : 1, sizeof(**ids));
	if (!*ids)
		return -ENOMEM;
	for (unsigned int q = 0; q < queues; q++) {
		int failed = cpumap_id(dir, q, &(*ids)[q]);

		err = err ? err : failed;
	}
	return err;
}

int queues_find(const __u32 *ids, unsigned int queues, __u32 id)
{
	for (unsigned int q = 0; q < queues; q++)
		if (ids[q] && ids[q] == id)
			return q;
	return -1;
}
