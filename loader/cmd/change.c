// SPDX-License-Identifier: GPL-2.0-only
/* change.c - what surrounds every change: one at a time, and not cut short by a signal. */
#include <signal.h>

#include "cmd/change.h"
#include "maps/pins.h"
#include "recorder/recorder.h"

/* An attach or detach is not left half-way by Ctrl-C; it takes moments. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int cmd_begin_change(void)
{
	int err = pins_ready();

	if (!err)
		err = pins_lock();
	block_signals();
	return err;
}

void cmd_remove_idle_recorder(void)
{
	char **dirs;
	int n = pins_list("", true, &dirs);

	pins_free_list(dirs, n > 0 ? n : 0);
	if (!n)
		recorder_remove();
}
