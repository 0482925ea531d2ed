// SPDX-License-Identifier: GPL-2.0-only
/* change.c - what surrounds every change: one at a time, and not cut short by a signal. */
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cmd/change.h"
#include "maps/pins.h"
#include "recorder/recorder.h"

/*
 * An attach or detach is not left half-way by who presses Ctrl-C or Ctrl-Z, ends the terminal or no
 * longer reads the output; it takes moments. So no signal counts from here on but KILL and STOP,
 * which cannot be blocked, and those of a fault in rfsctl itself.
 */
static void block_signals(void)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
	sigset_t set;

	memset(&set, 0xff, sizeof(set));
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&set, faults[i]);
	/* Not by sigprocmask(3), which leaves out two that it keeps for threads: there are none. */
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, (_NSIG - 1) / 8);
}

int cmd_begin_change(void)
{
	int err = pins_ready();

	if (!err)
		err = pins_lock();
	block_signals();
	return err;
}

int cmd_remove_idle_recorder(void)
{
	char **dirs;
	int n = pins_list("", true, &dirs);

	pins_free_list(dirs, n > 0 ? n : 0);
	return n ? n < 0 ? n : 0 : recorder_remove();
}
