/* SPDX-License-Identifier: GPL-2.0-only */
/* xdp.h - put the XDP program on an interface, beside others where the kernel allows it. */
#ifndef RFS_XDP_H
#define RFS_XDP_H

#include <stdbool.h>

#include "host/netif.h"
#include "rfs_steer.skel.h"
#include "xdp/owner.h"

struct xdp_attachment {
	unsigned int mode; /* in: RFS_MODE_NATIVE or RFS_MODE_GENERIC */
	bool dispatcher;   /* out: attached by libxdp's dispatcher */
};

/**
 * xdp_attach() - load the steering program and attach it
 * @skel: opened and configured, not loaded
 * @nif:  interface of the current network namespace
 * @dir:  its pin folder, which gets the link where there is one
 * @a:    mode
 *
 * Return: 0, or a negative errno: then it is not attached and xdp_attach_error() explains;
 * -EOPNOTSUPP: the driver lacks the mode.
 */
int xdp_attach(struct rfs_steer *skel, const struct netif *nif, const char *dir,
	       struct xdp_attachment *a);

/** xdp_can_share() - does the kernel take programs of type EXT, as libxdp's dispatcher needs? */
bool xdp_can_share(void);

/** xdp_attach_error() - the error message for what xdp_attach() returned */
void xdp_attach_error(const struct rfs_steer *skel, const struct netif *nif, unsigned int mode,
		      int err);

/**
 * xdp_fall_back() - may generic mode take over where xdp_attach() gave -EOPNOTSUPP?
 * @nif: the interface
 *
 * Not where the kernel would complain of it in its log: that is for the user to decide.
 *
 * Return: 0 after a warning with the reason, or -EOPNOTSUPP after an error message.
 */
int xdp_fall_back(const struct netif *nif);

/** xdp_warn_generic() - warn of what is special to generic mode on this interface, if anything */
void xdp_warn_generic(const struct netif *nif);

/**
 * xdp_detach() - take the steering program off an interface
 * @on:  an interface of the current network namespace; without ifindex if it is gone or elsewhere
 * @dir: its pin folder
 *
 * What is not attached is no error.
 *
 * Return: 0, or a negative errno after an error message.
 */
int xdp_detach(const struct xdp_owner *on, const char *dir);

/**
 * xdp_remove_orphans() - remove what a killed attach has left in libxdp's folder
 * @owner: the interface, which may be gone; the program must be detached
 *
 * Until libxdp attaches a new dispatcher, that, the programs it calls and their links are held by
 * pins alone. Only folders with a steering program that was made for this interface are touched:
 * libxdp_clean_references() goes by the interface index, which other namespaces have too.
 *
 * Return: 0, or a negative errno after an error message if it cannot be seen whose they are.
 */
int xdp_remove_orphans(const struct xdp_owner *owner);

/**
 * xdp_dispatcher_holds_ours() - was the steering program pinned for this dispatcher?
 * @id:    program id of the interface's dispatcher
 * @owner: the interface
 *
 * Return: 1 or 0, also if nothing is pinned for it; a negative errno after an error message.
 */
int xdp_dispatcher_holds_ours(__u32 id, const struct xdp_owner *owner);

/**
 * xdp_is_attached() - is the steering program in the interface's receive path?
 * @on:  as xdp_detach()
 * @dir: its pin folder
 *
 * Return: also true if the kernel does not tell which programs the interface has.
 */
bool xdp_is_attached(const struct xdp_owner *on, const char *dir);

#endif /* RFS_XDP_H */
