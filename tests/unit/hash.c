// SPDX-License-Identifier: GPL-2.0-only
/* hash.c - unit tests of rfs/hash.h: both ends agree, and every bit of a flow counts. */
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "flow.h"

#define FLOWS 20000

/* Flows that random ones never are: ends that differ in one field, or in nothing. */
static void near_ends(struct flow *f, unsigned int which)
{
	switch (which % 6) {
	case 1:
		memcpy(f->dst, f->src, sizeof(f->dst));
		break;
	case 2:
		f->dport = f->sport;
		break;
	case 3:
		memcpy(f->dst, f->src, sizeof(f->dst));
		f->dport = f->sport ^ 0x8000;
		break;
	case 4:
		memcpy(f->dst, f->src, sizeof(f->dst));
		f->dst[f->v6 ? which / 6 % 4 : 0] ^= 1;
		break;
	case 5:
		f->sport = f->dport = f->proto = 0;
		break;
	}
}

static void test_directions(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (unsigned int i = 0; i < FLOWS; i++) {
		struct hash_key key = rnd_key(&seed);
		struct flow f = rnd_flow(&seed, i & 1), back;
		struct flow_hash h, b;

		near_ends(&f, i / 2);
		back = flow_swapped(&f);
		h = flow_hash(&key, &f);
		b = flow_hash(&key, &back);
		assert_int_equal(h.hash, b.hash);
		assert_int_not_equal(h.key, b.key);
	}
}

/* Ends that are the same: there is one direction only. */
static void test_equal_ends(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (unsigned int i = 0; i < FLOWS; i++) {
		struct hash_key key = rnd_key(&seed);
		struct flow f = rnd_flow(&seed, i & 1), back;
		struct flow_hash h, b;

		memcpy(f.dst, f.src, sizeof(f.dst));
		f.dport = f.sport;
		back = flow_swapped(&f);
		h = flow_hash(&key, &f);
		b = flow_hash(&key, &back);
		assert_int_equal(h.hash, b.hash);
		assert_int_equal(h.key, b.key);
	}
}

/*
 * The XDP program hashes what stands in a packet, the recorder what a socket calls its local and
 * its remote end. These are laid out here as the wire and the socket interface have them.
 */
static void test_packet_is_socket_v4(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (unsigned int i = 0; i < FLOWS; i++) {
		struct hash_key key = rnd_key(&seed);
		uint32_t remote = rnd(&seed), local = rnd(&seed); /* host byte order */
		uint16_t rport = rnd(&seed), lport = rnd(&seed);
		uint8_t packet[28] = { 0x45 };
		struct sockaddr_in peer = { .sin_addr.s_addr = htonl(remote),
					    .sin_port = htons(rport) };
		struct sockaddr_in sock = { .sin_addr.s_addr = htonl(local),
					    .sin_port = htons(lport) };
		const uint8_t wire[] = { remote >> 24, remote >> 16, remote >> 8, remote,
					 local >> 24,  local >> 16,  local >> 8,  local,
					 rport >> 8,   rport,	     lport >> 8,  lport };
		struct flow_hash in, out, reader;
		struct iphdr ip;
		struct udphdr udp;

		packet[9] = IPPROTO_UDP;
		memcpy(packet + 12, wire, sizeof(wire));
		memcpy(&ip, packet, sizeof(ip));
		memcpy(&udp, packet + sizeof(ip), sizeof(udp));
		in = flow_hash_v4(key.word, ip.saddr, ip.daddr, udp.source, udp.dest, ip.protocol);
		/* What the local end sends: same flow, but another host's reader. */
		out = flow_hash_v4(key.word, ip.daddr, ip.saddr, udp.dest, udp.source, ip.protocol);
		reader = flow_hash_v4(key.word, peer.sin_addr.s_addr, sock.sin_addr.s_addr,
				      peer.sin_port, sock.sin_port, IPPROTO_UDP);
		assert_int_equal(in.key, reader.key);
		assert_int_equal(in.hash, reader.hash);
		assert_int_equal(out.hash, reader.hash);
		assert_int_not_equal(out.key, reader.key);
	}
}

static void test_packet_is_socket_v6(void **state)
{
	uint64_t seed = 4;

	(void)state;
	for (unsigned int i = 0; i < FLOWS; i++) {
		struct hash_key key = rnd_key(&seed);
		uint16_t rport = rnd(&seed), lport = rnd(&seed);
		struct sockaddr_in6 peer = { .sin6_port = htons(rport) };
		struct sockaddr_in6 sock = { .sin6_port = htons(lport) };
		const uint8_t ports[] = { rport >> 8, rport, lport >> 8, lport };
		uint8_t packet[48] = { 0x60 };
		struct flow_hash in, out, reader;
		struct ip6_hdr ip;
		struct udphdr udp;

		for (int b = 0; b < 16; b++) {
			packet[8 + b] = peer.sin6_addr.s6_addr[b] = rnd(&seed);
			packet[24 + b] = sock.sin6_addr.s6_addr[b] = rnd(&seed);
		}
		packet[6] = IPPROTO_UDP;
		memcpy(packet + 40, ports, sizeof(ports));
		memcpy(&ip, packet, sizeof(ip));
		memcpy(&udp, packet + sizeof(ip), sizeof(udp));
		in = flow_hash_v6(key.word, ip.ip6_src.s6_addr32, ip.ip6_dst.s6_addr32, udp.source,
				  udp.dest, ip.ip6_nxt);
		out = flow_hash_v6(key.word, ip.ip6_dst.s6_addr32, ip.ip6_src.s6_addr32, udp.dest,
				   udp.source, ip.ip6_nxt);
		reader = flow_hash_v6(key.word, peer.sin6_addr.s6_addr32, sock.sin6_addr.s6_addr32,
				      peer.sin6_port, sock.sin6_port, IPPROTO_UDP);
		assert_int_equal(in.key, reader.key);
		assert_int_equal(in.hash, reader.hash);
		assert_int_equal(out.hash, reader.hash);
		assert_int_not_equal(out.key, reader.key);
	}
}

