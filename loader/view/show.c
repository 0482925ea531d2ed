// SPDX-License-Identifier: GPL-2.0-only
/* show.c - the collected figures as text: a few lines of facts and tables. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libsmartcols/libsmartcols.h>

#include "host/kthread_sched.h"
#include "host/mode.h"
#include "host/text.h"
#include "view/problems.h"
#include "view/show.h"

#define WIDTH 79

static struct libscols_table *new_table(void)
{
	scols_init_debug(0);
	return scols_new_table();
}

static void column(struct libscols_table *t, const char *name, bool right)
{
	scols_table_new_column(t, name, 0, right ? SCOLS_FL_RIGHT : 0);
}

static void cell(struct libscols_line *line, int column, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void cell(struct libscols_line *line, int column, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	scols_line_set_data(line, column, text);
}

static void print_table(struct libscols_table *t)
{
	scols_print_table(t);
	scols_unref_table(t);
}

static void show_recorder(const struct rfs_view *view)
{
	printf("recorder: %s, %u flow entries, %llu in use\n",
	       recorder_hook_name(view->recorder.hook), view->recorder.sock_flow_entries,
	       (unsigned long long)view->flows);
	printf("programs:");
	for (int i = 0, width = 9; i < view->n_programs; i++) {
		int len = strlen(view->programs[i]) + 1;

		if (width + len > 78) {
			printf("\n         ");
			width = 9;
		}
		printf(" %s", view->programs[i]);
		width += len;
	}
	printf("\n\n");
}

/* "NAME: " and a sentence, on lines of a width that terminals have; further ones are indented. */
static void print_wrapped(const char *name, const char *text)
{
	int width = printf("%s:", name);

	while (*text) {
		int len = strcspn(text, " ");

		if (width + len >= WIDTH)
			width = printf("\n   ") - 1;
		width += printf(" %.*s", len, text);
		text += len;
		text += strspn(text, " ");
	}
	printf("\n");
}

/* What helps is on a line of its own, to be copied. */
static void show_problems(const struct iface_view *v)
{
	char name[TEXT_NAME_LEN], ascii[PROBLEM_ASCII_LEN];

	text_ascii(name, sizeof(name), view_handle(v));
	if (v->n_problems)
		printf("\n");
	for (unsigned int i = 0; i < v->n_problems; i++) {
		text_ascii(ascii, sizeof(ascii), v->problems[i].text);
		print_wrapped(name, ascii);
		text_ascii(ascii, sizeof(ascii), v->problems[i].remedy);
		printf("    remedy: %s\n", ascii);
	}
}

enum { NAME, STATE, MODE, SHARED, QUEUES, FLOW_CNT, QSIZE, KTHREADS, TCP, CPUS };

/* Of what has no configuration, or another version's, nothing is known. */
static void show_config(struct libscols_line *line, const struct iface_view *v)
{
	char cpus[256], sched[KTHREAD_SCHED_LEN];

	if (v->config.mode == RFS_MODE_AUTO) {
		for (int i = MODE; i <= CPUS; i++)
			cell(line, i, "-");
		return;
	}
	cpuset_format(&v->cpus, cpus, sizeof(cpus));
	kthread_sched_format(&v->config.kthread_sched, sched, sizeof(sched));
	cell(line, MODE, "%s", mode_name(v->config.mode));
	cell(line, SHARED, "%s", v->config.dispatcher ? "yes" : "no");
	cell(line, QUEUES, "%u", v->config.queues);
	cell(line, FLOW_CNT, "%u", v->config.flow_cnt);
	cell(line, QSIZE, "%u", v->config.qsize);
	cell(line, KTHREADS, "%s", sched);
	cell(line, TCP, "%s", view_tcp_name(&v->config));
	cell(line, CPUS, "%s", cpus);
}

void show_status(const struct rfs_view *view)
{
	struct libscols_table *t = new_table();
	pid_t changed_by = 0;

	if (view->running)
		show_recorder(view);
	if (!view->n_ifaces) {
		printf("no interface is attached\n");
		scols_unref_table(t);
		return;
	}
	column(t, "INTERFACE", false);
	column(t, "STATE", false);
	column(t, "MODE", false);
	column(t, "SHARED", false);
	column(t, "QUEUES", true);
	column(t, "FLOW-CNT", true);
	column(t, "QSIZE", true);
	column(t, "KTHREADS", false);
	column(t, "TCP", false);
	column(t, "CPUS", false);
	for (unsigned int i = 0; i < view->n_ifaces; i++) {
		const struct iface_view *v = &view->ifaces[i];
		struct libscols_line *line = scols_table_new_line(t, NULL);

		cell(line, NAME, "%s", view_handle(v));
		cell(line, STATE, "%s", view_state_name(v->state));
		show_config(line, v);
		if (v->changed_by)
			changed_by = v->changed_by;
	}
	print_table(t);
	if (changed_by)
		printf("\nchanging: another rfsctl (PID %d) attaches or detaches at this moment\n",
		       changed_by);
	for (unsigned int i = 0; i < view->n_ifaces; i++)
		show_problems(&view->ifaces[i]);
}

