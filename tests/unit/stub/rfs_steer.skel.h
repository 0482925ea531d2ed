/* SPDX-License-Identifier: GPL-2.0-only */
/* rfs_steer.skel.h - in place of the real skeleton, so unit tests need no BPF program built. */
#ifndef RFS_UNIT_STEER_SKEL_H
#define RFS_UNIT_STEER_SKEL_H

struct rfs_steer;

#endif /* RFS_UNIT_STEER_SKEL_H */
