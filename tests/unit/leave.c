// SPDX-License-Identifier: GPL-2.0-only
/*
 * leave.c - rings that are left for good. Rings, threads and places in this process's memory, and a
 * thread that plays the XDP program and the kthread: what it puts where a place is it takes off at
 * once.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "iface/leave.h"
#include "iface/polls.h"
#include "maps/rings.h"
#include "recorder/recorder.h"
#include "rfs/rules.h"
#include "unit.h"

#define CPUS   2
#define QUEUES 2
#define SLOTS  256
#define ROUNDS 10000

static struct rps_ring rings[QUEUES][CPUS + 1];
static struct rps_thread threads[CPUS];
static struct rps_place places[SLOTS];
static const struct rfs_config config = { .queues = QUEUES, .flow_cnt = SLOTS };
static const struct kthreads no_kthreads;
static int absent = -1; /* a queue whose rings are not pinned */

/* ---- in the place of the maps ---- */

unsigned int recorder_nr_cpus(void)
{
	return CPUS;
}

struct rps_ring *rings_map(const char *dir, unsigned int queue, unsigned int nr_cpus)
{
	(void)dir;
	assert_int_equal(nr_cpus, CPUS);
	errno = ENOENT;
	return (int)queue == absent ? NULL : rings[queue];
}

struct rps_thread *threads_map(const char *dir, unsigned int nr_cpus)
{
	(void)dir;
	(void)nr_cpus;
	return threads;
}

struct rps_place *places_map(const char *dir, unsigned int slots)
{
	(void)dir;
	assert_int_equal(slots, SLOTS);
	return places;
}

void rings_unmap(struct rps_ring *mapped, unsigned int nr_cpus)
{
	(void)mapped;
	(void)nr_cpus;
}

void threads_unmap(struct rps_thread *mapped, unsigned int nr_cpus)
{
	(void)mapped;
	(void)nr_cpus;
}

void places_unmap(struct rps_place *mapped, unsigned int slots)
{
	(void)mapped;
	(void)slots;
}

/* ---- in the place of polls ---- */

static unsigned int poll_count; /* odd: one runs */
static bool stop, left_for_good;
static unsigned long long entered, too_late;
static int polls_error;
static enum { NONE, TO_COUNT, TO_POP } late; /* a packet that had not seen the mark */

static void late_packet(void)
{
	if (late == TO_POP) {
		rings[0][0].popped++;
		late = NONE;
	}
	if (late == TO_COUNT && places[0].mover == RPS_MOVER_LOADER) {
		rings[0][0].tail++;
		late = TO_POP;
	}
}

int wait_for_polls(void)
{
	unsigned int before = READ_ONCE(poll_count);

	late_packet();

	while (before % 2 && READ_ONCE(poll_count) == before)
		sched_yield();
	return polls_error;
}

/* Rounds are to be many. */
int __wrap_usleep(unsigned int us)
{
	(void)us;
	return sched_yield();
}

/* claim() of bpf/place.h, of one who comes where it does not want to be */
static bool claim(struct rps_ring *ring, unsigned int slot, __u32 cpu, __u32 bit)
{
	__u64 *word = (__u64 *)&places[slot], old, new;
	struct rps_place place;

	ring->tail++;
	__sync_synchronize();
	old = READ_ONCE(*word);
	memcpy(&place, &old, sizeof(place));
	if (rps_place_cpu(place) == cpu && place.queues & bit) {
		place.mover = RPS_NO_MOVER;
		memcpy(&new, &place, sizeof(new));
		if (old == new || __sync_val_compare_and_swap(word, old, new) == old)
			return true;
	}
	ring->tail--;
	return false;
}

static void *traffic(void *arg)
{
	uint64_t seed = 1;

	(void)arg;
	while (!READ_ONCE(stop)) {
		unsigned int slot = rnd_below(&seed, SLOTS), queue = rnd_below(&seed, QUEUES);
		__u32 cpu;

		__atomic_add_fetch(&poll_count, 1, __ATOMIC_SEQ_CST);
		cpu = rps_place_cpu(places[slot]);
		if (cpu < CPUS && claim(&rings[queue][cpu], slot, cpu, 1U << queue)) {
			entered++;
			too_late += READ_ONCE(left_for_good);
			WRITE_ONCE(rings[queue][cpu].popped, rings[queue][cpu].tail);
		}
		__atomic_add_fetch(&poll_count, 1, __ATOMIC_SEQ_CST);
		/* Not all the time, else rings never have nothing counted for a while. */
		for (int i = rnd_below(&seed, 1 << 14); i; i--)
			READ_ONCE(stop);
	}
	return NULL;
}

/* ---- tests ---- */

static void put_places(void)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		places[i] = rps_place_at(i % 3 < CPUS ? i % 3 : RPS_NO_CPU, 3);
}

static int set_up(void **state)
{
	(void)state;
	memset(rings, 0, sizeof(rings));
	memset(threads, 0, sizeof(threads));
	put_places();
	return 0;
}

static unsigned int count_at(__u32 cpu)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < SLOTS; i++)
		n += rps_place_cpu(places[i]) == cpu;
	return n;
}

