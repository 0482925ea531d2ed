// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.c - rps_ring_event() against a model of the kernel's CPUMAP thread: whatever comes in when,
 * what it calls delivered has left GRO, and it does not lag for good.
 *
 * The thread (cpu_map_kthread_run() in Linux kernel/bpf/cpumap.c) takes up to eight frames off its
 * ring, calls the tracepoint, hands the frames to GRO, and flushes that when 64 frames were taken
 * or the ring is empty. Frames are numbered as they come. The model's GRO is the slowest there can
 * be: it holds each frame in an entry of its own, from the jiffy in which it was handed over, until
 * a flush. One that is merged into an older entry, or is not held, leaves no later than that. So
 * those that have left are always the first ones, and one number tells them.
 */
#include "rfs/rules.h"
#include "unit.h"

#define ROUNDS	    300000
#define BATCH	    8
#define RING_SIZE   2048
#define NAPI_FRAMES 64
#define NOT_YET	    UINT64_MAX

enum kernel {
	NO_GRO,	   /* until 6.14 */
	FLUSH_ALL, /* GRO, HZ < 1000 */
	FLUSH_OLD, /* GRO, HZ >= 1000: a flush of a ring that is not empty spares this jiffy's */
};

struct model {
	enum kernel kernel;
	uint64_t seed;
	struct rps_ring ring;
	__u32 jiffies;

	/* Numbers of the next frame: to come in, to be taken, to be handed to GRO, to leave it. */
	__u64 in;
	__u64 taken;
	__u64 handed;
	__u64 left;
	__u64 jiffy_first; /* handed, when this jiffy began */
	unsigned int packets;

	/* Load: frames at a time, at most; one chance in so many for a jiffy to end. */
	unsigned int burst;
	unsigned int jiffy_odds;
	bool saturated;

	/* A frame number that must be known to be delivered after two stretches of patience. */
	__u64 probe;
	__u32 probe_jiffies;
	__u64 probe_mark;
	unsigned int stretches;
	unsigned int busy_advances; /* delivered moved although the thread had not slept */
};

/* Anything may happen at any point between the thread's steps. */
static void time_passes(struct model *m)
{
	if (!rnd_below(&m->seed, m->jiffy_odds)) {
		m->jiffies++;
		m->jiffy_first = m->handed;
	}
	m->in += rnd_below(&m->seed, m->burst + 1);
	if (m->saturated && m->in == m->taken)
		m->in++;
	if (m->in - m->taken > RING_SIZE)
		m->in = m->taken + RING_SIZE;
}

static void change_load(struct model *m)
{
	static const unsigned int odds[] = { 2, 20, 200, 2000, 20000 };
	/* time_passes() comes about a dozen times a round, which takes eight frames at most. */
	static const unsigned int bursts[] = { 0, 1, 1, 2, 8 };

	m->jiffy_odds = odds[rnd_below(&m->seed, ARRAY_SIZE(odds))];
	m->burst = bursts[rnd_below(&m->seed, ARRAY_SIZE(bursts))];
	m->saturated = rnd_below(&m->seed, 2);
}

static void flush_gro(struct model *m, bool empty)
{
	if (empty || m->kernel != FLUSH_OLD)
		m->left = m->handed;
	else if (m->left < m->jiffy_first)
		m->left = m->jiffy_first;
}

static void check_safe(struct model *m, __u64 before, __u64 delivered_before)
{
	const struct rps_ring *ring = &m->ring;
	__u64 qtail = m->left - 200 + rnd_below(&m->seed, 400);

	if (ring->delivered > m->left)
		fail_msg("frame %llu is called delivered; GRO holds %llu",
			 (unsigned long long)ring->delivered - 1, (unsigned long long)m->left);
	if (ring->delivered > before || ring->delivered < delivered_before)
		fail_msg("delivered went from %llu to %llu with %llu taken",
			 (unsigned long long)delivered_before, (unsigned long long)ring->delivered,
			 (unsigned long long)before);
	/* The same, as the XDP program asks for it. */
	if (rps_delivered(ring, qtail) && (__s64)(qtail - m->left) > 0)
		fail_msg("qtail %llu is called delivered; GRO holds %llu",
			 (unsigned long long)qtail, (unsigned long long)m->left);
}

/*
 * Each frame is known to be delivered at last. One stretch is a jiffy's change and then 64 frames;
 * the rule is in the midst of one when the frame is handed over, and needs the next one for it.
 */
