/* SPDX-License-Identifier: GPL-2.0-only */
/* files.h - thousands of flows are thousands of sockets. */
#ifndef RFS_TRAFFIC_FILES_H
#define RFS_TRAFFIC_FILES_H

#include <sys/resource.h>

/** raise_file_limit() - as many open files as this user may have, not the 1024 of a login */
static inline void raise_file_limit(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim))
		return;
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
}

#endif /* RFS_TRAFFIC_FILES_H */
