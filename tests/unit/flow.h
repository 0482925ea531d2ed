/* SPDX-License-Identifier: GPL-2.0-only */
/* flow.h - a flow as one array of bits, for tests that do not care which field is which. */
#ifndef RFS_UNIT_FLOW_H
#define RFS_UNIT_FLOW_H

#include <arpa/inet.h>
#include <string.h>

#include "rfs/hash.h"
#include "unit.h"

struct flow {
	__be32 src[4]; /* IPv4: the first word */
	__be32 dst[4];
	__be16 sport;
	__be16 dport;
	__u8 proto;
	bool v6;
};

struct hash_key {
	__u32 word[RFS_HASH_WORDS];
};

static inline struct flow_hash flow_hash(const struct hash_key *key, const struct flow *f)
{
	return f->v6 ? flow_hash_v6(key->word, f->src, f->dst, f->sport, f->dport, f->proto) :
		       flow_hash_v4(key->word, f->src[0], f->dst[0], f->sport, f->dport, f->proto);
}

static inline struct flow flow_swapped(const struct flow *f)
{
	struct flow s = *f;

	memcpy(s.src, f->dst, sizeof(s.src));
	memcpy(s.dst, f->src, sizeof(s.dst));
	s.sport = f->dport;
	s.dport = f->sport;
	return s;
}

static inline struct hash_key rnd_key(uint64_t *seed)
{
	struct hash_key key;

	for (int i = 0; i < RFS_HASH_WORDS; i++)
		key.word[i] = rnd(seed);
	return key;
}

static inline struct flow rnd_flow(uint64_t *seed, bool v6)
{
	static const __u8 protos[] = { 6, 17, 33, 132, 136 };
	struct flow f = { .v6 = v6 };

	for (int i = 0; i < (v6 ? 4 : 1); i++) {
		f.src[i] = rnd(seed);
		f.dst[i] = rnd(seed);
	}
	f.sport = rnd(seed);
	f.dport = rnd(seed);
	f.proto = protos[rnd_below(seed, ARRAY_SIZE(protos))];
	return f;
}

/* Input bits: addresses, ports, protocol. */
static inline int flow_bits(bool v6)
{
	return (v6 ? 2 * 128 : 2 * 32) + 2 * 16 + 8;
}

static inline struct flow flow_flipped(struct flow f, int bit)
{
	int addr = f.v6 ? 128 : 32;

	if (bit < addr)
		f.src[bit / 32] ^= 1U << bit % 32;
	else if ((bit -= addr) < addr)
		f.dst[bit / 32] ^= 1U << bit % 32;
	else if ((bit -= addr) < 16)
		f.sport ^= 1U << bit;
	else if ((bit -= 16) < 16)
		f.dport ^= 1U << bit;
	else
		f.proto ^= 1U << (bit - 16);
	return f;
}

#endif /* RFS_UNIT_FLOW_H */
