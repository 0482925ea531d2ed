/* SPDX-License-Identifier: GPL-2.0-only */
/* recorder.h - what the recorder adds to a call. */
#ifndef RFS_BENCH_RECORDER_H
#define RFS_BENCH_RECORDER_H

int micro_recorder(void);

#endif /* RFS_BENCH_RECORDER_H */
