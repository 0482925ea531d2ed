/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * journal.h - what is needed to undo an attachment, in a format that is frozen: every rfsctl can
 * undo what any other, older or newer, has done.
 *
 * It is the first that attach pins and the last that detach removes. docs/design.md has the format.
 */
#ifndef RFS_JOURNAL_H
#define RFS_JOURNAL_H

#include <net/if.h>
#include <stdbool.h>

#include "rfs/types.h"

/*
 * An interface, by what tells it from all others. Its name is for people: it can change, and
 * another interface can take it.
 */
struct iface_id {
	__u64 netns_cookie; /* 0: not known, as of an attach that an old rfsctl did not finish */
	__u64 netns_ino;    /* 0: not known */
	__u64 sysfs_ino;    /* netif_sysfs_ino(); 0: not known */
	unsigned int ifindex;
	char name[IF_NAMESIZE]; /* at attach */
};

#define JOURNAL_KEY_LEN 64
#define JOURNAL_SET_LEN 64
#define JOURNAL_WAS_LEN 4032 /* rps_cpus of 8192 CPUs takes 2303 characters */

/* A setting, both ends as the kernel's file or ethtool writes it. */
struct journal_entry {
	char was[JOURNAL_WAS_LEN]; /* before attach */
	char set[JOURNAL_SET_LEN]; /* by attach; "": not noted, by the rfsctl of a70dfc6 and older
				    */
};

/**
 * journal_create() - make and pin an interface's journal, before anything is changed
 * @dir: its pin folder, which is there
 * @id:  noted in it
 *
 * Return: a file descriptor, or a negative errno after an error message.
 */
int journal_create(const char *dir, const struct iface_id *id);

/**
 * journal_id() - whose is a folder?
 * @dir: pin folder's name, of whichever version
 * @id:  receives it
 *
 * Return: 0; -ENOENT if no journal is there: an attach was killed before it changed anything, or
 * an old rfsctl's, which changed settings before it noted whose they are; then @id->name is what
 * the folder's name says. Or somebody removed it; then @id has what the config says, too. -EPROTO
 * for a format that is not known; or another negative errno. All without a message.
 */
int journal_id(const char *dir, struct iface_id *id);

/**
 * journal_open() - the settings of a folder, of whichever version
 *
 * Return: a file descriptor; -ENOENT if there are none; or as journal_id().
 */
int journal_open(const char *dir);

/**
 * journal_save() - note a setting before it is changed
 *
 * The first note of a setting stays: it has the true value.
 *
 * Return: 0 or a negative errno.
 */
int journal_save(int journal, const char *key, const char *was, const char *set);

/** journal_has() - is a setting noted? True also if that cannot be told. */
bool journal_has(int journal, const char *key);

/**
 * journal_for_each() - go through the settings
 * @undo: called for each; returns 0 if the setting is dealt with, and its note is removed; else a
 *	  negative errno, and it stays
 *
 * Return: 0 if none is left; else the first error.
 */
int journal_for_each(int journal,
		     int (*undo)(const char *key, const struct journal_entry *e, void *data),
		     void *data);

#endif /* RFS_JOURNAL_H */
