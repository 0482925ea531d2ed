/* SPDX-License-Identifier: GPL-2.0-only */
/* polls.h - wait until no NAPI poll works on what it has read before. */
#ifndef RFS_POLLS_H
#define RFS_POLLS_H

/**
 * wait_for_polls() - until every NAPI poll that may have seen the old state of a map has ended
 *
 * A poll runs with softirqs off, which RCU takes for a reader (Linux 5.0). The kernel waits for
 * RCU's readers before it lets the writer of a map of maps go on. MEMBARRIER_CMD_GLOBAL would wait
 * for the same, but is refused where there are nohz_full CPUs.
 *
 * Return: 0; or a negative errno, and then polls may still be under way.
 *
 * Source: maybe_wait_bpf_programs() in Linux kernel/bpf/syscall.c, synchronize_rcu() or its
 * expedited twin.
 */
int wait_for_polls(void) __attribute__((warn_unused_result));

#endif /* RFS_POLLS_H */
