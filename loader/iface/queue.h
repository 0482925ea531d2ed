/* SPDX-License-Identifier: GPL-2.0-only */
/* queue.h - the tables of one RX queue, added to an attachment and taken out of it. */
#ifndef RFS_QUEUE_H
#define RFS_QUEUE_H

#include "host/cpuset.h"
#include "rfs/types.h"

/* Where the tables of all queues are found: file descriptors of maps. */
struct queue_tables {
	int dev_flow; /* the program's, by RX queue */
	int rings;
	int cpumaps;
	int by_id;  /* the recorder's, by the id of a queue's rings */
	int cpumap; /* the interface's, one for all queues */
};

/**
 * queue_tables_open() - those of an interface that is attached
 *
 * Return: 0, or a negative errno after an error message; then there is nothing to close.
 */
int queue_tables_open(const char *dir, struct queue_tables *t);
void queue_tables_close(struct queue_tables *t);

/**
 * queue_add() - make a queue's tables
 * @dir:    the interface's pin folder, where they are pinned
 * @config: sizes
 * @queue:  RX queue
 *
 * Return: 0, or a negative errno after an error message.
 */
int queue_add(const struct queue_tables *t, const char *dir, const struct rfs_config *config,
	      __u32 queue);

/**
 * queue_has_pins() - is there anything pinned of a queue, as a change that was cut short leaves it?
 *
 * Return: also true if that cannot be told.
 */
bool queue_has_pins(const char *dir, __u32 queue);

/**
 * queue_remove() - take out the tables of a queue that the interface has not any more
 *
 * Return: 0; -EAGAIN after a warning if frames are in its rings still; or another negative errno
 * after an error message.
 */
int queue_remove(const struct queue_tables *t, const char *dir, __u32 queue);

#endif /* RFS_QUEUE_H */
