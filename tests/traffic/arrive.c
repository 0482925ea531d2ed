// SPDX-License-Identifier: GPL-2.0-only
/*
 * A veth queues what is sent until its other end's NAPI polls, on the CPU that sent it. Where that
 * CPU is busy the poll may come long after, and what another CPU sends next then comes first: the
 * wire's doing, which the judge cannot tell from the steering's. The NAPI counts what it has polled.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arrive.h"

#define OWN_PATH	"/proc/thread-self/net/dev"

/* Packets received or lost at @name, or if @dropped those that it could not send; -1: no device. */
static int64_t count(const char *path, const char *name, bool dropped)
{
	unsigned long rx, rx_drop, tx_drop;
	int64_t n = -1;
	char line[512], dev[64];
	FILE *f = fopen(path, "re");

	if (!f)
		return n;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %63[^:]: %*u %lu %*u %lu %*u %*u %*u %*u %*u %*u %*u %lu", dev, &rx,
			   &rx_drop, &tx_drop) == 4 && !strcmp(dev, name))
			n = dropped ? tx_drop : rx + rx_drop;
	}
	fclose(f);
	return n;
}

static uint64_t seen(const struct arrival *a)
{
	return count(a->path, a->peer, false) + count(OWN_PATH, a->dev, true);
}

int arrival_open(struct arrival *a, const char *link)
{
	unsigned int pid;
	char end;

	*a = (struct arrival) {};
	if (sscanf(link, "%15[^:]:%15[^@]@%u%c", a->dev, a->peer, &pid, &end) != 3) {
		fprintf(stderr, "rfs-traffic: --link %s: it is DEV:PEER@PID\n", link);
		return -EINVAL;
	}
	snprintf(a->path, sizeof(a->path), "/proc/%u/net/dev", pid);
	if (count(a->path, a->peer, false) < 0 || count(OWN_PATH, a->dev, true) < 0) {
		fprintf(stderr, "rfs-traffic: --link %s: no such devices, or no such process\n", link);
		return -ENODEV;
	}
	a->seen = seen(a);
	return 0;
}

bool arrival_all(struct arrival *a, uint64_t sent)
{
	uint64_t now = seen(a);

	/* Others' packets, as those of ARP, count too: few, and only until the next time. */
	if (now - a->seen < sent - a->sent)
		return false;
	a->seen = now;
	a->sent = sent;
	return true;
}
