// SPDX-License-Identifier: GPL-2.0-only
/* msg.c - errors, warnings, notes, and the libraries' messages kept back. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <jansson.h>
#include <xdp/libxdp.h>

#include "host/msg.h"
#include "host/text.h"

struct rfs_env env = { .bpffs = "/sys/fs/bpf" };

/* How libbpf passes on the kernel's reason for the refusal of a netlink request. */
#define KERNEL_SAYS "Kernel error message: "

static char libbpf_last[512];
static char kernel_words[256];
static bool error_said;

/* A path, and a sentence around it. */
#define TEXT_LEN (PATH_MAX + 1024)

static void format(char text[TEXT_LEN], const char *fmt, va_list ap)
{
	char raw[TEXT_LEN];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	text_ascii(text, TEXT_LEN, raw);
}

static void say(const char *prefix, const char *fmt, va_list ap)
{
	char text[TEXT_LEN];

	format(text, fmt, ap);
	fprintf(stderr, "%s%s\n", prefix, text);
}

void rfs_error(const char *fmt, ...)
{
	va_list ap;

	error_said = true;
	va_start(ap, fmt);
	if (env.json) {
		char text[TEXT_LEN];
		json_t *error;

		format(text, fmt, ap);
		error = json_pack("{s:s}", "error", text);
		json_dumpf(error, stderr, 0);
		fputc('\n', stderr);
		json_decref(error);
	} else {
		say("rfsctl: ", fmt, ap);
	}
	va_end(ap);
}

bool rfs_error_said(void)
{
	return error_said;
}

void rfs_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("rfsctl: warning: ", fmt, ap);
	va_end(ap);
}

void rfs_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("rfsctl: ", fmt, ap);
	va_end(ap);
}

static int libbpf_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	const char *words;
	va_list copy;

	if (level == LIBBPF_WARN) {
		va_copy(copy, ap);
		vsnprintf(libbpf_last, sizeof(libbpf_last), fmt, copy);
		va_end(copy);
		libbpf_last[strcspn(libbpf_last, "\n")] = 0;
		words = strstr(libbpf_last, KERNEL_SAYS);
		if (words)
			snprintf(kernel_words, sizeof(kernel_words), "%s",
				 words + strlen(KERNEL_SAYS));
	}
	return env.verbose ? vfprintf(stderr, fmt, ap) : 0;
}

static int libxdp_print(enum libxdp_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	return env.verbose ? vfprintf(stderr, fmt, ap) : 0;
}

void rfs_libbpf_quiet(void)
{
	libbpf_set_print(libbpf_print);
	libxdp_set_print(libxdp_print);
}

const char *rfs_libbpf_last(void)
{
	return libbpf_last;
}

const char *rfs_kernel_words(void)
{
	return kernel_words;
}

void rfs_kernel_words_clear(void)
{
	*kernel_words = 0;
}
