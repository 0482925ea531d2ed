// SPDX-License-Identifier: GPL-2.0-only
/* netif.c - facts about a network interface of the namespace that we are in. */
#include <errno.h>
#include <linux/ethtool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/ethtool.h"
#include "host/netif.h"
#include "host/sysfs.h"

int netif_read(const char *name, struct netif *nif)
{
	struct ethtool_drvinfo drv = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
	struct ifreq ifr = {};
	struct ethtool_feature gro_hw;
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
	if (!ethtool_call(fd, name, &drv))
		snprintf(nif->driver, sizeof(nif->driver), "%s", drv.driver);
	if (!ethtool_call(fd, name, &flags))
		nif->lro = flags.data & ETH_FLAG_LRO;
	if (!ethtool_call(fd, name, &channels))
		nif->rx_queues = channels.rx_count + channels.combined_count;
	if (!ethtool_feature(fd, name, "rx-gro-hw", &gro_hw))
		nif->gro_hw_fixed = gro_hw.active && gro_hw.fixed;
	close(fd);
	if (!nif->rx_queues)
		nif->rx_queues = netif_count_rx_dirs(name);
	if (!nif->rx_queues)
		nif->rx_queues = 1;
	return 0;
}
