// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.c - rps_ring_pop(), rps_thread_event() and rps_delivered() against a model of the kernel's
 * CPUMAP thread, which serves several RX queues: whatever comes in when, what they call delivered
 * has left GRO, and they do not lag for good.
 *
 * The thread (cpu_map_kthread_run() in Linux kernel/bpf/cpumap.c) takes up to eight frames off its
 * ring, runs the CPUMAP's program for each, calls the tracepoint, hands the frames to GRO, and
 * flushes that when 64 frames were taken or the ring is empty. Frames are numbered as they come,
 * and once more within their queue. The model's GRO is the slowest there can be: it holds each
 * frame in an entry of its own, from the jiffy in which it was handed over, until a flush. One that
 * is merged into an older entry, or is not held, leaves no later than that. So those that have left
 * are always the first ones, and one number tells them; and one a queue.
 */
#include <stdlib.h>

#include "rfs/rules.h"
#include "unit.h"

#define ROUNDS	    300000
#define BATCH	    8
#define RING_SIZE   2048
#define NAPI_FRAMES 64
#define NOT_YET	    UINT64_MAX
#define QUEUES	    3
#define HISTORY	    (1 << 20) /* frames that have come in and not left, at most; a power of two */

enum kernel {
	NO_GRO,	   /* until 6.14 */
	FLUSH_ALL, /* GRO, HZ < 1000 */
	FLUSH_OLD, /* GRO, HZ >= 1000: a flush of a ring that is not empty spares this jiffy's */
};

/* A queue's frames. */
struct queue {
	struct rps_ring ring;
	__u64 left;

	/*
	 * One that must be known to be delivered, as a flow that waits for it: when the thread has
	 * got to it, and then to the next that the queue has there, or if it has no other.
	 */
	__u64 probe;
	__u64 probe_at;
	bool probe_reached;
	unsigned int marks_told; /* delivered, and ring.delivered does not tell it */
};

struct model {
	enum kernel kernel;
	uint64_t seed;
	struct rps_thread thread;
	struct queue queue[QUEUES];
	__u8 *from; /* the queue of each frame, by its number modulo HISTORY */
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
	unsigned int queue_odds; /* one frame in so many comes by another queue than the first */
	bool blind;		 /* whether GRO holds some is not looked at: it might */
	bool saturated;

	/* A frame number that must be known to be delivered after two stretches of patience. */
	__u64 probe;
	__u32 probe_jiffies;
	__u64 probe_mark;
	unsigned int stretches;
	unsigned int busy_advances; /* delivered moved although the thread had not slept */
};

static void come_in(struct model *m, __u64 n)
{
	for (; n && m->in - m->taken < RING_SIZE; n--) {
		assert_true(m->in - m->left < HISTORY);
		m->from[m->in++ % HISTORY] = rnd_below(&m->seed, m->queue_odds)
						     ? 0
						     : 1 + rnd_below(&m->seed, QUEUES - 1);
	}
}

/* Anything may happen at any point between the thread's steps. */
static void time_passes(struct model *m)
{
	if (!rnd_below(&m->seed, m->jiffy_odds)) {
		m->jiffies++;
		m->jiffy_first = m->handed;
	}
	come_in(m, rnd_below(&m->seed, m->burst + 1));
	if (m->saturated && m->in == m->taken)
		come_in(m, 1);
}

static void change_load(struct model *m)
{
	static const unsigned int odds[] = { 2, 20, 200, 2000, 20000 };
	/* time_passes() comes about a dozen times a round, which takes eight frames at most. */
	static const unsigned int bursts[] = { 0, 1, 1, 2, 8 };
	static const unsigned int queues[] = { 1, 2, 3, 50, 5000 };

	m->jiffy_odds = odds[rnd_below(&m->seed, ARRAY_SIZE(odds))];
	m->burst = bursts[rnd_below(&m->seed, ARRAY_SIZE(bursts))];
	m->queue_odds = queues[rnd_below(&m->seed, ARRAY_SIZE(queues))];
	m->saturated = rnd_below(&m->seed, 2);
	m->blind = rnd_below(&m->seed, 2);
}

static void leave(struct model *m, __u64 upto)
{
	for (; m->left < upto; m->left++)
		m->queue[m->from[m->left % HISTORY]].left++;
}

static void flush_gro(struct model *m, bool empty)
{
	leave(m, empty || m->kernel != FLUSH_OLD ? m->handed : m->jiffy_first);
}

static void check_safe(struct model *m, __u64 before, __u64 delivered_before)
{
	const struct rps_thread *thread = &m->thread;

	if (thread->delivered > m->left)
		fail_msg("frame %llu is called delivered; GRO holds %llu",
			 (unsigned long long)thread->delivered - 1, (unsigned long long)m->left);
	if (thread->delivered > before || thread->delivered < delivered_before)
		fail_msg("delivered went from %llu to %llu with %llu taken",
			 (unsigned long long)delivered_before,
			 (unsigned long long)thread->delivered, (unsigned long long)before);
}

/* The same, as the XDP program asks for it, of a queue and at any time. */
static void check_queue(struct model *m, struct queue *q)
{
	__u64 delivered = q->ring.delivered, qtail = q->left - 20 + rnd_below(&m->seed, 40);
	bool told = rps_delivered(&q->ring, &m->thread, qtail);

	if (told && (__s64)(qtail - q->left) > 0)
		fail_msg("queue %td: qtail %llu is called delivered; GRO holds %llu", q - m->queue,
			 (unsigned long long)qtail, (unsigned long long)q->left);
	if (delivered > q->left)
		fail_msg("queue %td: %llu are called delivered; GRO holds %llu", q - m->queue,
			 (unsigned long long)delivered, (unsigned long long)q->left);
	q->marks_told += told && (__s64)(qtail - delivered) > 0;
}

