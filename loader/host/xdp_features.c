// SPDX-License-Identifier: GPL-2.0-only
/* xdp_features.c - the kernel's generic netlink family "netdev", as far as it is needed here. */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdbool.h>

#include "host/netlink.h"
#include "host/xdp_features.h"

/* Of linux/netdev.h, which Debian 12's linux-libc-dev (6.1) does not have. */
#define FAMILY		   "netdev"
#define CMD_DEV_GET	   1
#define A_DEV_IFINDEX	   1
#define A_DEV_XDP_FEATURES 3

static struct nlmsghdr *put_header(void *buf, __u16 family, __u8 cmd)
{
	struct nlmsghdr *req = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	req->nlmsg_type = family;
	genl = mnl_nlmsg_put_extra_header(req, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return req;
}

static int take_family(const struct nlmsghdr *answer, void *data)
{
	const struct nlattr *attr;
	__u16 *family = data;

	mnl_attr_for_each(
		attr, answer,
		sizeof(struct genlmsghdr)) if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
					       !mnl_attr_validate(attr, MNL_TYPE_U16)) *family =
		mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int find_family(__u16 *family)
{
	char buf[NETLINK_REQUEST_LEN];
	struct nlmsghdr *req = put_header(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	int err;

	*family = 0;
	mnl_attr_put_strz(req, CTRL_ATTR_FAMILY_NAME, FAMILY);
	err = netlink_ask(NETLINK_GENERIC, req, take_family, family);
	return err ? err : *family ? 0 : -ENOENT;
}

struct answer {
	bool told;
	__u64 features;
};

static int take_features(const struct nlmsghdr *msg, void *data)
{
	struct answer *answer = data;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, msg, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) != A_DEV_XDP_FEATURES ||
		    mnl_attr_validate(attr, MNL_TYPE_U64))
			continue;
		answer->features = mnl_attr_get_u64(attr);
		answer->told = true;
	}
	return MNL_CB_OK;
}

int netif_xdp_features(unsigned int ifindex, __u64 *features)
{
	char buf[NETLINK_REQUEST_LEN];
	struct answer answer = {};
	struct nlmsghdr *req;
	__u16 family;
	int err = find_family(&family);

	if (err)
		return err;
	req = put_header(buf, family, CMD_DEV_GET);
	mnl_attr_put_u32(req, A_DEV_IFINDEX, ifindex);
	err = netlink_ask(NETLINK_GENERIC, req, take_features, &answer);
	*features = answer.features;
	return err ? err : answer.told ? 0 : -ENOENT;
}
