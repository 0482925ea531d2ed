// SPDX-License-Identifier: GPL-2.0-only
/* drain.c - let an interface's flows leave their rings in order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/msg.h"
#include "iface/internal.h"
#include "iface/leave.h"
#include "iface/polls.h"
#include "maps/queues.h"

/* Return: how many rings were not left, after a warning; or a negative errno. */
static int leave_all(const char *dir, const struct rfs_config *config,
		     const struct kthreads *threads)
{
	struct leave leave;
	__u32 id;
	int err = cpumap_id(dir, &id), left;

	/* Its threads could not be told from others'. */
	if (!err && !id)
		err = -ENOENT;
	if (!err)
		err = leave_open(&leave, dir, config, LEAVE_ALL_CPUS, threads, id);
	if (err)
		return err;
	left = leave.unseen ? -ENOENT : leave_wait(&leave);
	if (left > 0)
		rfs_warn(
			"%s: %d of its rings did not get empty for good, with %llu frames still in "
			"them; their flows may see these behind later ones",
			dir, left, leave_frames(&leave));
	leave_close(&leave);
	return left;
}

void drain(const char *dir, int config_fd, struct rfs_config *config)
{
	struct kthreads threads = {};
	int err;

	config->gate = RFS_GATE_DRAIN;
	err = write_config(config_fd, config);
	if (!err)
		err = kthreads_list(&threads);
	/* Where no thread is seen, empty rings must do. */
	if (err == -EACCES)
		err = 0;
	if (!err)
		err = leave_all(dir, config, &threads);
	if (err == -ENOENT) {
		rfs_warn("%s: somebody removed pins of it; its rings get %d ms to empty, unseen",
			 dir, BLIND_DRAIN_MS);
		usleep(BLIND_DRAIN_MS * 1000);
	} else if (err < 0) {
		rfs_warn("%s: cannot wait for its rings to be empty: %s; a flow may see the frames "
			 "in them behind later ones",
			 dir, strerror(-err));
	}
	free(threads.list);
}
