/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * problems.h - what is wrong with an attached interface: a table of what is looked for, with the
 * sentence that says it and what helps. rfsctl(8) has the same table, its ids are stable.
 */
#ifndef RFS_PROBLEMS_H
#define RFS_PROBLEMS_H

#include "view/collect.h"
#include "view/facts.h"

/* The one problem that is not in the table: one of those in it could not be looked for. */
#define PROBLEM_CANNOT_TELL "cannot-tell"

#define PROBLEM_LEN	  512
#define PROBLEM_ASCII_LEN (4 * PROBLEM_LEN) /* with each byte escaped, see text_ascii() */

struct problem {
	const char *id;
	char text[PROBLEM_LEN];
	char remedy[PROBLEM_LEN];
};

/**
 * problems_find() - judge what was found out about an interface
 * @v:    the interface; its state counts, and what it is called
 * @f:    the facts; only looked at where it is attached
 * @list: receives an array, to be freed
 *
 * Return: how many problems there are, or -ENOMEM.
 */
int problems_find(const struct iface_view *v, const struct iface_facts *f, struct problem **list);

#endif /* RFS_PROBLEMS_H */
