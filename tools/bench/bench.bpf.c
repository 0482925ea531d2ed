// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench - what rfs is set beside, and what measures it.
 *
 *   bench_pass      only passes: the price that a driver asks for having a program at all
 *   bench_redirect  the cheapest redirect to a CPU there is
 *   bench_l4_hash   the logic of xdp-bench's "redirect-cpu -p l4-hash" (xdp-tools): count, find the
 *                   IP header, hash the pair of addresses and the protocol, look the CPU up,
 *                   redirect
 *   bench_word      a bare redirect to the CPU in a word of the flow's own, in a table as large as
 *                   rps_sock_ents: the least that a program does which knows each flow
 *   bench_storage   what a recorder would do with a socket's storage, without the table
 *   bench_mix       writes a random one of many flows into the packet, then jumps to the program
 *                   under test
 *   bench_plain     jumps to the program under test
 *   bench_end       where that goes for the price of the two themselves
 */
#include "vmlinux.h"
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "rfs/tag.h"

#define CPUS_MAX 1024

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 flow_mask; /* flows - 1 */
const volatile __u32 cpu_max = CPUS_MAX;

struct counters {
	__u64 processed;
	__u64 dropped;
	__u64 issue;
	__u64 pad[5];
};

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, CPUS_MAX);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} bench_cpumap SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CPUS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} cpus_available SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cpus_count SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, CPUS_MAX);
	__type(key, __u32);
	__type(value, struct counters);
} rx_cnt SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} under_test SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} words SEC(".maps");

static __u64 random_state = 88172645463325252ULL;

/*
 * BPF_PROG_RUN gives each run the buffer as the last one left it. So the tag that rfs writes into a
 * frame is taken out again, whether there is one or not.
 */
static __always_inline void untag(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	__u16 type;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return;
	type = bpf_ntohs(eth->h_proto);
	if (rfs_tag(0, type) == RFS_TAG_NONE)
		eth->h_proto = bpf_htons(rfs_tag_eth_type(type));
}

SEC("xdp")
int bench_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp")
int bench_redirect(struct xdp_md *ctx)
{
	return bpf_redirect_map(&bench_cpumap, 0, XDP_PASS);
}

SEC("xdp")
int bench_end(struct xdp_md *ctx)
{
	return XDP_REDIRECT;
}

SEC("xdp")
int bench_word(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	__u64 *word;
	__u32 flow;

	if ((void *)(ip + 1) > end)
		return XDP_ABORTED;
	flow = bpf_ntohl(ip->saddr) & flow_mask;
	word = bpf_map_lookup_elem(&words, &flow);
	return word ? bpf_redirect_map(&bench_cpumap, *word, XDP_PASS) : XDP_ABORTED;
}

/* SuperFastHash() by Paul Hsieh, for 4-byte multiples, as in xdp-tools. */
static __always_inline __u32 super_fast_hash(const __u32 *words, int n, __u32 hash)
{
	hash += n * 4;
	for (int i = 0; i < n; i++) {
		hash += words[i] & 0xffff;
		hash = (hash << 16) ^ (((words[i] >> 16) << 11) ^ hash);
		hash += hash >> 11;
	}
	hash ^= hash << 3;
	hash += hash >> 5;
	hash ^= hash << 4;
	hash += hash >> 17;
	hash ^= hash << 25;
	hash += hash >> 6;
	return hash;
}

#define INITVAL 15485863

static __always_inline __u32 hash_ip(void *pos, void *end, __be16 proto)
{
	if (proto == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = pos;
		__u32 sum;

		if ((void *)(ip + 1) > end)
			return 0;
		sum = ip->saddr + ip->daddr;
		return super_fast_hash(&sum, 1, INITVAL + ip->protocol);
	}
	if (proto == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = pos;
		__u32 sum[4];

		if ((void *)(ip + 1) > end)
			return 0;
		for (int i = 0; i < 4; i++)
			sum[i] = ip->saddr.in6_u.u6_addr32[i] + ip->daddr.in6_u.u6_addr32[i];
		return super_fast_hash(sum, 4, INITVAL + ip->nexthdr);
	}
	return 0;
}

struct vlan {
	__be16 tci;
	__be16 proto;
};

SEC("xdp")
int bench_l4_hash(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 cpu_of_rx = bpf_get_smp_processor_id(), zero = 0, i, *cpu, *count;
	struct ethhdr *eth = data;
	struct counters *c;
	__be16 proto;
	void *pos;

	c = bpf_map_lookup_elem(&rx_cnt, &cpu_of_rx);
	if (!c)
		return XDP_PASS;
	c->processed++;
	count = bpf_map_lookup_elem(&cpus_count, &zero);
	if (!count || !*count)
		return XDP_ABORTED;
	if ((void *)(eth + 1) > end)
		return XDP_PASS;
	proto = eth->h_proto;
	pos = eth + 1;
	for (i = 0; i < 2; i++) {
		struct vlan *v = pos;

		if (proto != bpf_htons(ETH_P_8021Q) && proto != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(v + 1) > end)
			return XDP_PASS;
		proto = v->proto;
		pos = v + 1;
	}
	i = hash_ip(pos, end, proto) % *count;
	cpu = bpf_map_lookup_elem(&cpus_available, &i);
	if (!cpu)
		return XDP_ABORTED;
	if (*cpu >= cpu_max) {
		c->issue++;
		return XDP_ABORTED;
	}
	return bpf_redirect_map(&bench_cpumap, *cpu, 0);
}

SEC("xdp")
int bench_plain(struct xdp_md *ctx)
{
	untag(ctx);
	bpf_tail_call(ctx, &under_test, 0);
	return XDP_ABORTED;
}

/* The source address of flow n is 10.0.0.0 + n; see micro.c. */
SEC("xdp")
int bench_mix(struct xdp_md *ctx)
{
	__u64 x = random_state;
	struct iphdr *ip;
	void *data, *end;

	untag(ctx);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	ip = data + sizeof(struct ethhdr);
	if ((void *)(ip + 1) > end)
		return XDP_ABORTED;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	random_state = x;
	ip->saddr = bpf_htonl(0x0a000000 + ((x >> 20) & flow_mask));
	bpf_tail_call(ctx, &under_test, 0);
	return XDP_ABORTED;
}

/*
 * What of a recorder remains that keeps its socket's key and last CPU in the socket: its storage
 * looked up, the CPU compared.
 */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} storage SEC(".maps");

SEC("tp_btf/sock_send_length")
int BPF_PROG(bench_storage, struct sock *sk, int ret, int flags)
{
	__u64 cpu = bpf_get_smp_processor_id() + 1;
	__u64 *last = bpf_sk_storage_get(&storage, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (last && *last != cpu)
		*last = cpu;
	return 0;
}

/* What kernel.bpf_stats_enabled counts for a program that does nothing. */
SEC("tp_btf/sock_recv_length")
int BPF_PROG(bench_nothing, struct sock *sk, int ret, int flags)
{
	return 0;
}
