// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_cpumap.c - the tag that frames carry through a ring, and the program that takes it off: by
 * BPF_PROG_RUN, and by live frames, which the kernel's threads take.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_ether.h>

#include "rfs/rules.h"
#include "rfs/tag.h"
#include "suite.h"
#include "rfs_steer.skel.h"

#define POLL 40 /* frames: fewer than a ring holds */

static struct packet packet;

/* ---- by BPF_PROG_RUN ---- */

/*
 * The CPUMAP's program as one that can be run: the kernel refuses that of those that are loaded for
 * a CPUMAP. It has the maps of the bench.
 */
static int cpumap_prog(struct bench *b)
{
	const struct bpf_program *prog = b->skel->progs.rfs_cpumap;
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "rfs_test_cpumap", "GPL",
			       bpf_program__insns(prog), bpf_program__insn_cnt(prog), NULL);

	if (fd < 0)
		fail_msg("cannot load the CPUMAP's program anew: %s", strerror(errno));
	return fd;
}

/* The current task as the kernel knows it, half of it at a time: a program's result has 32 bits. */
static __u64 current_task(void)
{
	static const __u8 data[ETH_HLEN];
	__u64 task = 0;

	for (int shift = 32; shift >= 0; shift -= 32) {
		const struct bpf_insn insns[] = {
			{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_task },
			{ .code = BPF_ALU64 | BPF_RSH | BPF_K, .imm = shift },
			{ .code = BPF_JMP | BPF_EXIT },
		};
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = sizeof(data),
			    .repeat = 1);
		int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "rfs_test_task", "GPL", insns,
				       sizeof(insns) / sizeof(insns[0]), NULL);

		assert_true(fd >= 0);
		assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
		close(fd);
		task = task << 32 | opts.retval;
	}
	return task;
}

/* A frame goes in with this tag, and comes out with this EtherType, and else as it was. */
static void expect_frame(int prog, __u16 tag, __u16 eth_type, const char *what)
{
	static __u8 in[PACKET_MAX], out[PACKET_MAX];
	struct xdp_md ctx = bench_ctx(0, &packet);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = packet.len,
		    .data_out = out, .data_size_out = sizeof(out), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1);

	memcpy(in, packet.data, packet.len);
	((struct ethhdr *)in)->h_proto = htons(tag);
	assert_int_equal(bpf_prog_test_run_opts(prog, &opts), 0);
	verdict_check(opts.retval, XDP_PASS, what);
	((struct ethhdr *)in)->h_proto = htons(eth_type);
	if (opts.data_size_out != packet.len || memcmp(out, in, packet.len))
		fail_msg("%s: EtherType %04x came out of tag %04x, or other bytes changed", what,
			 ntohs(((struct ethhdr *)out)->h_proto), tag);
}

/*
 * Frames of two queues: each counts in its ring and its CPU's thread. That CPU is the one that it
 * is on, if the thread is known to be its; else the one that the kernel says is the thread's. As
 * none is that runs a test, that is CPU 0.
 */
static void test_counts(void **state)
{
	const __u32 cpus[] = { cpu_a, cpu_b };
	static struct shadow s;
	struct bench *b = *state;
	int prog = cpumap_prog(b);

	packet_of_flow(&packet, &(struct flow){ .proto = IPPROTO_UDP });
	for (int known = 0; known < 2; known++) {
		for (int i = 0; i < 24; i++) {
			__u32 queue = i / 2 % 2, on = cpus[i % 2], cpu = known ? on : 0;

			run_on(on);
			b->threads[on].owner = known ? current_task() : 1;
			shadow_take(&s, b, queue);
			rps_ring_pop(&s.rings[cpu], &s.threads[cpu]);
			expect_frame(prog, rfs_tag(queue, ETH_P_IP), ETH_P_IP, "a frame of a ring");
			shadow_check(&s, b, queue, "a frame of a ring");
		}
	}
	assert_int_equal(b->q[1].rings[cpu_b].popped, cpu_b ? 6 : 18);
	assert_int_equal(b->threads[cpu_b].taken, cpu_b ? 12 : 36);
	close(prog);
}

/* Each EtherType that is steered comes out as it went in. */
static void test_types(void **state)
{
	static const __u16 types[] = { ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q, ETH_P_8021AD,
				       ETH_P_PPP_SES };
	struct bench *b = *state;
	int prog = cpumap_prog(b);

	packet_of_flow(&packet, &(struct flow){ .proto = IPPROTO_UDP });
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		expect_frame(prog, rfs_tag(1, types[i]), types[i], "an EtherType");
	assert_int_equal(b->q[1].rings[0].popped, sizeof(types) / sizeof(types[0]));
	close(prog);
}