static void show_counter(const char *name, __u64 n, __u64 of, const char *help)
{
	if (of)
		printf("  %-14s %12llu %5.1f %%  %s\n", name, (unsigned long long)n, 100.0 * n / of,
		       help);
	else if (*help)
		printf("  %-14s %12llu %7s  %s\n", name, (unsigned long long)n, "", help);
	else
		printf("  %-14s %12llu\n", name, (unsigned long long)n);
}

static void show_cpus(const struct iface_view *v)
{
	enum { CPU, ENQUEUED, DELIVERED, LOST };
	struct libscols_table *t = new_table();

	column(t, "CPU", true);
	column(t, "ENQUEUED", true);
	column(t, "DELIVERED", true);
	column(t, "LOST", true);
	for (unsigned int i = 0; i < v->n_cpus; i++) {
		struct libscols_line *line = scols_table_new_line(t, NULL);

		cell(line, CPU, "%u", v->cpu[i].cpu);
		cell(line, ENQUEUED, "%llu", (unsigned long long)v->cpu[i].enqueued);
		cell(line, DELIVERED, "%llu", (unsigned long long)v->cpu[i].delivered);
		cell(line, LOST, "%llu", (unsigned long long)v->cpu[i].lost);
	}
	print_table(t);
}

static void show_iface_stats(const struct iface_view *v)
{
	__u64 flow = v->count[RFS_STAT_FLOW_STEERED], hash = v->count[RFS_STAT_HASH_STEERED];
	__u64 passed = view_passed(v), seen = flow + hash + passed;
	char name[TEXT_NAME_LEN];

	text_ascii(name, sizeof(name), view_handle(v));
	printf("%s", name);
	if (v->state != VIEW_ATTACHED)
		printf(" (%s)", view_state_name(v->state));
	if (v->state == VIEW_BROKEN || v->state == VIEW_FOREIGN) {
		printf("\n  its counters cannot be read: see rfsctl status\n\n");
		return;
	}
	printf("\n");
	show_counter("seen", seen, 0, "");
	show_counter("flow steered", flow, seen, "to the CPU where the flow is read");
	show_counter("hash steered", hash, seen, "no reader is known: by hash");
	show_counter("passed", passed, seen, "left where they came in");
#define X(id, name, help)                                                                          \
	if (v->count[RFS_STAT_##id])                                                               \
		show_counter("  " name, v->count[RFS_STAT_##id], seen, help);
	RFS_PASS_REASONS(X)
#undef X
	show_counter("moves made", v->count[RFS_STAT_MOVES_MADE], 0,
		     "flows that changed their CPU");
	show_counter("moves deferred", v->count[RFS_STAT_MOVES_DEFERRED], 0,
		     "packets that kept their CPU, for order");
	show_counter("lost",
		     v->lost_ring_full + v->lost_redirect_error + v->lost_vanished +
			     v->lost_alloc_failed,
		     0, v->lost_ring_full ? "mostly at a full ring: see --qsize" : "");
	printf("\n");
	show_cpus(v);
	printf("\n");
}

void show_stats(const struct rfs_view *view)
{
	double percent = view_percent(view->locality.local, view->locality.remote);

	for (unsigned int i = 0; i < view->n_ifaces; i++)
		show_iface_stats(&view->ifaces[i]);
	if (!view->n_ifaces)
		printf("no interface is attached\n");
	if (percent >= 0)
		printf("locality: %.1f %% of %llu reads on this host were on the packet's CPU\n",
		       percent, (unsigned long long)(view->locality.local + view->locality.remote));
}

static void flow_end(char *out, size_t len, const struct rps_sock_flow *f, const __be32 *addr,
		     __be16 port)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(f->family, addr, text, sizeof(text));
	snprintf(out, len, f->family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, ntohs(port));
}

void show_flows(const struct flow_view *view)
{
	enum { PROTO, LOCAL, REMOTE, CPU, PID, COMM };
	struct libscols_table *t;

	if (!view->n) {
		printf("no flow is known\n");
		return;
	}
	t = new_table();
	column(t, "PROTO", false);
	column(t, "LOCAL", false);
	column(t, "REMOTE", false);
	column(t, "CPU", true);
	column(t, "PID", true);
	column(t, "COMMAND", false);
	for (unsigned int i = 0; i < view->n; i++) {
		const struct rps_sock_flow *f = &view->flows[i];
		struct libscols_line *line = scols_table_new_line(t, NULL);
		char end[INET6_ADDRSTRLEN + 10];

		cell(line, PROTO, "%s", f->proto == IPPROTO_TCP ? "tcp" : "udp");
		flow_end(end, sizeof(end), f, f->laddr, f->lport);
		cell(line, LOCAL, "%s", end);
		flow_end(end, sizeof(end), f, f->raddr, f->rport);
		cell(line, REMOTE, "%s", end);
		cell(line, CPU, "%u", f->cpu);
		cell(line, PID, "%u", f->pid);
		cell(line, COMM, "%.16s", f->comm);
	}
	print_table(t);
}
