// SPDX-License-Identifier: GPL-2.0-only
/* text.c - other people's words, before they go to a terminal. */
#include <stdio.h>
#include <string.h>

#include "host/text.h"

void text_ascii(char *out, size_t len, const char *in)
{
	char piece[5];

	if (!len)
		return;
	for (; *in; in++) {
		size_t n = 1;

		piece[0] = *in;
		if (*in < ' ' || *in > '~')
			n = snprintf(piece, sizeof(piece), "\\x%02x", (unsigned char)*in);
		if (n >= len)
			break;
		memcpy(out, piece, n);
		out += n;
		len -= n;
	}
	*out = 0;
}
