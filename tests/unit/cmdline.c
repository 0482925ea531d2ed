// SPDX-License-Identifier: GPL-2.0-only
/* cmdline.c - unit tests of rfsctl's command lines: what is understood, refused, said and done. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "cmdline.h"
#include "loader/cmd/cmd.h"
#include "unit.h"

#define ARGS_MAX   16
#define OUTPUT_MAX 16384

struct outcome {
	int status; /* 128 + signal where it did not exit */
	char out[OUTPUT_MAX];
	char err[OUTPUT_MAX];
};

static int split(char *line, char **argv)
{
	int argc = 0;

	argv[argc++] = "rfsctl";
	for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
		assert_true(argc < ARGS_MAX);
		argv[argc++] = strcmp(word, "''") ? word : "";
	}
	argv[argc] = NULL;
	return argc;
}

static void read_back(int fd, char *buf)
{
	ssize_t n = pread(fd, buf, OUTPUT_MAX - 1, 0);

	assert_true(n >= 0 && n < OUTPUT_MAX - 1);
	buf[n] = 0;
	close(fd);
}

/* argp and usage errors end the process, so each line has one of its own. */
static void run_line(const char *line, const struct world *w, struct outcome *o)
{
	int out = memfd_create("stdout", 0), err = memfd_create("stderr", 0), status;
	char words[256], *argv[ARGS_MAX + 1];
	pid_t pid;

	assert_true(out >= 0 && err >= 0);
	assert_true(strlen(line) < sizeof(words));
	strcpy(words, line);
	world = w;
	*trace_text = 0;
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		unsetenv("LIBXDP_BPFFS");
		unsetenv("ARGP_HELP_FMT");
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		exit(rfsctl_main(split(words, argv), argv));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	o->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	read_back(out, o->out);
	read_back(err, o->err);
}

/* Is this as expected: nothing, or something that contains the part? */
static bool matches(const char *text, const char *part)
{
	return part ? strstr(text, part) != NULL : !*text;
}

static bool is_json_error(const char *text, const char *part)
{
	json_t *root = json_loads(text, 0, NULL);
	const char *error = json_string_value(json_object_get(root, "error"));
	bool ok = error && json_object_size(root) == 1 && strstr(error, part);

	json_decref(root);
	return ok;
}

static void test_row(void **state)
{
	static struct outcome o;
	const struct row *row = *state;
	bool err_ok;

	run_line(row->line, &row->world, &o);
	err_ok = row->json_err ? is_json_error(o.err, row->err) : matches(o.err, row->err);
	if (o.status == row->status && err_ok && matches(o.out, row->out) &&
	    matches(trace_text, row->calls) &&
	    !(row->never && strstr(trace_text, row->never)))
		return;
	print_message("# status %d, expected %d\n", o.status, row->status);
	print_message("# stderr '%s', expected '%s'\n", o.err, row->err ? row->err : "");
	print_message("# stdout '%s', expected '%s'\n", o.out, row->out ? row->out : "");
	print_message("# calls '%s', expected '%s' and never '%s'\n", trace_text,
		      row->calls ? row->calls : "", row->never ? row->never : "-");
	fail_msg("rfsctl %s", row->line);
}

static void check_help(const char *command, const char *option, const char *const *parts, size_t n)
{
	static const struct world none;
	static struct outcome o;
	char line[64];

	snprintf(line, sizeof(line), "%s %s", command, option);
	run_line(line, &none, &o);
	if (o.status || *o.err || *trace_text)
		fail_msg("%s: status %d, stderr '%s', calls '%s'", line, o.status, o.err,
			 trace_text);
	for (size_t i = 0; i < n; i++)
		if (!strstr(o.out, parts[i]))
			fail_msg("%s does not say '%s': %s", line, parts[i], o.out);
}

/* Every command has --help that names it and the options all take, and is in the usage. */
static void test_help(void **state)
{
	(void)state;
	for (const struct command *c = commands; c->name; c++) {
		char usage[64];
		const char *parts[] = { usage, "--bpffs", "--verbose", "--help" };
		const char *names[] = { c->name, c->help };

		snprintf(usage, sizeof(usage), "Usage: rfsctl %s", c->name);
		check_help(c->name, "--help", parts, ARRAY_SIZE(parts));
		check_help(c->name, "-?", parts, ARRAY_SIZE(parts));
		check_help(c->name, "--usage", parts, 2);
		check_help("--help", "", names, ARRAY_SIZE(names));
	}
}

int main(void)
{
	static struct CMUnitTest tests[512];
	const struct row *const tables[] = { usage_rows, run_rows };
	size_t n = 0;

	/* The stubs run in the child. */
	trace_text = mmap(NULL, TRACE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			  0);
	if (trace_text == MAP_FAILED)
		return 1;
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_help);
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct row *row = tables[t]; row->line && n < ARRAY_SIZE(tests); row++)
			tests[n++] = (struct CMUnitTest){ .name = *row->line ? row->line : "(none)",
							  .test_func = test_row,
							  .initial_state = (void *)row };
	return _cmocka_run_group_tests("cmdline", tests, n, NULL, NULL);
}
