// SPDX-License-Identifier: GPL-2.0-only
/* room.c - before attach: what is in force is refused, what was cut short is undone. */
#include <errno.h>
#include <string.h>

#include "host/msg.h"
#include "iface/locate.h"
#include "iface/steer.h"

/* The folder is this interface's, or that of one which is gone and had its name. */
static int make_room_in(const char *dir, const struct netif *nif)
{
	struct iface_place place;
	struct rfs_config config;
	struct iface_id id = {};
	int err = journal_id(dir, &id);
	bool in_force;

	if (err && err != -ENOENT && err != -EPROTO)
		return err;
	iface_locate(dir, &id, &place);
	err = steer_config(dir, &config);
	/* What cannot be understood may be in force. */
	in_force = (!err ? config.state == RFS_STATE_READY : err != -ENOENT) &&
		   iface_has_program(dir, &id, &place);
	iface_place_close(&place);
	if (!in_force) {
		rfs_note("%s: removing what an earlier attachment left", nif->name);
		return steer_detach(dir);
	}
	if (err == -EPROTO)
		rfs_error("%s was attached by another version of rfs; 'rfsctl detach' ends that",
			  nif->name);
	else if (err)
		rfs_error("%s: cannot read its configuration: %s", nif->name, strerror(-err));
	else
		rfs_error(
			"%s is attached already; 'rfsctl set' changes it, 'rfsctl detach' ends it",
			nif->name);
	return err && err != -EPROTO ? err : -EEXIST;
}

int steer_make_room(const struct netif *nif, const struct netns *ns)
{
	char dir[PIN_NAME_LEN];
	int err = steer_find(nif->name, ns, dir);

	if (!err)
		return make_room_in(dir, nif);
	if (err != -ENOENT)
		return err;
	err = steer_take_off(nif->name, ns);
	if (!err)
		rfs_note("%s: took off what an earlier attachment left", nif->name);
	return err == -ENOENT ? 0 : err;
}
