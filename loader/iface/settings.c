// SPDX-License-Identifier: GPL-2.0-only
/* settings.c - kernel RPS/RFS and VLAN offload of an interface, saved, changed and restored. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/msg.h"
#include "host/ethtool.h"
#include "host/sysfs.h"
#include "maps/pins.h"
#include "iface/journal.h"
#include "iface/settings.h"
#include "recorder/kernel_rfs.h"

/* Device features that are turned off, with the kernel's names, are saved under these keys. */
#define KEY_FEATURE "features/"
/* The host's, under this one; it is 0 before, as else it is not changed. */
#define KEY_SOCK_FLOWS "net.core.rps_sock_flow_entries"

static int read_at(int dir, const char *path, char *buf, size_t len)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	buf[n] = 0;
	buf[strcspn(buf, "\n")] = 0;
	return 0;
}

static int write_at(int dir, const char *path, const char *value)
{
	int fd = openat(dir, path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* As the kernel writes masks: without the zeros in front, "00000000,0000000f" is "f". */
static const char *significant(const char *value)
{
	return value + strspn(value, "0,");
}

static bool same(const char *a, const char *b)
{
	return !strcmp(significant(a), significant(b));
}

static int change_file(int sysfs, int journal, const char *path, const char *wanted)
{
	char value[JOURNAL_WAS_LEN];
	int err = read_at(sysfs, path, value, sizeof(value));

	if (err == -ENOENT && same(wanted, "0")) /* a kernel without RPS */
		return 0;
	/* Noted also if it is so already: detach tells if somebody changes it meanwhile. */
	if (!err)
		err = journal_save(journal, path, value, wanted);
	if (err || same(value, wanted))
		return err;
	return write_at(sysfs, path, wanted);
}

static int change_rps(const char *name, int sysfs, int journal, unsigned int flow_cnt,
		      unsigned int first_queue)
{
	unsigned int queue;
	char wanted[16];
	int fd = openat(sysfs, "queues", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	struct dirent *entry;
	DIR *d;

	if (fd < 0)
		return errno == ENOENT && !flow_cnt ? 0 : -errno;
	snprintf(wanted, sizeof(wanted), "%u", flow_cnt);
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && (entry = readdir(d))) {
		char path[JOURNAL_KEY_LEN];

		if (sscanf(entry->d_name, "rx-%u", &queue) != 1 || queue < first_queue)
			continue;
		snprintf(path, sizeof(path), "queues/%.20s/rps_cpus", entry->d_name);
		err = change_file(sysfs, journal, path, "0");
		if (err)
			break;
		snprintf(path, sizeof(path), "queues/%.20s/rps_flow_cnt", entry->d_name);
		err = change_file(sysfs, journal, path, wanted);
	}
	closedir(d);
	if (err)
		rfs_error("%s: cannot change the kernel's RPS settings: %s", name, strerror(-err));
	return err;
}

/* Has rfs made the kernel's table for another interface, which is still attached? */
static bool others_have_sock_flows(const char *dir)
{
	char **dirs;
	int n = pins_list("", true, &dirs);
	bool found = n < 0;

	for (int i = 0; !found && i < n; i++) {
		int fd;

		if (!strcmp(dirs[i], dir))
			continue;
		fd = journal_open(dirs[i]);
		/* In doubt it has. */
		found = fd < 0 ? fd != -ENOENT : journal_has(fd, KEY_SOCK_FLOWS);
		if (fd >= 0)
			close(fd);
	}
	pins_free_list(dirs, n > 0 ? n : 0);
	return found;
}

/*
 * The kernel's table, if there is none. Each interface that needs the one that rfs has made notes
 * it, and the last of them removes it.
 */
static int make_sock_flows(const char *name, const char *dir, int journal, unsigned int entries)
{
	unsigned int now = 0;
	int err = sock_flows_read(&now);
	char set[16];

	snprintf(set, sizeof(set), "%u", now ? now : entries);
	if (!err && (!now || others_have_sock_flows(dir)))
		err = journal_save(journal, KEY_SOCK_FLOWS, "0", set);
	if (!err && !now)
		err = sock_flows_write(entries);
	if (err)
		rfs_error("%s: cannot set net.core.rps_sock_flow_entries, which the kernel's RFS "
			  "needs: %s; without it there is --tcp cpumap",
			  name, strerror(-err));
	return err;
}

/*
 * A NIC that takes VLAN tags out of received frames hands them over beside the packet, where a
 * CPUMAP loses them.
 */
static void clear_vlan_parsing(unsigned int ifindex, const char *name, int journal)
{
	static const char *const features[] = {
		KEY_FEATURE "rx-vlan-hw-parse", KEY_FEATURE "rx-vlan-stag-hw-parse", /* 802.1ad */
	};

	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		const char *feature = features[i] + strlen(KEY_FEATURE);
		int err;

		if (netif_feature(ifindex, feature) != 1)
			continue;
		err = journal_save(journal, features[i], "on", "off");
		if (!err)
			err = netif_set_feature(ifindex, feature, false);
		if (err)
			rfs_warn(
				"%s: cannot turn %s off (%s); packets of VLANs lose their tag when they are steered",
				name, feature, strerror(-err));
	}
}

int settings_change(unsigned int ifindex, const char *name, const char *dir, int journal,
		    const struct settings_wish *wish)
{
	int sysfs = netif_sysfs(ifindex), err = 0;

	if (sysfs < 0 && wish->flow_cnt) {
		rfs_error("%s: cannot reach its rps_flow_cnt in sysfs, which the kernel's RFS "
			  "needs: %s; without it there is --tcp cpumap",
			  name, strerror(-sysfs));
		err = sysfs;
	} else if (sysfs < 0) {
		/* Refused in some containers. RPS is off by default: no reason to stop. */
		rfs_warn(
			"%s: cannot look at the kernel's RPS settings (%s); with RPS on, packets are steered twice",
			name, strerror(-sysfs));
	} else {
		err = change_rps(name, sysfs, journal, wish->flow_cnt, wish->first_queue);
		close(sysfs);
	}
	if (!err && wish->flow_cnt)
		err = make_sock_flows(name, dir, journal, wish->sock_flow_entries);
	if (!err && wish->native)
		clear_vlan_parsing(ifindex, name, journal);
	/* Generic XDP turns this off by itself, and leaves it so. */
	else if (!err && netif_feature(ifindex, "rx-gro-hw") == 1)
		err = journal_save(journal, KEY_FEATURE "rx-gro-hw", "on", "off");
	return err;
}

/* ---- restore ---- */

struct restoring {
	unsigned int ifindex; /* 0: the interface is gone */
	const char *whose;    /* it is called in messages */
	const char *dir;
	int sysfs;
};

/* Read and written alike, whatever kind of setting it is. */
struct setting {
	int (*read)(const struct restoring *r, const char *key, char *value, size_t len);
	int (*write)(const struct restoring *r, const char *key, const char *value);
};

static int read_file(const struct restoring *r, const char *key, char *value, size_t len)
{
	/* -ENOENT is the queue's, not that of sysfs. */
	if (r->sysfs < 0)
		return r->sysfs == -ENOENT ? -ENODEV : r->sysfs;
	return read_at(r->sysfs, key, value, len);
}

static int write_file(const struct restoring *r, const char *key, const char *value)
{
	return write_at(r->sysfs, key, value);
}

static int read_feature(const struct restoring *r, const char *key, char *value, size_t len)
{
	int on = netif_feature(r->ifindex, key + strlen(KEY_FEATURE));

	if (on < 0)
		return on;
	snprintf(value, len, "%s", on ? "on" : "off");
	return 0;
}

static int write_feature(const struct restoring *r, const char *key, const char *value)
{
	return netif_set_feature(r->ifindex, key + strlen(KEY_FEATURE), !strcmp(value, "on"));
}

static int read_sock_flows(const struct restoring *r, const char *key, char *value, size_t len)
{
	unsigned int entries;
	int err = sock_flows_read(&entries);

	(void)r, (void)key;
	if (!err)
		snprintf(value, len, "%u", entries);
	return err;
}

static int write_sock_flows(const struct restoring *r, const char *key, const char *value)
{
	(void)r, (void)key;
	return sock_flows_write(strtoul(value, NULL, 10));
}

/* -EPROTO for a kind that only a later version knows. */
static int kind_of(const char *key, struct setting *kind)
{
	static const struct setting file = { read_file, write_file },
				    feature = { read_feature, write_feature },
				    sock_flows = { read_sock_flows, write_sock_flows };

	if (!strcmp(key, KEY_SOCK_FLOWS))
		*kind = sock_flows;
	else if (!strncmp(key, KEY_FEATURE, strlen(KEY_FEATURE)))
		*kind = feature;
	else if (!strncmp(key, "queues/", 7) && !strstr(key, ".."))
		*kind = file;
	else
		return -EPROTO;
	return 0;
}

static void cannot_restore(const char *whose, const char *key, const char *was, int err)
{
	if (err == -EPROTO)
		rfs_error("%s: this rfsctl does not know how to restore %s; detach it with the one "
			  "that attached it",
			  whose, key);
	else
		rfs_error("%s: cannot restore %s to %s: %s; set it so, and detach again", whose,
			  key, was, strerror(-err));
}

/* To what it was, unless somebody has set it otherwise since attach. */
static int restore(const char *key, const struct journal_entry *e, void *data)
{
	const struct restoring *r = data;
	bool ours_to_do =
		strcmp(key, KEY_SOCK_FLOWS) ? !!r->ifindex : !others_have_sock_flows(r->dir);
	char now[JOURNAL_WAS_LEN];
	struct setting kind;
	int err = kind_of(key, &kind);

	/* What went with the interface, or is another's still. */
	if (!err && !ours_to_do)
		return 0;
	if (!err)
		err = kind.read(r, key, now, sizeof(now));
	/* An RX queue that is no more. */
	if (err == -ENOENT && kind.read == read_file)
		return 0;
	if (!err && same(now, e->was))
		return 0;
	if (!err && *e->set && !same(now, e->set)) {
		rfs_note(
			"%s: %s was set to %s since attach, and is left so; before attach it was %s",
			r->whose, key, now, e->was);
		return 0;
	}
	if (!err)
		err = kind.write(r, key, e->was);
	if (err)
		cannot_restore(r->whose, key, e->was, err);
	return err;
}

int settings_restore(unsigned int ifindex, const char *name, const char *dir, int journal)
{
	struct restoring r = { ifindex, ifindex ? name : dir, dir,
			       ifindex ? netif_sysfs(ifindex) : -ENODEV };
	int err = journal_for_each(journal, restore, &r);

	if (err && !rfs_error_said())
		rfs_error("%s: cannot work off its journal: %s", r.whose, strerror(-err));
	if (r.sysfs >= 0)
		close(r.sysfs);
	return err;
}
