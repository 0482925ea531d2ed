// SPDX-License-Identifier: GPL-2.0-only
/* netif.c - facts about a network interface, from ioctls of the namespace that we are in. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/netif.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

int netns_current(struct netns *ns)
{
	socklen_t len = sizeof(ns->cookie);
	struct stat self = {}, init;
	int fd, err = 0;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &ns->cookie, &len) ||
	    stat("/proc/self/ns/net", &self))
		err = -errno;
	close(fd);
	if (err)
		return err;
	ns->ino = self.st_ino;
	ns->initial = !stat("/proc/1/ns/net", &init) && init.st_ino == self.st_ino;
	return 0;
}

/* Enter the namespace behind path if it is the one that is sought. */
static int try_enter(const char *path, __u64 ino)
{
	struct stat st;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	if (fstat(fd, &st) || st.st_ino != ino)
		err = -ENOENT;
	else
		err = setns(fd, CLONE_NEWNET) ? -errno : 0;
	close(fd);
	return err;
}

static int search_dir(const char *dir, const char *suffix, __u64 ino)
{
	struct dirent *entry;
	char path[512];
	int err = -ENOENT;
	DIR *d;

	d = opendir(dir);
	if (!d)
		return -ENOENT;
	while (err == -ENOENT && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s%s", dir, entry->d_name, suffix);
		err = try_enter(path, ino);
	}
	closedir(d);
	return err;
}

int netns_enter(__u64 ino)
{
	int err = try_enter("/proc/self/ns/net", ino);

	if (err == -ENOENT)
		err = search_dir("/run/netns", "", ino);
	if (err == -ENOENT)
		err = search_dir("/proc", "/ns/net", ino);
	return err;
}

bool netns_exists(__u64 ino, __u64 cookie)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct netns ns = {};
	bool exists = true;
	int err;

	if (home < 0)
		return true;
	err = netns_enter(ino);
	if (err == -ENOENT)
		exists = false;
	else if (!err && !netns_current(&ns))
		exists = ns.cookie == cookie;
	if (!err && setns(home, CLONE_NEWNET))
		exists = true;
	close(home);
	return exists;
}

static int do_ethtool(int fd, const char *name, void *cmd)
{
	struct ifreq ifr = {};

	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	ifr.ifr_data = cmd;
	/* Setting features may answer with a positive number, which is no error. */
	return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

static unsigned int count_rx_dirs(const char *name)
{
	int fd = netif_sysfs(name), queues;
	struct dirent *entry;
	unsigned int n = 0;
	DIR *d;

	if (fd < 0)
		return 0;
	queues = openat(fd, "queues", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(fd);
	if (queues < 0)
		return 0;
	d = fdopendir(queues);
	if (!d) {
		close(queues);
		return 0;
	}
	while ((entry = readdir(d)))
		n += !strncmp(entry->d_name, "rx-", 3);
	closedir(d);
	return n;
}

/* The kernel's number of a device feature, from the names that ethtool -k shows too. */
static int feature_index(int fd, const char *name, const char *feature)
{
	struct {
		struct ethtool_sset_info info;
		__u32 count;
	} sset = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_FEATURES } };
	struct ethtool_gstrings *strings;
	int err = do_ethtool(fd, name, &sset);

	if (err)
		return err;
	strings = calloc(1, sizeof(*strings) + (size_t)sset.count * ETH_GSTRING_LEN);
	if (!strings)
		return -ENOMEM;
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = ETH_SS_FEATURES;
	strings->len = sset.count;
	err = do_ethtool(fd, name, strings);
	for (size_t i = 0; !err && i < strings->len; i++) {
		if (!strncmp((char *)strings->data + i * ETH_GSTRING_LEN, feature,
			     ETH_GSTRING_LEN)) {
			free(strings);
			return (int)i;
		}
	}
	free(strings);
	return err ? err : -ENOENT;
}

#define FEATURE_BLOCKS 8 /* of 32 features; Linux has 2 */

struct feature {
	bool active;
	bool fixed;   /* as ethtool -k says it: neither the driver nor the kernel lets it change */
	__u32 blocks; /* of features that the kernel has */
};

