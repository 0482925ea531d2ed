// SPDX-License-Identifier: GPL-2.0-only
/*
 * wire.c - datagrams that come as from a NIC, for a flood that does not measure its own sender.
 *
 * BPF_PROG_RUN in its "live frames" mode takes pages from a page pool, runs an XDP program on each,
 * and redirects them to the client's interface; that puts them into the ring of the server's. There
 * is no socket, no route and no skb before the server's NAPI finds them, a batch at a time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base.h"
#include "sockets.h"
#include "wire.h"
#include "wire.skel.h"

/*
 * A call waits for RCU's grace periods at its start and end, in which nothing is sent, so one is to
 * last for the whole sample. It ends early with the process; this is the bound if that hangs: some
 * 10 s.
 */
#define FRAMES_PER_CALL (1 << 24)
/*
 * A live frame is accounted with its page. So much room (the kernel doubles it) is for about as
 * many datagrams as the default buffer has for those of a socket.
 */
#define RCVBUF	    (640 << 10)
#define PAYLOAD_MAX 1400

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	char payload[PAYLOAD_MAX];
} __attribute__((packed));

static struct wire *skel;
static struct frame frame;

static struct in_addr address(const char *text)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1) {
		fprintf(stderr, "not an IPv4 address: %s\n", text);
		exit(2);
	}
	return a;
}

static const char *name_of(const struct ifaddrs *all, struct in_addr addr)
{
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		const struct sockaddr_in *in = (void *)i->ifa_addr;

		if (in && in->sin_family == AF_INET && in->sin_addr.s_addr == addr.s_addr)
			return i->ifa_name;
	}
	return NULL;
}

/* The MAC address and index of the interface that has the address, in the thread's namespace. */
static struct sockaddr_ll link_of(const char *text)
{
	struct sockaddr_ll ll = {};
	struct ifaddrs *all;
	const char *name;

	if (getifaddrs(&all))
		die("getifaddrs");
	name = name_of(all, address(text));
	for (const struct ifaddrs *i = all; name && i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET &&
		    !strcmp(i->ifa_name, name))
			memcpy(&ll, i->ifa_addr, sizeof(ll));
	freeifaddrs(all);
	if (!ll.sll_ifindex) {
		fprintf(stderr, "no interface has %s\n", text);
		exit(1);
	}
	return ll;
}

static uint16_t ip_checksum(const struct iphdr *ip)
{
	uint16_t words[sizeof(*ip) / 2];
	uint32_t sum = 0;

	memcpy(words, ip, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum += words[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/*
 * UDP's checksum is 0, "none": frames that come by an XDP queue have lost a NIC's verdict on it on
 * every side, so else all sides would compute what they need not behind a NIC.
 */
static void fill(const struct load_opts *o, const struct sockaddr_ll *to,
		 const struct sockaddr_ll *from)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons(sizeof(ip) + sizeof(frame.udp) + o->size),
		.frag_off = htons(IP_DF),
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.saddr = address(o->cli_addr).s_addr,
		.daddr = address(o->srv_addr).s_addr,
	};

	ip.check = ip_checksum(&ip);
	memcpy(frame.eth.h_dest, to->sll_addr, ETH_ALEN);
	memcpy(frame.eth.h_source, from->sll_addr, ETH_ALEN);
	frame.eth.h_proto = htons(ETH_P_IP);
	frame.ip = ip;
	frame.udp.len = htons(sizeof(frame.udp) + o->size);
}

void wire_make(const struct load_opts *o)
{
	struct sockaddr_ll to, from;
	int rcvbuf = RCVBUF;

	for (int i = 0; i < o->conns; i++)
		if (setsockopt(srv_fd[i], SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)))
			die("SO_RCVBUFFORCE");

	netns_enter(o->srv_ns);
	to = link_of(o->srv_addr);
	netns_enter(o->cli_ns);
	from = link_of(o->cli_addr);
	fill(o, &to, &from);
	skel = wire__open();
	if (!skel)
		die("wire");
	skel->rodata->out_ifindex = from.sll_ifindex;
	skel->rodata->flows = o->conns;
	skel->rodata->srv_port = o->port;
	skel->rodata->cli_port = o->cport;
	errno = -wire__load(skel);
	if (errno)
		die("wire");
}

uint64_t wire_sent(void)
{
	return skel ? __atomic_load_n(&skel->bss->sent, __ATOMIC_RELAXED) : 0;
}

/* When the process ends, the kernel ends the call that is under way after a batch. */
void cli_wire(struct worker *w)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &frame,
		    .data_size_in = offsetof(struct frame, payload) + w->o->size,
		    .repeat = FRAMES_PER_CALL, .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
		    .batch_size = w->o->batch, );

	while (phase_now() != PHASE_STOP) {
		int err = bpf_prog_test_run_opts(bpf_program__fd(skel->progs.wire_out), &opts);

		if (err && err != -EINTR && err != -EAGAIN) {
			errno = -err;
			die("BPF_PROG_RUN of live frames");
		}
	}
}
