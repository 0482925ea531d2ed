// SPDX-License-Identifier: GPL-2.0-only
/* A numbered datagram of UDP, or a record in a stream of TCP. */
#ifndef TRAFFIC_WIRE_H
#define TRAFFIC_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_MAX	65536
#define WIRE_MAGIC	0x52465354U

enum { WIRE_ASK = 1, WIRE_ANSWER = 2 };

/* In memory; on the wire it is the same with little-endian fields. */
struct wire {
	uint32_t magic;
	uint32_t size;		/* all of it, with this header */
	uint32_t flow;
	uint32_t flags;
	uint64_t run;		/* the sender's start: later runs are larger */
	uint64_t seq;
	uint64_t sent_ns;
};

/* Write @w->size bytes: the header, and a body that depends on flow and number. */
void wire_write(void *buf, const struct wire *w);

/* Read a header; NULL or what is wrong with it. At least sizeof(struct wire) bytes. */
const char *wire_read(struct wire *w, const void *buf);

/* NULL or what is wrong with the body of the record that @w was read from. */
const char *wire_check(const struct wire *w, const void *buf);

#endif
