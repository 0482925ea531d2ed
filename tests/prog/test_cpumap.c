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
#include "suite.h"
#include "rfs_steer.skel.h"

#define META_MAX 252 /* a frame's metadata, at most */
#define META_OLD 32  /* and on older kernels */
#define POLL	 40  /* frames: fewer than a ring holds */

static struct packet packet;

/* ---- by BPF_PROG_RUN ---- */

/* What goes into a program, and what comes out: metadata, then the packet. */
struct frame {
	__u32 len;
	__u32 meta; /* of len */
	__u8 data[2 * META_MAX + PACKET_MAX];
};

static void frame_of(struct frame *f, const void *meta, __u32 len)
{
	f->meta = len;
	f->len = len + packet.len;
	memcpy(f->data, meta, len);
	memcpy(f->data + len, packet.data, packet.len);
}

/* Return: the verdict, or a negative errno. */
static int run_frame(int prog, __u32 queue, const struct frame *in, struct frame *out)
{
	struct xdp_md ctx = bench_ctx(queue, &packet), after = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->data, .data_size_in = in->len,
		    .data_out = out->data, .data_size_out = sizeof(out->data), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .ctx_out = &after, .ctx_size_out = sizeof(after),
		    .repeat = 1);

	ctx.data = in->meta;
	ctx.data_end = in->len;
	if (bpf_prog_test_run_opts(prog, &opts))
		return -errno;
	out->len = opts.data_size_out;
	out->meta = after.data;
	return opts.retval;
}

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

/* The packet comes out as it went in, behind this metadata. */
static void check_frame(const struct frame *out, const void *meta, __u32 len, const char *what)
{
	static struct frame want;

	frame_of(&want, meta, len);
	if (out->len != want.len || out->meta != want.meta ||
	    memcmp(out->data, want.data, want.len))
		fail_msg("%s: %u bytes of metadata and %u more came out, expected %u and %u", what,
			 out->meta, out->len - out->meta, len, packet.len);
}

/* A frame as in the CPUMAP's ring: with this tag, in the metadata or in front of the packet. */
static void tagged(struct frame *f, struct rfs_tag tag, bool in_front)
{
	frame_of(f, &tag, sizeof(tag));
	if (in_front)
		f->meta = 0;
}

static void open_bench(struct bench *b, bool no_metadata)
{
	const struct bench_opts opts = { .flow_cnt = BENCH_SLOTS, .no_metadata = no_metadata };

	assert_int_equal(bench_open(b, &opts), 0);
	bench_reset(b);
}

/* Frames of two queues to two CPUs: each counts in its ring and its CPU's thread. */
static void test_counts(void **state)
{
	const __u32 cpus[] = { cpu_a, cpu_b };
	bool in_front = *(const bool *)*state;
	static struct frame in, out;
	static struct shadow s;
	struct bench b;
	int prog;

	open_bench(&b, in_front);
	prog = cpumap_prog(&b);
	packet_of_flow(&packet, &(struct flow){ .proto = IPPROTO_UDP });
	for (int i = 0; i < 24; i++) {
		__u32 queue = i / 2 % 2, cpu = cpus[i % 2];

		tagged(&in, (struct rfs_tag){ queue, cpu }, in_front);
		shadow_take(&s, &b, queue);
		rps_ring_pop(&s.rings[cpu], &s.threads[cpu]);
		verdict_check(run_frame(prog, 0, &in, &out), XDP_PASS, "a frame of a ring");
		check_frame(&out, NULL, 0, "a frame of a ring");
		shadow_check(&s, &b, queue, "a frame of a ring");
	}
	assert_int_equal(b.q[1].rings[cpu_b].popped, 6);
	assert_int_equal(b.q[1].rings[cpu_b].last.frames, 6);
	assert_int_equal(b.q[1].rings[cpu_b].last.at, 12);
	assert_int_equal(b.threads[cpu_b].taken, 12);
	close(prog);
	bench_close(&b);
}

/* A tag that no queue or CPU has: the thread goes on counting, if it is known. */
static void test_odd_tags(void **state)
{
	static const char *const what = "a tag that cannot be";
	const struct {
		struct rfs_tag tag;
		bool taken;
	} rows[] = {
		{ { BENCH_QUEUES, cpu_a }, true }, { { 0xffff, cpu_a }, true },
		{ { 0, ring_local }, false },	   { { 0, 0xffff }, false },
		{ { 0xffff, 0xffff }, false },
	};
	bool in_front = *(const bool *)*state;
	static struct frame in, out;
	static struct shadow s;
	struct bench b;
	int prog;

	open_bench(&b, in_front);
	prog = cpumap_prog(&b);
	packet_of_flow(&packet, &(struct flow){ .proto = IPPROTO_UDP });
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tagged(&in, rows[i].tag, in_front);
		shadow_take(&s, &b, 0);
		if (rows[i].taken)
			s.threads[rows[i].tag.cpu].taken++;
		verdict_check(run_frame(prog, 0, &in, &out), XDP_PASS, what);
		check_frame(&out, NULL, 0, what);
		shadow_check(&s, &b, 0, what);
	}
	close(prog);
	bench_close(&b);
}

