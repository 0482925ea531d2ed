// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/netstat and snmp have pairs of lines, "Tcp: name name ..." and "Tcp: 1 2 ...": the
 * places of the names change from kernel to kernel.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "netstat.h"

static const struct {
	const char *file;
	const char *group;
	const char *name;
} counters[NETSTAT_N] = {
	[NETSTAT_OFO_QUEUE] = { "/proc/net/netstat", "TcpExt:", "TCPOFOQueue" },
	{ "/proc/net/netstat", "TcpExt:", "TCPSACKReneging" },
	{ "/proc/net/netstat", "TcpExt:", "TCPDSACKRecv" },
	{ "/proc/net/netstat", "TcpExt:", "TCPSACKReorder" },
	{ "/proc/net/netstat", "TcpExt:", "TCPTSReorder" },
	{ "/proc/net/snmp", "Tcp:", "RetransSegs" },
};

/* Look in one pair of lines. */
static bool find(char *names, char *values, const char *name, uint64_t *value)
{
	char *np, *vp, *n, *v;

	n = strtok_r(names, " \n", &np);
	v = strtok_r(values, " \n", &vp);
	while (n && v) {
		if (!strcmp(n, name)) {
			*value = strtoull(v, NULL, 10);
			return true;
		}
		n = strtok_r(NULL, " \n", &np);
		v = strtok_r(NULL, " \n", &vp);
	}
	return false;
}

static int read_one(unsigned int i, uint64_t *value)
{
	char *names = NULL, *values = NULL;
	size_t names_len = 0, values_len = 0;
	int err = -ENOENT;
	FILE *f;

	f = fopen(counters[i].file, "r");
	if (!f) {
		err = -errno;
		goto out;
	}
	while (getline(&names, &names_len, f) > 0 && getline(&values, &values_len, f) > 0) {
		if (strncmp(names, counters[i].group, strlen(counters[i].group)))
			continue;
		if (find(names, values, counters[i].name, value)) {
			err = 0;
			break;
		}
	}
	free(names);
	free(values);
	fclose(f);
out:
	if (err)
		fprintf(stderr, "rfs-traffic: cannot read %s from %s: %s\n", counters[i].name,
			counters[i].file, strerror(-err));
	return err;
}

int netstat_read(struct netstat *n)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < NETSTAT_N && !err; i++)
		err = read_one(i, &n->value[i]);
	return err;
}

struct netstat netstat_growth(const struct netstat *a, const struct netstat *b)
{
	struct netstat growth;
	unsigned int i;

	for (i = 0; i < NETSTAT_N; i++)
		growth.value[i] = b->value[i] - a->value[i];
	return growth;
}

void netstat_print(const struct netstat *growth)
{
	unsigned int i;

	for (i = 0; i < NETSTAT_N; i++)
		printf("  %-15s%11lu  (growth in this network namespace)\n", counters[i].name,
		       growth->value[i]);
}

void netstat_json(FILE *f, const struct netstat *growth)
{
	unsigned int i;

	fprintf(f, "\"netstat\":{");
	for (i = 0; i < NETSTAT_N; i++)
		fprintf(f, "%s\"%s\":%lu", i ? "," : "", counters[i].name, growth->value[i]);
	fprintf(f, "}");
}
