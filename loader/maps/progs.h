/* SPDX-License-Identifier: GPL-2.0-only */
/* progs.h - loaded BPF programs. */
#ifndef RFS_PROGS_H
#define RFS_PROGS_H

#include <linux/types.h>

/** prog_has_map() - is a map among those that a program uses? 1 or 0; or a negative errno */
int prog_has_map(int prog_fd, __u32 map_id);

#endif /* RFS_PROGS_H */
