// SPDX-License-Identifier: GPL-2.0-only
/* pins.c - the pinned objects' names, made, found, listed and removed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/folder.h"
#include "host/msg.h"
#include "maps/pins.h"

/* libxdp's, in which it keeps the programs of its dispatchers */
#define LIBXDP_DIR "xdp"

/* What others can change is not taken for our own, nor for libxdp's. */
static int check_folder(const char *name, unsigned int may_be)
{
	char path[PATH_MAX];
	const char *flaw;

	snprintf(path, sizeof(path), "%s/%s", env.bpffs, name);
	flaw = folder_flaw(path, may_be);
	if (!flaw)
		return 0;
	rfs_error(
		"%s %s, so what is pinned there cannot be trusted; keep others out (chmod 0700 %s), look at "
		"it, and make it root's alone (chown root, chmod 0700), or remove it (rm -r %s): what attach "
		"changed of interfaces then stays changed",
		path, flaw, env.bpffs, path);
	return -EPERM;
}

/* The mount's root: others may put things there, though better they could not. */
static int check_root(void)
{
	char path[PATH_MAX];
	const char *flaw;
	int err;

	if (access(env.bpffs, R_OK | X_OK)) {
		err = -errno;
		rfs_error("%s: %s; run as root, or with CAP_BPF as a user who may enter it",
			  env.bpffs, strerror(-err));
		return err;
	}
	snprintf(path, sizeof(path), "%s/.", env.bpffs);
	flaw = folder_flaw(path, FOLDER_STICKY);
	if (!flaw)
		return 0;
	rfs_error("%s %s, so what is pinned there cannot be trusted; make it root's alone "
		  "(chown root %s; chmod 0700 %s)",
		  env.bpffs, flaw, env.bpffs, env.bpffs);
	return -EPERM;
}

int pins_ready(void)
{
	struct statfs fs;
	int err;

	if (statfs(env.bpffs, &fs)) {
		err = -errno;
		rfs_error("%s: %s; mount a BPF file system there (mount -t bpf -o mode=0700 bpf "
			  "%s) or name another with --bpffs",
			  env.bpffs, strerror(-err), env.bpffs);
		return err;
	}
	if ((unsigned long)fs.f_type != BPF_FS_MAGIC) {
		rfs_error(
			"%s is not a BPF file system; mount one (mount -t bpf -o mode=0700 bpf "
			"%s) or name another with --bpffs ('ip netns exec' hides the one that is mounted: take "
			"'nsenter --net=/run/netns/NAME')",
			env.bpffs, env.bpffs);
		return -ENOTSUP;
	}
	err = check_root();
	if (!err)
		err = check_folder(RFS_PIN_DIR, 0);
	if (!err)
		err = check_folder(LIBXDP_DIR, FOLDER_LINK);
	return err;
}

/* Before anything is changed that could not be noted or forgotten. */
static int check_writable(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) || !(fs.f_flags & ST_RDONLY))
		return 0;
	rfs_error("%s is mounted read-only; mount it for writing (mount -o remount,rw %s)",
		  env.bpffs, env.bpffs);
	return -EROFS;
}

