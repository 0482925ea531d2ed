/* SPDX-License-Identifier: GPL-2.0-only */
/* oracle.h - a second reading of the packet formats, to judge random packets by. */
#ifndef RFS_TEST_ORACLE_H
#define RFS_TEST_ORACLE_H

#include "packet.h"
#include "rfs/types.h"

/* The headers' bytes in the linear part that every supported kernel's BPF_PROG_RUN gives. */
#define ORACLE_LINEAR 3000

/**
 * oracle() - what the program should make of a packet
 * @flow: receives the flow if it is steered
 *
 * Return: RFS_STAT_HASH_STEERED, or an RFS_STAT_PASS_*.
 */
enum rfs_stat oracle(const struct packet *p, struct flow *flow);

#endif /* RFS_TEST_ORACLE_H */