static void check_queues(struct model *m)
{
	for (int i = 0; i < QUEUES; i++)
		check_queue(m, &m->queue[i]);
}

static void set_probe(struct model *m, struct queue *q)
{
	q->probe = q->ring.popped;
	q->probe_at = m->thread.taken;
	q->probe_reached = false;
}

/*
 * A mark is set to the newest frame when the one before it was reached; so the frame of the probe
 * is told by the first that its queue has behind it after that, or by the last, if it is that.
 */
static void check_queue_progress(struct model *m, struct queue *q, bool popped)
{
	bool reached = m->thread.delivered >= q->probe_at;

	if (reached && (q->probe_reached || q->probe == q->ring.popped)) {
		if (!rps_delivered(&q->ring, &m->thread, q->probe))
			fail_msg(
				"queue %td: frame %llu was delivered long ago, and is not known to "
				"be",
				q - m->queue, (unsigned long long)q->probe - 1);
		set_probe(m, q);
	} else if (reached && popped) {
		q->probe_reached = true;
		q->probe_at = m->thread.taken;
	}
}

/*
 * Each frame is known to be delivered at last. One stretch is a jiffy's change and then 64 frames;
 * the rule is in the midst of one when the frame is handed over, and needs the next one for it.
 */
static void check_progress(struct model *m, __u64 before, bool slept)
{
	if ((slept || m->kernel == NO_GRO) && m->thread.delivered != before)
		fail_msg("%llu were handed on, and %llu are called delivered after a sleep",
			 (unsigned long long)before, (unsigned long long)m->thread.delivered);
	if (m->thread.delivered >= m->probe) {
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
				 "delivered",
				 (unsigned long long)m->probe,
				 (unsigned long long)m->thread.delivered);
		m->probe_jiffies = m->jiffies;
		m->probe_mark = NOT_YET;
	}
}

static void tracepoint(struct model *m, bool slept)
{
	__u64 before = m->thread.popped, delivered = m->thread.delivered;
	bool held = m->blind || m->left != m->handed;

	rps_thread_event(&m->thread, slept, m->kernel != NO_GRO, held, m->jiffies);
	if (m->thread.popped != m->taken)
		fail_msg("%llu were taken, not %llu", (unsigned long long)m->taken,
			 (unsigned long long)m->thread.popped);
	check_safe(m, before, delivered);
	check_progress(m, before, slept);
	for (int i = 0; i < QUEUES; i++)
		check_queue_progress(m, &m->queue[i], false);
	if (!slept && m->thread.delivered != delivered)
		m->busy_advances++;
}

/* A frame comes off the ring, and the CPUMAP's program runs. */
static void take(struct model *m)
{
	struct queue *q = &m->queue[m->from[m->taken++ % HISTORY]];

	rps_ring_pop(&q->ring, &m->thread);
	check_queue(m, q);
	check_queue_progress(m, q, true);
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
	for (__u32 i = 0; i < n; i++)
		take(m);
	time_passes(m);
	tracepoint(m, slept);
	for (__u32 i = 0; i < n; i++) {
		time_passes(m);
		m->handed++;
		if (m->kernel == NO_GRO)
			leave(m, m->handed);
		check_queues(m);
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

static void start_queue(struct model *m, struct queue *q, __u64 frames)
{
	const struct rps_mark mark = { .frames = frames, .at = m->thread.taken };

	q->ring = (struct rps_ring){
		.popped = frames, .delivered = frames, .last = mark, .snap = mark
	};
	q->left = frames;
	set_probe(m, q);
}

static void run(enum kernel kernel, uint64_t seed, __u64 start)
{
	struct model m = {
		.kernel = kernel,
		.seed = seed,
		.jiffies = -300,
		.in = start,
		.taken = start,
		.handed = start,
		.left = start,
		.jiffy_first = start,
		.probe = start,
		.thread.taken = start,
		.thread.popped = start,
		.thread.delivered = start,
		.thread.snap = start,
		.queue_odds = 1,
		.from = calloc(HISTORY, 1),
	};
	unsigned int rounds = 0;

	assert_non_null(m.from);
	/* Each wraps at another time than the thread. */
	for (int i = 0; i < QUEUES; i++)
		start_queue(&m, &m.queue[i], start ? start + 60000 * i : 0);
	for (int i = 0; i < ROUNDS; i++) {
		if (!rounds--) {
			change_load(&m);
			rounds = 50 + rnd_below(&m.seed, 5000);
		}
		thread_round(&m);
	}
	free(m.from);
	/* The model has seen what it is for: much traffic, the wrap, busy stretches, marks. */
	assert_true(m.taken - start > ROUNDS);
	assert_true(m.taken >> 32 != start >> 32 || start == 0);
	assert_true(m.busy_advances > 100);
	for (int i = 0; i < QUEUES; i++) {
		assert_true(m.queue[i].ring.popped - start > ROUNDS / 20);
		assert_true(m.queue[i].ring.popped >> 32 != start >> 32 || start == 0);
		assert_true(m.queue[i].marks_told > 100);
	}
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
		{ .name = "no GRO",
		  .test_func = test_kernel,
		  .initial_state = (void *)&kernels[0] },
		{ .name = "GRO, HZ < 1000",
		  .test_func = test_kernel,
		  .initial_state = (void *)&kernels[1] },
		{ .name = "GRO, HZ >= 1000",
		  .test_func = test_kernel,
		  .initial_state = (void *)&kernels[2] },
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
