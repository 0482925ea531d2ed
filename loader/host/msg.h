/* SPDX-License-Identifier: GPL-2.0-only */
/* msg.h - what rfsctl says to people: errors, warnings, progress; and its global options. */
#ifndef RFS_MSG_H
#define RFS_MSG_H

#include <stdbool.h>
#include <stddef.h>

#define RFS_VERSION "0.1.0"

/* Exit status, as ip(8) and bpftool(8) use it. */
enum {
	RFS_EXIT_OK = 0,
	RFS_EXIT_FAILED = 1,
	RFS_EXIT_USAGE = 2,
};

/* Options that every command takes. */
struct rfs_env {
	const char *bpffs; /* mount point of the BPF file system */
	bool json;
	bool verbose;
};

extern struct rfs_env env;

/**
 * rfs_error() - say what failed and what helps
 * @fmt: printf format of one sentence: the thing, the cause, the remedy; no newline
 *
 * To stderr; as {"error": "..."} where --json was given.
 */
void rfs_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** rfs_error_said() - was there an error message in this run? */
bool rfs_error_said(void);

/** rfs_warn() - say what works, but not as one may expect; to stderr */
void rfs_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** rfs_note() - say what goes on, where it takes time or with --verbose; to stderr */
void rfs_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * rfs_libbpf_quiet() - keep libbpf's and libxdp's messages back
 *
 * With --verbose they are shown. The last warning is kept for rfs_libbpf_last().
 */
void rfs_libbpf_quiet(void);

/** rfs_libbpf_last() - libbpf's last warning without its newline, or "" */
const char *rfs_libbpf_last(void);

/**
 * rfs_kernel_words() - the kernel's own reason for refusing a request by netlink (its extack)
 *
 * Return: that of the last refusal since rfs_kernel_words_clear(), or "" if the kernel gave none.
 */
const char *rfs_kernel_words(void);
void rfs_kernel_words_clear(void);

#endif /* RFS_MSG_H */
