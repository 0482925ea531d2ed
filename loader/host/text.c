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

void text_quote(char out[TEXT_QUOTED_LEN], const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_.:@/-";
	size_t n = 0;

	if (*name && *name != '-' && strspn(name, plain) == strlen(name)) {
		snprintf(out, TEXT_QUOTED_LEN, "%s", name);
		return;
	}
	out[n++] = '\'';
	for (; *name && n < TEXT_QUOTED_LEN - 6; name++)
		n += snprintf(out + n, TEXT_QUOTED_LEN - n, *name == '\'' ? "'\\''" : "%c", *name);
	snprintf(out + n, TEXT_QUOTED_LEN - n, "'");
}
