// SPDX-License-Identifier: GPL-2.0-only
/* bench.c - load the steering program, make its maps, run it. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../loader/host/cpuset.h"
#include "../../loader/maps/rings.h"
#include "bench.h"
#include "netdev.h"
#include "rfs/ents.h"
#include "rfs/rules.h"
#include "rfs/tag.h"
#include "rfs_steer.skel.h"

#define QSIZE	   64
#define SOCK_FLOWS 1024
#define SETS_MAX   8192
#define LIST_LEN   5
#define POPPED_MS  10000

__u32 cpu_a, cpu_b, cpu_unmapped, ring_local;
struct bench plain, generic;

/* Any numbers; the high bits set in some, so that additions in NH carry out. */
const __u32 bench_key[RFS_HASH_WORDS] = {
	0x9f2c41d7, 0x13b8e06b, 0xe4d95a31, 0x77a0c2fd, 0xc65f1e89,
	0x2b94d713, 0x8d03fba5, 0xf1764c2f, 0x5ae8916d, 0xb6275d4b,
};

const char *const stat_name[RFS_STAT_NR] = { "flow_steered", "hash_steered", "moves_made",
					     "moves_deferred",
#define X(id, name, help) name,
					     RFS_PASS_REASONS(X)
#undef X
};

static const __u32 zero;
static unsigned int ifindex;
static int nr_possible;

