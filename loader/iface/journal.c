// SPDX-License-Identifier: GPL-2.0-only
/* journal.c - what is needed to undo an attachment: written, read, worked off. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/msg.h"
#include "iface/journal.h"
#include "iface/steer.h"
#include "maps/pins.h"
#include "maps/value.h"

#define FORMAT	    "1"
#define MAX_ENTRIES 16384 /* two settings for each of some thousand RX queues */

/* Entries that are no settings. */
#define KEY_FORMAT  "journal/format"
#define KEY_IFINDEX "iface/ifindex"
#define KEY_COOKIE  "iface/netns_cookie"
#define KEY_INO	    "iface/netns_ino"
#define KEY_SYSFS   "iface/sysfs_ino" /* not in all journals */
#define KEY_NAME    "iface/name"

_Static_assert(sizeof(struct journal_entry) == 4096, "frozen");

/*
 * The beginning of the value of rfs_config up to a70dfc6, which had no journal: settings in a map
 * of their own, and the interface here.
 */
#define OLD_ABI	      3
#define OLD_PIN_SAVED "saved"

struct old_config {
	__u32 gate;
	__u32 active;
	__u32 abi;
	__u32 state;
	__u32 ifindex;
	__u32 unused[5];
	__u64 netns_cookie;
	__u64 netns_ino;
	char name[IF_NAMESIZE];
	__u32 unused_too[4];
};

static int put(int journal, const char *key, const char *was, const char *set)
{
	struct journal_entry *e = calloc(1, sizeof(*e));
	char k[JOURNAL_KEY_LEN] = "";
	int err = 0;

	if (!e)
		return -ENOMEM;
	if (strlen(key) >= sizeof(k) || strlen(was) >= sizeof(e->was) ||
	    strlen(set) >= sizeof(e->set)) {
		err = -E2BIG;
	} else {
		strcpy(k, key);
		strcpy(e->was, was);
		strcpy(e->set, set);
		if (bpf_map_update_elem(journal, k, e, BPF_NOEXIST))
			err = -errno;
	}
	free(e);
	return err;
}

static int get(int journal, const char *key, struct journal_entry *e)
{
	char k[JOURNAL_KEY_LEN] = "";

	strcpy(k, key);
	if (bpf_map_lookup_elem(journal, k, e))
		return -errno;
	e->was[sizeof(e->was) - 1] = 0;
	e->set[sizeof(e->set) - 1] = 0;
	return 0;
}

static int put_number(int journal, const char *key, unsigned long long n)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", n);
	return put(journal, key, text, "");
}

static int get_number(int journal, const char *key, unsigned long long *n)
{
	struct journal_entry e;
	int err = get(journal, key, &e);
	char *end;

	if (err)
		return err == -ENOENT ? -EPROTO : err;
	*n = strtoull(e.was, &end, 10);
	return *end || end == e.was ? -EPROTO : 0;
}

static int put_id(int journal, const struct iface_id *id)
{
	int err = put(journal, KEY_FORMAT, FORMAT, "");

	if (!err)
		err = put_number(journal, KEY_IFINDEX, id->ifindex);
	if (!err)
		err = put_number(journal, KEY_COOKIE, id->netns_cookie);
	if (!err)
		err = put_number(journal, KEY_INO, id->netns_ino);
	if (!err && id->sysfs_ino)
		err = put_number(journal, KEY_SYSFS, id->sysfs_ino);
	if (!err)
		err = put(journal, KEY_NAME, id->name, "");
	return err;
}

static int get_id(int journal, struct iface_id *id)
{
	unsigned long long ifindex, cookie, ino, sysfs = 0;
	struct journal_entry e;
	int err = get(journal, KEY_FORMAT, &e);

	if (!err && strcmp(e.was, FORMAT))
		err = -EPROTO;
	if (!err)
		err = get(journal, KEY_NAME, &e);
	if (!err)
		err = get_number(journal, KEY_IFINDEX, &ifindex);
	if (!err)
		err = get_number(journal, KEY_COOKIE, &cookie);
	if (!err)
		err = get_number(journal, KEY_INO, &ino);
	if (!err && journal_has(journal, KEY_SYSFS))
		err = get_number(journal, KEY_SYSFS, &sysfs);
	if (err)
		return err == -ENOENT ? -EPROTO : err;
	*id = (struct iface_id){
		.netns_cookie = cookie, .netns_ino = ino, .sysfs_ino = sysfs, .ifindex = ifindex
	};
	snprintf(id->name, sizeof(id->name), "%.15s", e.was);
	return 0;
}

