// SPDX-License-Identifier: GPL-2.0-only
/* find.c - which folder is an interface's. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "host/msg.h"
#include "host/netif.h"
#include "host/sysfs.h"
#include "iface/internal.h"
#include "iface/locate.h"
#include "iface/steer.h"
#include "xdp/xdp.h"

/* What is asked of each folder: 1 for yes, 0, or a negative errno where it cannot be told. */
typedef int match_fn(const char *dir, const char *name, unsigned int ifindex,
		     const struct netns *here);

/* -ENOENT and -EPROTO: whose it is stands nowhere, or not in words that we know. */
static int read_id(const char *dir, struct iface_id *id)
{
	int err = journal_id(dir, id);

	if (err)
		memset(id, 0, sizeof(*id));
	return err == -ENOENT || err == -EPROTO ? 0 : err;
}

static int was_attached_here(const char *dir, const char *name, unsigned int ifindex,
			     const struct netns *here)
{
	struct xdp_link_state link;
	struct xdp_owner owner;
	struct iface_id id;
	int err = read_id(dir, &id);

	(void)name;
	if (err || !ifindex || id.ifindex != ifindex || id.netns_cookie != here->cookie)
		return err;
	if (iface_is_another(&id, ifindex))
		return 0;
	/* It may have moved away, and its index be another's now. */
	err = xdp_link_read(dir, &link);
	if (err)
		return err == -ENOENT ? 1 : err;
	owner = iface_owner(&id);
	return link.ifindex ? xdp_is_ours(ifindex, &link, &owner) : 1;
}

static int has_moved_here(const char *dir, const char *name, unsigned int ifindex,
			  const struct netns *here)
{
	struct xdp_link_state link;
	struct xdp_owner owner;
	struct iface_id id;
	int err = read_id(dir, &id);

	(void)name;
	if (err || !ifindex || !id.ifindex || id.netns_cookie == here->cookie)
		return err;
	owner = iface_owner(&id);
	err = xdp_link_read(dir, &link);
	if (err && err != -ENOENT)
		return err;
	return xdp_is_ours(ifindex, err ? NULL : &link, &owner);
}

/* By the folder's name, unless another interface has that name now. */
static int is_called_so(const char *dir, const char *name, unsigned int ifindex,
			const struct netns *here)
{
	struct iface_place place;
	char own[PIN_NAME_LEN];
	struct iface_id id;
	int err;

	pins_iface_dir(own, name, here);
	if (strcmp(dir, name) && strcmp(dir, own))
		return 0;
	if (!ifindex)
		return 1;
	/* That of a killed attach, of which no more than the name is known. */
	err = journal_id(dir, &id);
	if (err == -ENOENT || err == -EPROTO)
		return 1;
	if (err)
		return err;
	iface_locate(dir, &id, &place);
	iface_place_close(&place);
	return place.where == IFACE_GONE;
}

int steer_find(const char *name, const struct netns *here, char *dir)
{
	static match_fn *const ways[] = { was_attached_here, has_moved_here, is_called_so };
	int ifindex, n, found = 0;
	char real[IF_NAMESIZE], **dirs;

	/* Altnames stand for the interface. */
	ifindex = netif_find(name, real);
	if (ifindex < 0 && ifindex != -ENODEV) {
		rfs_error("cannot look for interface %s: %s", name, strerror(-ifindex));
		return ifindex;
	}
	if (ifindex > 0)
		name = real;
	else
		ifindex = 0;
	n = pins_list("", true, &dirs);
	if (n < 0)
		rfs_error("cannot list %s/%s: %s", env.bpffs, RFS_PIN_DIR, strerror(-n));
	for (size_t w = 0; !found && w < sizeof(ways) / sizeof(ways[0]); w++)
		for (int i = 0; !found && i < n; i++) {
			found = ways[w](dirs[i], name, ifindex, here);
			if (found < 0)
				rfs_error("cannot tell whether %s/%s/%s is of %s: %s", env.bpffs,
					  RFS_PIN_DIR, dirs[i], name, strerror(-found));
			else if (found)
				strcpy(dir, dirs[i]);
		}
	pins_free_list(dirs, n > 0 ? n : 0);
	return n < 0 ? n : found < 0 ? found : found ? 0 : -ENOENT;
}

int steer_new_dir(const char *name, unsigned int ifindex, const struct netns *ns, char *dir)
{
	char base[PIN_NAME_LEN], **dirs;
	int n = pins_list("", true, &dirs);
	bool taken = n > 0;

	if (n < 0) {
		rfs_error("cannot list %s/%s: %s", env.bpffs, RFS_PIN_DIR, strerror(-n));
		return n;
	}
	pins_iface_dir(base, name, ns);
	strcpy(dir, base);
	for (unsigned int try = 0; taken; try++) {
		if (try == 1)
			snprintf(dir, PIN_NAME_LEN, "%.40s#%u", base, ifindex);
		else if (try)
			snprintf(dir, PIN_NAME_LEN, "%.30s#%u#%u", base, ifindex, try);
		taken = false;
		for (int i = 0; i < n; i++)
			taken |= !strcmp(dirs[i], dir);
	}
	pins_free_list(dirs, n);
	return 0;
}

int steer_take_off(const char *name, const struct netns *here)
{
	int ifindex = netif_find(name, NULL), err;
	struct xdp_owner owner = { .netns_cookie = here->cookie, .ifindex = ifindex };

	if (ifindex < 0)
		return ifindex == -ENODEV ? -ENOENT : ifindex;
	owner.sysfs_ino = netif_sysfs_ino(ifindex);
	if (!xdp_is_attached(NO_FOLDER, &owner, ifindex))
		return -ENOENT;
	err = xdp_detach(NO_FOLDER, &owner, ifindex);
	return err ? err : xdp_remove_orphans(&owner, ifindex);
}
