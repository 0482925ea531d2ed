/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pins.h - where things are pinned: <bpffs>/rfs for the recorder, and below it a folder for each
 * interface. Paths are relative to <bpffs>/rfs unless said otherwise.
 */
#ifndef RFS_PINS_H
#define RFS_PINS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "host/netns.h"

#define PIN_NAME_LEN 64

/**
 * pins_ready() - is there a BPF file system, may we use it, and can others not change what is
 * there?
 *
 * Return: 0, or a negative errno after an error message.
 */
int pins_ready(void);

/**
 * pins_lock() - keep other rfsctl from changing anything until this process ends
 *
 * Waits for them, and says so if that takes longer than a moment. Refuses a file system that is
 * mounted read-only.
 *
 * Return: 0, or a negative errno after an error message.
 */
int pins_lock(void);

/**
 * pins_lock_holder() - who has what pins_lock() takes
 *
 * Return: the process's id; 0 if there is none, or none that this PID namespace knows.
 */
pid_t pins_lock_holder(void);

/**
 * pins_iface_dir() - the folder's name of an interface
 * @out:  PIN_NAME_LEN bytes; the interface's name in the initial network namespace, else
 *	  NAME@COOKIE. bpffs reserves dots, so they become colons, which no interface's name has.
 */
void pins_iface_dir(char *out, const char *name, const struct netns *ns);

/** pins_path() - <bpffs>/rfs/..., of printf's arguments; cut at PATH_MAX */
void pins_path(char out[PATH_MAX], const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** pins_get() - open a pinned object; a file descriptor or a negative errno */
int pins_get(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** pins_put() - pin a file descriptor; 0, or a negative errno after an error message */
int pins_put(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * What an interface that is attached has pinned in its folder, beside its configuration, its
 * journal and the link; ends with NULL
 */
extern const char *const pins_of_iface[];

/** pins_missing() - the first of these that is not there; NULL: none */
const char *pins_missing(const char *dir);

/**
 * pins_mkdir() - make a folder, or find it made
 *
 * Return: 0, or a negative errno after a message; -EPERM where <bpffs>/rfs is somebody else's.
 */
int pins_mkdir(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * pins_remove() - remove a file, or a folder with all in it
 *
 * Return: 0, also if it is not there; or a negative errno after a message, when what can be removed
 * is.
 */
int pins_remove(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** pins_remove_root() - remove <bpffs>/rfs if it is empty */
void pins_remove_root(void);

/** pins_is_iface_dir() - is it an interface's folder? True also if that cannot be told. */
bool pins_is_iface_dir(const char *name);

/**
 * pins_list() - the names in a folder, sorted
 * @rel:        folder, "" for <bpffs>/rfs
 * @interfaces: only folders of interfaces
 * @names:      receives an array of strings; free with pins_free_list()
 *
 * Return: their number (0 if the folder is not there) or a negative errno.
 */
int pins_list(const char *rel, bool interfaces, char ***names);
void pins_free_list(char **names, int n);

#endif /* RFS_PINS_H */