int pins_lock(void)
{
	/* On the mount's root, since <bpffs>/rfs comes and goes. Held until exit. */
	int fd = open(env.bpffs, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	pid_t holder;

	if (fd < 0) {
		err = -errno;
		rfs_error("%s: %s", env.bpffs, strerror(-err));
		return err;
	}
	err = check_writable(fd);
	if (err) {
		close(fd);
		return err;
	}
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	usleep(500 * 1000);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	holder = pins_lock_holder();
	if (holder)
		rfs_note("waiting for another rfsctl to finish (PID %d)", holder);
	else
		rfs_note("waiting for another rfsctl to finish");
	while (flock(fd, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		err = -errno;
		rfs_error("cannot lock %s: %s", env.bpffs, strerror(-err));
		close(fd);
		return err;
	}
	return 0;
}

/* From /proc/locks: to try the lock would be in the way of those who want it. */
pid_t pins_lock_holder(void)
{
	unsigned int major, minor;
	unsigned long long ino;
	char line[256];
	struct stat st;
	FILE *locks;
	pid_t pid = 0;
	int holder;

	if (stat(env.bpffs, &st))
		return 0;
	locks = fopen("/proc/locks", "re");
	if (!locks)
		return 0;
	/* "1: FLOCK  ADVISORY  WRITE 4711 00:1a:1 0 EOF"; those who wait have "->" in between. */
	while (!pid && fgets(line, sizeof(line), locks))
		if (sscanf(line, "%*d: FLOCK %*s WRITE %d %x:%x:%llu", &holder, &major, &minor,
			   &ino) == 4 &&
		    makedev(major, minor) == st.st_dev && ino == st.st_ino)
			pid = holder;
	fclose(locks);
	return pid;
}

void pins_iface_dir(char *out, const char *name, const struct netns *ns)
{
	if (ns->initial)
		snprintf(out, PIN_NAME_LEN, "%s", name);
	else
		snprintf(out, PIN_NAME_LEN, "%s@%llu", name, (unsigned long long)ns->cookie);
	for (; *out; out++)
		if (*out == '.')
			*out = ':';
}

static void vpath(char out[PATH_MAX], const char *fmt, va_list ap)
{
	int n = snprintf(out, PATH_MAX, "%s/%s/", env.bpffs, RFS_PIN_DIR);

	if (n < PATH_MAX)
		vsnprintf(out + n, PATH_MAX - n, fmt, ap);
}

#define PATH_OF(path, fmt)                                                                         \
	do {                                                                                       \
		va_list ap_;                                                                       \
		va_start(ap_, fmt);                                                                \
		vpath(path, fmt, ap_);                                                             \
		va_end(ap_);                                                                       \
	} while (0)

void pins_path(char out[PATH_MAX], const char *fmt, ...)
{
	PATH_OF(out, fmt);
}

const char *const pins_of_iface[] = {
	RFS_PIN_CPUS,	 RFS_PIN_STATS,	      RFS_PIN_DEV_FLOW, RFS_PIN_RING,  RFS_PIN_CPUMAP,
	RFS_PIN_CPUMAPS, RFS_PIN_CPUMAP_PROG, RFS_PIN_THREAD,	RFS_PIN_PLACE, NULL
};

const char *pins_missing(const char *dir)
{
	char path[PATH_MAX];

	for (const char *const *pin = pins_of_iface; *pin; pin++) {
		pins_path(path, "%s/%s", dir, *pin);
		if (access(path, F_OK) && errno == ENOENT)
			return *pin;
	}
	return NULL;
}

int pins_get(const char *fmt, ...)
{
	char path[PATH_MAX];
	int fd;

	PATH_OF(path, fmt);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int pins_put(int fd, const char *fmt, ...)
{
	char path[PATH_MAX];
	int err;

	PATH_OF(path, fmt);
	if (!bpf_obj_pin(fd, path))
		return 0;
	err = -errno;
	rfs_error("cannot pin %s: %s", path, strerror(-err));
	return err;
}

int pins_mkdir(const char *fmt, ...)
{
	char path[PATH_MAX];
	int err;

	PATH_OF(path, fmt);
	/* The first one may have been made by somebody else since pins_ready() looked. */
	if (!mkdir(path, 0700) || errno == EEXIST)
		return check_folder(RFS_PIN_DIR, 0);
	err = -errno;
	rfs_error("cannot make %s: %s", path, strerror(-err));
	return err;
}

int pins_remove(const char *fmt, ...)
{
	char path[PATH_MAX] = RFS_PIN_DIR "/", *name;
	va_list ap;
	int fd, err;

	va_start(ap, fmt);
	vsnprintf(path + strlen(path), sizeof(path) - strlen(path), fmt, ap);
	va_end(ap);
	name = strrchr(path, '/');
	*name++ = 0;
	fd = folder_open(env.bpffs, path);
	err = fd < 0 ? fd : folder_remove(fd, name);
	if (fd >= 0)
		close(fd);
	if (!err || err == -ENOENT)
		return 0;
	rfs_error("cannot remove %s/%s/%s: %s", env.bpffs, path, name, strerror(-err));
	return err;
}

void pins_remove_root(void)
{
	char path[PATH_MAX];

	pins_path(path, "%s", "");
	rmdir(path);
}

static int compare(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

bool pins_is_iface_dir(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	pins_path(path, "%s", name);
	return strcmp(name, RFS_PIN_RECORDER_DIR) && (lstat(path, &st) || S_ISDIR(st.st_mode));
}

int pins_list(const char *rel, bool interfaces, char ***names)
{
	char path[PATH_MAX], **list = NULL;
	struct dirent *entry;
	int n = 0, fd;
	DIR *d;

	*names = NULL;
	snprintf(path, sizeof(path), "%s/%s", RFS_PIN_DIR, rel);
	fd = folder_open(env.bpffs, path);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	d = fdopendir(fd);
	if (!d) {
		n = -errno;
		close(fd);
		return n;
	}
	while ((entry = readdir(d))) {
		char **more;

		if (entry->d_name[0] == '.')
			continue;
		if (interfaces &&
		    (entry->d_type != DT_DIR || !strcmp(entry->d_name, RFS_PIN_RECORDER_DIR)))
			continue;
		more = realloc(list, (n + 1) * sizeof(*list));
		if (!more)
			goto no_memory;
		list = more;
		list[n] = strdup(entry->d_name);
		if (!list[n])
			goto no_memory;
		n++;
	}
	closedir(d);
	if (n)
		qsort(list, n, sizeof(*list), compare);
	*names = list;
	return n;

no_memory:
	closedir(d);
	pins_free_list(list, n);
	return -ENOMEM;
}

void pins_free_list(char **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}
