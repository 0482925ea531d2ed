// SPDX-License-Identifier: GPL-2.0-only
/* rings.c - the maps of one RX queue. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "maps/queues.h"
#include "maps/pins.h"
#include "maps/rings.h"
#include "rfs/rules.h"
#include "rfs_steer.skel.h"

/*
 * The kernel's BTF of our types, loaded once. Every map of a kind must have it, also the prototypes
 * that are given to map-in-maps before the program is loaded: up to 6.1 a map without BTF and one
 * with count as different kinds (their timer_off differs).
 */
static const struct queue_types {
	int btf_fd; /* or a negative errno */
	__u32 key;
	__u32 dev_flow;
	__u32 ring;
	__u32 thread;
} * queue_types(void)
{
	static struct queue_types types = { .btf_fd = -ENOENT };
	const struct btf *btf;
	struct rfs_steer *skel;
	struct btf *copy;
	const void *raw;
	__u32 size;
	int err;

	if (types.btf_fd >= 0)
		return &types;
	skel = rfs_steer__open();
	if (!skel) {
		types.btf_fd = -errno;
		return &types;
	}
	btf = bpf_object__btf(skel->obj);
	raw = btf__raw_data(btf, &size);
	copy = btf__new(raw, size);
	err = copy ? btf__load_into_kernel(copy) : -ENOMEM;
	if (err) {
		types.btf_fd = err;
	} else {
		types.key = bpf_map__btf_key_type_id(skel->maps.ring_queue);
		types.dev_flow = bpf_map__btf_value_type_id(skel->maps.dev_flow_queue);
		types.ring = bpf_map__btf_value_type_id(skel->maps.ring_queue);
		types.thread = bpf_map__btf_value_type_id(skel->maps.rps_thread);
		types.btf_fd = fcntl(btf__fd(copy), F_DUPFD_CLOEXEC, 3);
	}
	btf__free(copy);
	rfs_steer__destroy(skel);
	return &types;
}

static int create(const char *name, __u32 value_size, __u32 entries, __u32 flags, __u32 value_type)
{
	const struct queue_types *types = queue_types();
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags, .btf_fd = types->btf_fd,
		    .btf_key_type_id = types->key, .btf_value_type_id = value_type);
	int fd;

	if (types->btf_fd < 0)
		return types->btf_fd;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(__u32), value_size, entries, &opts);
	return fd < 0 ? -errno : fd;
}

int queue_dev_flow(unsigned int flow_cnt)
{
	return create("rps_dev_flow", sizeof(struct rps_dev_flow), flow_cnt, 0,
		      queue_types()->dev_flow);
}

int queue_rings(unsigned int nr_cpus)
{
	return create("rps_ring", sizeof(struct rps_ring), nr_cpus + 1, BPF_F_MMAPABLE,
		      queue_types()->ring);
}

int rings_threads(unsigned int nr_cpus)
{
	return create("rps_thread", sizeof(struct rps_thread), nr_cpus, BPF_F_MMAPABLE,
		      queue_types()->thread);
}

int rings_cpumap(unsigned int nr_cpus)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_CPUMAP, "rfs_cpumap", sizeof(__u32),
				sizeof(struct bpf_cpumap_val), nr_cpus, NULL);

	return fd < 0 ? -errno : fd;
}

/* An array's first n values, by one call. */
static int set_all(int fd, const void *values, unsigned int n)
{
	__u32 *keys = malloc(n * sizeof(*keys)), count = n;
	int err = 0;

	if (!keys)
		return -ENOMEM;
	for (__u32 i = 0; i < n; i++)
		keys[i] = i;
	if (bpf_map_update_batch(fd, keys, values, &count, NULL))
		err = -errno;
	free(keys);
	return err;
}

int queue_dev_flow_clear(int fd, unsigned int flow_cnt)
{
	struct rps_dev_flow *slots = malloc(flow_cnt * sizeof(*slots));
	int err;

	if (!slots)
		return -ENOMEM;
	for (unsigned int i = 0; i < flow_cnt; i++)
		slots[i] = (struct rps_dev_flow){ .cpu = RPS_NO_CPU };
	err = set_all(fd, slots, flow_cnt);
	free(slots);
	return err;
}

int queue_rings_init(int fd, unsigned int nr_cpus, __u32 cpumap_id)
{
	struct rps_ring *rings = calloc(nr_cpus + 1, sizeof(*rings));
	__u32 id = 0;
	int err = rings ? map_id(fd, &id) : -ENOMEM;

	for (unsigned int i = 0; !err && i <= nr_cpus; i++) {
		rings[i].cpumap_id = cpumap_id;
		rings[i].queue_id = id;
	}
	if (!err)
		err = set_all(fd, rings, nr_cpus + 1);
	free(rings);
	return err;
}

int map_id(int fd, __u32 *id)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	*id = info.id;
	return 0;
}

static size_t whole_pages(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

/* Another version's values are not read as if they were ours. Closes fd. NULL with errno. */
static void *map_values(int fd, size_t value_size, unsigned int n)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	void *values = MAP_FAILED;
	int err = fd < 0 ? fd : 0;

	if (!err && bpf_obj_get_info_by_fd(fd, &info, &len))
		err = -errno;
	if (!err && (info.value_size != value_size || info.max_entries < n))
		err = -EPROTO;
	if (!err) {
		values = mmap(NULL, whole_pages(n * value_size), PROT_READ | PROT_WRITE, MAP_SHARED,
			      fd, 0);
		err = values == MAP_FAILED ? -errno : 0;
	}
	if (fd >= 0)
		close(fd);
	errno = -err;
	return err ? NULL : values;
}

struct rps_ring *rings_map(const char *dir, unsigned int queue, unsigned int nr_cpus)
{
	return map_values(queue_get(dir, queue, RFS_PIN_RING), sizeof(struct rps_ring),
			  nr_cpus + 1);
}

void rings_unmap(struct rps_ring *rings, unsigned int nr_cpus)
{
	munmap(rings, whole_pages((nr_cpus + 1) * sizeof(*rings)));
}

struct rps_thread *threads_map(const char *dir, unsigned int nr_cpus)
{
	return map_values(pins_get("%s/%s", dir, RFS_PIN_THREAD), sizeof(struct rps_thread),
			  nr_cpus);
}

void threads_unmap(struct rps_thread *threads, unsigned int nr_cpus)
{
	munmap(threads, whole_pages(nr_cpus * sizeof(*threads)));
}

struct rps_place *places_map(const char *dir, unsigned int slots)
{
	return map_values(pins_get("%s/%s", dir, RFS_PIN_PLACE), sizeof(struct rps_place), slots);
}

void places_unmap(struct rps_place *places, unsigned int slots)
{
	munmap(places, whole_pages(slots * sizeof(*places)));
}

int rings_each(const char *dir, unsigned int queues, unsigned int nr_cpus, rings_fn *fn, void *arg)
{
	int err = 0;

	for (unsigned int q = 0; q < queues; q++) {
		struct rps_ring *rings = rings_map(dir, q, nr_cpus);

		if (!rings) {
			if (!err && errno != ENOENT)
				err = -errno;
			continue;
		}
		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
			fn(&rings[cpu], cpu, arg);
		rings_unmap(rings, nr_cpus);
	}
	return err;
}
