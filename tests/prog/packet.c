// SPDX-License-Identifier: GPL-2.0-only
/* packet.c - packets from a list of layers. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/in.h>

#include "packet.h"

static const __u8 src4[4] = { 198, 51, 100, 7 };
static const __u8 dst4[4] = { 192, 0, 2, 1 };
static const __u8 src6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6 };
static const __u8 dst6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0xff, 0xe1, 0, 9, 0, 8, 0, 7, 0, 6, 0, 5 };

/* Room for n bytes; none of them zero, and no two words alike, so that a wrong offset shows. */
static __u8 *add(struct packet *p, __u32 n)
{
	__u8 *at = p->data + p->len;

	if (n > PACKET_MAX - p->len)
		abort();
	for (__u32 i = 0; i < n; i++)
		at[i] = ((p->len + i) * 37 % 251) + 1;
	p->len += n;
	p->need = p->len;
	return at;
}

static void put16(__u8 *at, __u32 value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void add_ip4(struct packet *p, const struct layer *l)
{
	__u32 ihl = l->a & 15;
	__u8 *ip = add(p, ihl > 5 ? ihl * 4 : 20);

	ip[0] = l->a;
	put16(ip + 2, 1000);
	put16(ip + 6, l->b);
	ip[8] = 64;
	ip[9] = l->next;
	memcpy(ip + 12, src4, 4);
	memcpy(ip + 16, dst4, 4);
}

static void add_ip6(struct packet *p, const struct layer *l)
{
	__u8 *ip = add(p, 40);

	ip[0] = l->a;
	put16(ip + 4, 1000);
	ip[6] = l->next;
	ip[7] = 64;
	memcpy(ip + 8, src6, 16);
	memcpy(ip + 24, dst6, 16);
}

static void add_layer(struct packet *p, const struct layer *l)
{
	__u32 need = p->need;
	__u8 *at;

	switch (l->kind) {
	case L_END:
		break;
	case L_ETH:
		put16(add(p, 14) + 12, l->next);
		break;
	case L_TAG:
		put16(add(p, 4) + 2, l->next);
		break;
	case L_PPPOE:
		at = add(p, 8);
		at[0] = l->a;
		at[1] = 0;
		put16(at + 6, l->next);
		break;
	case L_IP4:
		add_ip4(p, l);
		break;
	case L_IP6:
		add_ip6(p, l);
		break;
	case L_EXT:
		at = add(p, (l->a + 1) * 8);
		at[0] = l->next;
		at[1] = l->a;
		break;
	case L_AH: /* RFC 4302, section 2.2: in 4-byte words, minus 2 */
		at = add(p, (l->a + 2) * 4);
		at[0] = l->next;
		at[1] = l->a;
		break;
	case L_FRAG:
		at = add(p, 8);
		at[0] = l->next;
		put16(at + 2, l->a);
		break;
	case L_PORTS:
		at = add(p, 4);
		put16(at, l->a);
		put16(at + 2, l->b);
		break;
	case L_FILL:
		add(p, l->a);
		p->need = need;
		break;
	case L_CUT:
		p->len -= l->a;
		break;
	}
}

void packet_build(struct packet *p, const struct layer *layers)
{
	p->len = 0;
	p->need = 0;
	for (int i = 0; i < PACKET_DEPTH && layers[i].kind != L_END; i++)
		add_layer(p, &layers[i]);
}

struct flow packet_flow(bool v6, __u8 proto)
{
	struct flow f = { .v6 = v6, .proto = proto };

	if (proto) {
		f.sport = htons(PACKET_SPORT);
		f.dport = htons(PACKET_DPORT);
	}
	memcpy(f.src, v6 ? src6 : src4, v6 ? 16 : 4);
	memcpy(f.dst, v6 ? dst6 : dst4, v6 ? 16 : 4);
	return f;
}

void packet_of_flow(struct packet *p, const struct flow *flow)
{
	const struct layer ip4[] = { ETH(ETH_P_IP), IP4(flow->proto), PORTS, FILL(32), {} };
	const struct layer ip6[] = { ETH(ETH_P_IPV6), IP6(flow->proto), PORTS, FILL(32), {} };
	__u32 size = flow->v6 ? 16 : 4, addr = 14 + (flow->v6 ? 8 : 12), ports = addr + 2 * size;

	packet_build(p, flow->v6 ? ip6 : ip4);
	memcpy(p->data + addr, flow->src, size);
	memcpy(p->data + addr + size, flow->dst, size);
	memcpy(p->data + ports, &flow->sport, 2);
	memcpy(p->data + ports + 2, &flow->dport, 2);
}

struct flow flow_number(__u32 n)
{
	struct flow f = packet_flow(false, IPPROTO_UDP);

	f.sport = htons(1024 + n % 60000);
	f.src[0] = htonl(0x0a000000 + n / 60000);
	return f;
}

struct flow flow_reverse(const struct flow *flow)
{
	struct flow r = *flow;

	memcpy(r.src, flow->dst, sizeof(r.src));
	memcpy(r.dst, flow->src, sizeof(r.dst));
	r.sport = flow->dport;
	r.dport = flow->sport;
	return r;
}

struct flow_hash flow_hash(const __u32 *key, const struct flow *f)
{
	return f->v6 ? flow_hash_v6(key, f->src, f->dst, f->sport, f->dport, f->proto)
		     : flow_hash_v4(key, f->src[0], f->dst[0], f->sport, f->dport, f->proto);
}
