// SPDX-License-Identifier: GPL-2.0-only
/* locate.c - find an interface that was attached, in whichever network namespace it is now. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/sysfs.h"
#include "iface/locate.h"
#include "xdp/xdp.h"

struct look {
	const char *dir;
	const struct iface_id *id;
	struct xdp_owner owner;
	bool linked; /* the attachment's own link is pinned */
	struct xdp_link_state link;
	struct iface_place *p;
	bool home_seen;
	bool unsure; /* an interface could not be looked at */
};

static int found(struct look *l, const struct netns *ns, unsigned int ifindex, const char *name)
{
	int fd = netns_open();

	if (fd < 0)
		return fd;
	*l->p = (struct iface_place){ .where = IFACE_THERE,
				      .netns = fd,
				      .ns = *ns,
				      .ifindex = ifindex,
				      .moved = !l->home_seen };
	snprintf(l->p->name, sizeof(l->p->name), "%s", name);
	return 1;
}

/* Is the attachment's program on it? What cannot be told is noted. */
static bool has_ours(struct look *l, unsigned int ifindex)
{
	int ours = xdp_is_ours(ifindex, l->linked ? &l->link : NULL, &l->owner);

	l->unsure |= ours < 0;
	return ours > 0;
}

struct xdp_owner iface_owner(const struct iface_id *id)
{
	return (struct xdp_owner){ .netns_cookie = id->netns_cookie,
				   .ifindex = id->ifindex,
				   .sysfs_ino = id->sysfs_ino };
}

bool iface_is_another(const struct iface_id *id, unsigned int ifindex)
{
	__u64 now = id->sysfs_ino ? netif_sysfs_ino(ifindex) : 0;

	return now && now != id->sysfs_ino;
}

/* In the namespace that it was attached in? Stays there, whatever it finds. */
static int look_at_home(const struct netns *ns, void *data)
{
	struct look *l = data;
	unsigned int ifindex = l->id->ifindex;
	char name[IF_NAMESIZE];

	if (l->id->netns_cookie ? ns->cookie != l->id->netns_cookie : !ns->initial)
		return 0;
	l->home_seen = true;
	if (!ifindex)
		ifindex = if_nametoindex(l->id->name);
	if (!ifindex || !if_indextoname(ifindex, name))
		return 1;
	/* If the link says that its interface lives, it must be this one: indices are used again.
	 */
	if (l->linked && l->link.ifindex && !has_ours(l, ifindex))
		return 1;
	if (iface_is_another(l->id, ifindex))
		return 1;
	return found(l, ns, ifindex, name);
}

/* Anywhere else, by the program on it. */
static int look_for_program(const struct netns *ns, void *data)
{
	struct if_nameindex *all = if_nameindex();
	struct look *l = data;
	int err = 0;

	if (!all) {
		l->unsure = true;
		return 0;
	}
	l->home_seen = ns->cookie == l->id->netns_cookie;
	for (const struct if_nameindex *i = all; !err && i->if_index; i++)
		if (has_ours(l, i->if_index))
			err = found(l, ns, i->if_index, i->if_name);
	if_freenameindex(all);
	return err;
}

static void unknown(struct iface_place *p, const char *why)
{
	p->where = IFACE_UNKNOWN;
	snprintf(p->why, sizeof(p->why), "%s", why);
}

static void search(struct look *l)
{
	struct iface_place *p = l->p;
	bool whole;
	int err = netns_visit(look_at_home, l, &whole);

	if (err < 0) {
		unknown(p, strerror(-err));
		return;
	}
	if (p->where == IFACE_THERE)
		return;
	/* The kernel's word: the program's interface is no more. */
	if (l->linked && !l->link.ifindex) {
		p->where = IFACE_GONE;
		return;
	}
	err = netns_visit(look_for_program, l, &whole);
	if (err < 0)
		unknown(p, strerror(-err));
	else if (p->where == IFACE_THERE)
		return;
	else if (l->linked && whole)
		unknown(p, "it has the XDP program still, in a network namespace that no process, "
			   "mount or open file shows");
	else if (l->unsure)
		unknown(p, "the kernel does not tell which XDP programs some interfaces have");
	else if (!whole)
		unknown(p,
			"not all network namespaces can be looked into from here; detach it from "
			"the host, outside of containers");
	else
		p->where = IFACE_GONE;
}

void iface_locate(const char *dir, const struct iface_id *id, struct iface_place *p)
{
	struct look l = { .dir = dir, .id = id, .p = p, .owner = iface_owner(id) };
	int home = netns_open(), err;

	*p = (struct iface_place){ .where = IFACE_UNKNOWN, .netns = -1 };
	if (home < 0) {
		unknown(p, strerror(-home));
		return;
	}
	err = xdp_link_read(dir, &l.link);
	l.linked = !err;
	if (err && err != -ENOENT)
		unknown(p, strerror(-err));
	else
		search(&l);
	if (netns_return(home)) {
		iface_place_close(p);
		unknown(p, "this process cannot return to its network namespace");
	}
}

int iface_enter(const struct iface_place *p)
{
	return netns_enter(p->netns);
}

int iface_program(const char *dir, const struct iface_id *id, const struct iface_place *p)
{
	const struct xdp_owner owner = iface_owner(id);
	int home, fd, err;

	if (p->where != IFACE_THERE)
		return p->where == IFACE_GONE ? -ENOENT : -EAGAIN;
	home = netns_open();
	if (home < 0)
		return home;
	fd = iface_enter(p);
	if (!fd)
		fd = xdp_steering_program(dir, &owner, p->ifindex);
	err = netns_return(home);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

bool iface_has_program(const char *dir, const struct iface_id *id, const struct iface_place *p)
{
	int fd = iface_program(dir, id, p);

	if (fd >= 0)
		close(fd);
	return fd != -ENOENT;
}

void iface_place_close(struct iface_place *p)
{
	if (p->netns >= 0)
		close(p->netns);
	p->netns = -1;
}
