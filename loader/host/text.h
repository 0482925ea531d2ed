/* SPDX-License-Identifier: GPL-2.0-only */
/* text.h - other people's words, before they go to a terminal. */
#ifndef RFS_TEXT_H
#define RFS_TEXT_H

#include <stddef.h>

/* Room for the longest name of an interface, process or folder, with each byte escaped. */
#define TEXT_NAME_LEN 256

/**
 * text_ascii() - a text without what moves a terminal's cursor or changes its colours
 * @out: receives it: printable ASCII as it is, any other byte as \xHH
 * @len: of out; what does not fit is left out, an escape as a whole
 *
 * Names of interfaces and processes may hold any byte but a few.
 */
void text_ascii(char *out, size_t len, const char *in);

#define TEXT_QUOTED_LEN 320

/**
 * text_quote() - a name as a word of a command
 * @out: receives it, quoted where a shell would not take it as it is
 *
 * Anybody may have put into a name what a shell would run.
 */
void text_quote(char out[TEXT_QUOTED_LEN], const char *name);

#endif /* RFS_TEXT_H */
