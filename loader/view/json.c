// SPDX-License-Identifier: GPL-2.0-only
/* json.c - the collected figures as JSON; the shapes are described in rfsctl(8) and stable. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "host/kthread_sched.h"
#include "host/mode.h"
#include "host/msg.h"
#include "host/text.h"
#include "view/problems.h"
#include "view/show.h"

static void print(json_t *root)
{
	char *text = json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII);

	if (!text) {
		rfs_error("no memory for the JSON text");
		exit(RFS_EXIT_FAILED);
	}
	puts(text);
	free(text);
	json_decref(root);
}

/* Interfaces and processes may be called anything; JSON takes UTF-8 only. */
static json_t *name(const char *text)
{
	json_t *string = json_string(text);
	char ascii[PROBLEM_ASCII_LEN];

	if (!string) {
		text_ascii(ascii, sizeof(ascii), text);
		string = json_string(ascii);
	}
	return string;
}

static json_t *cpu_array(const struct cpuset *set)
{
	json_t *array = json_array();

	cpuset_for_each(cpu, set) json_array_append_new(array, json_integer(cpu));
	return array;
}

static json_t *problem_array(const struct iface_view *v)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < v->n_problems; i++)
		json_array_append_new(array, json_pack("{s:s, s:o, s:o}", "id", v->problems[i].id,
						       "text", name(v->problems[i].text), "remedy",
						       name(v->problems[i].remedy)));
	return array;
}

static json_t *status_iface(const struct iface_view *v)
{
	json_t *queues = json_array();
	char sched[KTHREAD_SCHED_LEN];

	kthread_sched_format(&v->config.kthread_sched, sched, sizeof(sched));
	for (unsigned int q = 0; q < v->config.queues; q++)
		json_array_append_new(queues,
				      json_pack("{s:i, s:i, s:i}", "queue", q, "flow_cnt",
						v->config.flow_cnt, "qsize", v->config.qsize));
	return json_pack(
		"{s:o, s:i, s:s, s:o, s:s?, s:b, s:I, s:o, s:o, s:s, s:s, s:s, s:o, s:o}", "name",
		name(v->name), "ifindex", v->ifindex, "state", view_state_name(v->state),
		"changed_by", v->changed_by ? json_integer(v->changed_by) : json_null(), "mode",
		mode_name(v->config.mode), "dispatcher", (int)v->config.dispatcher, "netns_cookie",
		(json_int_t)v->config.netns_cookie, "pin", name(v->dir), "cpus",
		cpu_array(&v->cpus), "kthread_sched", sched, "tcp", view_tcp_name(&v->config),
		"udp", "cpumap", "queues", queues, "problems", problem_array(v));
}

void json_status(const struct rfs_view *view)
{
	json_t *ifaces = json_array(), *recorder = json_null();

	if (view->running) {
		json_t *programs = json_array();

		for (int i = 0; i < view->n_programs; i++)
			json_array_append_new(programs, name(view->programs[i]));
		recorder = json_pack("{s:s, s:o, s:i, s:I}", "hook",
				     recorder_hook_name(view->recorder.hook), "programs", programs,
				     "sock_flow_entries", view->recorder.sock_flow_entries, "flows",
				     (json_int_t)view->flows);
	}
	for (unsigned int i = 0; i < view->n_ifaces; i++)
		json_array_append_new(ifaces, status_iface(&view->ifaces[i]));
	print(json_pack("{s:s, s:o, s:o}", "version", RFS_VERSION, "recorder", recorder,
			"interfaces", ifaces));
}

static json_t *stats_iface(const struct iface_view *v)
{
	json_t *reasons = json_object(), *cpus = json_array();
	__u64 passed = view_passed(v), flow = v->count[RFS_STAT_FLOW_STEERED],
	      hash = v->count[RFS_STAT_HASH_STEERED];

#define X(id, name, help) json_object_set_new(reasons, name, json_integer(v->count[RFS_STAT_##id]));
	RFS_PASS_REASONS(X)
#undef X
	for (unsigned int i = 0; i < v->n_cpus; i++)
		json_array_append_new(cpus, json_pack("{s:i, s:I, s:I, s:I}", "cpu", v->cpu[i].cpu,
						      "enqueued", (json_int_t)v->cpu[i].enqueued,
						      "delivered", (json_int_t)v->cpu[i].delivered,
						      "lost", (json_int_t)v->cpu[i].lost));
	return json_pack(
		"{s:o, s:i, s:s, s:o, s:{s:I, s:I, s:I, s:I}, s:o, s:{s:I, s:I}, "
		"s:{s:I, s:I, s:I, s:I}, s:o}",
		"name", name(v->name), "ifindex", v->ifindex, "state", view_state_name(v->state),
		"pin", name(v->dir), "packets", "seen", (json_int_t)(flow + hash + passed),
		"flow_steered", (json_int_t)flow, "hash_steered", (json_int_t)hash, "passed",
		(json_int_t)passed, "passed_reasons", reasons, "moves", "made",
		(json_int_t)v->count[RFS_STAT_MOVES_MADE], "deferred",
		(json_int_t)v->count[RFS_STAT_MOVES_DEFERRED], "lost", "ring_full",
		(json_int_t)v->lost_ring_full, "redirect_error", (json_int_t)v->lost_redirect_error,
		"vanished", (json_int_t)v->lost_vanished, "no_memory",
		(json_int_t)v->lost_alloc_failed, "cpus", cpus);
}

void json_stats(const struct rfs_view *view)
{
	double percent = view_percent(view->locality.local, view->locality.remote);
	json_t *ifaces = json_array();

	for (unsigned int i = 0; i < view->n_ifaces; i++)
		json_array_append_new(ifaces, stats_iface(&view->ifaces[i]));
	print(json_pack("{s:o, s:{s:I, s:I, s:o}}", "interfaces", ifaces, "locality", "local",
			(json_int_t)view->locality.local, "remote",
			(json_int_t)view->locality.remote, "percent",
			percent < 0 ? json_null() : json_real(percent)));
}

static json_t *flow_end(const struct rps_sock_flow *flow, const __be32 *addr, __be16 port)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(flow->family, addr, text, sizeof(text));
	return json_pack("{s:s, s:i}", "addr", text, "port", ntohs(port));
}

void json_flows(const struct flow_view *view)
{
	json_t *flows = json_array();

	for (unsigned int i = 0; i < view->n; i++) {
		const struct rps_sock_flow *f = &view->flows[i];
		char comm[sizeof(f->comm) + 1];

		snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(f->comm), f->comm);
		json_array_append_new(flows,
				      json_pack("{s:s, s:s, s:o, s:o, s:i, s:i, s:o}", "family",
						f->family == AF_INET ? "inet" : "inet6", "proto",
						f->proto == IPPROTO_TCP ? "tcp" : "udp", "local",
						flow_end(f, f->laddr, f->lport), "remote",
						flow_end(f, f->raddr, f->rport), "cpu", f->cpu,
						"pid", f->pid, "comm", name(comm)));
	}
	print(json_pack("{s:o}", "flows", flows));
}