static void check_progress(struct model *m, __u64 before, bool slept)
{
	if ((slept || m->kernel == NO_GRO) && m->ring.delivered != before)
		fail_msg("%llu were handed on, and %llu are called delivered after a sleep",
			 (unsigned long long)before, (unsigned long long)m->ring.delivered);
	if (m->ring.delivered >= m->probe) {
		m->probe = before;
		m->probe_jiffies = m->jiffies;
		m->probe_mark = NOT_YET;
		m->stretches = 0;
	} else if (m->probe_mark == NOT_YET) {
		if (m->jiffies != m->probe_jiffies)
			m->probe_mark = before;
	} else if (before - m->probe_mark >= NAPI_FRAMES) {
		if (++m->stretches == 2)
			fail_msg("%llu frames were handed on long ago, and %llu are called "
				 "delivered", (unsigned long long)m->probe,
				 (unsigned long long)m->ring.delivered);
		m->probe_jiffies = m->jiffies;
		m->probe_mark = NOT_YET;
	}
}

static void tracepoint(struct model *m, __u32 n, bool slept)
{
	__u64 before = m->ring.popped, delivered = m->ring.delivered;

	rps_ring_event(&m->ring, n, slept, m->kernel != NO_GRO, m->jiffies);
	if (m->ring.popped != m->taken)
		fail_msg("%llu were taken, not %llu", (unsigned long long)m->taken,
			 (unsigned long long)m->ring.popped);
	check_safe(m, before, delivered);
	check_progress(m, before, slept);
	if (!slept && m->ring.delivered != delivered)
		m->busy_advances++;
}

static void thread_round(struct model *m)
{
	bool slept = false, empty;
	__u32 n;

	if (m->in == m->taken) {
		/* A frame that comes in just now keeps it awake. Woken up, it may find none. */
		time_passes(m);
		slept = m->in == m->taken;
		for (int i = rnd_below(&m->seed, 20); slept && i >= 0 && m->in == m->taken; i--)
			time_passes(m);
	}
	n = m->in - m->taken < BATCH ? m->in - m->taken : BATCH;
	m->taken += n;
	time_passes(m);
	tracepoint(m, n, slept);
	for (__u32 i = 0; i < n; i++) {
		time_passes(m);
		m->handed++;
		if (m->kernel == NO_GRO)
			m->left = m->handed;
	}
	time_passes(m);
	m->packets += n;
	empty = m->in == m->taken;
	if (m->packets >= NAPI_FRAMES || empty) {
		flush_gro(m, empty);
		m->packets = 0;
	}
	time_passes(m);
}

static void run(enum kernel kernel, uint64_t seed, __u64 start)
{
	struct model m = {
		.kernel = kernel, .seed = seed, .jiffies = -300, .in = start, .taken = start,
		.handed = start, .left = start, .jiffy_first = start, .probe = start,
		.ring.popped = start, .ring.delivered = start, .ring.snap = start,
	};
	unsigned int rounds = 0;

	for (int i = 0; i < ROUNDS; i++) {
		if (!rounds--) {
			change_load(&m);
			rounds = 50 + rnd_below(&m.seed, 5000);
		}
		thread_round(&m);
	}
	/* The model has seen what it is for: much traffic, the wrap, and busy stretches. */
	assert_true(m.taken - start > ROUNDS);
	assert_true(m.taken >> 32 != start >> 32 || start == 0);
	assert_true(m.busy_advances > 100);
}

static void test_kernel(void **state)
{
	const enum kernel *kernel = *state;

	for (uint64_t seed = 1; seed <= 2; seed++) {
		run(*kernel, seed, 0);
		run(*kernel, seed + 100, (1ULL << 32) - 100000);
	}
}

int main(void)
{
	static const enum kernel kernels[] = { NO_GRO, FLUSH_ALL, FLUSH_OLD };
	const struct CMUnitTest tests[] = {
		{ .name = "no GRO", .test_func = test_kernel,
		  .initial_state = (void *)&kernels[0] },
		{ .name = "GRO, HZ < 1000", .test_func = test_kernel,
		  .initial_state = (void *)&kernels[1] },
		{ .name = "GRO, HZ >= 1000", .test_func = test_kernel,
		  .initial_state = (void *)&kernels[2] },
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
