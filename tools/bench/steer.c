// SPDX-License-Identifier: GPL-2.0-only
/* steer.c - the steering program, with maps as the loader makes them, outside an interface. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../loader/maps/rings.h"
#include "rfs/ents.h"
#include "rfs_steer.skel.h"
#include "measure.h"
#include "steer.h"

#define SOCK_FLOW_ENTRIES 65536 /* rfsctl's default, and its least here */
#define BATCH		  65536
#define QSIZE		  2048

static const __u32 zero;

static int configure(struct steer *s, __u32 nr_cpus, __u32 slots)
{
	struct bpf_map *outers[] = { s->skel->maps.rps_dev_flow, s->skel->maps.rps_ring,
				     s->skel->maps.cpumap };
	const int inner[] = { s->slots, s->rings, s->cpumap };
	__u32 entries = s->flows;
	int err;

	if (entries < SOCK_FLOW_ENTRIES)
		entries = SOCK_FLOW_ENTRIES;
	for (int i = 0; i < RFS_HASH_WORDS; i++)
		((__u32 *)s->skel->rodata->hash_key)[i] = 0x9f2c41d7 * (2 * i + 1);
	s->skel->rodata->flow_cnt = slots;
	s->skel->rodata->nr_cpus = nr_cpus;
	s->skel->rodata->stay_here = true;
	s->skel->rodata->owner_ifindex = micro_ifindex;
	/* BPF_PROG_RUN's frames enter no ring, and are to be taken for frames that do. */
	s->skel->rodata->missing_max = RPS_RING_STUCK;
	s->skel->rodata->missing_age = ~0U;
	s->skel->rodata->sock_sets = rps_sets(entries);
	bpf_map__set_autocreate(s->skel->maps.dev_flow_queue, false);
	bpf_map__set_autocreate(s->skel->maps.ring_queue, false);
	err = bpf_map__set_max_entries(s->skel->maps.rps_sock_flow, entries);
	if (!err)
		err = bpf_map__set_max_entries(s->skel->maps.rps_sock_ents, rps_sets(entries));
	if (!err)
		err = bpf_map__set_max_entries(s->skel->maps.rps_place, slots);
	if (!err)
		err = bpf_map__set_max_entries(s->skel->maps.rps_thread, nr_cpus);
	for (int i = 0; !err && i < 3; i++)
		err = bpf_map__set_max_entries(outers[i], 1)
			      ?: bpf_map__set_inner_map_fd(outers[i], inner[i]);
	if (!err)
		err = rfs_steer__load(s->skel);
	for (int i = 0; !err && i < 3; i++)
		err = bpf_map_update_elem(bpf_map__fd(outers[i]), &zero, &inner[i], BPF_ANY);
	return err;
}

/* The gate open, all CPUs allowed but the one that receives, a CPUMAP entry for each. */
static int fill(struct steer *s, __u32 nr_cpus, __u32 slots)
{
	struct rfs_config config = { .gate = RFS_GATE_OPEN, .abi = RFS_ABI };
	const __u32 own = sched_getcpu();
	struct bpf_cpumap_val value = { .qsize = QSIZE };
	static struct rps_cpus cpus;
	__u32 id;
	int err;

	memset(&cpus, 0, sizeof(cpus));
	for (__u32 i = 0; i < nr_cpus; i++) {
		if (i == own || bpf_map_update_elem(s->cpumap, &i, &value, BPF_ANY))
			continue;
		cpus.allowed[i / 64] |= 1ULL << i % 64;
		cpus.cpu[cpus.n++] = i;
	}
	if (!cpus.n)
		return -ENODEV;
	s->reader = cpus.cpu[cpus.n - 1];
	err = map_id(s->cpumap, &id) ?: queue_rings_init(s->rings, nr_cpus, id) ?:
	      queue_dev_flow_clear(s->slots, slots) ?:
	      queue_dev_flow_clear(bpf_map__fd(s->skel->maps.rps_place), slots);
	if (err)
		return err;
	if (bpf_map_update_elem(bpf_map__fd(s->skel->maps.rps_cpus), &zero, &cpus, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(s->skel->maps.rfs_config), &zero, &config, BPF_ANY))
		return -errno;
	return 0;
}

static int fill_queue(struct steer *s)
{
	const struct {
		const struct bpf_map *outer;
		int inner;
	} maps[] = { { s->skel->maps.rps_dev_flow, s->slots },
		     { s->skel->maps.rps_ring, s->rings },
		     { s->skel->maps.cpumap, s->cpumap } };
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(maps) / sizeof(maps[0]); i++)
		err = bpf_map_update_elem(bpf_map__fd(maps[i].outer), &zero, &maps[i].inner,
					  BPF_ANY);
	return err;
}

