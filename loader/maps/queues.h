/* SPDX-License-Identifier: GPL-2.0-only */
/* queues.h - the pinned maps of an interface's RX queues. @dir is its pin folder's name. */
#ifndef RFS_QUEUES_H
#define RFS_QUEUES_H

#include "rfs/types.h"

/** queue_get() - open one: RFS_PIN_CPUMAP and so on; a file descriptor or a negative errno */
int queue_get(const char *dir, unsigned int queue, const char *map);

/** queue_put() - pin one; 0, or a negative errno after an error message */
int queue_put(int fd, const char *dir, unsigned int queue, const char *map);

/** queue_mkdir() - make a queue's folder; 0, or a negative errno after an error message */
int queue_mkdir(const char *dir, unsigned int queue);

/**
 * queues_cpumap_ids() - the ids of all queues' CPUMAPs, which kthreads and the recorder go by
 * @queues: how many there are
 * @ids:    receives an array, to be freed; 0, which no map has, for a CPUMAP that is not pinned or
 *	    cannot be looked at; NULL if there is no memory
 *
 * Return: 0, or the first error but -ENOENT; the others' ids are there nevertheless.
 */
int queues_cpumap_ids(const char *dir, unsigned int queues, __u32 **ids);

/** queues_find() - the queue that has the CPUMAP @id, by queues_cpumap_ids(); -1: none */
int queues_find(const __u32 *ids, unsigned int queues, __u32 id);

#endif /* RFS_QUEUES_H */
