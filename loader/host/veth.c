// SPDX-License-Identifier: GPL-2.0-only
/* veth.c - does the other end of a veth leave checksums to be computed? */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "host/ethtool.h"
#include "host/netlink.h"
#include "host/veth.h"

/* HW_CSUM of a driver that is told nothing more by the kernel's name. */
#define FEATURE_TX "tx-checksum-ip-generic"

#define NO_NSID (-1)

/* One end, as rtnetlink tells of it in its namespace. */
struct end {
	unsigned int ifindex;
	unsigned int peer; /* the other's index, where that is */
	int peer_nsid;	   /* how that namespace is called here; NO_NSID: it is this one */
	bool is_veth;
};

static int take_end(const struct nlmsghdr *msg, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr, *info;
	struct end *end = data;

	end->ifindex = ifi->ifi_index;
	mnl_attr_for_each(attr, msg, sizeof(*ifi))
	{
		int type = mnl_attr_get_type(attr);

		if (type == IFLA_LINK && !mnl_attr_validate(attr, MNL_TYPE_U32))
			end->peer = mnl_attr_get_u32(attr);
		else if (type == IFLA_LINK_NETNSID && !mnl_attr_validate(attr, MNL_TYPE_U32))
			end->peer_nsid = mnl_attr_get_u32(attr);
		else if (type == IFLA_LINKINFO)
			mnl_attr_for_each_nested(info, attr) if (mnl_attr_get_type(info) ==
								 IFLA_INFO_KIND) end->is_veth =
				!strcmp(mnl_attr_get_str(info), "veth");
	}
	return MNL_CB_OK;
}

static int read_end(unsigned int ifindex, struct end *end)
{
	char buf[NETLINK_REQUEST_LEN];
	struct nlmsghdr *req = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifi;
	int err;

	*end = (struct end){ .peer_nsid = NO_NSID };
	req->nlmsg_type = RTM_GETLINK;
	ifi = mnl_nlmsg_put_extra_header(req, sizeof(*ifi));
	ifi->ifi_index = ifindex;
	mnl_attr_put_u32(req, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	err = netlink_ask(NETLINK_ROUTE, req, take_end, end);
	return err ? err : end->ifindex && end->is_veth && end->peer ? 0 : -ENODEV;
}

static int take_nsid(const struct nlmsghdr *msg, void *data)
{
	const struct nlattr *attr;
	int *nsid = data;

	mnl_attr_for_each(attr, msg, sizeof(struct rtgenmsg)) if (mnl_attr_get_type(attr) ==
								  NETNSA_NSID) *nsid =
		mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

/* How another namespace is called in this one. */
static int nsid_of(int netns, int *nsid)
{
	char buf[NETLINK_REQUEST_LEN];
	struct nlmsghdr *req = mnl_nlmsg_put_header(buf);
	struct rtgenmsg *gen;

	*nsid = NO_NSID;
	req->nlmsg_type = RTM_GETNSID;
	gen = mnl_nlmsg_put_extra_header(req, sizeof(*gen));
	gen->rtgen_family = AF_UNSPEC;
	mnl_attr_put_u32(req, NETNSA_FD, netns);
	return netlink_ask(NETLINK_ROUTE, req, take_nsid, nsid);
}

struct search {
	struct end end;
	int home; /* its namespace */
	struct veth_peer *peer;
};

static int read_peer(unsigned int ifindex, const struct netns *ns, struct veth_peer *peer)
{
	peer->ns = *ns;
	peer->tx = netif_feature(ifindex, FEATURE_TX);
	return if_indextoname(ifindex, peer->name) ? 0 : -errno;
}

/* The other end's index may be any interface's; that one is the peer only if it says so itself. */
static int look_for_peer(const struct netns *ns, void *data)
{
	struct search *s = data;
	struct end other;
	int nsid;

	if (read_end(s->end.peer, &other) || other.peer != s->end.ifindex ||
	    other.peer_nsid == NO_NSID)
		return 0;
	if (nsid_of(s->home, &nsid) || nsid != other.peer_nsid)
		return 0;
	return read_peer(other.ifindex, ns, s->peer) ? 0 : 1;
}

int veth_peer(unsigned int ifindex, struct veth_peer *peer)
{
	struct search s = { .peer = peer };
	struct netns here;
	int err, back;
	bool whole;

	*peer = (struct veth_peer){ .tx = -ENODEV };
	err = read_end(ifindex, &s.end);
	if (!err)
		err = netns_current(&here);
	if (err)
		return err;
	if (s.end.peer_nsid == NO_NSID)
		return read_peer(s.end.peer, &here, peer);
	s.home = netns_open();
	if (s.home < 0)
		return s.home;
	err = netns_visit(look_for_peer, &s, &whole);
	back = netns_return(s.home);
	return back ? back : err == 1 ? 0 : err < 0 ? err : -ENODEV;
}
