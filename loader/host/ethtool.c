// SPDX-License-Identifier: GPL-2.0-only
/* ethtool.c - an interface's driver and features, by ioctls of the namespace that we are in. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/ethtool.h"
#include "host/ifname.h"

int ethtool_call(int fd, const char *name, void *cmd)
{
	struct ifreq ifr = {};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ifr.ifr_data = cmd;
	/* Setting features may answer with a positive number, which is no error. */
	return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

/* The kernel's number of a device feature, from the names that ethtool -k shows too. */
static int feature_index(int fd, const char *name, const char *feature)
{
	struct {
		struct ethtool_sset_info info;
		__u32 count;
	} sset = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_FEATURES } };
	struct ethtool_gstrings *strings;
	int err = ethtool_call(fd, name, &sset);

	if (err)
		return err;
	strings = calloc(1, sizeof(*strings) + (size_t)sset.count * ETH_GSTRING_LEN);
	if (!strings)
		return -ENOMEM;
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = ETH_SS_FEATURES;
	strings->len = sset.count;
	err = ethtool_call(fd, name, strings);
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

/* The kernel says in .size how many blocks it has, and wants exactly as many when they are set. */
static int get_feature(int fd, const char *name, int index, struct ethtool_feature *f)
{
	struct {
		struct ethtool_gfeatures head;
		struct ethtool_get_features_block block[FEATURE_BLOCKS];
	} get = { .head = { .cmd = ETHTOOL_GFEATURES, .size = FEATURE_BLOCKS } };
	const struct ethtool_get_features_block *block = &get.block[index / 32];
	int err = ethtool_call(fd, name, &get);

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
	struct ethtool_feature f;
	int err = get_feature(fd, name, index, &f);

	if (err)
		return err;
	set.head.size = f.blocks;
	set.block[index / 32].valid = 1U << (index % 32);
	set.block[index / 32].requested = on ? 1U << (index % 32) : 0;
	err = ethtool_call(fd, name, &set);
	/* A positive answer says that the wish was noted but not, or not exactly, fulfilled. */
	if (err < 0)
		return err;
	err = get_feature(fd, name, index, &f);
	return err ? err : f.active == on ? 0 : -EOPNOTSUPP;
}

int ethtool_feature(int fd, const char *name, const char *feature, struct ethtool_feature *f)
{
	int index = feature_index(fd, name, feature);

	if (index >= FEATURE_BLOCKS * 32)
		return -ERANGE;
	return index < 0 ? index : get_feature(fd, name, index, f);
}

int netif_feature(unsigned int ifindex, const char *feature)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;
	struct ethtool_feature f;
	char name[IF_NAMESIZE];

	if (fd < 0)
		return -errno;
	err = ifname_now(ifindex, name);
	if (!err)
		err = ethtool_feature(fd, name, feature, &f);
	close(fd);
	return err ? err : f.active;
}

int netif_set_feature(unsigned int ifindex, const char *feature, bool on)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), index;
	char name[IF_NAMESIZE];

	if (fd < 0)
		return -errno;
	index = ifname_now(ifindex, name);
	if (!index)
		index = feature_index(fd, name, feature);
	if (index >= FEATURE_BLOCKS * 32)
		index = -ERANGE;
	if (index >= 0)
		index = set_feature(fd, name, index, on);
	close(fd);
	return index;
}
