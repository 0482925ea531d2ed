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

static void read_all(int fd, void *values, __u32 n)
{
	static __u32 keys[BENCH_SLOTS_MAX];
	__u32 next, count = n;

	if (bpf_map_lookup_batch(fd, NULL, &next, keys, values, &count, NULL) || count != n)
		fail_msg("cannot read the slots or places");
}

void shadow_take(struct shadow *s, struct bench *b, __u32 queue)
{
	memcpy(s->rings, b->q[queue].rings, (ring_local + 1) * sizeof(s->rings[0]));
	memcpy(s->threads, b->threads, ring_local * sizeof(s->threads[0]));
	for (__u32 i = 0; i <= ring_local; i++)
		s->tails[i] = s->rings[i].tail;
	read_all(b->q[queue].slots, s->slots, b->flow_cnt);
	memcpy(s->old_slots, s->slots, sizeof(s->slots));
	read_all(bpf_map__fd(b->skel->maps.rps_place), s->places, b->flow_cnt);
	s->places_set = false;
	s->stats = bench_stats(b);
	s->counted = 0;
	s->passed = false;
	read_percpu(b->skel->maps.rfs_napi, s->napi);
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
		const struct rps_ring *r = &now->rings[i];
		struct rps_ring want = expected_ring(s, i, r);

		/* Whoever finds it idle may say so. */
		if (r->settled == r->popped)
			want.settled = r->settled;
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

static unsigned int check_threads(const struct shadow *s, const struct shadow *now, const char *row)
{
	unsigned int bad = 0;

	for (__u32 i = 0; i < ring_local; i++)
		if (memcmp(&now->threads[i], &s->threads[i], sizeof(s->threads[i]))) {
			bad++;
			print_error("%s: the thread of CPU %u changed\n", row, i);
		}
	return bad;
}

/* Where this queue's packet went all queues' are to go; in generic mode there are no places. */
static struct rps_place expected_place(const struct shadow *s, const struct bench *b, __u32 queue,
				       __u32 slot)
{
	const struct rps_dev_flow *old = &s->old_slots[slot], *now = &s->slots[slot];
	struct rps_place place = s->places[slot];

	if (s->places_set || b->shared || (old->cpu == now->cpu && old->qtail == now->qtail))
		return place;
	return rps_place_at(now->cpu, bench_bit(queue) | (rps_place_cpu(place) == now->cpu ? place.queues : 0));
}

static unsigned int check_places(const struct shadow *s, const struct shadow *now,
				 const struct bench *b, __u32 queue, const char *row)
{
	unsigned int bad = 0;
	char name[16], other[16];

	for (__u32 i = 0; i < b->flow_cnt; i++) {
		struct rps_place want = expected_place(s, b, queue, i), p = now->places[i];

		if (!memcmp(&p, &want, sizeof(p)))
			continue;
		bad++;
		print_error("%s: place %u: {CPU %s, queues %x}, expected {CPU %s, %x}\n", row, i,
			    cpu_name(rps_place_cpu(p), name, sizeof(name)), p.queues,
			    cpu_name(rps_place_cpu(want), other, sizeof(other)), want.queues);
	}
	return bad;
}

/* That a queue's packet was counted tells whose poll it is. */
static __u32 counted(const struct shadow *s, const struct bench *b, __u32 queue, bool *passed)
{
	__u32 id = s->counted;

	*passed = s->passed || s->rings[ring_local].tail != s->tails[ring_local];
	for (__u32 i = 0; i <= ring_local; i++)
		if (s->rings[i].tail != s->tails[i])
			id = b->q[queue].id;
	return id;
}

static unsigned int check_napi(const struct shadow *s, const struct shadow *now,
			       const struct bench *b, __u32 queue, const char *row)
{
	bool passed, noted = false;
	__u32 id = counted(s, b, queue, &passed);
	unsigned int bad = 0;

	for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++) {
		const struct rfs_napi *n = &now->napi[cpu], *old = &s->napi[cpu];
		bool ok = n->queue_id == id && n->passed == (passed || old->passed);

		noted |= ok;
		if (ok || (n->queue_id == old->queue_id && n->passed == old->passed))
			continue;
		bad++;
		print_error("%s: noted poll of queue %u, passed %u; expected %u, %u\n", row,
			    n->queue_id, n->passed, id, passed || old->passed);
	}
	if (id && !noted) {
		bad++;
		print_error("%s: no poll of queue %u is noted\n", row, id);
	}
	return bad;
}

void shadow_follow(struct shadow *s, const struct shadow *other, const struct bench *b,
		   __u32 other_queue)
{
	for (__u32 i = 0; i < b->flow_cnt; i++)
		s->places[i] = expected_place(other, b, other_queue, i);
	s->places_set = true;
	s->counted = counted(other, b, other_queue, &s->passed);
	s->stats = other->stats;
}

void shadow_check(const struct shadow *s, struct bench *b, __u32 queue, const char *row)
{
	static struct shadow now;
	unsigned int bad;

	shadow_take(&now, b, queue);
	bad = check_rings(s, &now, row) + check_slots(s, &now, b->flow_cnt, row) +
	      check_threads(s, &now, row) + check_places(s, &now, b, queue, row) +
	      check_napi(s, &now, b, queue, row);
	for (int i = 0; i < RFS_STAT_NR; i++)
		if (now.stats.count[i] != s->stats.count[i]) {
			bad++;
			print_error("%s: %s: %llu, expected %llu\n", row, stat_name[i],
				    now.stats.count[i], s->stats.count[i]);
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
