// SPDX-License-Identifier: GPL-2.0-only
/* netdev.c - a device of our own, by rtnetlink: ip(8) may not be there. */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netdev.h"

#define NAME "rfstest0"

struct request {
	struct nlmsghdr hdr;
	struct ifinfomsg info;
	char attrs[256];
};

static struct rtattr *add_attr(struct request *r, unsigned short type, const void *data, size_t len)
{
	struct rtattr *rta = (void *)((char *)r + NLMSG_ALIGN(r->hdr.nlmsg_len));

	rta->rta_type = type;
	rta->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(rta), data, len);
	r->hdr.nlmsg_len = NLMSG_ALIGN(r->hdr.nlmsg_len) + RTA_ALIGN(rta->rta_len);
	return rta;
}

static int make(int fd, const char *kind, __u32 queues)
{
	struct request r = {
		.hdr.nlmsg_len = NLMSG_LENGTH(sizeof(r.info)),
		.hdr.nlmsg_type = RTM_NEWLINK,
		.hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK,
	};
	struct {
		struct nlmsghdr hdr;
		struct nlmsgerr err;
		char rest[512];
	} answer;
	struct rtattr *link;

	add_attr(&r, IFLA_IFNAME, NAME, sizeof(NAME));
	add_attr(&r, IFLA_NUM_RX_QUEUES, &queues, sizeof(queues));
	add_attr(&r, IFLA_NUM_TX_QUEUES, &queues, sizeof(queues));
	link = add_attr(&r, IFLA_LINKINFO, NULL, 0);
	add_attr(&r, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	link->rta_len = (char *)&r + r.hdr.nlmsg_len - (char *)link;
	if (send(fd, &r, r.hdr.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
		return -errno;
	return answer.hdr.nlmsg_type == NLMSG_ERROR ? answer.err.error : -EPROTO;
}

unsigned int netdev_make(unsigned int queues)
{
	static const char *const kinds[] = { "veth", "dummy" };
	int fd, err = -EOPNOTSUPP;

	if (unshare(CLONE_NEWNET)) {
		fprintf(stderr, "cannot make a network namespace: %s\n", strerror(errno));
		return 0;
	}
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0) {
		fprintf(stderr, "cannot open a netlink socket: %s\n", strerror(errno));
		return 0;
	}
	for (size_t i = 0; err && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		err = make(fd, kinds[i], queues);
	close(fd);
	if (err) {
		fprintf(stderr, "cannot make a veth or dummy device with %u RX queues: %s\n",
			queues, strerror(-err));
		return 0;
	}
	return if_nametoindex(NAME);
}
