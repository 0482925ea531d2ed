// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - run the steering program's tests. Exit status: 0 if all passed.
 *
 * Where BPF cannot be used they fail: a test that did not run has shown nothing. The one exception
 * is a kernel that has BPF but refuses every XDP program; that is a skip.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "suite.h"

#define TESTS_MAX 1024

static struct CMUnitTest tests[TESTS_MAX];
static size_t nr_tests;

static cpu_set_t all_cpus;

void run_on(__u32 cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

static int reset(void **state)
{
	(void)state;
	sched_setaffinity(0, sizeof(all_cpus), &all_cpus);
	bench_reset(&plain);
	bench_reset(&generic);
	return 0;
}

void suite_add(const char *name, CMUnitTestFunction test, const void *row)
{
	if (nr_tests == TESTS_MAX)
		abort();
	tests[nr_tests++] = (struct CMUnitTest){
		.name = name,
		.test_func = test,
		.setup_func = reset,
		.initial_state = (void *)row,
	};
}

/* Load the smallest program of a type; 0 or a negative errno. */
static int try_load(enum bpf_prog_type type, int ret)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = ret },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, "rfs_test_try", "GPL", insns, 2, NULL);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, args) : 0;
}

int main(void)
{
	int filter, xdp, failed;

	/* Messages on stderr stay next to the test that they are of. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(quiet);
	if (geteuid()) {
		fprintf(stderr, "FAILED: these tests load BPF programs: run them as root\n");
		return 1;
	}
	if (sched_getaffinity(0, sizeof(all_cpus), &all_cpus)) {
		perror("FAILED: cannot tell the CPUs to run on");
		return 1;
	}
	filter = try_load(BPF_PROG_TYPE_SOCKET_FILTER, 0);
	xdp = try_load(BPF_PROG_TYPE_XDP, XDP_PASS);
	if (!filter && xdp && xdp != -EPERM) {
		printf("1..0 # SKIP this kernel refuses XDP programs: %s\n", strerror(-xdp));
		return 0;
	}
	if (xdp) {
		fprintf(stderr, "FAILED: BPF programs cannot be loaded here: %s\n",
			strerror(-xdp));
		return 1;
	}
	if (bench_start()) {
		fprintf(stderr, "FAILED: the tests cannot be set up\n");
		return 1;
	}
	add_row_tests();
	add_truncation_tests();
	add_state_tests();
	add_queue_tests();
	add_cpus_tests();
	add_ents_tests();
	add_here_tests();
	add_switch_tests();
	add_generic_tests();
	add_stack_tests();
	add_polls_tests();
	add_watch_tests();
	add_places_tests();
	add_cpumap_tests();
	add_fuzz_tests();
	failed = _cmocka_run_group_tests("rfs_steer", tests, nr_tests, NULL, NULL);
	bench_stop();
	return failed ? 1 : 0;
}
