/* SPDX-License-Identifier: GPL-2.0-only */
/* folder.h - folders, opened and emptied with no symbolic link on the way. */
#ifndef RFS_FOLDER_H
#define RFS_FOLDER_H

/**
 * folder_open() - open a folder below another
 * @root: path of the one above, itself taken as it is
 * @path: from there on, "" for @root itself; no part of it may be a symbolic link
 *
 * Return: a file descriptor, or a negative errno; for a link -ENOTDIR.
 */
int folder_open(const char *root, const char *path);

/**
 * folder_remove() - remove a file or link, or a folder with all in it
 * @fd:   the folder where it is
 * @name: one name, no path
 *
 * Goes on where one removal fails.
 *
 * Return: 0, also if it is not there; else the negative errno of the first that failed.
 */
int folder_remove(int fd, const char *name);

enum {
	/* Others may put things there, as long as they cannot take away those of somebody else. */
	FOLDER_STICKY = 1,
	/* It may be a link, as iproute2 makes <bpffs>/xdp one to <bpffs>/tc for XDP programs. */
	FOLDER_LINK = 2,
};

/**
 * folder_flaw() - may others change what is in a folder, or have made it?
 * @path:   if it is not there, nothing is wrong with it
 * @may_be: FOLDER_* that are right
 *
 * Others are all but root and who this process runs as.
 *
 * Return: NULL, or what is wrong in words that follow the path.
 */
const char *folder_flaw(const char *path, unsigned int may_be);

#endif /* RFS_FOLDER_H */
