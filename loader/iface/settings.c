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
#include "iface/settings.h"
#include "recorder/kernel_rfs.h"

#define KEY_LEN	  64
#define VALUE_LEN 4096 /* rps_cpus of 8192 CPUs takes 2303 characters */
/* Device features that are turned off, with the kernel's names, are saved under these keys. */
#define KEY_FEATURE "features/"
/* The host's, under this one; it is 0 before, as else it is not changed. */
#define KEY_SOCK_FLOWS "net.core.rps_sock_flow_entries"

int settings_open(const char *dir)
{
	int fd = pins_get("%s/%s", dir, RFS_PIN_SAVED), err;
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);

	if (fd != -ENOENT)
		return fd;
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "rfs_saved", KEY_LEN, VALUE_LEN, 4096, &opts);
	if (fd < 0) {
		err = -errno;
		rfs_error("cannot create the map for saved settings: %s", strerror(-err));
		return err;
	}
	err = pins_put(fd, "%s/%s", dir, RFS_PIN_SAVED);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int save(int saved, const char *key, const char *value)
{
	char k[KEY_LEN] = "", v[VALUE_LEN] = "";

	snprintf(k, sizeof(k), "%s", key);
	snprintf(v, sizeof(v), "%s", value);
	/* NOEXIST: an attach that was killed has saved the true value already. */
	if (!bpf_map_update_elem(saved, k, v, BPF_NOEXIST) || errno == EEXIST)
		return 0;
	return -errno;
}

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

static bool is_zero(const char *value)
{
	return strspn(value, "0,") == strlen(value);
}

static int change_file(int sysfs, int saved, const char *path, const char *wanted)
{
	char value[VALUE_LEN];
	int err = read_at(sysfs, path, value, sizeof(value));

	if (err == -ENOENT && is_zero(wanted)) /* a kernel without RPS */
		return 0;
	if (err || !strcmp(value, wanted) || (is_zero(value) && is_zero(wanted)))
		return err;
	err = save(saved, path, value);
	return err ? err : write_at(sysfs, path, wanted);
}

static int change_rps(const char *name, int sysfs, int saved, unsigned int flow_cnt)
{
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
		char path[KEY_LEN];

		if (strncmp(entry->d_name, "rx-", 3))
			continue;
		snprintf(path, sizeof(path), "queues/%.20s/rps_cpus", entry->d_name);
		err = change_file(sysfs, saved, path, "0");
		if (err)
			break;
		snprintf(path, sizeof(path), "queues/%.20s/rps_flow_cnt", entry->d_name);
		err = change_file(sysfs, saved, path, wanted);
	}
	closedir(d);
	if (err)
		rfs_error("%s: cannot change the kernel's RPS settings: %s", name, strerror(-err));
	return err;
}

static bool has_sock_flows(int saved)
{
	char key[KEY_LEN] = KEY_SOCK_FLOWS, value[VALUE_LEN];

	return !bpf_map_lookup_elem(saved, key, value);
}

/* Has rfs made the kernel's table for another interface, which is still attached? */
static bool others_have_sock_flows(const char *dir)
{
	char **dirs;
	int n = pins_list("", true, &dirs);
	bool found = false;

	for (int i = 0; !found && i < n; i++) {
		int fd;

		if (!strcmp(dirs[i], dir))
			continue;
		fd = pins_get("%s/%s", dirs[i], RFS_PIN_SAVED);
		if (fd < 0)
			continue;
		found = has_sock_flows(fd);
		close(fd);
	}
	pins_free_list(dirs, n > 0 ? n : 0);
	return found;
}

/*
 * The kernel's table, if there is none. Each interface that needs the one that rfs has made notes
 * it, and the last of them removes it.
 */
static int make_sock_flows(const char *name, const char *dir, int saved, unsigned int entries)
{
	unsigned int now = 0;
	int err = sock_flows_read(&now);

	if (!err && (!now || others_have_sock_flows(dir)))
		err = save(saved, KEY_SOCK_FLOWS, "0");
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
static void clear_vlan_parsing(const char *name, int saved)
{
	static const char *const features[] = {
		KEY_FEATURE "rx-vlan-hw-parse", KEY_FEATURE "rx-vlan-stag-hw-parse", /* 802.1ad */
	};

	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		const char *feature = features[i] + strlen(KEY_FEATURE);
		int err;

		if (netif_feature(name, feature) != 1)
			continue;
		err = save(saved, features[i], "on");
		if (!err)
			err = netif_set_feature(name, feature, false);
		if (err)
			rfs_warn(
				"%s: cannot turn %s off (%s); packets of VLANs lose their tag when they are steered",
				name, feature, strerror(-err));
	}
}

int settings_change(const char *name, const char *dir, int saved, const struct settings_wish *wish)
{
	int sysfs = netif_sysfs(name), err = 0;

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
		err = change_rps(name, sysfs, saved, wish->flow_cnt);
		close(sysfs);
	}
	if (!err && wish->flow_cnt)
		err = make_sock_flows(name, dir, saved, wish->sock_flow_entries);
	if (!err && wish->native)
		clear_vlan_parsing(name, saved);
	/* Generic XDP turns this off by itself, and leaves it so. */
	else if (!err && netif_feature(name, "rx-gro-hw") == 1)
		err = save(saved, KEY_FEATURE "rx-gro-hw", "on");
	return err;
}

/* One setting, to what was saved under its key; with no name, only if it is the host's. */
static int restore(const char *name, int sysfs, const char *dir, const char *key, const char *value)
{
	if (!strcmp(key, KEY_SOCK_FLOWS))
		return others_have_sock_flows(dir) ? 0 : sock_flows_write(strtoul(value, NULL, 10));
	if (!name)
		return 0;
	if (!strncmp(key, KEY_FEATURE, strlen(KEY_FEATURE)))
		return netif_set_feature(name, key + strlen(KEY_FEATURE), true);
	return sysfs < 0 ? sysfs : write_at(sysfs, key, value);
}

int settings_restore(const char *name, const char *dir, int saved)
{
	char key[KEY_LEN], value[VALUE_LEN];
	int sysfs = name ? netif_sysfs(name) : -ENODEV, err = 0;

	while (!bpf_map_get_next_key(saved, NULL, key)) {
		if (bpf_map_lookup_elem(saved, key, value))
			break;
		err = restore(name, sysfs, dir, key, value);
		if (err)
			rfs_warn("%s: cannot restore %s to %s: %s", name ? name : dir, key, value,
				 strerror(-err));
		if (bpf_map_delete_elem(saved, key))
			break;
	}
	err = errno == ENOENT ? 0 : -errno; /* the end of the map */
	if (err)
		rfs_error("%s: cannot read its saved settings: %s; they are restored when it is "
			  "detached again",
			  name ? name : dir, strerror(-err));
	if (sysfs >= 0)
		close(sysfs);
	return err;
}
