// SPDX-License-Identifier: GPL-2.0-only
/* netif.c - facts about a network interface of the namespace that we are in. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/ethtool.h"
#include "host/netif.h"
#include "host/netlink.h"
#include "host/sysfs.h"
#include "host/xdp_features.h"

/* ALTIFNAMSIZ of linux/if.h, which cannot stand beside net/if.h. */
#define ALTNAME_LEN 128

/* An interface as rtnetlink tells of it. */
struct link {
	struct netif *nif;
	unsigned int lower; /* ifindex, in this namespace or in another one */
	bool lower_elsewhere;
};

static struct nlmsghdr *put_getlink(void *buf)
{
	struct nlmsghdr *req = mnl_nlmsg_put_header(buf);

	req->nlmsg_type = RTM_GETLINK;
	mnl_nlmsg_put_extra_header(req, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(req, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return req;
}

static void take_text(const struct nlattr *attr, char *text, size_t len)
{
	if (!mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
		snprintf(text, len, "%s", mnl_attr_get_str(attr));
}

static void take_u32(const struct nlattr *attr, unsigned int *value)
{
	if (!mnl_attr_validate(attr, MNL_TYPE_U32))
		*value = mnl_attr_get_u32(attr);
}

static void take_info(const struct nlattr *info, struct netif *nif)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info) if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		take_text(attr, nif->kind, sizeof(nif->kind));
}

static int take_link(const struct nlmsghdr *msg, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(msg);
	struct link *link = data;
	struct netif *nif = link->nif;
	const struct nlattr *attr;

	nif->ifindex = ifi->ifi_index;
	nif->type = ifi->ifi_type;
	mnl_attr_for_each(attr, msg, sizeof(*ifi))
	{
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			take_text(attr, nif->name, sizeof(nif->name));
			break;
		case IFLA_MTU:
			take_u32(attr, &nif->mtu);
			break;
		case IFLA_NUM_RX_QUEUES:
			take_u32(attr, &nif->num_rx_queues);
			break;
		case IFLA_LINK:
			take_u32(attr, &link->lower);
			break;
		case IFLA_LINK_NETNSID:
			link->lower_elsewhere = true;
			break;
		case IFLA_LINKINFO:
			take_info(attr, nif);
			break;
		}
	}
	return MNL_CB_OK;
}

/*
 * The kernel looks for both kinds of names, whichever it is asked for by, but takes longer ones as
 * altnames only.
 */
static int read_link(const char *name, struct link *link)
{
	char buf[NETLINK_REQUEST_LEN];
	struct nlmsghdr *req = put_getlink(buf);
	int err;

	if (!*name || strlen(name) >= ALTNAME_LEN)
		return -ENODEV;
	mnl_attr_put_strz(req, IFLA_ALT_IFNAME, name);
	err = netlink_ask(NETLINK_ROUTE, req, take_link, link);
	return err ? err : link->nif->ifindex ? 0 : -ENODEV;
}

static int take_member(const struct nlmsghdr *msg, void *data)
{
	char name[IF_NAMESIZE] = "";
	const struct nlattr *attr;
	struct netif *nif = data;
	unsigned int master = 0;

	mnl_attr_for_each(attr, msg, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(attr) == IFLA_MASTER)
			take_u32(attr, &master);
		else if (mnl_attr_get_type(attr) == IFLA_IFNAME)
			take_text(attr, name, sizeof(name));
	}
	if (master != nif->ifindex)
		return MNL_CB_OK;
	if (nif->n_members < NETIF_MEMBERS_NAMED)
		strcpy(nif->members[nif->n_members], name);
	nif->n_members++;
	return MNL_CB_OK;
}

static int read_members(struct netif *nif)
{
	char buf[NETLINK_REQUEST_LEN];
	struct nlmsghdr *req = put_getlink(buf);

	req->nlmsg_flags |= NLM_F_DUMP;
	mnl_attr_put_u32(req, IFLA_MASTER, nif->ifindex);
	return netlink_ask(NETLINK_ROUTE, req, take_member, nif);
}

static int read_ethtool(struct netif *nif)
{
	struct ethtool_drvinfo drv = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_feature gro_hw;

	if (fd < 0)
		return -errno;
	if (!ethtool_call(fd, nif->name, &drv))
		snprintf(nif->driver, sizeof(nif->driver), "%s", drv.driver);
	if (!ethtool_call(fd, nif->name, &flags))
		nif->lro = flags.data & ETH_FLAG_LRO;
	if (!ethtool_call(fd, nif->name, &channels))
		nif->rx_queues = channels.rx_count + channels.combined_count;
	if (!ethtool_feature(fd, nif->name, "rx-gro-hw", &gro_hw))
		nif->gro_hw_fixed = gro_hw.active && gro_hw.fixed;
	close(fd);
	if (!nif->rx_queues)
		nif->rx_queues = netif_count_rx_dirs(nif->ifindex);
	if (!nif->rx_queues)
		nif->rx_queues = 1;
	return 0;
}

int netif_find(const char *name, char *real)
{
	struct netif nif = {};
	struct link link = { .nif = &nif };
	int err = read_link(name, &link);

	if (err)
		return err;
	if (real)
		strcpy(real, nif.name);
	return nif.ifindex;
}

int netif_read(const char *name, struct netif *nif)
{
	struct link link = { .nif = nif };
	int err;

	memset(nif, 0, sizeof(*nif));
	err = read_link(name, &link);
	if (!err)
		err = read_members(nif);
	if (!err)
		err = read_ethtool(nif);
	if (err)
		return err;
	nif->lower_elsewhere = link.lower_elsewhere;
	if (link.lower && !link.lower_elsewhere && !if_indextoname(link.lower, nif->lower))
		*nif->lower = 0;
	if (nif->num_rx_queues < nif->rx_queues)
		nif->num_rx_queues = nif->rx_queues;
	nif->xdp_features_known = !netif_xdp_features(nif->ifindex, &nif->xdp_features);
	return 0;
}