static size_t whole_pages(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

static size_t rings_size(void)
{
	return whole_pages((ring_local + 1) * sizeof(struct rps_ring));
}

static size_t threads_size(void)
{
	return whole_pages(ring_local * sizeof(struct rps_thread));
}

/* ---- load ---- */

static int add_queue(struct bench *b, __u32 queue)
{
	struct bench_queue *q = &b->q[queue];

	q->slots = queue_dev_flow(b->flow_cnt);
	q->ring_fd = queue_rings(ring_local);
	if (q->slots < 0 || q->ring_fd < 0)
		return -EINVAL;
	q->rings = mmap(NULL, rings_size(), PROT_READ | PROT_WRITE, MAP_SHARED, q->ring_fd, 0);
	if (q->rings == MAP_FAILED)
		return -errno;
	return map_id(q->ring_fd, &q->id) ?:
	       bench_outer(b->skel->maps.rps_dev_flow, queue, q->slots) ?:
	       bench_outer(b->skel->maps.rps_ring, queue, q->ring_fd) ?:
	       bench_outer(b->skel->maps.cpumap, queue, b->cpumap);
}

/* The threads of all queues, and what they run for each frame. */
static int add_threads(struct bench *b)
{
	struct bpf_cpumap_val value = {
		.qsize = QSIZE,
		.bpf_prog.fd = bpf_program__fd(b->skel->progs.rfs_cpumap),
	};

	b->threads = mmap(NULL, threads_size(), PROT_READ | PROT_WRITE, MAP_SHARED,
			  bpf_map__fd(b->skel->maps.rps_thread), 0);
	if (b->threads == MAP_FAILED || bpf_map_update_elem(b->cpumap, &cpu_a, &value, BPF_ANY) ||
	    bpf_map_update_elem(b->cpumap, &cpu_b, &value, BPF_ANY))
		return -errno;
	return map_id(b->cpumap, &b->cpumap_id);
}

/* As attach.c's set_constants() and set_maps() do it. */
static int configure(struct bench *b, const struct bench_opts *opts)
{
	const int protos[] = { queue_dev_flow(b->flow_cnt), queue_rings(ring_local), b->cpumap };
	struct bpf_map *outers[] = { b->skel->maps.rps_dev_flow, b->skel->maps.rps_ring,
				     b->skel->maps.cpumap };
	int err = 0;

	memcpy((void *)b->skel->rodata->hash_key, bench_key, sizeof(bench_key));
	b->skel->rodata->flow_cnt = b->flow_cnt;
	b->skel->rodata->nr_cpus = ring_local;
	b->skel->rodata->nr_queues = b->queues;
	b->skel->rodata->shared_queues = b->shared;
	b->skel->rodata->stay_here = opts->stay_here;
	b->skel->rodata->owner_ifindex = ifindex;
	/* No frame ever enters a ring here, which is what most tests are not about. */
	b->skel->rodata->missing_max = opts->missing_max ?: RPS_RING_STUCK;
	b->skel->rodata->missing_age = opts->missing_max ? RPS_LATE_JIFFIES : ~0U;
	b->skel->rodata->stack_proto = opts->stack_proto;
	bpf_map__set_autocreate(b->skel->maps.dev_flow_queue, false);
	bpf_map__set_autocreate(b->skel->maps.ring_queue, false);
	b->skel->rodata->sock_sets = rps_sets(SOCK_FLOWS);
	err = bpf_map__set_max_entries(b->skel->maps.rps_sock_flow, SOCK_FLOWS);
	if (!err)
		err = bpf_map__set_max_entries(b->skel->maps.rps_sock_ents, rps_sets(SOCK_FLOWS));
	if (!err)
		err = bpf_map__set_max_entries(b->skel->maps.rps_thread, ring_local);
	if (!err)
		err = bpf_map__set_max_entries(b->skel->maps.rps_place, b->flow_cnt);
	for (int i = 0; i < 3; i++) {
		if (!err && protos[i] < 0)
			err = protos[i];
		if (!err)
			err = bpf_map__set_max_entries(outers[i], b->queues);
		if (!err)
			err = bpf_map__set_inner_map_fd(outers[i], protos[i]);
	}
	if (!err)
		err = rfs_steer__load(b->skel);
	for (int i = 0; i < 2; i++)
		if (protos[i] >= 0)
			close(protos[i]);
	return err;
}

int bench_open(struct bench *b, const struct bench_opts *opts)
{
	int err;

	memset(b, 0, sizeof(*b));
	b->flow_cnt = opts->flow_cnt;
	b->queues = opts->queues ?: BENCH_QUEUES;
	b->shared = opts->shared;
	b->cpumap = rings_cpumap(ring_local);
	b->skel = rfs_steer__open();
	err = b->skel ? configure(b, opts) : -errno;
	if (!err)
		err = add_threads(b);
	for (__u32 q = 0; !err && q < b->queues; q++)
		err = add_queue(b, q);
	if (err) {
		fprintf(stderr, "cannot load the steering program and its maps: %s\n",
			strerror(-err));
		return err;
	}
	b->prog = bpf_program__fd(b->skel->progs.rfs_steer);
	return 0;
}

void bench_close(struct bench *b)
{
	for (__u32 i = 0; i < b->queues; i++) {
		munmap(b->q[i].rings, rings_size());
		close(b->q[i].slots);
		close(b->q[i].ring_fd);
	}
	munmap(b->threads, threads_size());
	close(b->cpumap);
	rfs_steer__destroy(b->skel);
}

static int find_cpus(void)
{
	struct cpuset online;
	int n = 0;

	nr_possible = libbpf_num_possible_cpus();
	if (nr_possible < 0 || cpuset_online(&online))
		return -1;
	cpuset_for_each(cpu, &online) if (n < 2) * (n++ ? &cpu_b : &cpu_a) = cpu;
	cpu_unmapped = cpu_b + 1;
	ring_local = cpu_b + 2;
	if (n == 2 && ring_local < BENCH_RINGS_MAX)
		return 0;
	fprintf(stderr, "these tests need two CPUs online\n");
	return -1;
}

int bench_start(void)
{
	const struct bench_opts native_opts = { .flow_cnt = BENCH_SLOTS };
	const struct bench_opts generic_opts = { .flow_cnt = BENCH_SLOTS, .shared = true };

	if (find_cpus())
		return -1;
	ifindex = netdev_make(BENCH_DEV_QUEUES);
	if (!ifindex)
		return -1;
	return bench_open(&plain, &native_opts) || bench_open(&generic, &generic_opts) ? -1 : 0;
}

void bench_stop(void)
{
	bench_close(&plain);
	bench_close(&generic);
}

/* ---- arrange ---- */

static void update(const struct bpf_map *map, const void *key, const void *value)
{
	if (bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY))
		fail_msg("cannot write map %s: %s", bpf_map__name(map), strerror(errno));
}