/* Metadata that another program put in front of the packet is behind the tag, and stays. */
static void test_other_metadata(void **state)
{
	static const __u8 meta[META_OLD - 4] = "of a program before ours";
	struct flow flow = flow_number(900);
	static struct frame in, out, last;
	struct bench *b = *state;
	struct rfs_tag tag;
	int prog;

	prog = cpumap_prog(b);
	packet_of_flow(&packet, &flow);
	bench_reader(b, &flow, cpu_b);
	frame_of(&in, meta, sizeof(meta));
	verdict_check(run_frame(b->prog, 1, &in, &out), XDP_REDIRECT, "with metadata");
	assert_int_equal(out.meta, sizeof(tag) + sizeof(meta));
	assert_int_equal(out.len, sizeof(tag) + in.len);
	memcpy(&tag, out.data, sizeof(tag));
	assert_int_equal(tag.queue, 1);
	assert_int_equal(tag.cpu, cpu_b);
	assert_memory_equal(out.data + sizeof(tag), in.data, in.len);
	verdict_check(run_frame(prog, 0, &out, &last), XDP_PASS, "and out of the ring");
	check_frame(&last, meta, sizeof(meta), "and out of the ring");
	assert_int_equal(b->q[1].rings[cpu_b].popped, 1);
	close(prog);
}

/* No room for a tag: the packet is passed as it is, and counted nowhere. */
static void test_no_room(void **state)
{
	static const char *const what = "no room for a tag";
	static const __u8 meta[META_MAX] = { 1, 2, 3 };
	struct flow flow = flow_number(900);
	bool in_front = *(const bool *)*state;
	static struct frame in, out;
	static struct shadow s;
	__u32 len = META_MAX;
	struct bench b;
	int verdict;

	open_bench(&b, in_front);
	packet_of_flow(&packet, &flow);
	shadow_take(&s, &b, 0);
	s.stats.count[RFS_STAT_PASS_NO_CPU]++;
	/* The most that this kernel takes leaves no room for more. */
	for (verdict = -EINVAL; verdict == -EINVAL && len; len -= 4) {
		frame_of(&in, meta, len);
		verdict = run_frame(b.prog, 0, &in, &out);
	}
	len += 4;
	if (in_front && len <= META_OLD) {
		/* cmocka's skip() is a failure in TAP. */
		print_message("# %s: this kernel leaves no frame so little headroom\n", what);
		bench_close(&b);
		return;
	}
	verdict_check(verdict, XDP_PASS, what);
	check_frame(&out, meta, len, what);
	for (__u32 i = 0; i < BENCH_SLOTS; i++) /* no matter */
		s.places[i] = bench_place(&b, i);
	s.places_set = true;
	/* Nothing is counted, but the poll is. */
	s.counted = b.q[0].id;
	shadow_check(&s, &b, 0, what);
	bench_close(&b);
}

/* In generic mode frames have no tag, and all queues' are the first one's. */
static void test_generic_untagged(void **state)
{
	struct flow flow = flow_number(900);

	(void)state;
	packet_of_flow(&packet, &flow);
	bench_reader(&generic, &flow, cpu_b);
	bench_poll(&generic, 1, &packet, POLL);
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
	struct bench b;
	int fd;

	open_bench(&b, *(const bool *)*state);
	fd = listen_all();
	for (int i = 0; i < 6; i++) {
		struct rps_ring *ring = &b.q[0].rings[cpus[i % 2]];

		packet_of_flow(&packet, &flows[i % 2]);
		bench_reader(&b, &flows[i % 2], cpus[i % 2]);
		bench_poll(&b, 0, &packet, POLL);
		bench_popped(&b, 0, cpus[i % 2]);
		expect_packets(fd, POLL);
		assert_int_equal(ring->popped, (i / 2 + 1) * POLL);
		assert_int_equal(ring->last.frames, ring->popped);
		assert_int_equal(ring->last.at, ring->popped);
		assert_int_equal(ring->delivered, 0); /* which the recorder would have told */
		assert_int_equal(ring->snap.frames, 1);
		assert_int_equal(b.threads[cpus[i % 2]].taken, ring->popped);
	}
	assert_int_equal(b.threads[cpu_b].taken, b.threads[cpu_a].taken);
	close(fd);
	bench_close(&b);
}

void add_cpumap_tests(void)
{
	static const bool meta = false, in_front = true;

	suite_add("CPUMAP: frames are counted", test_counts, &meta);
	suite_add("CPUMAP: frames are counted; no metadata", test_counts, &in_front);
	suite_add("CPUMAP: tags that cannot be", test_odd_tags, &meta);
	suite_add("CPUMAP: tags that cannot be; no metadata", test_odd_tags, &in_front);
	suite_add("CPUMAP: another program's metadata", test_other_metadata, &plain);
	suite_add("CPUMAP: no room for a tag", test_no_room, &meta);
	suite_add("CPUMAP: no room for a tag; no metadata", test_no_room, &in_front);
	suite_add("CPUMAP: live frames", test_live, &meta);
	suite_add("CPUMAP: live frames; no metadata", test_live, &in_front);
	suite_add("CPUMAP: live frames without a tag; generic mode", test_generic_untagged, NULL);
}