/* The whole identity or none of it: the map is pinned when it is in it. */
int journal_create(const char *dir, const struct iface_id *id)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "rfs_journal", JOURNAL_KEY_LEN,
				sizeof(struct journal_entry), MAX_ENTRIES, &opts),
	    err = fd < 0 ? -errno : put_id(fd, id);

	if (err)
		rfs_error("%s: cannot make its journal: %s", id->name, strerror(-err));
	else
		err = pins_put(fd, "%s/%s", dir, RFS_PIN_JOURNAL);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

/* What is pinned may be another version's: never read into less than it has. */
static int check_sizes(int fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	return info.type == BPF_MAP_TYPE_HASH && info.key_size == JOURNAL_KEY_LEN &&
			       info.value_size == sizeof(struct journal_entry)
		       ? 0
		       : -EPROTO;
}

static int open_map(const char *dir, const char *pin)
{
	int fd = pins_get("%s/%s", dir, pin), err;

	if (fd < 0)
		return fd;
	err = check_sizes(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/*
 * NAME, in the initial network namespace, or NAME@COOKIE, with the dots of the name as colons: all
 * that an old rfsctl leaves of an attach that ended before its config.
 */
static void id_of_name(const char *dir, struct iface_id *id)
{
	const char *at = strrchr(dir, '@');
	char *end;

	id->netns_cookie = at ? strtoull(at + 1, &end, 10) : 0;
	if (!at || *end || !id->netns_cookie)
		at = dir + strlen(dir);
	snprintf(id->name, sizeof(id->name), "%.*s", (int)(at - dir), dir);
	for (char *c = id->name; *c; c++)
		if (*c == ':')
			*c = '.';
}

/*
 * Somebody removed this version's journal, which is there before the config. Whose the folder is,
 * the config says as well.
 */
static bool id_of_config(const char *dir, struct iface_id *id)
{
	struct rfs_config config;

	if (steer_config(dir, &config))
		return false;
	id_of_name(dir, id);
	id->ifindex = config.ifindex;
	id->netns_cookie = config.netns_cookie;
	return true;
}

/* Of a70dfc6 and before. -ENOENT without its config, and then what the folder's name says. */
static int old_id(const char *dir, struct iface_id *id)
{
	int fd = pins_get("%s/%s", dir, RFS_PIN_CONFIG), err;
	struct old_config old = {};

	memset(id, 0, sizeof(*id));
	if (fd < 0) {
		if (fd == -ENOENT)
			id_of_name(dir, id);
		return fd;
	}
	if (id_of_config(dir, id)) {
		close(fd);
		return -ENOENT;
	}
	err = value_read(fd, 0, &old, sizeof(old));
	close(fd);
	if (!err && old.abi != OLD_ABI)
		err = -EPROTO;
	if (err)
		return err;
	id->netns_cookie = old.netns_cookie;
	id->netns_ino = old.netns_ino;
	id->ifindex = old.ifindex;
	snprintf(id->name, sizeof(id->name), "%.15s", old.name);
	return 0;
}

int journal_id(const char *dir, struct iface_id *id)
{
	int fd = open_map(dir, RFS_PIN_JOURNAL), err;

	if (fd == -ENOENT)
		return old_id(dir, id);
	if (fd < 0)
		return fd;
	err = get_id(fd, id);
	close(fd);
	return err;
}

int journal_open(const char *dir)
{
	int fd = open_map(dir, RFS_PIN_JOURNAL);

	return fd == -ENOENT ? open_map(dir, OLD_PIN_SAVED) : fd;
}

int journal_save(int journal, const char *key, const char *was, const char *set)
{
	int err = put(journal, key, was, set);

	return err == -EEXIST ? 0 : err;
}

bool journal_has(int journal, const char *key)
{
	struct journal_entry e;

	return get(journal, key, &e) != -ENOENT;
}

static bool is_setting(const char *key)
{
	return strncmp(key, "iface/", 6) && strncmp(key, "journal/", 8);
}

int journal_for_each(int journal,
		     int (*undo)(const char *key, const struct journal_entry *e, void *data),
		     void *data)
{
	char key[JOURNAL_KEY_LEN], next[JOURNAL_KEY_LEN], *prev = NULL;
	struct journal_entry e;
	int first = 0, err;

	/* A key is removed only when its successor is known: without it the walk would begin anew.
	 */
	err = bpf_map_get_next_key(journal, NULL, next) ? -errno : 0;
	while (!err) {
		memcpy(key, next, sizeof(key));
		prev = key;
		key[sizeof(key) - 1] = 0;
		err = bpf_map_get_next_key(journal, prev, next) ? -errno : 0;
		if (err && err != -ENOENT)
			break;
		if (is_setting(key)) {
			int one = get(journal, key, &e);

			if (!one)
				one = undo(key, &e, data);
			if (!one && bpf_map_delete_elem(journal, key) && errno != ENOENT)
				one = -errno;
			if (!first)
				first = one;
		}
	}
	return err == -ENOENT ? first : err;
}
