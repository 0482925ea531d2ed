// SPDX-License-Identifier: GPL-2.0-only
/* facts_settings.c - an interface's settings that work against steering, in its namespace. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/netif.h"
#include "host/sysfs.h"
#include "recorder/kernel_rfs.h"
#include "view/collect.h"
#include "view/facts.h"

/* A kernel's file of one line; "" for one that is not there. */
static int read_line(int dir, const char *path, char *line, size_t len)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	*line = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	n = read(fd, line, len - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	line[n] = 0;
	line[strcspn(line, "\n")] = 0;
	return 0;
}

/* "00000000,00000003" becomes "3". */
static void shorten_mask(char *out, size_t len, const char *mask)
{
	mask += strspn(mask, "0,");
	snprintf(out, len, strlen(mask) < len ? "%.*s" : "%.*s...", (int)len - 4, mask);
}

static int read_rx(int queues, unsigned int queue, struct rx_facts *rx)
{
	char path[48], line[4096];
	int err;

	rx->queue = queue;
	snprintf(path, sizeof(path), "rx-%u/rps_cpus", queue);
	err = read_line(queues, path, line, sizeof(line));
	shorten_mask(rx->rps_cpus, sizeof(rx->rps_cpus), line);
	if (!err) {
		snprintf(path, sizeof(path), "rx-%u/rps_flow_cnt", queue);
		err = read_line(queues, path, line, sizeof(line));
		rx->flow_cnt = strtoul(line, NULL, 10);
	}
	return err;
}

static int compare(const void *a, const void *b)
{
	const struct rx_facts *x = a, *y = b;

	return x->queue < y->queue ? -1 : x->queue > y->queue;
}

static int read_all_rx(DIR *d, struct iface_facts *f)
{
	struct dirent *entry;
	unsigned int queue;
	int err = 0;

	while (!err && (entry = readdir(d))) {
		struct rx_facts *more;

		if (sscanf(entry->d_name, "rx-%u", &queue) != 1)
			continue;
		more = realloc(f->rx, (f->n_rx + 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		f->rx = more;
		err = read_rx(dirfd(d), queue, &f->rx[f->n_rx++]);
	}
	if (f->n_rx)
		qsort(f->rx, f->n_rx, sizeof(*f->rx), compare);
	return err;
}

static int kernel_steering(unsigned int ifindex, struct iface_facts *f)
{
	int sysfs = netif_sysfs(ifindex), fd, err;
	DIR *d;

	if (sysfs < 0)
		return sysfs;
	fd = openat(sysfs, "queues", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 ? -errno : 0;
	close(sysfs);
	if (err)
		return err == -ENOENT ? 0 : err;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	err = read_all_rx(d, f);
	closedir(d);
	return err;
}

static void vlan_offload(const char *name, struct iface_facts *f)
{
	static const char *const names[] = { "rx-vlan-hw-parse", "rx-vlan-stag-hw-parse" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = fd < 0 ? -errno : 0;

	for (int i = 0; i < VLAN_FEATURES; i++)
		f->vlan_err[i] = err ? err : ethtool_feature(fd, name, names[i], &f->vlan[i]);
	if (fd >= 0)
		close(fd);
}

/* "nsenter --net" leaves /sys as it is. */
static bool sysfs_shows(unsigned int ifindex, const char *name)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/sys/class/net/%s", name);
	return !stat(path, &st) && st.st_ino == netif_sysfs_ino(ifindex);
}

void facts_settings(const struct iface_view *v, const char *name, struct iface_facts *f)
{
	struct netif nif;

	f->rx_queues_err = netif_read(name, &nif);
	f->rx_queues = nif.rx_queues;
	f->sysfs_here = sysfs_shows(v->ifindex, name);
	f->rx_err = kernel_steering(v->ifindex, f);
	vlan_offload(name, f);
	if (v->config.mode == RFS_MODE_NATIVE)
		f->veth_err = veth_peer(v->ifindex, &f->peer);
	if (v->config.tcp == RFS_TCP_STACK)
		f->sock_flows_err = sock_flows_read(&f->sock_flows);
}
