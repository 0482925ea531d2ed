/* SPDX-License-Identifier: GPL-2.0-only */
/* clock.h - time that is never set. */
#ifndef RFS_CLOCK_H
#define RFS_CLOCK_H

/** now_ms() - milliseconds of CLOCK_MONOTONIC */
long long now_ms(void);

#endif /* RFS_CLOCK_H */
