// SPDX-License-Identifier: GPL-2.0-only
/*
 * task.c - where a thread's task_struct is. A raw tracepoint program tells; it need not be attached
 * to be run. It can return 32 bits, so there are two.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "task.h"

static int load(const struct bpf_insn *insns, size_t n)
{
	return bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "rfs_test_task", "GPL", insns, n, NULL);
}

static __u32 run(int prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	__u32 value = 0;

	if (prog >= 0 && !bpf_prog_test_run_opts(prog, &opts))
		value = opts.retval;
	if (prog >= 0)
		close(prog);
	return value;
}

__u64 task_running(void)
{
	const struct bpf_insn low[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_task },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct bpf_insn high[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_task },
		{ .code = BPF_ALU64 | BPF_RSH | BPF_K, .dst_reg = BPF_REG_0, .imm = 32 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return (__u64)run(load(high, 3)) << 32 | run(load(low, 2));
}

static struct {
	__u64 task;
	pid_t tid;
	int known;
} sleeper;

static void *sleep_forever(void *arg)
{
	sleeper.task = task_running();
	sleeper.tid = syscall(SYS_gettid);
	__atomic_store_n(&sleeper.known, 1, __ATOMIC_RELEASE);
	/* Not a futex or a timer: their waits have TASK_FREEZABLE in their state, this has not. */
	for (;;)
		pause();
	return arg;
}

static char state_of(pid_t tid)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (f)
		fclose(f);
	return state;
}

__u64 task_asleep(void)
{
	pthread_t thread;

	if (!sleeper.known && pthread_create(&thread, NULL, sleep_forever, NULL))
		return 0;
	for (int i = 0; i < 1000; i++) {
		if (__atomic_load_n(&sleeper.known, __ATOMIC_ACQUIRE) &&
		    state_of(sleeper.tid) == 'S')
			return sleeper.task;
		usleep(1000);
	}
	return 0;
}
