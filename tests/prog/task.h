/* SPDX-License-Identifier: GPL-2.0-only */
/* task.h - task_structs for the rings, whose state the program under test reads. */
#ifndef RFS_TEST_TASK_H
#define RFS_TEST_TASK_H

#include <linux/types.h>

/** task_running() - the calling thread's; it runs while it runs a BPF program. 0 if unknown */
__u64 task_running(void);

/** task_asleep() - a thread's that waits as CPUMAP's kthread does, from now on; 0 if unknown */
__u64 task_asleep(void);

#endif /* RFS_TEST_TASK_H */