/* The places of slots that have no packets; and of rings that never had one. */
static void test_all(void **state)
{
	struct leave l;

	(void)state;
	rings[0][0].tail = rings[0][0].popped = 7;
	rings[1][1].tail = 19; /* of which 2 were lost and 1 vanished, untold */
	rings[1][1].popped = 16;
	rings[1][1].lost_ring_full = 2;
	rings[1][1].missing = 1;
	assert_int_equal(leave_open(&l, "s0", &config, LEAVE_ALL_CPUS, &no_kthreads, 1), 0);
	assert_int_equal(l.n, QUEUES * CPUS);
	assert_int_equal(l.unseen, 0);
	assert_int_equal(leave_wait(&l), 0);
	assert_int_equal(count_at(RPS_NO_CPU), SLOTS);
	for (unsigned int i = 0; i < SLOTS; i++) {
		assert_int_equal(places[i].mover, RPS_NO_MOVER);
		assert_int_equal(places[i].queues, i % 3 < CPUS ? 0 : 3);
	}
	/* Slots of the last frames may leave, whatever the threads do. */
	assert_true(rps_delivered(&rings[0][0], &threads[0], 7));
	assert_true(rps_delivered(&rings[1][1], &threads[1], 17));
	assert_false(rps_delivered(&rings[1][1], &threads[1], 18));
	leave_close(&l);
}

static void test_one_cpu(void **state)
{
	unsigned int others = count_at(0);
	struct leave l;

	(void)state;
	rings[0][0].tail = 1; /* in flight */
	assert_int_equal(leave_open(&l, "s0", &config, 1, &no_kthreads, 1), 0);
	assert_int_equal(l.n, QUEUES);
	assert_int_equal(leave_wait(&l), 0);
	assert_int_equal(count_at(1), 0);
	assert_int_equal(count_at(0), others);
	assert_int_equal(rings[0][0].settled, 0);
	leave_close(&l);
}

/* One of four rings has a frame that does not come out, and its CPU's places stay. */
static void test_in_flight(void **state)
{
	struct leave l;

	(void)state;
	rings[1][0].tail = 3;
	rings[1][0].popped = 1;
	assert_int_equal(leave_open(&l, "s0", &config, LEAVE_ALL_CPUS, &no_kthreads, 1), 0);
	assert_int_equal(leave_wait(&l), 1);
	assert_int_equal(leave_frames(&l), 2);
	assert_int_not_equal(count_at(0), 0);
	leave_close(&l);
}

static void test_late(void **state)
{
	struct leave l;

	(void)state;
	late = TO_COUNT;
	assert_int_equal(leave_open(&l, "s0", &config, LEAVE_ALL_CPUS, &no_kthreads, 1), 0);
	assert_int_equal(leave_wait(&l), 0);
	assert_int_equal(rings[0][0].tail, 1);
	assert_int_equal(rings[0][0].popped, 1);
	assert_int_equal(rings[0][0].settled, 1);
	assert_int_equal(count_at(RPS_NO_CPU), SLOTS);
	leave_close(&l);
}

/* A queue that is about to move a place is not stopped; it does not end here. */
static void test_mover(void **state)
{
	struct leave l;

	(void)state;
	places[0].mover = 1;
	assert_int_equal(leave_open(&l, "s0", &config, LEAVE_ALL_CPUS, &no_kthreads, 1), 0);
	assert_int_not_equal(leave_wait(&l), 0);
	assert_int_equal(count_at(0), 1);
	assert_int_equal(places[0].mover, 1);
	leave_close(&l);
}

static void test_cannot_wait(void **state)
{
	struct leave l;

	(void)state;
	polls_error = -EPERM;
	absent = 1;
	assert_int_equal(leave_open(&l, "s0", &config, LEAVE_ALL_CPUS, &no_kthreads, 1), 0);
	assert_int_equal(l.unseen, 1);
	assert_int_equal(leave_wait(&l), -EPERM);
	assert_int_equal(count_at(0) + count_at(1), (SLOTS * 2 + 2) / 3);
	leave_close(&l);
	polls_error = 0;
	absent = -1;
}

/* Packets come to places while they are moved: none goes there when all is said to be left. */
static void test_traffic(void **state)
{
	unsigned int left = 0;
	pthread_t thread;
	struct leave l;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, traffic, NULL), 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		WRITE_ONCE(left_for_good, false);
		put_places();
		assert_int_equal(leave_open(&l, "s0", &config, LEAVE_ALL_CPUS, &no_kthreads, 1), 0);
		if (!leave_wait(&l)) {
			WRITE_ONCE(left_for_good, true);
			left++;
			assert_int_equal(wait_for_polls(), 0);
			assert_int_equal(count_at(RPS_NO_CPU), SLOTS);
		}
		leave_close(&l);
	}
	WRITE_ONCE(stop, true);
	pthread_join(thread, NULL);
	print_message("# %u of %u rounds left, %llu frames\n", left, ROUNDS, entered);
	assert_int_equal(too_late, 0);
	assert_true(left > ROUNDS / 2);
	assert_true(entered > ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all, set_up),
		cmocka_unit_test_setup(test_one_cpu, set_up),
		cmocka_unit_test_setup(test_in_flight, set_up),
		cmocka_unit_test_setup(test_late, set_up),
		cmocka_unit_test_setup(test_mover, set_up),
		cmocka_unit_test_setup(test_cannot_wait, set_up),
		cmocka_unit_test(test_traffic),
	};

	return cmocka_run_group_tests_name("leave", tests, NULL, NULL);
}