/* A tag that no queue has, or no frame: the thread goes on counting. */
static void test_odd_tags(void **state)
{
	static const char *const what = "a tag that cannot be";
	const struct {
		__u16 tag, eth_type;
	} rows[] = {
		{ rfs_tag(BENCH_QUEUES, ETH_P_IP), ETH_P_IP },
		{ rfs_tag(RFS_TAG_QUEUES - 1, ETH_P_IPV6), ETH_P_IPV6 },
		{ 5, 5 },
		{ RFS_TAG_NONE, RFS_TAG_NONE },
	};
	static struct shadow s;
	struct bench *b = *state;
	int prog = cpumap_prog(b);

	packet_of_flow(&packet, &(struct flow){ .proto = IPPROTO_UDP });
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		shadow_take(&s, b, 0);
		s.threads[0].taken++;
		expect_frame(prog, rows[i].tag, rows[i].eth_type, what);
		shadow_check(&s, b, 0, what);
	}
	close(prog);
}

/* In generic mode frames have no tag, and all queues' are the first one's. */
static void test_generic_untagged(void **state)
{
	struct flow flow = flow_number(900);

	(void)state;
	packet_of_flow(&packet, &flow);
	bench_reader(&generic, &flow, cpu_b);
	bench_poll(&generic, &packet, POLL);
	bench_popped(&generic, 0, cpu_b);
	assert_int_equal(generic.q[0].rings[cpu_b].popped, POLL);
	assert_int_equal(generic.q[1].rings[cpu_b].popped, 0);
	assert_int_equal(generic.threads[cpu_b].taken, POLL);
	assert_int_equal(generic.threads[cpu_a].taken, 0);
}

/* ---- by live frames ---- */

/* All that the stack is given in this network namespace. */
static int listen_all(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	assert_true(fd >= 0);
	return fd;
}

/* n packets come up, and each is the one that went in. */
static void expect_packets(int fd, __u32 n)
{
	static __u8 data[PACKET_MAX];
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	for (__u32 i = 0; i < n; i++) {
		ssize_t len;

		if (poll(&pfd, 1, 10000) != 1)
			fail_msg("%u of %u packets came out", i, n);
		len = recv(fd, data, sizeof(data), 0);
		if (len != packet.len || memcmp(data, packet.data, packet.len))
			fail_msg("packet %u came out as another, of %zd bytes", i, len);
	}
}

/*
 * To two CPUs in turn: popped, the marks and what their threads took move, and the bytes are right.
 * The kernel's live frames come by the first queue, whichever is asked for.
 */
static void test_live(void **state)
{
	const __u32 cpus[] = { cpu_a, cpu_b };
	struct flow flows[] = { flow_number(901), flow_number(950) };
	struct bench *b = *state;
	int fd = listen_all();

	for (int i = 0; i < 6; i++) {
		struct rps_ring *ring = &b->q[0].rings[cpus[i % 2]];

		packet_of_flow(&packet, &flows[i % 2]);
		bench_reader(b, &flows[i % 2], cpus[i % 2]);
		bench_poll(b, &packet, POLL);
		bench_popped(b, 0, cpus[i % 2]);
		expect_packets(fd, POLL);
		assert_int_equal(ring->popped, (i / 2 + 1) * POLL);
		assert_int_equal(ring->last.frames, ring->popped);
		assert_int_equal(ring->last.at, ring->popped);
		assert_int_equal(ring->delivered, 0); /* which the recorder would have told */
		assert_int_equal(ring->snap.frames, 1);
		assert_int_equal(b->threads[cpus[i % 2]].taken, ring->popped);
	}
	assert_int_equal(b->threads[cpu_b].taken, b->threads[cpu_a].taken);
	close(fd);
}

void add_cpumap_tests(void)
{
	suite_add("CPUMAP: frames are counted", test_counts, &plain);
	suite_add("CPUMAP: EtherTypes", test_types, &plain);
	suite_add("CPUMAP: tags that cannot be", test_odd_tags, &plain);
	suite_add("CPUMAP: live frames", test_live, &plain);
	suite_add("CPUMAP: live frames without a tag; generic mode", test_generic_untagged, NULL);
}
