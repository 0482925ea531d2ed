// SPDX-License-Identifier: GPL-2.0-only
/* watch.c - does what is redirected arrive? */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/msg.h"
#include "iface/internal.h"
#include "maps/rings.h"
#include "recorder/recorder.h"
#include "rfs/rules.h"

#define WATCH_MS  200
#define SILENT_MS 50 /* for so long nothing was redirected: there is nothing to see */
#define LOOK_MS	  5

struct seen {
	bool counted;
	bool popped;
	bool stuck;
};

static void look(const struct rps_ring *ring, unsigned int cpu, void *arg)
{
	struct seen *seen = arg;

	(void)cpu;
	seen->counted |= !!READ_ONCE(ring->tail);
	seen->popped |= !!READ_ONCE(ring->popped);
	seen->stuck |= rps_ring_is_stuck(ring);
}

int watch_attached(const char *dir, const struct rfs_config *config)
{
	long long start = now_ms(), passed;
	struct seen seen;
	int err;

	for (;;) {
		seen = (struct seen){};
		err = rings_each(dir, config->queues, recorder_nr_cpus(), look, &seen);
		passed = now_ms() - start;
		if (err || seen.stuck || seen.popped)
			break;
		if (passed >= (seen.counted ? WATCH_MS : SILENT_MS))
			break;
		usleep(LOOK_MS * 1000);
	}
	if (err) {
		rfs_error("%s: cannot look at its rings: %s", dir, strerror(-err));
		return err;
	}
	if (!seen.stuck)
		return 0;
	if (config->mode == RFS_MODE_GENERIC)
		rfs_error("%s: packets that are redirected to other CPUs never arrive: another XDP "
			  "program drops them; take it off",
			  config->name);
	else
		rfs_error("%s: packets that are redirected to other CPUs never arrive: its driver, "
			  "or another XDP program, drops them; take the other program "
			  "off, or attach with --mode generic",
			  config->name);
	return -EIO;
}
