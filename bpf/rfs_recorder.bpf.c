// SPDX-License-Identifier: GPL-2.0-only
/*
 * rfs_recorder - what steering needs to know from the rest of the kernel, once per host.
 *
 * 1. Who reads what, and where. When an application receives or sends on a connected TCP or UDP
 *    socket, the flow's entry in rps_sock_flow gets the CPU that the call runs on. The XDP program
 *    computes the same hash from a packet and finds the CPU. A call that finds its CPU already
 *    there writes nothing. Entries are made only here: packets, which anybody can forge, can never
 *    push a live flow out of the table. They go when the socket is unhashed or disconnected; the
 *    LRU takes what was missed.
 * 2. How far each CPUMAP kthread is, from its tracepoints: popped, delivered, lost. The switch rule
 *    in the XDP program reads these; see rules.h.
 * 3. When a NAPI poll that passed packets up by itself has nothing of them left in GRO.
 *
 * For 1 there are two sets of programs, of which the loader takes one: fentry on the protocols'
 * functions, where the CPU is known before the data is there, or, where the kernel refuses fentry
 * (lockdown, no function tracing), the tracepoints sock_recv_length and sock_send_length (6.3),
 * which fire after each call of any socket. Functions changed their later parameters within 6.x;
 * only first ones are used.
 *
 * Not recorded: unconnected sockets (no flow), listening ones, and flows that never leave the host.
 */
#include "vmlinux.h"
#include <linux/in.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "rfs/ents.h"
#include "rfs/hash.h"
#include "kthread.h"

#define AF_INET		2
#define AF_INET6	10
#define TCP_ESTABLISHED 1 /* connected UDP sockets are in this state too */
#define TCP_CLOSE	7
#define MSG_ERRQUEUE	0x2000
#define ENOSPC		28

char LICENSE[] SEC("license") = "GPL";

/* Set by the loader before load. */
const volatile __u32 hash_key[RFS_HASH_WORDS];
const volatile __u32 nr_cpus = 1;
const volatile __u32 sock_sets = 1;		    /* of rps_sock_ents, a power of two */
const volatile unsigned long napi_busy_poll = ~0UL; /* the bit in napi_struct.state */

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct rps_sock_flow);
} rps_sock_flow SEC(".maps");

/* The CPUs of rps_sock_flow once more, in little room: ents.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rps_sock_ents);
} rps_sock_ents SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rfs_locality);
} rfs_locality SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rfs_global);
} rfs_global SEC(".maps");

/* By the id of an RX queue's rps_ring: that map. The loader sets the inner maps, here and below. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u32);
} rings SEC(".maps");

/* By the id of an interface's CPUMAP: what the kthreads of its CPUs did. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u32);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rfs_napi);
} rfs_napi SEC(".maps");

static const __u32 zero;

/* ---- 1. sockets ---- */

struct sock_tuple {
	__u16 family;
	__u8 proto;
	__be16 lport;
	__be16 rport;
	__be32 laddr[4];
	__be32 raddr[4];
};

