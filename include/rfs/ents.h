/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ents.h - the compact half of the socket flow table: which CPU, for which key, in four bytes.
 *
 * rps_sock_flow is the table: a hash map whose entries tell a flow's reader, for people too, in 136
 * bytes. At a million flows, finding one costs several cache misses. What a packet or a call needs
 * of it is a CPU. So rps_sock_ents holds that alone, as the ents[] of the kernel's own
 * rps_sock_flow_table do: a word of the key's upper bits and the CPU. The lower bits of the key
 * choose a set of four such words, 16 bytes of one cache line.
 *
 * It is a cache. The recorder alone writes it, as it alone makes entries in rps_sock_flow. A set
 * of which more than four flows are in use loses one of them; who then finds no word for a key
 * looks into rps_sock_flow. Upper bits and set together are the whole key, so a word never answers
 * for another key.
 */
#ifndef RFS_ENTS_H
#define RFS_ENTS_H

#include "rfs/rules.h"

#define RPS_CPU_BITS 13
#define RPS_CPU_MASK (RFS_MAX_CPUS - 1)
#define RPS_SETS_MIN (1U << RPS_CPU_BITS) /* so that set and word hold all bits of the key */

_Static_assert(RFS_MAX_CPUS == 1 << RPS_CPU_BITS, "a CPU number fits in what the key leaves");

/**
 * rps_sets() - how many sets go with a socket flow table
 * @sock_flow_entries: a power of two
 *
 * Two words for each entry. With as many as entries, a fifth of a full table's flows would not
 * find a place; so it is 4 %.
 *
 * Return: sets, a power of two.
 */
RFS_INLINE __u32 rps_sets(__u32 sock_flow_entries)
{
	__u32 sets = sock_flow_entries / RPS_SOCK_WAYS * 2;

	return sets < RPS_SETS_MIN ? RPS_SETS_MIN : sets;
}

/**
 * rps_set() - the set of a key
 * @key:  of a flow, see hash.h
 * @sets: their number, a power of two
 */
RFS_INLINE __u32 rps_set(__u32 key, __u32 sets)
{
	return key & (sets - 1);
}

/* All bits set if the word is the key's, else none. */
RFS_INLINE __u32 rps_ent_is(__u32 ent, __u32 key)
{
	return (__s32)(((ent ^ key) >> RPS_CPU_BITS) - 1) >> 31;
}

/**
 * rps_ents_cpu() - on which CPU is the flow read?
 * @ents: the set of @key
 * @key:  of the flow
 *
 * Without a branch for each word: which of them it is cannot be predicted, and at many flows each
 * packet is another's.
 *
 * Return: the CPU, or RPS_NO_CPU if the set does not tell.
 */
RFS_INLINE __u32 rps_ents_cpu(const struct rps_sock_ents *ents, __u32 key)
{
	__u32 e0 = READ_ONCE(ents->ent[0]), e1 = READ_ONCE(ents->ent[1]);
	__u32 e2 = READ_ONCE(ents->ent[2]), e3 = READ_ONCE(ents->ent[3]);
	__u32 m0 = rps_ent_is(e0, key), m1 = rps_ent_is(e1, key);
	__u32 m2 = rps_ent_is(e2, key), m3 = rps_ent_is(e3, key);

	/* An empty word is 0, so it must not answer for the keys whose upper bits are. */
	if (!(m0 | m1 | m2 | m3) || !(key >> RPS_CPU_BITS))
		return RPS_NO_CPU;
	return ((e0 & m0) | (e1 & m1) | (e2 & m2) | (e3 & m3)) & RPS_CPU_MASK;
}

/**
 * rps_ents_put() - note on which CPU a flow is read
 * @ents:   the set of @key
 * @key:    of the flow
 * @cpu:    below RFS_MAX_CPUS
 * @victim: which word to give up if all are in use; any number
 *
 * Callers on several CPUs do not wait for each other. Two that come for one flow may each take a
 * word, of which the next call clears one; until then rps_ents_cpu() may name neither's CPU, and
 * the packet is steered there or, if it is not allowed, as one of a flow with no reader. Two flows
 * may take the same word; one of them is then found in rps_sock_flow.
 */
RFS_INLINE void rps_ents_put(struct rps_sock_ents *ents, __u32 key, __u32 cpu, __u32 victim)
{
	__u32 own = RPS_SOCK_WAYS, empty = RPS_SOCK_WAYS, way, ent = (key & ~RPS_CPU_MASK) | cpu;

	for (__u32 i = 0; i < RPS_SOCK_WAYS; i++) {
		__u32 old = READ_ONCE(ents->ent[i]);

		if (old && rps_ent_is(old, key)) {
			if (own < RPS_SOCK_WAYS)
				WRITE_ONCE(ents->ent[i], 0);
			else
				own = i;
		} else if (!old) {
			empty = i;
		}
	}
	way = own < RPS_SOCK_WAYS ? own : empty < RPS_SOCK_WAYS ? empty : victim;
	way &= RPS_SOCK_WAYS - 1;
	if (READ_ONCE(ents->ent[way]) != ent)
		WRITE_ONCE(ents->ent[way], ent);
}

/**
 * rps_ents_drop() - the flow has ended
 * @ents: the set of @key
 * @key:  of the flow
 */
RFS_INLINE void rps_ents_drop(struct rps_sock_ents *ents, __u32 key)
{
	for (__u32 i = 0; i < RPS_SOCK_WAYS; i++)
		if (rps_ent_is(READ_ONCE(ents->ent[i]), key))
			WRITE_ONCE(ents->ent[i], 0);
}

#endif /* RFS_ENTS_H */
