/* SPDX-License-Identifier: GPL-2.0-only */
/* xdp.h - put the XDP program on an interface, beside others where the kernel allows it. */
#ifndef RFS_XDP_H
#define RFS_XDP_H

#include <stdbool.h>

#include "host/netif.h"
#include "rfs_steer.skel.h"
#include "xdp/owner.h"

/* What the kernel says of the link that an attachment pinned. */
struct xdp_link_state {
	unsigned int ifindex; /* 0: its interface is gone, or somebody took the link off it */
	__u32 prog_id;
};

struct xdp_attachment {
	unsigned int mode; /* in: RFS_MODE_NATIVE or RFS_MODE_GENERIC */
	bool dispatcher;   /* out: attached by libxdp's dispatcher */
	bool refused;	   /* out: it failed since native mode itself was refused */
};

/**
 * xdp_attach() - load the steering program and attach it
 * @skel: opened and configured, not loaded
 * @nif:  interface of the current network namespace
 * @dir:  its pin folder, which gets the link where there is one
 * @a:    mode
 *
 * Return: 0, or a negative errno: then it is not attached and xdp_attach_error() explains. Generic
 * mode may take over after @a's refused alone.
 */
int xdp_attach(struct rfs_steer *skel, const struct netif *nif, const char *dir,
	       struct xdp_attachment *a);

/**
 * xdp_neighbours() - how many other XDP programs does libxdp's dispatcher call on an interface?
 *
 * Return: their number; or a negative errno, also if there is no dispatcher.
 */
int xdp_neighbours(unsigned int ifindex);

/** xdp_can_share() - does the kernel take programs of type EXT, as libxdp's dispatcher needs? */
bool xdp_can_share(void);

/** xdp_attach_error() - the error message for what xdp_attach() returned */
void xdp_attach_error(const struct rfs_steer *skel, const struct netif *nif,
		      const struct xdp_attachment *a, int err);

/**
 * xdp_fall_back() - may generic mode take the place of native mode?
 * @nif: the interface
 * @why: not native mode, as the beginning of a message; NULL: as the kernel said to xdp_attach()
 *
 * Not where the kernel would complain of it in its log: that is for the user to decide.
 *
 * Return: 0 after a warning with the reason, or -EOPNOTSUPP after an error message.
 */
int xdp_fall_back(const struct netif *nif, const char *why);

/** xdp_warn_generic() - warn of what is special to generic mode on this interface, if anything */
void xdp_warn_generic(const struct netif *nif);

/**
 * xdp_detach() - take the steering program off
 * @dir:     its pin folder
 * @owner:   for whom it was made
 * @ifindex: where that is now, in the current network namespace; 0 if it is gone
 *
 * What is not attached is no error.
 *
 * Return: 0, or a negative errno after an error message.
 */
int xdp_detach(const char *dir, const struct xdp_owner *owner, unsigned int ifindex);

/**
 * xdp_link_read() - an attachment's own link
 * @dir: its pin folder
 *
 * Return: 0; -ENOENT if none is pinned, as libxdp's dispatcher was used or nothing is attached; or
 * another negative errno.
 */
int xdp_link_read(const char *dir, struct xdp_link_state *link);

/**
 * xdp_running_prog() - the XDP program that an interface runs
 * @ifindex: an interface of the current network namespace
 * @id:      receives it, libxdp's dispatcher where that was used; 0: none
 *
 * Return: 0 or a negative errno.
 */
int xdp_running_prog(unsigned int ifindex, __u32 *id);

/**
 * xdp_is_ours() - is an attachment's program on this interface?
 * @ifindex: an interface of the current network namespace
 * @link:    the attachment's link, or NULL if it has none
 * @owner:   for whom the program was made; the interface may have moved or been renamed since
 *
 * Return: 1 or 0; a negative errno if that cannot be told.
 */
int xdp_is_ours(unsigned int ifindex, const struct xdp_link_state *link,
		const struct xdp_owner *owner);

/**
 * xdp_remove_orphans() - remove what a killed attach has left in libxdp's folder
 * @owner:   for whom the program was made
 * @ifindex: the interface in the current network namespace; 0 if it is gone
 *
 * Until libxdp attaches a new dispatcher, that, the programs it calls and their links are held by
 * pins alone. Only folders with a steering program that was made for this interface are touched:
 * libxdp_clean_references() goes by the interface index, which other namespaces have too. The
 * folder of a dispatcher that runs is left.
 *
 * Return: 0, or a negative errno after an error message if it cannot be seen whose they are, or
 * what runs.
 */
int xdp_remove_orphans(const struct xdp_owner *owner, unsigned int ifindex);

/**
 * xdp_dispatcher_program() - the steering program that a dispatcher calls, by what libxdp pinned
 * @id:    program id of an interface's dispatcher
 * @owner: for whom the program was made
 *
 * Return: a file descriptor; -ENOENT; or another negative errno after an error message.
 */
int xdp_dispatcher_program(__u32 id, const struct xdp_owner *owner);

/**
 * xdp_dispatcher_follow() - let libxdp find a dispatcher's pins though the interface's index
 * changed
 *
 * libxdp seeks them by the index, which can be another when the interface has moved to another
 * network namespace.
 *
 * Return: 0, or a negative errno after an error message.
 */
int xdp_dispatcher_follow(__u32 id, unsigned int ifindex);

/**
 * xdp_dispatcher_holds_ours() - was the steering program pinned for this dispatcher?
 * @id:    program id of an interface's dispatcher
 * @owner: the interface
 *
 * Return: 1 or 0, also if nothing is pinned for it; a negative errno after an error message.
 */
int xdp_dispatcher_holds_ours(__u32 id, const struct xdp_owner *owner);

/**
 * xdp_steering_program() - the steering program in the interface's receive path
 * @dir, @owner, @ifindex: as xdp_detach()
 *
 * Return: a file descriptor; -ENOENT if it is not there; another negative errno if the kernel does
 * not tell which programs the interface has.
 */
int xdp_steering_program(const char *dir, const struct xdp_owner *owner, unsigned int ifindex);

/**
 * xdp_is_attached() - is the steering program in the interface's receive path?
 * @dir, @owner, @ifindex: as xdp_detach()
 *
 * Return: also true if the kernel does not tell which programs the interface has.
 */
bool xdp_is_attached(const char *dir, const struct xdp_owner *owner, unsigned int ifindex);

#endif /* RFS_XDP_H */
