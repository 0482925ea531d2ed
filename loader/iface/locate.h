/* SPDX-License-Identifier: GPL-2.0-only */
/* locate.h - where is an interface that was attached? There are three answers. */
#ifndef RFS_LOCATE_H
#define RFS_LOCATE_H

#include "host/netns.h"
#include "iface/journal.h"
#include "xdp/owner.h"

enum where {
	IFACE_THERE,   /* in the namespace that is told */
	IFACE_GONE,    /* for good: it, and with it its settings */
	IFACE_UNKNOWN, /* it may be out of our sight */
};

struct iface_place {
	enum where where;
	/* IFACE_THERE: */
	int netns; /* open, to be closed by iface_place_close(); else -1 */
	struct netns ns;
	unsigned int ifindex;
	char name[IF_NAMESIZE];
	bool moved; /* to another namespace than it was attached in */
	/* IFACE_UNKNOWN: the reason, to stand behind "cannot tell whether IFACE is gone: " */
	char why[256];
};

/**
 * iface_locate() - find an interface, in whichever network namespace it is now
 * @dir: its pin folder
 * @id:  of journal_id()
 * @p:   receives the answer
 *
 * It is where it was attached; or where an interface has the XDP program that attach put on it. It
 * is gone if the kernel says so of the program's link, or if it is in none of the namespaces and
 * these were all.
 */
void iface_locate(const char *dir, const struct iface_id *id, struct iface_place *p);

/** iface_owner() - how the steering program that was made for an interface is known */
struct xdp_owner iface_owner(const struct iface_id *id);

/**
 * iface_is_another() - has an interface of the current namespace only the index of one that is
 * gone?
 * @id: of journal_id()
 *
 * Return: false also where that cannot be told.
 */
bool iface_is_another(const struct iface_id *id, unsigned int ifindex);

/**
 * iface_enter() - go where an interface is
 *
 * Return: 0, or a negative errno after an error message.
 */
int iface_enter(const struct iface_place *p);

/**
 * iface_program() - the steering program in the interface's receive path
 * @p: of iface_locate()
 *
 * Return: a file descriptor; -ENOENT if it is not there; another negative errno if that cannot be
 * told.
 */
int iface_program(const char *dir, const struct iface_id *id, const struct iface_place *p);

/**
 * iface_has_program() - is the steering program in the interface's receive path?
 * @p: of iface_locate()
 *
 * Return: also true if that cannot be told.
 */
bool iface_has_program(const char *dir, const struct iface_id *id, const struct iface_place *p);

void iface_place_close(struct iface_place *p);

#endif /* RFS_LOCATE_H */
