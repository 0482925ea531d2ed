// SPDX-License-Identifier: GPL-2.0-only
/* netlink.c - one question to the kernel by netlink. */
#include <errno.h>
#include <sys/socket.h>

#include "host/netlink.h"

#define SEQ	   1	 /* one question a socket */
#define ANSWER_LEN 32768 /* as much as the kernel puts into one message of a dump */
#define ATTEMPTS   5

static int ask_once(int bus, struct nlmsghdr *req, mnl_cb_t cb, void *data)
{
	struct mnl_socket *nl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	char answer[ANSWER_LEN];
	int more = MNL_CB_OK, err = 0;

	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(nl, req, req->nlmsg_len) < 0)
		err = -errno;
	while (!err && more > MNL_CB_STOP) {
		ssize_t len = mnl_socket_recvfrom(nl, answer, sizeof(answer));

		more = len < 0 ? -1
			       : mnl_cb_run(answer, len, SEQ, mnl_socket_get_portid(nl), cb, data);
		if (more < 0)
			err = -errno;
	}
	mnl_socket_close(nl);
	return err;
}

int netlink_ask(int bus, struct nlmsghdr *req, mnl_cb_t cb, void *data)
{
	int err = -EINTR;

	req->nlmsg_seq = SEQ;
	req->nlmsg_flags |= NLM_F_REQUEST;
	/* What ends the answer: a dump ends by itself. */
	if (!(req->nlmsg_flags & NLM_F_DUMP))
		req->nlmsg_flags |= NLM_F_ACK;
	/* A dump may have missed what changed meanwhile; libmnl says so with EINTR. */
	for (int i = 0; i < ATTEMPTS && err == -EINTR; i++)
		err = ask_once(bus, req, cb, data);
	return err;
}
