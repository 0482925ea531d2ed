// SPDX-License-Identifier: GPL-2.0-only
/* shadow.c - what the maps hold, and where that is not what was expected. */
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bench.h"
#include "rfs/rules.h"
#include "rfs_steer.skel.h"

static const __u32 zero;

static void read_percpu(const struct bpf_map *map, void *values)
{
	if (bpf_map_lookup_elem(bpf_map__fd(map), &zero, values))
		fail_msg("cannot read map %s", bpf_map__name(map));
}

struct rfs_stats bench_stats(struct bench *b)
{
	static struct rfs_stats values[RFS_MAX_CPUS];
	struct rfs_stats sum = {};
	int n = libbpf_num_possible_cpus();

	read_percpu(b->skel->maps.rfs_stats, values);
	for (int cpu = 0; cpu < n; cpu++)
		for (int i = 0; i < RFS_STAT_NR; i++)
			sum.count[i] += values[cpu].count[i];
	return sum;
}

/* The note that this queue passed packets: on the CPU of the run, whichever that was. */
static __u32 noted_pass(struct bench *b)
{
	static __u64 values[RFS_MAX_CPUS];
	__u32 id = 0;

	read_percpu(b->skel->maps.napi_pass, values);
	for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++)
		if (values[cpu])
			id = values[cpu];
	return id;
}

void shadow_take(struct shadow *s, struct bench *b, __u32 queue)
{
	static __u32 keys[BENCH_SLOTS_MAX];
	__u32 next, count = b->flow_cnt;

	memcpy(s->rings, b->q[queue].rings, (ring_local + 1) * sizeof(s->rings[0]));
	for (__u32 i = 0; i <= ring_local; i++)
		s->tails[i] = s->rings[i].tail;
	if (bpf_map_lookup_batch(b->q[queue].slots, NULL, &next, keys, s->slots, &count, NULL) ||
	    count != b->flow_cnt)
		fail_msg("cannot read the slots");
	s->stats = bench_stats(b);
	s->napi_pass = noted_pass(b);
}

static const char *cpu_name(__u32 cpu, char *buf, size_t len)
{
	if (cpu == RPS_NO_CPU)
		snprintf(buf, len, "none");
	else if (cpu == ring_local)
		snprintf(buf, len, "local");
	else
		snprintf(buf, len, "%u", cpu);
	return buf;
}

/* What was counted into a CPU's ring since, and did not enter it. */
static struct rps_ring expected_ring(const struct shadow *s, __u32 i, const struct rps_ring *now)
{
	struct rps_ring ring = s->rings[i];

	if (i == ring_local || ring.tail == s->tails[i])
		return ring;
	if (ring.missing < RPS_RING_STUCK)
		ring.missing += ring.tail - s->tails[i];
	ring.missing_jiffies = now->missing_jiffies;
	return ring;
}

static unsigned int check_rings(const struct shadow *s, const struct shadow *now, const char *row)
{
	unsigned int bad = 0;
	char name[16];

	for (__u32 i = 0; i <= ring_local; i++) {
		const struct rps_ring *r = &now->rings[i], want = expected_ring(s, i, r);

		if (!memcmp(r, &want, sizeof(*r)))
			continue;
		bad++;
		print_error("%s: ring %s: tail %llu, expected %llu%s\n", row,
			    cpu_name(i, name, sizeof(name)), r->tail, want.tail,
			    r->tail == want.tail ? "; another counter changed" : "");
	}
	return bad;
}

static unsigned int check_slots(const struct shadow *s, const struct shadow *now, __u32 flow_cnt,
				const char *row)
{
	unsigned int bad = 0;
	char name[16], other[16];

	for (__u32 i = 0; i < flow_cnt; i++) {
		const struct rps_dev_flow *f = &now->slots[i], *want = &s->slots[i];

		if (f->cpu == want->cpu && f->qtail == want->qtail)
			continue;
		bad++;
		print_error("%s: slot %u: {CPU %s, %u}, expected {CPU %s, %u}\n", row, i,
			    cpu_name(f->cpu, name, sizeof(name)), f->qtail,
			    cpu_name(want->cpu, other, sizeof(other)), want->qtail);
	}
	return bad;
}

void shadow_check(const struct shadow *s, struct bench *b, __u32 queue, const char *row)
{
	static struct shadow now;
	unsigned int bad;

	shadow_take(&now, b, queue);
	bad = check_rings(s, &now, row) + check_slots(s, &now, b->flow_cnt, row);
	for (int i = 0; i < RFS_STAT_NR; i++)
		if (now.stats.count[i] != s->stats.count[i]) {
			bad++;
			print_error("%s: %s: %llu, expected %llu\n", row, stat_name[i],
				    now.stats.count[i], s->stats.count[i]);
		}
	if (now.napi_pass != s->napi_pass) {
		bad++;
		print_error("%s: noted local pass of CPUMAP %u, expected %u\n", row, now.napi_pass,
			    s->napi_pass);
	}
	if (bad)
		fail_msg("%s (%s mode): %u differences", row, b->shared ? "generic" : "native",
			 bad);
}

void verdict_check(__u32 verdict, __u32 expected, const char *row)
{
	static const char *const names[] = { "ABORTED", "DROP", "PASS", "TX", "REDIRECT" };

	if (verdict != expected)
		fail_msg("%s: verdict XDP_%s, expected XDP_%s", row,
			 verdict < 5 ? names[verdict] : "?", names[expected]);
}