#define TRIALS 8192
/*
 * One cell of the matrix below is a share of TRIALS coin throws, with a standard deviation of
 * 0.0055; six of them leave 10^-5 for any of ten thousand cells to stray by chance.
 */
#define CELL_TOLERANCE 0.033
#define MEAN_TOLERANCE 0.010

/* Flipping input bit i flips output bit o in half of all flows, for each i and o. */
static void check_avalanche(const int (*flips)[32], int inputs, const char *what)
{
	for (int i = 0; i < inputs; i++) {
		double sum = 0;

		for (int o = 0; o < 32; o++) {
			double share = (double)flips[i][o] / TRIALS;

			sum += share / 32;
			if (share < 0.5 - CELL_TOLERANCE || share > 0.5 + CELL_TOLERANCE)
				fail_msg("%s bit %d flips output bit %d in %.4f of all cases", what,
					 i, o, share);
		}
		if (sum < 0.5 - MEAN_TOLERANCE || sum > 0.5 + MEAN_TOLERANCE)
			fail_msg("%s bit %d flips %.4f of the output bits", what, i, sum);
	}
}

static void count_flips(int *flips, __u32 diff)
{
	for (int o = 0; o < 32; o++)
		flips[o] += diff >> o & 1;
}

static void avalanche(bool v6, uint64_t seed)
{
	static int flips[2 * 128 + 2 * 16 + 8][32];
	struct hash_key key = rnd_key(&seed);

	memset(flips, 0, sizeof(flips));
	for (int t = 0; t < TRIALS; t++) {
		struct flow f = rnd_flow(&seed, v6);
		__u32 hash = flow_hash(&key, &f).hash;

		for (int i = 0; i < flow_bits(v6); i++) {
			struct flow g = flow_flipped(f, i);

			count_flips(flips[i], hash ^ flow_hash(&key, &g).hash);
		}
	}
	check_avalanche(flips, flow_bits(v6), v6 ? "IPv6 flow" : "IPv4 flow");
}

static void test_avalanche_v4(void **state)
{
	(void)state;
	for (uint64_t seed = 10; seed < 14; seed++)
		avalanche(false, seed);
}

static void test_avalanche_v6(void **state)
{
	(void)state;
	for (uint64_t seed = 20; seed < 22; seed++)
		avalanche(true, seed);
}

/* Nobody can tell one key's hashes from another's, not even of keys that differ in one bit. */
static void key_avalanche(bool v6, uint64_t seed)
{
	static int flips[RFS_HASH_WORDS * 32][32];
	int bits = (v6 ? RFS_HASH_WORDS : 4) * 32;

	memset(flips, 0, sizeof(flips));
	for (int t = 0; t < TRIALS; t++) {
		struct hash_key key = rnd_key(&seed);
		struct flow f = rnd_flow(&seed, v6);
		__u32 hash = flow_hash(&key, &f).hash;

		for (int i = 0; i < bits; i++) {
			struct hash_key other = key;

			other.word[i / 32] ^= 1U << i % 32;
			count_flips(flips[i], hash ^ flow_hash(&other, &f).hash);
		}
	}
	check_avalanche(flips, bits, v6 ? "key (IPv6)" : "key (IPv4)");
}

static void test_key_bits(void **state)
{
	(void)state;
	key_avalanche(false, 30);
	key_avalanche(true, 31);
}

/* A 2-tuple (fragments, protocols without ports) depends on both addresses, and not on order. */
static void test_two_tuple(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (unsigned int i = 0; i < FLOWS; i++) {
		struct hash_key key = rnd_key(&seed);
		struct flow f = rnd_flow(&seed, i & 1), back, other;
		__u32 whole = flow_hash(&key, &f).hash;

		f.sport = f.dport = f.proto = 0;
		back = flow_swapped(&f);
		assert_int_equal(flow_hash(&key, &f).hash, flow_hash(&key, &back).hash);
		assert_int_not_equal(flow_hash(&key, &f).key, flow_hash(&key, &back).key);
		/* Differ for this seed; a hash of 32 bits may collide, but not each time. */
		assert_int_not_equal(flow_hash(&key, &f).hash, whole);
		other = flow_flipped(f, rnd_below(&seed, f.v6 ? 256 : 64));
		assert_int_not_equal(flow_hash(&key, &f).hash, flow_hash(&key, &other).hash);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_equal_ends),
		cmocka_unit_test(test_packet_is_socket_v4),
		cmocka_unit_test(test_packet_is_socket_v6),
		cmocka_unit_test(test_avalanche_v4),
		cmocka_unit_test(test_avalanche_v6),
		cmocka_unit_test(test_key_bits),
		cmocka_unit_test(test_two_tuple),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
