/* SPDX-License-Identifier: GPL-2.0-only */
/* queues.h - the pinned maps of an interface's RX queues. @dir is its pin folder's name. */
#ifndef RFS_QUEUES_H
#define RFS_QUEUES_H

#include "rfs/types.h"

/** queue_get() - open one: RFS_PIN_RING and so on; a file descriptor or a negative errno */
int queue_get(const char *dir, unsigned int queue, const char *map);

/** queue_put() - pin one; 0, or a negative errno after an error message */
int queue_put(int fd, const char *dir, unsigned int queue, const char *map);

/** queue_mkdir() - make a queue's folder; 0, or a negative errno after an error message */
int queue_mkdir(const char *dir, unsigned int queue);

/**
 * queue_id() - the id of a queue's rings, which the recorder goes by
 * cpumap_id() - that of the CPUMAP, which kthreads go by
 * @id: 0, which no map has, if it is not pinned
 *
 * Return: 0 or a negative errno.
 */
int queue_id(const char *dir, unsigned int queue, __u32 *id);
int cpumap_id(const char *dir, __u32 *id);

#endif /* RFS_QUEUES_H */
