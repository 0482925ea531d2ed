// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-micro - nanoseconds and bytes, as case,metric,value lines.
 *
 *   bench-micro [short] [fentry|tracepoint]
 *
 * With the recorder's hook named, it is only the recorder that is measured, attached in that way.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "../../loader/host/msg.h"
#include "../../loader/recorder/recorder.h"
#include "../../tests/prog/netdev.h"
#include "../../tests/traffic/files.h"
#include "flows.h"
#include "measure.h"
#include "recorder.h"

static bool arguments(char **argv)
{
	while (*++argv) {
		if (!strcmp(*argv, "short"))
			micro_short = true;
		else if (!strcmp(*argv, recorder_hook_name(RFS_HOOK_FENTRY)))
			micro_hook = RFS_HOOK_FENTRY;
		else if (!strcmp(*argv, recorder_hook_name(RFS_HOOK_TRACEPOINT)))
			micro_hook = RFS_HOOK_TRACEPOINT;
		else
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	cpu_set_t set;

	(void)argc;
	if (!arguments(argv)) {
		fprintf(stderr, "usage: bench-micro [short] [fentry|tracepoint]\n");
		return 2;
	}
	rfs_libbpf_quiet();
	setvbuf(stdout, NULL, _IOLBF, 0);
	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	sched_setaffinity(0, sizeof(set), &set);
	raise_file_limit();
	micro_ifindex = netdev_make(1);
	if (!micro_ifindex)
		return 1;
	if ((!micro_hook && (micro_packets() || micro_flows())) || micro_recorder()) {
		fprintf(stderr, "bench-micro: could not be finished\n");
		return 1;
	}
	return 0;
}
