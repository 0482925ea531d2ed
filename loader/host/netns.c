// SPDX-License-Identifier: GPL-2.0-only
/* netns.c - network namespaces: which one we are in, how to get into another, which there are. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/msg.h"
#include "host/netns.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

#define SELF "/proc/thread-self/ns/net"

/* The inode of the initial PID namespace; PROC_PID_INIT_INO of Linux include/linux/proc_ns.h */
#define INITIAL_PID_NS_INO 0xEFFFFFFCU

static bool sees_all_processes(void)
{
	struct stat st;

	return !stat("/proc/self/ns/pid", &st) && st.st_ino == INITIAL_PID_NS_INO;
}

int netns_current(struct netns *ns)
{
	socklen_t len = sizeof(ns->cookie);
	struct stat self = {}, init;
	int fd, err = 0;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &ns->cookie, &len) || stat(SELF, &self))
		err = -errno;
	close(fd);
	if (err)
		return err;
	ns->ino = self.st_ino;
	/* Where PID 1 may not be looked at, kthreadd is in the same one. */
	ns->initial = (!stat("/proc/1/ns/net", &init) ||
		       (sees_all_processes() && !stat("/proc/2/ns/net", &init))) &&
		      init.st_ino == self.st_ino;
	return 0;
}

void netns_path(__u64 ino, char path[NETNS_PATH_LEN])
{
	DIR *d = opendir(NAMED_NETNS);
	struct dirent *entry;
	struct stat st;

	*path = 0;
	while (d && (entry = readdir(d))) {
		snprintf(path, NETNS_PATH_LEN, NAMED_NETNS "/%s", entry->d_name);
		if (entry->d_name[0] != '.' && !stat(path, &st) && st.st_ino == ino)
			break;
		*path = 0;
	}
	if (d)
		closedir(d);
}

int netns_open(void)
{
	int fd = open(SELF, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int netns_enter(int fd)
{
	int err = setns(fd, CLONE_NEWNET) ? -errno : 0;

	if (err)
		rfs_error("cannot enter a network namespace: %s", strerror(-err));
	return err;
}

int netns_return(int home)
{
	int err = setns(home, CLONE_NEWNET) ? -errno : 0;

	if (err)
		rfs_error("cannot return to the network namespace: %s", strerror(-err));
	close(home);
	return err;
}

/* ---- going through all of them ---- */

struct inodes {
	__u64 *list;
	unsigned int n;
};

struct search {
	netns_visit_fn *visit;
	void *data;
	bool whole;
	struct inodes seen; /* namespaces of networks and of mounts */
	struct inodes
		shut; /* network namespaces that a mount keeps, by a path that leads nowhere */
};

static bool has(const struct inodes *all, __u64 ino)
{
	for (unsigned int i = 0; i < all->n; i++)
		if (all->list[i] == ino)
			return true;
	return false;
}

/* 1: not in it yet, and noted; 0; or -ENOMEM. */
static int note(struct inodes *all, __u64 ino)
{
	__u64 *more;

	if (has(all, ino))
		return 0;
	more = realloc(all->list, (all->n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	all->list = more;
	all->list[all->n++] = ino;
	return 1;
}

/* What ended while we looked is no namespace any more; what cannot be looked at may be one. */
static int not_seen(struct search *s, int err)
{
	if (err != -ENOENT && err != -ESRCH)
		s->whole = false;
	return 0;
}

/* Enter what is behind a path, unless it was visited. */
static int visit_path(struct search *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
	struct netns ns;
	struct stat st;

	if (fd < 0)
		return not_seen(s, -errno);
	err = fstat(fd, &st) ? -errno : note(&s->seen, st.st_ino);
	if (err == 1 && setns(fd, CLONE_NEWNET)) {
		/* EINVAL: a file below /run/netns that is no namespace. */
		err = errno == EINVAL ? 0 : not_seen(s, -errno);
		close(fd);
		return err;
	}
	close(fd);
	if (err != 1)
		return err;
	err = netns_current(&ns);
	return err ? not_seen(s, err) : s->visit(&ns, s->data);
}

/* Blanks, tabs, newlines and backslashes stand in mountinfo as octal numbers: "\\040". */
static void unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from; from++) {
		unsigned int c;

		if (sscanf(from, "\\%3o", &c) == 1) {
			*to++ = c;
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = 0;
}

/* The mounts that a process sees: another one may see others. */
static int visit_mounts(struct search *s, const char *proc)
{
	char line[4096 + 512], at[4096], path[4096 + 160];
	unsigned long long ino;
	FILE *mounts;
	int err = 0;

	snprintf(path, sizeof(path), "%s/mountinfo", proc);
	mounts = fopen(path, "re");
	if (!mounts)
		return not_seen(s, -errno);
	/* "36 35 0:4 net:[4026532281] /run/netns/blue rw shared:1 - nsfs nsfs rw" */
	while (!err && fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%*s %*s %*s net:[%llu] %4095s", &ino, at) != 2 ||
		    has(&s->seen, ino))
			continue;
		unescape(at);
		snprintf(path, sizeof(path), "%s/root%s", proc, at);
		err = visit_path(s, path);
		/* Something may be mounted over it, or its file removed: it lives. */
		if (!err && !has(&s->seen, ino) && note(&s->shut, ino) < 0)
			err = -ENOMEM;
	}
	fclose(mounts);
	return err;
}

/* Each entry of a folder whose name is a number, given to a visit of its own. */
static int for_each_number(struct search *s, const char *dir,
			   int (*each)(struct search *s, const char *path))
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[128];
	int err = 0;

	if (!d)
		return not_seen(s, -errno);
	while (!err && (entry = readdir(d))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "%s/%.20s", dir, entry->d_name);
		err = each(s, path);
	}
	closedir(d);
	return err;
}

static int visit_process(struct search *s, const char *proc)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/ns/net", proc);
	return visit_path(s, path);
}

