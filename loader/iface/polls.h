/* SPDX-License-Identifier: GPL-2.0-only */
/* polls.h - wait until no NAPI poll works on what it has read before. */
#ifndef RFS_POLLS_H
#define RFS_POLLS_H

/**
 * wait_for_polls() - until every NAPI poll that may have seen the old state of a map has ended
 *
 * A poll runs with softirqs off, which RCU takes for a reader, and MEMBARRIER_CMD_GLOBAL is
 * synchronize_rcu(). Where nohz_full CPUs make the kernel refuse it, a while that no poll lasts
 * must do.
 */
void wait_for_polls(void);

#endif /* RFS_POLLS_H */