int steer_end(struct steer *s, enum steer_end end)
{
	const struct rfs_config config = {
		.gate = end == STEER_CLOSED ? RFS_GATE_CLOSED : RFS_GATE_OPEN,
		/* Set 1 is empty. */
		.active = end == STEER_NO_CPU ? 1 : 0,
		.abi = RFS_ABI,
	};
	int err =
		bpf_map_update_elem(bpf_map__fd(s->skel->maps.rfs_config), &zero, &config, BPF_ANY);

	if (!err)
		err = end == STEER_NO_QUEUE
			      ? bpf_map_delete_elem(bpf_map__fd(s->skel->maps.rps_dev_flow), &zero)
			      : fill_queue(s);
	return err;
}

int steer_open(struct steer *s, __u32 flows)
{
	__u32 nr_cpus = libbpf_num_possible_cpus(), slots = rfs_roundup_pow2(flows);

	memset(s, 0, sizeof(*s));
	s->flows = flows;
	if (slots < SOCK_FLOW_ENTRIES)
		slots = SOCK_FLOW_ENTRIES;
	s->skel = rfs_steer__open();
	if (!s->skel)
		return -errno;
	s->slots = queue_dev_flow(slots);
	s->rings = queue_rings(nr_cpus);
	s->cpumap = rings_cpumap(nr_cpus);
	if (s->slots < 0 || s->rings < 0 || s->cpumap < 0)
		return -ENOMEM;
	s->prog = -1;
	return configure(s, nr_cpus, slots) ?: fill(s, nr_cpus, slots) ?:
	       ((s->prog = bpf_program__fd(s->skel->progs.rfs_steer)) < 0 ? -EINVAL : 0);
}

void steer_close(struct steer *s)
{
	rfs_steer__destroy(s->skel);
	close(s->slots);
	close(s->rings);
	close(s->cpumap);
}

int steer_reader(struct steer *s, const struct flow *flow)
{
	struct rps_sock_flow value = { .cpu = s->reader };
	__u32 key = flow_hash((const __u32 *)s->skel->rodata->hash_key, flow).key;
	__u32 set = rps_set(key, s->skel->rodata->sock_sets);
	struct rps_sock_ents ents = {};

	rps_ents_put(&ents, key, s->reader, 0);
	return bpf_map_update_elem(bpf_map__fd(s->skel->maps.rps_sock_flow), &key, &value, 0)
		       ?: bpf_map_update_elem(bpf_map__fd(s->skel->maps.rps_sock_ents), &set, &ents,
					      0);
}

void steer_forget(struct steer *s)
{
	static const struct rps_sock_ents none;
	__u32 key;

	while (!bpf_map_get_next_key(bpf_map__fd(s->skel->maps.rps_sock_flow), NULL, &key))
		bpf_map_delete_elem(bpf_map__fd(s->skel->maps.rps_sock_flow), &key);
	for (__u32 i = 0; i < s->skel->rodata->sock_sets; i++)
		bpf_map_update_elem(bpf_map__fd(s->skel->maps.rps_sock_ents), &i, &none, 0);
}

int steer_readers(struct steer *s, const struct flow *flow, __u32 base, __u32 n)
{
	const __u32 sets = s->skel->rodata->sock_sets;
	struct rps_sock_flow *values = calloc(BATCH, sizeof(*values));
	struct rps_sock_ents *ents = calloc(sets, sizeof(*ents));
	__u32 *keys = calloc(BATCH, sizeof(*keys));
	struct flow f = *flow;
	int err = 0;

	if (!values || !keys || !ents)
		return -ENOMEM;
	for (__u32 i = 0; i < BATCH; i++)
		values[i].cpu = s->reader;
	for (__u32 done = 0; !err && done < n;) {
		__u32 count = n - done < BATCH ? n - done : BATCH;

		for (__u32 i = 0; i < count; i++) {
			f.src[0] = __builtin_bswap32(base + done + i);
			keys[i] = flow_hash((const __u32 *)s->skel->rodata->hash_key, &f).key;
			rps_ents_put(&ents[rps_set(keys[i], sets)], keys[i], s->reader, i);
		}
		done += count;
		err = bpf_map_update_batch(bpf_map__fd(s->skel->maps.rps_sock_flow), keys, values,
					   &count, NULL);
	}
	for (__u32 i = 0; !err && i < sets; i++)
		err = bpf_map_update_elem(bpf_map__fd(s->skel->maps.rps_sock_ents), &i, &ents[i],
					  0);
	free(values);
	free(ents);
	free(keys);
	return err;
}
