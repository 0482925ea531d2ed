// SPDX-License-Identifier: GPL-2.0-only
/*
 * spread.c - unit tests of rfs/hash.h and rps_cpu_index(): flows as real hosts have them fill slots
 * and CPUs evenly.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "flow.h"
#include "rfs/rules.h"

#define KEYS 8

/*
 * Chi-square of what fell into the buckets, as standard deviations of a normal distribution (Wilson
 * and Hilferty's cube root, good from one degree of freedom up). What falls more evenly than by
 * chance is welcome, so only the upper side is bounded: chance exceeds 4.5 in 3 of a million cases.
 */
#define SIGMAS 4.5

static double chi_square(const unsigned int *count, unsigned int buckets, unsigned int flows)
{
	double expect = (double)flows / buckets, sum = 0, df = buckets - 1;

	for (unsigned int i = 0; i < buckets; i++)
		sum += (count[i] - expect) * (count[i] - expect) / expect;
	return (cbrt(sum / df) - (1 - 2 / (9 * df))) / sqrt(2 / (9 * df));
}

static __be32 addr4(unsigned int a, unsigned int b, unsigned int low)
{
	return htonl(a << 24 | b << 16 | low);
}

/* 100000 connections to one port: a client's ports in sequence, then the next client's. */
static void client_ports(struct flow *f, unsigned int i)
{
	const unsigned int ports = 65536 - 1024;

	f->src[0] = addr4(192, 168, 7 + i / ports);
	f->dst[0] = addr4(10, 0, 1);
	f->sport = htons(1024 + i % ports);
	f->dport = htons(443);
	f->proto = 6;
}

/* A /16 of clients, each from the same port. */
static void client_addrs(struct flow *f, unsigned int i)
{
	f->src[0] = addr4(172, 16, i);
	f->dst[0] = addr4(172, 17, 0x0101);
	f->sport = htons(40000);
	f->dport = htons(80);
	f->proto = 6;
}

/* Both ends have the same port, as with tunnels and routing protocols. */
static void same_ports(struct flow *f, unsigned int i)
{
	f->src[0] = addr4(172, 16, i);
	f->dst[0] = addr4(172, 17, 0x0101);
	f->sport = f->dport = htons(4789);
	f->proto = 17;
}

static void two_tuples(struct flow *f, unsigned int i)
{
	f->src[0] = addr4(172, 16, i);
	f->dst[0] = addr4(172, 17, 0x0101);
}

/* A host that sends from each of its ports to each of some ports. */
static void port_grid(struct flow *f, unsigned int i)
{
	f->src[0] = addr4(10, 1, 2);
	f->dst[0] = addr4(10, 1, 3);
	f->sport = htons(32768 + (i & 1023));
	f->dport = htons(5000 + (i >> 10));
	f->proto = 17;
}

/* A /24 that talks to a /24. */
static void addr_mesh(struct flow *f, unsigned int i)
{
	f->src[0] = addr4(10, 1, i & 255);
	f->dst[0] = addr4(10, 2, i >> 8);
	f->sport = f->dport = htons(7946);
	f->proto = 17;
}

static void prefix6(struct flow *f)
{
	f->v6 = true;
	f->src[0] = f->dst[0] = htonl(0x20010db8);
	f->dst[3] = htonl(1);
	f->dport = htons(443);
	f->proto = 6;
}

static void low_word6(struct flow *f, unsigned int i)
{
	prefix6(f);
	f->src[3] = htonl(0x100 + i);
	f->sport = htons(50000);
}

static void client_ports6(struct flow *f, unsigned int i)
{
	const unsigned int ports = 65536 - 1024;

	prefix6(f);
	f->src[3] = htonl(0x100 + i / ports);
	f->sport = htons(1024 + i % ports);
}

/* One server for each tenant: prefixes in sequence, one address in each. */
static void prefixes6(struct flow *f, unsigned int i)
{
	prefix6(f);
	f->src[1] = htonl(i);
	f->src[3] = htonl(2);
	f->sport = htons(50000);
}

/* Addresses that vary in two words of one pair at once. */
static void subnets6(struct flow *f, unsigned int i)
{
	prefix6(f);
	f->src[2] = htonl(i >> 8);
	f->src[3] = htonl(i & 255);
	f->sport = htons(50000);
}

