// SPDX-License-Identifier: GPL-2.0-only
/*
 * print.c - what the printers make of a view in which no two figures are the same: each stands in
 * the column, at the line and under the key that are its own.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "view/problems.h"
#include "view/show.h"

/* recorder.c, which has it, loads BPF programs. */
const char *recorder_hook_name(unsigned int hook)
{
	return hook == RFS_HOOK_TRACEPOINT ? "tracepoint" : "?";
}

/* ---- what they print ---- */

static char *text;
static size_t text_len;
static FILE *real_stdout;

static void begin(void)
{
	free(text);
	real_stdout = stdout;
	stdout = open_memstream(&text, &text_len);
	assert_non_null(stdout);
}

static void end(void)
{
	fclose(stdout);
	stdout = real_stdout;
}

/* The number of the word in the line; -1: it is not there. */
static int find_word(char *line, const char *want)
{
	char *rest, *word = strtok_r(line, " ", &rest);

	for (int i = 0; word; i++, word = strtok_r(NULL, " ", &rest))
		if (!strcmp(word, want))
			return i;
	return -1;
}

/* The word in this row of the table and below this heading; no cell may be empty or have blanks. */
static void assert_cell(const char *heading, unsigned int row, const char *want)
{
	char *copy = strdup(text), *rest, *line = strtok_r(copy, "\n", &rest), *word, *more;
	int column = -1;

	for (; line && column < 0; line = strtok_r(NULL, "\n", &rest))
		if (strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ- ") == strlen(line))
			column = find_word(line, heading);
	if (column < 0)
		fail_msg("no column %s", heading);
	while (line && row--)
		line = strtok_r(NULL, "\n", &rest);
	assert_non_null(line);
	word = strtok_r(line, " ", &more);
	while (word && column--)
		word = strtok_r(NULL, " ", &more);
	assert_non_null(word);
	assert_string_equal(word, want);
	free(copy);
}

/* Behind this label at the beginning of a line stands that figure. */
static void assert_line(const char *label, unsigned long long want)
{
	char start[64], *at;

	snprintf(start, sizeof(start), "\n  %s ", label);
	at = strstr(text, start);
	if (!at)
		fail_msg("no line '%s'", label);
	assert_int_equal(strtoull(at + strlen(start), NULL, 10), want);
}

/* ---- a view ---- */

static struct cpu_view cpus[] = { { 0, 1001, 1002, 1003 }, { 2, 2001, 2002, 2003 } };
static struct problem problems[] = {
	{ "one-id", "a sentence", "a remedy" },
	{ "other-id", "another sentence", "another remedy" },
};
static struct iface_view ifaces[2];
static char *programs[] = { "first_program", "second_program" };
static struct rfs_view view = {
	.running = true,
	.recorder = { .hook = RFS_HOOK_TRACEPOINT, .sock_flow_entries = 4096 },
	.programs = programs,
	.n_programs = 2,
	.flows = 17,
	.locality = { .local = 300, .remote = 100 },
	.ifaces = ifaces,
	.n_ifaces = 2,
};

static int set_up(void **state)
{
	struct iface_view *v = &ifaces[0];

	(void)state;
	strcpy(v->dir, "eth0@4711");
	strcpy(v->name, "lan0");
	v->ifindex = 70;
	v->state = VIEW_ATTACHED;
	v->here = true;
	v->config = (struct rfs_config){
		.ifindex = 71,
		.mode = RFS_MODE_GENERIC,
		.dispatcher = 1,
		.queues = 3,
		.flow_cnt = 512,
		.qsize = 128,
		.netns_cookie = 4711,
		.kthread_sched = { SCHED_FIFO, 9 },
		.tcp = RFS_TCP_STACK,
	};
	cpuset_parse("0,2", &v->cpus);
	for (int i = 0; i < RFS_STAT_NR; i++)
		v->count[i] = 10 + i;
	v->lost_ring_full = 91;
	v->lost_redirect_error = 192;
	v->lost_vanished = 794;
	v->lost_alloc_failed = 393;
	v->cpu = cpus;
	v->n_cpus = ARRAY_SIZE(cpus);
	v->problems = problems;
	v->n_problems = ARRAY_SIZE(problems);

	/* Elsewhere, and being changed. */
	ifaces[1] = ifaces[0];
	v = &ifaces[1];
	strcpy(v->dir, "eth1@4712");
	v->here = false;
	v->state = VIEW_CHANGING;
	v->changed_by = 99;
	v->n_problems = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

static __u64 passed(void)
{
	__u64 sum = 0;

	for (int i = RFS_STAT_PASS_FIRST; i < RFS_STAT_NR; i++)
		sum += 10 + i;
	return sum;
}

static void test_show_status(void **state)
{
	(void)state;
	begin();
	show_status(&view);
	end();
	assert_non_null(strstr(text, "recorder: tracepoint, 4096 flow entries, 17 in use\n"
				     "programs: first_program second_program\n"));
	assert_cell("INTERFACE", 0, "lan0");
	assert_cell("INTERFACE", 1, "eth1@4712");
	assert_cell("STATE", 0, "attached");
	assert_cell("STATE", 1, "changing");
	assert_cell("MODE", 0, "generic");
	assert_cell("SHARED", 0, "yes");
	assert_cell("QUEUES", 0, "3");
	assert_cell("FLOW-CNT", 0, "512");
	assert_cell("QSIZE", 0, "128");
	assert_cell("KTHREADS", 0, "fifo:9");
	assert_cell("TCP", 0, "stack");
	assert_cell("CPUS", 0, "0,2");
	assert_non_null(strstr(text, "\nlan0: a sentence\n    remedy: a remedy\n"
				     "lan0: another sentence\n    remedy: another remedy\n"));
	assert_non_null(strstr(text, "changing: another rfsctl (PID 99)"));
	assert_null(strstr(text, "eth1@4712: "));
}

/* Sentences are broken at words, so that no line is wider than a terminal; remedies are not. */
static void test_wrap(void **state)
{
	struct problem *p = &problems[0], was = *p;

	(void)state;
	for (int i = 0; i < 40; i++)
		snprintf(p->text + strlen(p->text), sizeof(p->text) - strlen(p->text), " word%d",
			 i);
	memset(p->remedy, 'x', 100);
	begin();
	show_status(&view);
	end();
	*p = was;
	for (char *line = strstr(text, "\nlan0: a sentence") + 1; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, "    remedy: x", 13)) {
			assert_int_equal(strcspn(line, "\n"), 12 + 100);
			break;
		}
		assert_in_range(strcspn(line, "\n"), 1, 79);
		assert_true(!strncmp(line, "lan0: a sentence word0 ", 23) ||
			    !strncmp(line, "    word", 8));
	}
	assert_non_null(strstr(text, " word39\n"));
}