/* The kernel says in .size how many blocks it has, and wants exactly as many when they are set. */
static int get_feature(int fd, const char *name, int index, struct feature *f)
{
	struct {
		struct ethtool_gfeatures head;
		struct ethtool_get_features_block block[FEATURE_BLOCKS];
	} get = { .head = { .cmd = ETHTOOL_GFEATURES, .size = FEATURE_BLOCKS } };
	const struct ethtool_get_features_block *block = &get.block[index / 32];
	int err = do_ethtool(fd, name, &get);

	f->blocks = get.head.size;
	f->active = block->active >> (index % 32) & 1;
	f->fixed = !((block->available & ~block->never_changed) >> (index % 32) & 1);
	return err;
}

static int set_feature(int fd, const char *name, int index, bool on)
{
	struct {
		struct ethtool_sfeatures head;
		struct ethtool_set_features_block block[FEATURE_BLOCKS];
	} set = { .head = { .cmd = ETHTOOL_SFEATURES } };
	struct feature f;
	int err = get_feature(fd, name, index, &f);

	if (err)
		return err;
	set.head.size = f.blocks;
	set.block[index / 32].valid = 1U << (index % 32);
	set.block[index / 32].requested = on ? 1U << (index % 32) : 0;
	err = do_ethtool(fd, name, &set);
	/* A positive answer says that the wish was noted but not, or not exactly, fulfilled. */
	if (err < 0)
		return err;
	err = get_feature(fd, name, index, &f);
	return err ? err : f.active == on ? 0 : -EOPNOTSUPP;
}

static int read_feature(int fd, const char *name, const char *feature, struct feature *f)
{
	int index = feature_index(fd, name, feature);

	if (index >= FEATURE_BLOCKS * 32)
		return -ERANGE;
	return index < 0 ? index : get_feature(fd, name, index, f);
}

int netif_read(const char *name, struct netif *nif)
{
	struct ethtool_drvinfo drv = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
	struct ifreq ifr = {};
	struct feature gro_hw;
	int fd;

	memset(nif, 0, sizeof(*nif));
	if (strlen(name) >= sizeof(nif->name))
		return -ENODEV;
	strcpy(nif->name, name);
	nif->ifindex = if_nametoindex(name);
	if (!nif->ifindex)
		return -ENODEV;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	strcpy(ifr.ifr_name, name);
	if (!ioctl(fd, SIOCGIFMTU, &ifr))
		nif->mtu = ifr.ifr_mtu;
	if (!do_ethtool(fd, name, &drv))
		snprintf(nif->driver, sizeof(nif->driver), "%s", drv.driver);
	if (!do_ethtool(fd, name, &flags))
		nif->lro = flags.data & ETH_FLAG_LRO;
	if (!do_ethtool(fd, name, &channels))
		nif->rx_queues = channels.rx_count + channels.combined_count;
	if (!read_feature(fd, name, "rx-gro-hw", &gro_hw))
		nif->gro_hw_fixed = gro_hw.active && gro_hw.fixed;
	close(fd);
	if (!nif->rx_queues)
		nif->rx_queues = count_rx_dirs(name);
	if (!nif->rx_queues)
		nif->rx_queues = 1;
	return 0;
}

int netif_feature(const char *name, const char *feature)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;
	struct feature f;

	if (fd < 0)
		return -errno;
	err = read_feature(fd, name, feature, &f);
	close(fd);
	return err ? err : f.active;
}

int netif_set_feature(const char *name, const char *feature, bool on)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), index;

	if (fd < 0)
		return -errno;
	index = feature_index(fd, name, feature);
	if (index >= FEATURE_BLOCKS * 32)
		index = -ERANGE;
	if (index >= 0)
		index = set_feature(fd, name, index, on);
	close(fd);
	return index;
}

int netif_sysfs(const char *name)
{
	char path[sizeof("class/net/") + IF_NAMESIZE];
	int fs, mnt, fd, err;

	fs = fsopen("sysfs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) {
		err = -errno;
		close(fs);
		return err;
	}
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	err = -errno;
	close(fs);
	if (mnt < 0)
		return err;
	snprintf(path, sizeof(path), "class/net/%s", name);
	fd = openat(mnt, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = -errno;
	close(mnt);
	return fd < 0 ? err : fd;
}
