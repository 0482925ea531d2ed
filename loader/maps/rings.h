/* SPDX-License-Identifier: GPL-2.0-only */
/* rings.h - the maps of an interface and its RX queues: slots, rings, threads, CPUMAP. */
#ifndef RFS_RINGS_H
#define RFS_RINGS_H

#include "rfs/types.h"

/*
 * queue_*(), rings_*() - make a queue's map, or an interface's
 *
 * Slots, rings and threads have BTF, so that bpftool shows them by name.
 *
 * Return: a file descriptor or a negative errno.
 */
int queue_dev_flow(unsigned int flow_cnt);
int queue_rings(unsigned int nr_cpus);
int rings_threads(unsigned int nr_cpus);
int rings_cpumap(unsigned int nr_cpus);

/** queue_dev_flow_clear() - set all slots to RPS_NO_CPU; 0 or a negative errno */
int queue_dev_flow_clear(int fd, unsigned int flow_cnt);

/** queue_rings_init() - tell rings of nr_cpus CPUs, and the local one, their and their CPUMAP's id
 */
int queue_rings_init(int fd, unsigned int nr_cpus, __u32 cpumap_id);

/** map_id() - a map's id; 0 or a negative errno */
int map_id(int fd, __u32 *id);

/**
 * rings_map() - see a queue's rings as they change
 * @dir:   the interface's pin folder's name
 * @queue: RX queue
 *
 * Return: nr_cpus + 1 rings, to be given to rings_unmap(), or NULL with errno.
 */
struct rps_ring *rings_map(const char *dir, unsigned int queue, unsigned int nr_cpus);
void rings_unmap(struct rps_ring *rings, unsigned int nr_cpus);

/** threads_map() - the same of the threads of nr_cpus CPUs, to be given to threads_unmap() */
struct rps_thread *threads_map(const char *dir, unsigned int nr_cpus);
void threads_unmap(struct rps_thread *threads, unsigned int nr_cpus);

/** places_map() - the same of the places of an interface's slots, to be given to places_unmap() */
struct rps_place *places_map(const char *dir, unsigned int slots);
void places_unmap(struct rps_place *places, unsigned int slots);

typedef void rings_fn(const struct rps_ring *ring, unsigned int cpu, void *arg);

/**
 * rings_each() - visit the rings of all queues
 * @dir:     the interface's pin folder's name
 * @queues:  its RX queues
 * @nr_cpus: of recorder_nr_cpus()
 * @fn:      is called with each ring to a CPU, the local ones left out; queues whose rings are not
 *	     pinned or cannot be seen are skipped
 *
 * Return: 0, or the first error but -ENOENT.
 */
int rings_each(const char *dir, unsigned int queues, unsigned int nr_cpus, rings_fn *fn, void *arg);

#endif /* RFS_RINGS_H */