int bench_outer(const struct bpf_map *outer, __u32 queue, int fd)
{
	int err = fd >= 0 ? bpf_map_update_elem(bpf_map__fd(outer), &queue, &fd, BPF_ANY)
			  : bpf_map_delete_elem(bpf_map__fd(outer), &queue);

	return err ? -errno : 0;
}

void bench_gate(struct bench *b, enum rfs_gate gate, __u32 active)
{
	struct rfs_config config = { .gate = gate, .active = active, .abi = RFS_ABI };

	update(b->skel->maps.rfs_config, &zero, &config);
}

void bench_cpus(struct bench *b, __u32 index, const __u32 *list, __u32 n)
{
	static struct rps_cpus cpus;

	memset(&cpus, 0, sizeof(cpus));
	cpus.n = n;
	for (__u32 i = 0; i < n; i++) {
		cpus.cpu[i] = list[i];
		cpus.allowed[list[i] / 64] |= 1ULL << list[i] % 64;
	}
	update(b->skel->maps.rps_cpus, &index, &cpus);
}

/* A list of more entries than a small machine has CPUs: the index is what is tested. */
static __u32 default_list(__u32 i)
{
	return i == 0 || i == 3 ? cpu_a : cpu_b;
}

__u32 bench_fallback(const struct bench *b, __u32 hash)
{
	return default_list(rps_cpu_index(rps_slot(hash, b->flow_cnt), b->flow_cnt, LIST_LEN));
}

static int ents_fd(const struct bench *b)
{
	return bpf_map__fd(b->skel->maps.rps_sock_ents);
}

void bench_reader(struct bench *b, const struct flow *flow, __u32 cpu)
{
	struct rps_sock_flow value = { .cpu = cpu };
	__u32 key = flow_hash(bench_key, flow).key;
	__u32 set = rps_set(key, rps_sets(SOCK_FLOWS));
	struct rps_sock_ents ents;

	update(b->skel->maps.rps_sock_flow, &key, &value);
	if (cpu >= RFS_MAX_CPUS)
		return;
	assert_int_equal(bpf_map_lookup_elem(ents_fd(b), &set, &ents), 0);
	rps_ents_put(&ents, key, cpu, 0);
	update(b->skel->maps.rps_sock_ents, &set, &ents);
}

void bench_set_slot(struct bench *b, __u32 queue, __u32 slot, struct rps_dev_flow value)
{
	assert_int_equal(bpf_map_update_elem(b->q[queue].slots, &slot, &value, BPF_ANY), 0);
	if (!b->shared)
		bench_set_place(b, slot, rps_place_at(value.cpu, bench_bit(queue)));
}

void bench_set_place(struct bench *b, __u32 slot, struct rps_place value)
{
	update(b->skel->maps.rps_place, &slot, &value);
}

struct rps_place bench_place(struct bench *b, __u32 slot)
{
	int fd = bpf_map__fd(b->skel->maps.rps_place);
	struct rps_place value;

	assert_int_equal(bpf_map_lookup_elem(fd, &slot, &value), 0);
	return value;
}

struct rps_dev_flow bench_slot(struct bench *b, __u32 queue, __u32 slot)
{
	struct rps_dev_flow value;

	assert_int_equal(bpf_map_lookup_elem(b->q[queue].slots, &slot, &value), 0);
	return value;
}

static void set_percpu(const struct bpf_map *map, size_t size)
{
	void *values = calloc(nr_possible, (size + 7) / 8 * 8);

	assert_non_null(values);
	update(map, &zero, values);
	free(values);
}

static void clear_ents(struct bench *b)
{
	static struct rps_sock_ents none[SETS_MAX];
	static __u32 keys[SETS_MAX];
	__u32 n = rps_sets(SOCK_FLOWS);

	assert_in_range(n, 1, SETS_MAX);
	for (__u32 set = 0; set < n; set++)
		keys[set] = set;
	assert_int_equal(bpf_map_update_batch(ents_fd(b), keys, none, &n, NULL), 0);
}