static const struct flow_set {
	const char *name;
	void (*make)(struct flow *f, unsigned int i);
	unsigned int flows;
} sets[] = {
	{ "client ports", client_ports, 100000 },
	{ "client addresses", client_addrs, 65536 },
	{ "same ports", same_ports, 65536 },
	{ "two-tuples", two_tuples, 65536 },
	{ "port grid", port_grid, 65536 },
	{ "address mesh", addr_mesh, 65536 },
	{ "IPv6 low word", low_word6, 100000 },
	{ "IPv6 client ports", client_ports6, 100000 },
	{ "IPv6 prefixes", prefixes6, 65536 },
	{ "IPv6 subnets", subnets6, 65536 },
};

/* What is counted of a flow: which of n buckets its hash or key belongs to. */
static unsigned int by_hash(struct flow_hash h, unsigned int n)
{
	return rps_slot(h.hash, n);
}

static unsigned int by_key(struct flow_hash h, unsigned int n)
{
	return rps_slot(h.key, n);
}

static unsigned int by_cpu(struct flow_hash h, unsigned int n)
{
	return rps_cpu_index(rps_slot(h.hash, 4096), 4096, n);
}

static void check_set(const struct flow_set *set, unsigned int n,
		      unsigned int (*bucket)(struct flow_hash h, unsigned int n))
{
	unsigned int *count = malloc(n * sizeof(*count));
	uint64_t seed = n;

	assert_non_null(count);
	for (int k = 0; k < KEYS; k++) {
		struct hash_key key = rnd_key(&seed);
		double sigmas;

		memset(count, 0, n * sizeof(*count));
		for (unsigned int i = 0; i < set->flows; i++) {
			struct flow f = {};
			unsigned int b;

			set->make(&f, i);
			b = bucket(flow_hash(&key, &f), n);
			assert_true(b < n);
			count[b]++;
		}
		sigmas = chi_square(count, n, set->flows);
		if (sigmas > SIGMAS)
			fail_msg("key %d, %u buckets: chi-square is %.1f sigmas high", k, n,
				 sigmas);
	}
	free(count);
}

static void test_slots(void **state)
{
	static const unsigned int tables[] = { 64, 1024, 32768 };

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		check_set(*state, tables[t], by_hash);
		check_set(*state, tables[t], by_key);
	}
}

static int compare_keys(const void *a, const void *b)
{
	__u32 x = *(const __u32 *)a, y = *(const __u32 *)b;

	return x < y ? -1 : x > y;
}

/*
 * Each direction of each flow has a key of its own in rps_sock_flow. 200000 of 32 bits collide 4.7
 * times by chance; 20 times in one run of ten million.
 */
static void test_keys(void **state)
{
	const struct flow_set *set = *state;
	__u32 *keys = malloc(2 * set->flows * sizeof(*keys));
	uint64_t seed = 77;
	struct hash_key key = rnd_key(&seed);
	unsigned int same = 0;

	assert_non_null(keys);
	for (unsigned int i = 0; i < set->flows; i++) {
		struct flow f = {}, back;

		set->make(&f, i);
		back = flow_swapped(&f);
		keys[2 * i] = flow_hash(&key, &f).key;
		keys[2 * i + 1] = flow_hash(&key, &back).key;
	}
	qsort(keys, 2 * set->flows, sizeof(*keys), compare_keys);
	for (unsigned int i = 1; i < 2 * set->flows; i++)
		same += keys[i] == keys[i - 1];
	free(keys);
	if (same > 20)
		fail_msg("%u of %u keys are another's", same, 2 * set->flows);
}

/* With 4096 slots for n CPUs, n = 3, 5, 6 and 7 cannot be quite even: one slot in 585 at most. */
static void test_cpus(void **state)
{
	for (unsigned int n = 2; n <= 7; n++)
		check_set(*state, n, by_cpu);
}

static const struct CMUnitTest each_set[] = {
	{ .name = "slots", .test_func = test_slots },
	{ .name = "CPUs", .test_func = test_cpus },
	{ .name = "keys", .test_func = test_keys },
};

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(each_set) * ARRAY_SIZE(sets)];
	char names[ARRAY_SIZE(tests)][64];

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		const struct flow_set *set = &sets[i / ARRAY_SIZE(each_set)];

		tests[i] = each_set[i % ARRAY_SIZE(each_set)];
		tests[i].initial_state = (void *)set;
		snprintf(names[i], sizeof(names[i]), "%s of %s", tests[i].name, set->name);
		tests[i].name = names[i];
	}
	return _cmocka_run_group_tests("spread", tests, ARRAY_SIZE(tests), NULL, NULL);
}