static void test_show_stats(void **state)
{
	(void)state;
	begin();
	show_stats(&view);
	end();
	assert_true(!strncmp(text, "lan0\n", 5));
	assert_non_null(strstr(text, "\neth1@4712 (changing)\n"));
	assert_line("seen", 10 + 11 + passed());
	assert_line("flow steered", 10);
	assert_line("hash steered", 11);
	assert_line("passed", passed());
	assert_line("moves made", 12);
	assert_line("moves deferred", 13);
	assert_line("lost", 91 + 192 + 794 + 393);
#define X(id, name, help) assert_line("  " name, 10 + RFS_STAT_##id);
	RFS_PASS_REASONS(X)
#undef X
	assert_cell("CPU", 0, "0");
	assert_cell("CPU", 1, "2");
	assert_cell("ENQUEUED", 1, "2001");
	assert_cell("DELIVERED", 1, "2002");
	assert_cell("LOST", 1, "2003");
	assert_non_null(strstr(text, "locality: 75.0 % of 400 reads on this host"));
}

static struct rps_sock_flow flows[] = {
	{ .cpu = 5, .pid = 600, .family = AF_INET, .proto = IPPROTO_UDP, .comm = "reader" },
	{ .cpu = 6, .pid = 700, .family = AF_INET6, .proto = IPPROTO_TCP, .comm = "other" },
};
static const struct flow_view flow_view = { .flows = flows, .n = ARRAY_SIZE(flows) };

static void fill_flows(void)
{
	inet_pton(AF_INET, "10.0.0.1", flows[0].laddr);
	inet_pton(AF_INET, "10.0.0.2", flows[0].raddr);
	inet_pton(AF_INET6, "fd00::1", flows[1].laddr);
	inet_pton(AF_INET6, "fd00::2", flows[1].raddr);
	for (int i = 0; i < 2; i++) {
		flows[i].lport = htons(80 + i);
		flows[i].rport = htons(4000 + i);
	}
}

static void test_show_flows(void **state)
{
	(void)state;
	fill_flows();
	begin();
	show_flows(&flow_view);
	end();
	assert_cell("PROTO", 0, "udp");
	assert_cell("LOCAL", 0, "10.0.0.1:80");
	assert_cell("REMOTE", 0, "10.0.0.2:4000");
	assert_cell("CPU", 0, "5");
	assert_cell("PID", 0, "600");
	assert_cell("COMMAND", 0, "reader");
	assert_cell("PROTO", 1, "tcp");
	assert_cell("LOCAL", 1, "[fd00::1]:81");
	assert_cell("REMOTE", 1, "[fd00::2]:4001");
	assert_cell("CPU", 1, "6");
}

/* ---- JSON: printed, read, and compared with what it should be ---- */