static int visit_mounts_of_process(struct search *s, const char *proc)
{
	char path[160];
	struct stat st;
	int err;

	snprintf(path, sizeof(path), "%s/ns/mnt", proc);
	if (stat(path, &st))
		return not_seen(s, -errno);
	err = note(&s->seen, st.st_ino);
	return err == 1 ? visit_mounts(s, proc) : err;
}

static int visit_fd(struct search *s, const char *path)
{
	char target[64];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0)
		return not_seen(s, -errno);
	target[n] = 0;
	return strncmp(target, "net:[", 5) ? 0 : visit_path(s, path);
}

static int visit_fds(struct search *s, const char *proc)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/fd", proc);
	return for_each_number(s, path, visit_fd);
}

/* Is one of them still not seen, by another way? */
static bool any_shut(const struct search *s)
{
	for (unsigned int i = 0; i < s->shut.n; i++)
		if (!has(&s->seen, s->shut.list[i]))
			return true;
	return false;
}

int netns_visit(netns_visit_fn *visit, void *data, bool *whole)
{
	struct search s = { .visit = visit, .data = data, .whole = sees_all_processes() };
	int home = netns_open(), err, back;

	*whole = false;
	if (home < 0) {
		rfs_error("cannot open the network namespace: %s", strerror(-home));
		return home;
	}
	/* From where most are to where few are, and what is dear to look at last. */
	err = visit_path(&s, SELF);
	if (!err)
		err = visit_mounts_of_process(&s, "/proc/thread-self");
	if (!err)
		err = for_each_number(&s, "/proc", visit_process);
	if (!err)
		err = for_each_number(&s, "/proc", visit_mounts_of_process);
	if (!err)
		err = for_each_number(&s, "/proc", visit_fds);
	*whole = s.whole && !any_shut(&s);
	free(s.seen.list);
	free(s.shut.list);
	if (err == 1) {
		close(home);
		return 1;
	}
	if (err)
		rfs_error("cannot look through the network namespaces: %s", strerror(-err));
	back = netns_return(home);
	return err ? err : back;
}
