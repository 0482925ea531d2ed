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

#include "netif.h"

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
	return ioctl(fd, SIOCETHTOOL, &ifr) ? -errno : 0;
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

int netif_read(const char *name, struct netif *nif)
{
	struct ethtool_drvinfo drv = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
	struct ifreq ifr = {};
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
	if (!do_ethtool(fd, name, &flags)) {
		nif->lro = flags.data & ETH_FLAG_LRO;
		nif->rxvlan = flags.data & ETH_FLAG_RXVLAN;
	}
	if (!do_ethtool(fd, name, &channels))
		nif->rx_queues = channels.rx_count + channels.combined_count;
	close(fd);
	if (!nif->rx_queues)
		nif->rx_queues = count_rx_dirs(name);
	if (!nif->rx_queues)
		nif->rx_queues = 1;
	return 0;
}

int netif_set_rxvlan(const char *name, bool on)
{
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
	int fd, err;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = do_ethtool(fd, name, &flags);
	if (!err) {
		flags.cmd = ETHTOOL_SFLAGS;
		if (on)
			flags.data |= ETH_FLAG_RXVLAN;
		else
			flags.data &= ~ETH_FLAG_RXVLAN;
		err = do_ethtool(fd, name, &flags);
	}
	close(fd);
	return err;
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
