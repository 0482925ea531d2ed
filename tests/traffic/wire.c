// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "wire.h"

_Static_assert(sizeof(struct wire) == 40, "no padding, and the least --size");

/* The body: words that differ between flows, numbers and places. */
static uint64_t body_word(const struct wire *w, size_t i)
{
	return htole64((w->seq + 1) * 0x9e3779b97f4a7c15ULL + w->flow * 0xc2b2ae3d27d4eb4fULL +
		       i * 0x165667b19e3779f9ULL);
}

void wire_write(void *buf, const struct wire *w)
{
	struct wire out = {
		.magic = htole32(w->magic),
		.size = htole32(w->size),
		.flow = htole32(w->flow),
		.flags = htole32(w->flags),
		.run = htole64(w->run),
		.seq = htole64(w->seq),
		.sent_ns = htole64(w->sent_ns),
	};
	size_t at, n, i;
	uint64_t word;

	memcpy(buf, &out, sizeof(out));
	for (at = sizeof(out), i = 0; at < w->size; at += n, i++) {
		word = body_word(w, i);
		n = w->size - at < sizeof(word) ? w->size - at : sizeof(word);
		memcpy((char *)buf + at, &word, n);
	}
}

const char *wire_read(struct wire *w, const void *buf)
{
	memcpy(w, buf, sizeof(*w));
	w->magic = le32toh(w->magic);
	w->size = le32toh(w->size);
	w->flow = le32toh(w->flow);
	w->flags = le32toh(w->flags);
	w->run = le64toh(w->run);
	w->seq = le64toh(w->seq);
	w->sent_ns = le64toh(w->sent_ns);

	if (w->magic != WIRE_MAGIC)
		return "no magic number";
	if (w->size < sizeof(*w) || w->size > WIRE_MAX)
		return "impossible size";
	return NULL;
}

const char *wire_check(const struct wire *w, const void *buf)
{
	size_t at, n, i;
	uint64_t word;

	for (at = sizeof(*w), i = 0; at < w->size; at += n, i++) {
		word = body_word(w, i);
		n = w->size - at < sizeof(word) ? w->size - at : sizeof(word);
		if (memcmp((const char *)buf + at, &word, n))
			return "wrong contents";
	}
	return NULL;
}