void bench_reset(struct bench *b)
{
	int flows = bpf_map__fd(b->skel->maps.rps_sock_flow);
	int places = bpf_map__fd(b->skel->maps.rps_place);
	__u32 list[LIST_LEN], key;

	for (__u32 q = 0; q < b->queues; q++) {
		memset(b->q[q].rings, 0, (ring_local + 1) * sizeof(struct rps_ring));
		assert_int_equal(queue_rings_init(b->q[q].ring_fd, ring_local, b->cpumap_id), 0);
		assert_int_equal(queue_dev_flow_clear(b->q[q].slots, b->flow_cnt), 0);
	}
	memset(b->threads, 0, ring_local * sizeof(struct rps_thread));
	assert_int_equal(queue_dev_flow_clear(places, b->flow_cnt), 0);
	while (!bpf_map_get_next_key(flows, NULL, &key))
		bpf_map_delete_elem(flows, &key);
	clear_ents(b);
	set_percpu(b->skel->maps.rfs_stats, sizeof(struct rfs_stats));
	set_percpu(b->skel->maps.rfs_napi, sizeof(struct rfs_napi));
	for (__u32 i = 0; i < LIST_LEN; i++)
		list[i] = default_list(i);
	bench_cpus(b, 0, list, LIST_LEN);
	bench_cpus(b, 1, list, 0);
	bench_gate(b, RFS_GATE_OPEN, 0);
}

/* ---- run ---- */

struct xdp_md bench_ctx(__u32 queue, const struct packet *p)
{
	return (struct xdp_md){ .data_end = p->len,
				.ingress_ifindex = ifindex,
				.rx_queue_index = queue };
}

/* What comes out must be what went in, and have a tag if it is redirected in native mode. */
static void check_out(const struct packet *p, __u32 queue, __u8 *out, bool tagged)
{
	struct ethhdr in, *eth = (struct ethhdr *)out;
	__u16 tag;

	if (tagged) {
		memcpy(&in, p->data, sizeof(in));
		tag = ntohs(eth->h_proto);
		if (rfs_tag_queue(tag) != queue || rfs_tag_eth_type(tag) != ntohs(in.h_proto))
			fail_msg("the tag %04x says queue %u and EtherType %04x, expected %u, %04x",
				 tag, rfs_tag_queue(tag), rfs_tag_eth_type(tag), queue,
				 ntohs(in.h_proto));
		eth->h_proto = in.h_proto;
	}
	if (memcmp(out, p->data, p->len))
		fail_msg("the program changed a packet of %u bytes", p->len);
}

static __u32 run(struct bench *b, struct xdp_md *ctx, const struct packet *p)
{
	static __u8 out[PACKET_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len,
		    .data_out = out, .data_size_out = sizeof(out), .ctx_in = ctx,
		    .ctx_size_in = sizeof(*ctx), .repeat = 1);

	if (bpf_prog_test_run_opts(b->prog, &opts))
		fail_msg("BPF_PROG_RUN with %u bytes on queue %u: %s", p->len, ctx->rx_queue_index,
			 strerror(errno));
	if (opts.data_size_out != p->len)
		fail_msg("verdict %u, %u bytes came out of %u", opts.retval, opts.data_size_out,
			 p->len);
	check_out(p, ctx->rx_queue_index, out, opts.retval == XDP_REDIRECT && !b->shared);
	return opts.retval;
}

__u32 bench_run(struct bench *b, __u32 queue, const struct packet *p)
{
	struct xdp_md ctx = bench_ctx(queue, p);

	return run(b, &ctx, p);
}

__u32 bench_run_from(struct bench *b, __u32 from, __u32 queue, const struct packet *p)
{
	struct xdp_md ctx = bench_ctx(queue, p);

	ctx.ingress_ifindex = from;
	return run(b, &ctx, p);
}

void bench_poll(struct bench *b, const struct packet *p, __u32 n)
{
	struct xdp_md ctx = bench_ctx(0, p);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = n, .batch_size = n,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	if (bpf_prog_test_run_opts(b->prog, &opts))
		fail_msg("BPF_PROG_RUN with %u live frames: %s", n, strerror(errno));
}

void bench_popped(struct bench *b, __u32 queue, __u32 cpu)
{
	const struct rps_ring *ring = &b->q[queue].rings[cpu];

	for (int i = 0; i < POPPED_MS; i++) {
		if (!rps_in_flight(ring))
			return;
		usleep(1000);
	}
	fail_msg("of queue %u's %llu frames to CPU %u, %llu came out", queue, ring->tail, cpu,
		 ring->popped);
}