static __always_inline bool is_loopback4(__be32 addr)
{
	return (addr & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
}

/*
 * The tuple and key under which a socket's packets come in; false if it is not a flow that comes
 * from another host.
 */
static __always_inline bool sock_flow_key(struct sock *sk, struct sock_tuple *t, __u32 *key)
{
	struct sock_common *skc = &sk->__sk_common;
	const __be32 *laddr6 = skc->skc_v6_rcv_saddr.in6_u.u6_addr32;
	const __be32 *raddr6 = skc->skc_v6_daddr.in6_u.u6_addr32;

	t->proto = sk->sk_protocol;
	if (t->proto != IPPROTO_TCP && t->proto != IPPROTO_UDP)
		return false;
	t->family = skc->skc_family;
	t->lport = bpf_htons(skc->skc_num);
	t->rport = skc->skc_dport;
	if (!t->rport || !t->lport)
		return false;

	if (t->family == AF_INET6) {
		for (int i = 0; i < 4; i++) {
			t->laddr[i] = laddr6[i];
			t->raddr[i] = raddr6[i];
		}
		/* A server on [::] has IPv4 packets from its IPv4 peers. */
		if (!t->raddr[0] && !t->raddr[1] && t->raddr[2] == bpf_htonl(0xffff)) {
			t->family = AF_INET;
			t->laddr[0] = t->laddr[3];
			t->raddr[0] = t->raddr[3];
			t->laddr[1] = t->laddr[2] = t->laddr[3] = 0;
			t->raddr[1] = t->raddr[2] = t->raddr[3] = 0;
		} else {
			if (t->raddr[0] == t->laddr[0] && t->raddr[1] == t->laddr[1] &&
			    t->raddr[2] == t->laddr[2] && t->raddr[3] == t->laddr[3])
				return false;
			*key = flow_hash_v6(hash_key, t->raddr, t->laddr, t->rport, t->lport,
					    t->proto)
				       .key;
			return true;
		}
	} else if (t->family == AF_INET) {
		t->laddr[0] = skc->skc_rcv_saddr;
		t->raddr[0] = skc->skc_daddr;
	} else {
		return false;
	}
	if (t->raddr[0] == t->laddr[0] || is_loopback4(t->raddr[0]))
		return false;
	*key = flow_hash_v4(hash_key, t->raddr[0], t->laddr[0], t->rport, t->lport, t->proto).key;
	return true;
}

static __always_inline void flow_add(const struct sock_tuple *t, __u32 key, __u32 cpu)
{
	struct rps_sock_flow flow = {
		.cpu = cpu,
		.pid = bpf_get_current_pid_tgid() >> 32,
		.family = t->family,
		.proto = t->proto,
		.lport = t->lport,
		.rport = t->rport,
	};

	for (int i = 0; i < 4; i++) {
		flow.laddr[i] = t->laddr[i];
		flow.raddr[i] = t->raddr[i];
	}
	bpf_get_current_comm(flow.comm, sizeof(flow.comm));
	bpf_map_update_elem(&rps_sock_flow, &key, &flow, BPF_ANY);
}

static __always_inline void count_locality(struct sock *sk, __u32 cpu)
{
	struct rfs_locality *loc;
	int incoming = sk->__sk_common.skc_incoming_cpu;

	if (incoming < 0) /* no packet yet */
		return;
	loc = bpf_map_lookup_elem(&rfs_locality, &zero);
	if (!loc)
		return;
	if ((__u32)incoming == cpu)
		loc->local++;
	else
		loc->remote++;
}

/*
 * A call that finds its CPU in rps_sock_ents need not touch rps_sock_flow. But the LRU takes for
 * unused what nobody looks up, so once in 64 jiffies a flow's calls do it, each flow in a jiffy of
 * its own.
 */
static __always_inline bool lru_is_due(__u32 key)
{
	return !(((__u32)bpf_jiffies64() ^ key) & 63);
}

static __always_inline int record(struct sock *sk, bool is_read)
{
	struct rps_sock_ents *ents;
	struct rps_sock_flow *flow;
	struct sock_tuple t = {};
	__u32 key, cpu, set;

	if (sk->__sk_common.skc_state != TCP_ESTABLISHED || !sock_flow_key(sk, &t, &key))
		return 0;
	cpu = bpf_get_smp_processor_id();
	if (is_read)
		count_locality(sk, cpu);
	set = rps_set(key, sock_sets);
	ents = bpf_map_lookup_elem(&rps_sock_ents, &set);
	if (!ents || (rps_ents_cpu(ents, key) == cpu && !lru_is_due(key)))
		return 0;
	flow = bpf_map_lookup_elem(&rps_sock_flow, &key);
	if (!flow)
		flow_add(&t, key, cpu);
	else if (READ_ONCE(flow->cpu) != cpu)
		WRITE_ONCE(flow->cpu, cpu);
	rps_ents_put(ents, key, cpu, bpf_get_prandom_u32());
	return 0;
}

static __always_inline int forget(struct sock *sk)
{
	struct rps_sock_ents *ents;
	struct sock_tuple t = {};
	__u32 key, set;

	if (!sock_flow_key(sk, &t, &key))
		return 0;
	bpf_map_delete_elem(&rps_sock_flow, &key);
	set = rps_set(key, sock_sets);
	ents = bpf_map_lookup_elem(&rps_sock_ents, &set);
	if (ents)
		rps_ents_drop(ents, key);
	return 0;
}

SEC("fentry/tcp_recvmsg")
int BPF_PROG(tcp_recvmsg, struct sock *sk)
{
	return record(sk, true);
}

SEC("fentry/tcp_splice_read")
int BPF_PROG(tcp_splice_read, struct socket *sock)
{
	return record(sock->sk, true);
}

SEC("fentry/tcp_sendmsg")
int BPF_PROG(tcp_sendmsg, struct sock *sk)
{
	return record(sk, false);
}

SEC("fentry/udp_recvmsg")
int BPF_PROG(udp_recvmsg, struct sock *sk)
{
	return record(sk, true);
}

SEC("fentry/udpv6_recvmsg")
int BPF_PROG(udpv6_recvmsg, struct sock *sk)
{
	return record(sk, true);
}

SEC("fentry/udp_sendmsg")
int BPF_PROG(udp_sendmsg, struct sock *sk)
{
	return record(sk, false);
}

SEC("fentry/udpv6_sendmsg")
int BPF_PROG(udpv6_sendmsg, struct sock *sk)
{
	return record(sk, false);
}

/*
 * accept(2): a connection's first packets come before its first read. newsock has its sock after
 * the call; the later parameters changed in 6.10.
 */
SEC("fexit/inet_accept")
int BPF_PROG(inet_accept, struct socket *sock, struct socket *newsock)
{
	return record(newsock->sk, false);
}

SEC("fentry/inet_unhash")
int BPF_PROG(inet_unhash, struct sock *sk)
{
	return forget(sk);
}

SEC("fentry/udp_lib_unhash")
int BPF_PROG(udp_lib_unhash, struct sock *sk)
{
	return forget(sk);
}

SEC("fentry/__udp_disconnect")
int BPF_PROG(__udp_disconnect, struct sock *sk)
{
	return forget(sk);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *sk, int ret, int flags)
{
	/* ret: the length, or an error, which is no read. */
	return ret > 0 && !(flags & MSG_ERRQUEUE) ? record(sk, true) : 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length, struct sock *sk, int ret, int flags)
{
	return ret > 0 ? record(sk, false) : 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, struct sock *sk, int oldstate, int newstate)
{
	return newstate == TCP_CLOSE ? forget(sk) : 0;
}

/* ---- 2. rings ---- */

/* Does this thread's GRO hold packets, or hand them on later? Read in the thread itself. */
static __always_inline bool thread_holds_some(struct task_struct *task)
{
	struct bpf_cpu_map_entry *entry = kthread_entry(task);

	return BPF_CORE_READ(entry, gro.bitmask) || BPF_CORE_READ(entry, gro.rx_count);
}

/* Has this thread, which slept since its last round, had to wait for its CPU? */
static __always_inline void note_wait(struct rps_thread *thread, struct task_struct *task,
				      bool slept)
{
	__u64 run_delay, before = thread->run_delay;

	if (!bpf_core_field_exists(task->sched_info.run_delay))
		return;
	run_delay = task->sched_info.run_delay;
	thread->run_delay = run_delay;
	if (slept && before && rps_thread_waited(thread, run_delay - before))
		WRITE_ONCE(thread->busy_until, bpf_ktime_get_ns() + thread->busy_ns);
}

SEC("tp_btf/xdp_cpumap_kthread")
int BPF_PROG(xdp_cpumap_kthread, int map_id, unsigned int processed, unsigned int drops, int sched)
{
	bool gro = bpf_core_field_exists(struct bpf_cpu_map_entry, gro), held = false, slept;
	__u32 key = map_id, cpu = bpf_get_smp_processor_id();
	void *cpumap_threads = bpf_map_lookup_elem(&threads, &key);
	struct rps_thread *thread;
	struct task_struct *task;

	if (!cpumap_threads)
		return 0;
	task = bpf_get_current_task_btf();
	thread = bpf_map_lookup_elem(cpumap_threads, &cpu);
	if (!thread || thread->owner != (__u64)task) {
		/* Its first event, or its CPU went offline. */
		cpu = kthread_cpu(task);
		thread = bpf_map_lookup_elem(cpumap_threads, &cpu);
		if (!thread)
			return 0;
	}
	/* The last round of one whose entry was made anew: the ring is another thread's. */
	if (!processed && thread->owner != (__u64)task)
		return 0;
	slept = rps_thread_owner(thread, (__u64)task, task->nvcsw, sched);
	note_wait(thread, task, slept);
	thread->alloc_failed += drops;
	if (gro && !slept)
		held = thread_holds_some(task);
	rps_thread_event(thread, slept, gro, held, bpf_jiffies64());
	return 0;
}

static __always_inline struct rps_ring *find_ring(__u32 queue_id, __u32 cpu)
{
	void *queue_rings = bpf_map_lookup_elem(&rings, &queue_id);

	return queue_rings ? bpf_map_lookup_elem(queue_rings, &cpu) : NULL;
}

/*
 * The ring of an event on the CPU that redirects: a bulk queue holds frames of the NAPI poll that
 * runs only, and the XDP program says whose that is.
 */
static __always_inline struct rps_ring *redirected_to(__u32 cpumap_id, __u32 cpu)
{
	struct rfs_napi *napi = bpf_map_lookup_elem(&rfs_napi, &zero);
	struct rps_ring *ring = napi ? find_ring(napi->queue_id, cpu) : NULL;

	return ring && ring->cpumap_id == cpumap_id ? ring : NULL;
}

/*
 * On the CPU that redirects. In native mode processed includes drops, in generic mode it does not,
 * and is 0 or 1. Counting is atomic, since generic XDP fills a ring from several CPUs, and rare.
 */
SEC("tp_btf/xdp_cpumap_enqueue")
int BPF_PROG(xdp_cpumap_enqueue, int map_id, unsigned int processed, unsigned int drops, int to_cpu)
{
	struct rps_ring *ring = redirected_to(map_id, to_cpu);

	if (!ring)
		return 0;
	if (drops)
		__sync_fetch_and_add(&ring->lost_ring_full, drops);
	rps_ring_entered(ring, processed ?: drops);
	return 0;
}

static __always_inline int redirect_failed(int err, __u32 map_type, __u32 map_id, __u32 index)
{
	struct rps_ring *ring;

	/* Generic XDP reports a full ring both here and at xdp_cpumap_enqueue. */
	if (map_type != BPF_MAP_TYPE_CPUMAP || err == -ENOSPC)
		return 0;
	ring = redirected_to(map_id, index);
	if (ring) {
		__sync_fetch_and_add(&ring->lost_redirect_error, 1);
		__sync_fetch_and_add(&ring->failed, 1);
	}
	return 0;
}

SEC("tp_btf/xdp_redirect_err")
int BPF_PROG(xdp_redirect_err, void *dev, void *prog, void *tgt, int err, int map_type,
	     __u32 map_id, __u32 index)
{
	return redirect_failed(err, map_type, map_id, index);
}

/* Kernels with this one use it for maps, in the place of the former. */
SEC("tp_btf/xdp_redirect_map_err")
int BPF_PROG(xdp_redirect_map_err, void *dev, void *prog, void *tgt, int err, int map_type,
	     __u32 map_id, __u32 index)
{
	return redirect_failed(err, map_type, map_id, index);
}

/* ---- 3. packets that stayed ---- */

/*
 * What GRO holds. Not its list of packets that wait to be handed on together (rx_count): that is
 * handed on right after the tracepoint at the latest, and so before this NAPI's next packet.
 */
static __always_inline bool napi_holds_some(struct napi_struct *napi)
{
	struct napi_struct___pre_6_15 *old = (void *)napi;

	if (bpf_core_field_exists(napi->gro))
		return napi->gro.bitmask;
	return BPF_CORE_READ(old, gro_bitmask);
}

static __always_inline bool napi_is_busy_polled(struct napi_struct *napi)
{
	return napi->state & napi_busy_poll;
}

/*
 * A poll has ended. If it was one in which the XDP program passed packets up, and GRO holds none,
 * then all that the queue ever passed has been delivered. Else see rps_local_event().
 */
SEC("tp_btf/napi_poll")
int BPF_PROG(napi_poll, struct napi_struct *napi)
{
	struct rfs_napi *poll = bpf_map_lookup_elem(&rfs_napi, &zero);
	struct rps_ring *local;

	if (!poll || !poll->passed)
		return 0;
	poll->passed = 0;
	local = find_ring(poll->queue_id, nr_cpus);
	/* The next poll may run elsewhere already: what is counted since is not this one's to tell.
	 */
	if (local && (__u32)READ_ONCE(local->tail) == poll->tail)
		rps_local_event(local, napi_holds_some(napi), napi_is_busy_polled(napi),
				bpf_jiffies64());
	return 0;
}