static void assert_json(void (*print)(const struct rfs_view *view), json_t *want)
{
	json_error_t error;
	json_t *got;

	assert_non_null(want);
	begin();
	if (print)
		print(&view);
	else
		json_flows(&flow_view);
	end();
	got = json_loads(text, 0, &error);
	if (!got)
		fail_msg("%s in %s", error.text, text);
	if (!json_equal(got, want))
		fail_msg("got %s, wanted %s", text, json_dumps(want, JSON_INDENT(2)));
	json_decref(got);
	json_decref(want);
}

static json_t *status_of(const char *name, const char *pin, const char *state, json_t *changed_by,
			 json_t *found)
{
	json_t *queues = json_array();

	for (int q = 0; q < 3; q++)
		json_array_append_new(queues, json_pack("{s:i, s:i, s:i}", "queue", q, "flow_cnt",
							512, "qsize", 128));
	return json_pack("{s:s, s:i, s:s, s:o, s:s, s:b, s:i, s:s, s:[i, i], s:s, s:s, s:s, s:o, "
			 "s:o}",
			 "name", name, "ifindex", 70, "state", state, "changed_by", changed_by,
			 "mode", "generic", "dispatcher", 1, "netns_cookie", 4711, "pin", pin,
			 "cpus", 0, 2, "kthread_sched", "fifo:9", "tcp", "stack", "udp", "cpumap",
			 "queues", queues, "problems", found);
}

static void test_json_status(void **state)
{
	json_t *found = json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]", "id", "one-id", "text",
				  "a sentence", "remedy", "a remedy", "id", "other-id", "text",
				  "another sentence", "remedy", "another remedy");

	(void)state;
	assert_json(json_status,
		    json_pack("{s:s, s:{s:s, s:[s, s], s:i, s:i}, s:[o, o]}", "version", "0.1.0",
			      "recorder", "hook", "tracepoint", "programs", "first_program",
			      "second_program", "sock_flow_entries", 4096, "flows", 17,
			      "interfaces",
			      status_of("lan0", "eth0@4711", "attached", json_null(), found),
			      status_of("lan0", "eth1@4712", "changing", json_integer(99),
					json_array())));
}

static json_t *stats_of(const char *pin, const char *state)
{
	json_t *reasons = json_object();

#define X(id, name, help) json_object_set_new(reasons, name, json_integer(10 + RFS_STAT_##id));
	RFS_PASS_REASONS(X)
#undef X
	return json_pack("{s:s, s:i, s:s, s:s, s:{s:i, s:i, s:i, s:i}, s:o, s:{s:i, s:i}, "
			 "s:{s:i, s:i, s:i, s:i}, s:[{s:i, s:i, s:i, s:i}, {s:i, s:i, s:i, s:i}]}",
			 "name", "lan0", "ifindex", 70, "state", state, "pin", pin, "packets",
			 "seen", 10 + 11 + (int)passed(), "flow_steered", 10, "hash_steered", 11,
			 "passed", (int)passed(), "passed_reasons", reasons, "moves", "made", 12,
			 "deferred", 13, "lost", "ring_full", 91, "redirect_error", 192, "vanished",
			 794, "no_memory", 393, "cpus", "cpu", 0, "enqueued", 1001, "delivered",
			 1002, "lost", 1003, "cpu", 2, "enqueued", 2001, "delivered", 2002, "lost",
			 2003);
}

static void test_json_stats(void **state)
{
	(void)state;
	assert_json(json_stats,
		    json_pack("{s:[o, o], s:{s:i, s:i, s:f}}", "interfaces",
			      stats_of("eth0@4711", "attached"), stats_of("eth1@4712", "changing"),
			      "locality", "local", 300, "remote", 100, "percent", 75.0));
}

static void test_json_flows(void **state)
{
	(void)state;
	fill_flows();
	assert_json(NULL,
		    json_pack("{s:[{s:s, s:s, s:{s:s, s:i}, s:{s:s, s:i}, s:i, s:i, s:s}, "
			      "{s:s, s:s, s:{s:s, s:i}, s:{s:s, s:i}, s:i, s:i, s:s}]}",
			      "flows", "family", "inet", "proto", "udp", "local", "addr",
			      "10.0.0.1", "port", 80, "remote", "addr", "10.0.0.2", "port", 4000,
			      "cpu", 5, "pid", 600, "comm", "reader", "family", "inet6", "proto",
			      "tcp", "local", "addr", "fd00::1", "port", 81, "remote", "addr",
			      "fd00::2", "port", 4001, "cpu", 6, "pid", 700, "comm", "other"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_show_status), cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_show_stats),  cmocka_unit_test(test_show_flows),
		cmocka_unit_test(test_json_status), cmocka_unit_test(test_json_stats),
		cmocka_unit_test(test_json_flows),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
