// SPDX-License-Identifier: GPL-2.0-only
/* problems.c - judge what was found out about an interface. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/kthread_sched.h"
#include "host/text.h"
#include "view/problems.h"

#define SHOWN 3 /* of things that have the same problem; the rest is counted */

/* What a look has found. */
struct finding {
	char what[256];
	unsigned int n;
};

static void found(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void found(struct finding *f, const char *fmt, ...)
{
	size_t used = strlen(f->what);
	va_list ap;

	if (f->n++ >= SHOWN)
		return;
	if (used)
		used += snprintf(f->what + used, sizeof(f->what) - used, ", ");
	va_start(ap, fmt);
	vsnprintf(f->what + used, sizeof(f->what) - used, fmt, ap);
	va_end(ap);
}

static void found_cpus(struct finding *f, const struct cpuset *cpus)
{
	char text[128];

	cpuset_format(cpus, text, sizeof(text));
	if (cpuset_count(cpus))
		found(f, "%s", text);
}

/* ---- the looks: each notes what it finds; 0, or -errno for what cannot be told ---- */

typedef int look_fn(const struct iface_view *v, const struct iface_facts *f, struct finding *out);

static int look_always(const struct iface_view *v, const struct iface_facts *f, struct finding *out)
{
	(void)v, (void)f;
	found(out, "%s", "");
	return 0;
}

static int look_gone(const struct iface_view *v, const struct iface_facts *f, struct finding *out)
{
	(void)f;
	if (v->gone)
		found(out, "%s", "");
	return 0;
}

static int look_program(const struct iface_view *v, const struct iface_facts *f,
			struct finding *out)
{
	(void)f;
	if (!v->gone)
		found(out, "%s", "");
	return 0;
}

static int look_moved(const struct iface_view *v, const struct iface_facts *f, struct finding *out)
{
	const char *other = v->ifindex == v->config.ifindex
				    ? ""
				    : "; its index has changed, so no packet is steered";

	if (f->moved && *f->netns_path)
		found(out, "%s%s", f->netns_path, other);
	else if (f->moved)
		found(out, "the one with cookie %llu%s", (unsigned long long)f->netns_cookie,
		      other);
	return 0;
}

static int look_rx_queues(const struct iface_view *v, const struct iface_facts *f,
			  struct finding *out)
{
	if (!f->rx_queues_err && f->rx_queues != v->config.queues)
		found(out, "%u now, rfs serves %u%s", f->rx_queues, v->config.queues,
		      f->rx_queues > v->config.queues ? "; packets of the others are not steered"
						      : "");
	return f->rx_queues_err;
}

static int look_kernel_rps(const struct iface_view *v, const struct iface_facts *f,
			   struct finding *out)
{
	(void)v;
	for (unsigned int i = 0; i < f->n_rx; i++)
		if (*f->rx[i].rps_cpus)
			found(out, "rx-%u: rps_cpus %s", f->rx[i].queue, f->rx[i].rps_cpus);
	return f->rx_err;
}

static int look_kernel_rfs(const struct iface_view *v, const struct iface_facts *f,
			   struct finding *out)
{
	if (v->config.tcp == RFS_TCP_STACK)
		return 0;
	for (unsigned int i = 0; i < f->n_rx; i++)
		if (f->rx[i].flow_cnt)
			found(out, "rx-%u: rps_flow_cnt %u", f->rx[i].queue, f->rx[i].flow_cnt);
	return f->rx_err;
}

static int look_kernel_rfs_off(const struct iface_view *v, const struct iface_facts *f,
			       struct finding *out)
{
	if (v->config.tcp != RFS_TCP_STACK)
		return 0;
	for (unsigned int i = 0; i < f->n_rx; i++)
		if (!f->rx[i].flow_cnt)
			found(out, "rx-%u: rps_flow_cnt 0", f->rx[i].queue);
	if (!f->sock_flows_err && !f->sock_flows)
		found(out, "net.core.rps_sock_flow_entries 0");
	return f->rx_err ? f->rx_err : f->sock_flows_err;
}

static int look_veth(const struct iface_view *v, const struct iface_facts *f, struct finding *out)
{
	(void)v;
	if (!f->veth_err && f->peer.tx == 1)
		found(out, "%s", f->peer.name);
	return 0;
}

static int vlan_features(const struct iface_view *v, const struct iface_facts *f,
			 struct finding *out, bool fixed)
{
	static const char *const names[] = { "rx-vlan-hw-parse", "rx-vlan-stag-hw-parse" };
	int err = 0;

	if (v->config.mode != RFS_MODE_NATIVE)
		return 0;
	for (int i = 0; i < VLAN_FEATURES; i++) {
		/* A kernel or device without it does not take tags out. */
		if (f->vlan_err[i] == -ENOENT || f->vlan_err[i] == -EOPNOTSUPP)
			continue;
		if (f->vlan_err[i])
			err = f->vlan_err[i];
		else if (f->vlan[i].active && f->vlan[i].fixed == fixed)
			found(out, "%s", names[i]);
	}
	return err;
}

static int look_vlan(const struct iface_view *v, const struct iface_facts *f, struct finding *out)
{
	return vlan_features(v, f, out, false);
}

static int look_vlan_fixed(const struct iface_view *v, const struct iface_facts *f,
			   struct finding *out)
{
	vlan_features(v, f, out, true);
	return 0; /* what cannot be told is said once, by look_vlan() */
}

static int look_recorder(const struct iface_view *v, const struct iface_facts *f,
			 struct finding *out)
{
	(void)v;
	if (!f->host->recorder)
		found(out, "%s", "");
	return 0;
}

static int look_recorder_programs(const struct iface_view *v, const struct iface_facts *f,
				  struct finding *out)
{
	const struct host_facts *host = f->host;

	(void)v;
	if (!host->recorder)
		return 0;
	for (unsigned int i = 0; i < host->n_stopped; i++)
		found(out, "%s", host->stopped[i]);
	return host->stopped_err;
}

static int look_other_recorder(const struct iface_view *v, const struct iface_facts *f,
			       struct finding *out)
{
	(void)v;
	if (!f->host->recorder)
		return 0;
	if (!f->same_recorder)
		found(out, "%s", "");
	return f->same_recorder < 0 ? f->same_recorder : 0;
}

static int look_pins(const struct iface_view *v, const struct iface_facts *f, struct finding *out)
{
	(void)v;
	if (f->lost_pin)
		found(out, "%s", f->lost_pin);
	if (f->lost_queues)
		found(out, "the rings of %u of its RX queues", f->lost_queues);
	return 0;
}

static int look_gate(const struct iface_view *v, const struct iface_facts *f, struct finding *out)
{
	if (v->config.gate != RFS_GATE_OPEN && !f->changing)
		found(out, "gate");
	return 0;
}

static int look_journal(const struct iface_view *v, const struct iface_facts *f,
			struct finding *out)
{
	(void)v;
	if (f->no_journal)
		found(out, "journal");
	return 0;
}

/* Of the rings to a CPU, which have one thread. */
static bool is_first(const struct ring_facts *r)
{
	return r->queue == 0;
}

static int look_kthread(const struct iface_view *v, const struct iface_facts *f,
			struct finding *out)
{
	const struct host_facts *host = f->host;

	/* Threads are known by their CPUMAP. */
	if (f->lost_pin && !strcmp(f->lost_pin, RFS_PIN_CPUMAP))
		return 0;
	for (unsigned int i = 0; !host->kthreads_err && i < f->n_rings; i++)
		if (is_first(&f->ring[i]) && !f->ring[i].kthread.pid &&
		    cpuset_has(&v->cpus, f->ring[i].cpu))
			found(out, "CPU %u", f->ring[i].cpu);
	return host->kthreads_err ? host->kthreads_err : f->rings_err;
}

static int look_kthread_sched(const struct iface_view *v, const struct iface_facts *f,
			      struct finding *out)
{
	const struct rfs_sched *want = &v->config.kthread_sched;
	int err = 0;

	if (f->changing) /* a set gives them their class before it says so */
		return 0;
	for (unsigned int i = 0; i < f->n_rings; i++) {
		const struct ring_facts *r = &f->ring[i];
		char text[KTHREAD_SCHED_LEN];

		if (!is_first(r) || !r->kthread.pid || r->sched_err == -ESRCH)
			continue;
		if (r->sched_err) {
			err = r->sched_err;
			continue;
		}
		if (r->sched.policy == want->policy && r->sched.prio == want->prio)
			continue;
		kthread_sched_format(&r->sched, text, sizeof(text));
		found(out, "PID %d of CPU %u is %s", r->kthread.pid, r->cpu, text);
	}
	return err;
}

static int look_kthread_bound(const struct iface_view *v, const struct iface_facts *f,
			      struct finding *out)
{
	int err = 0;

	for (unsigned int i = 0; i < f->n_rings; i++) {
		const struct ring_facts *r = &f->ring[i];

		if (!is_first(r) || !r->kthread.pid || !cpuset_has(&v->cpus, r->cpu))
			continue;
		if (!r->bound)
			found(out, "PID %d of CPU %u", r->kthread.pid, r->cpu);
		else if (r->bound < 0 && r->bound != -ESRCH)
			err = r->bound;
	}
	return err;
}

static int look_cpu_offline(const struct iface_view *v, const struct iface_facts *f,
			    struct finding *out)
{
	struct cpuset offline = cpuset_minus(&v->cpus, &f->host->online);

	if (!f->host->cpus_err)
		found_cpus(out, &offline);
	return f->host->cpus_err;
}

static int look_cpu_unused(const struct iface_view *v, const struct iface_facts *f,
			   struct finding *out)
{
	struct cpuset unused = cpuset_minus(&f->due, &v->cpus);

	if (!f->host->cpus_err)
		found_cpus(out, &unused);
	return 0; /* as look_cpu_offline() */
}

static void standing(const struct iface_facts *f, struct finding *out, bool asleep)
{
	for (unsigned int i = 0; i < f->n_rings; i++) {
		const struct ring_facts *r = &f->ring[i];

		if (r->standing && r->asleep == asleep)
			found(out, "%d from RX queue %u to CPU %u", r->standing, r->queue, r->cpu);
	}
}

static int look_ring_starved(const struct iface_view *v, const struct iface_facts *f,
			     struct finding *out)
{
	(void)v;
	standing(f, out, false);
	return f->rings_err;
}

static int look_ring_undrained(const struct iface_view *v, const struct iface_facts *f,
			       struct finding *out)
{
	(void)v;
	standing(f, out, true);
	return 0; /* as look_ring_starved() */
}

static int look_ring_stuck(const struct iface_view *v, const struct iface_facts *f,
			   struct finding *out)
{
	(void)v;
	for (unsigned int i = 0; i < f->n_rings; i++)
		if (f->ring[i].stuck)
			found(out, "from RX queue %u to CPU %u", f->ring[i].queue, f->ring[i].cpu);
	return 0;
}

/*
 * In text and remedy, {what} is what was found, {iface} the name by which rfsctl finds the
 * interface from here, {name} its name where it is, {in} a command to get there in front of
 * another, {to_peer} the same for a veth's {peer}, {sched} the scheduling class that is configured.
 * A command on its folder in sysfs, which is called {folder} there, stands between {sysfs} and
 * {end}.
 */
static const struct check {
	const char *id;
	enum view_state state; /* in which it is looked for */
	const char *text;
	const char *remedy;
	const char *question; /* behind "cannot tell "; NULL where there is always an answer */
	look_fn *look;
} checks[] = {
	{ "cut-short", VIEW_BROKEN,
	  "an attach or a detach was cut short, or somebody removed pins of it",
	  "rfsctl detach {iface}", NULL, look_always },
	{ "other-version", VIEW_FOREIGN, "rfs of another version has attached it",
	  "rfsctl detach {iface}, and attach again with its options", NULL, look_always },
	{ "interface-gone", VIEW_STALE, "the interface is gone",
	  "rfsctl detach {iface}, which removes what is left", NULL, look_gone },
	{ "program-gone", VIEW_STALE,
	  "somebody took the XDP program off the interface: no packet is steered",
	  "rfsctl detach {iface}, and attach again with its options", NULL, look_program },

	{ "moved", VIEW_ATTACHED, "it was moved to another network namespace: {what}",
	  "rfsctl detach {iface}; {in}rfsctl attach {name}", NULL, look_moved },
	{ "refresh-cut-short", VIEW_ATTACHED,
	  "a refresh was cut short: every flow stays on the CPU that receives it",
	  "rfsctl refresh {iface}", NULL, look_gate },
	{ "rx-queues", VIEW_ATTACHED, "the number of its RX queues was changed: {what}",
	  "rfsctl refresh {iface}", "how many RX queues it has", look_rx_queues },
	{ "kernel-rps", VIEW_ATTACHED,
	  "kernel RPS is on again ({what}), so its packets are steered twice",
	  "{sysfs}echo 0 | tee /sys/class/net/{folder}/queues/rx-*/rps_cpus{end}",
	  "whether kernel RPS is on", look_kernel_rps },
	{ "kernel-rfs", VIEW_ATTACHED,
	  "kernel RFS is on again ({what}), so its packets are steered twice",
	  "{sysfs}echo 0 | tee /sys/class/net/{folder}/queues/rx-*/rps_flow_cnt{end}", NULL,
	  look_kernel_rfs },
	{ "kernel-rfs-off", VIEW_ATTACHED,
	  "kernel RFS, to which --tcp stack leaves TCP, is off ({what})",
	  "rfsctl detach {iface}, and attach again with --tcp stack", "whether kernel RFS is on",
	  look_kernel_rfs_off },
	{ "veth-checksum", VIEW_ATTACHED,
	  "its peer, {what}, leaves checksums to be computed, and steered packets lose the word of "
	  "it: their TCP and UDP is dropped as corrupt",
	  "{to_peer}ethtool -K {peer} tx off", NULL, look_veth },
	{ "vlan-offload", VIEW_ATTACHED,
	  "the NIC takes VLAN tags out of frames again ({what}), and steered packets lose them",
	  "{in}ethtool -K {name} rxvlan off rx-vlan-stag-hw-parse off",
	  "whether the NIC takes VLAN tags out of frames", look_vlan },
	{ "vlan-offload-fixed", VIEW_ATTACHED,
	  "the NIC takes VLAN tags out of frames ({what} cannot be turned off), and steered packets "
	  "lose them",
	  "no VLANs on it, or rfsctl detach {iface}, and attach with --mode generic", NULL,
	  look_vlan_fixed },
	{ "recorder-gone", VIEW_ATTACHED,
	  "there is no recorder: no reader is known, and no flow can leave its CPU",
	  "rfsctl detach --all, and attach again with their options", NULL, look_recorder },
	{ "recorder-programs", VIEW_ATTACHED, "programs of the recorder do not run: {what}",
	  "rfsctl detach --all, and attach again with their options",
	  "whether the recorder's programs run", look_recorder_programs },
	{ "other-recorder", VIEW_ATTACHED,
	  "the recorder is not the one that it was attached with: readers are not known to it, and "
	  "no flow can leave its CPU",
	  "rfsctl detach {iface}, and attach again with its options",
	  "whether the recorder is the one that it was attached with", look_other_recorder },
	{ "pins-missing", VIEW_ATTACHED, "somebody removed pins of it: {what}",
	  "rfsctl detach {iface}, and attach again with its options", NULL, look_pins },
	{ "journal-missing", VIEW_ATTACHED,
	  "somebody removed its journal: detach cannot restore what attach changed",
	  "rfsctl detach {iface}; set kernel RPS, RFS and VLAN offload as they are wanted", NULL,
	  look_journal },
	{ "cpu-offline", VIEW_ATTACHED, "CPU {what} is offline, and packets are steered to it",
	  "rfsctl refresh {iface}", "which CPUs are online and not isolated", look_cpu_offline },
	{ "cpu-unused", VIEW_ATTACHED, "CPU {what} is online again, and gets no packets",
	  "rfsctl refresh {iface}", NULL, look_cpu_unused },
	{ "kthread-missing", VIEW_ATTACHED, "no thread empties the ring of {what}",
	  "rfsctl refresh {iface}", "whether each CPU's ring has a thread that empties it",
	  look_kthread },
	{ "kthread-unbound", VIEW_ATTACHED,
	  "threads that empty rings are not bound to their CPU: {what}", "rfsctl refresh {iface}",
	  "whether the rings' threads are bound to their CPUs", look_kthread_bound },
	{ "kthread-sched", VIEW_ATTACHED,
	  "threads that empty rings are not scheduled as {sched}: {what}", "rfsctl refresh {iface}",
	  "how the rings' threads are scheduled", look_kthread_sched },
	{ "ring-starved", VIEW_ATTACHED,
	  "frames stand in rings, as the threads that empty them do not get their CPU: {what}",
	  "see what keeps that CPU busy; rfsctl set {iface} --kthread-sched gives them more of it",
	  "whether frames come out of its rings", look_ring_starved },
	{ "ring-undrained", VIEW_ATTACHED,
	  "rings have frames, and none is seen to come out: {what}; no flow can leave these",
	  "rfsctl detach {iface}, and attach again with its options", NULL, look_ring_undrained },
	{ "ring-stuck", VIEW_ATTACHED,
	  "frames vanish on their way to rings ({what}), so no more are sent there: the driver, or an "
	  "XDP program behind rfs, drops what is redirected",
	  "rfsctl detach {iface}; take the other program off, or attach with --mode generic", NULL,
	  look_ring_stuck },
};

/* ---- words ---- */

struct words {
	char iface[TEXT_QUOTED_LEN];
	char name[TEXT_QUOTED_LEN];
	char in[TEXT_QUOTED_LEN + 32];
	char peer[TEXT_QUOTED_LEN];
	char to_peer[TEXT_QUOTED_LEN + 32];
	char sysfs[TEXT_QUOTED_LEN + 96];
	const char *folder;
	char end[TEXT_QUOTED_LEN + 4];
	char sched[KTHREAD_SCHED_LEN];
	const char *what;
};

/* Where /sys shows another namespace, as nsenter(1) leaves it, a shell has to be where it does not.
 */
static void make_sysfs_words(struct words *w, const struct iface_facts *f)
{
	char netns[TEXT_QUOTED_LEN];

	*w->sysfs = *w->end = 0;
	w->folder = w->name;
	if (f->sysfs_here)
		return;
	if (*f->netns_path) {
		text_quote(netns, f->netns_path + strlen(NAMED_NETNS "/"));
		snprintf(w->sysfs, sizeof(w->sysfs), "ip netns exec %s sh -c '", netns);
	} else {
		snprintf(w->sysfs, sizeof(w->sysfs), "%s",
			 "unshare -m sh -c 'mount -t sysfs sysfs /sys; ");
	}
	w->folder = "\"$0\"";
	snprintf(w->end, sizeof(w->end), "' %s", w->name);
}

static void make_words(struct words *w, const struct iface_view *v, const struct iface_facts *f)
{
	char path[TEXT_QUOTED_LEN];

	text_quote(w->iface, view_handle(v));
	text_quote(w->name, v->name);
	kthread_sched_format(&v->config.kthread_sched, w->sched, sizeof(w->sched));
	*w->in = 0;
	if (v->state == VIEW_ATTACHED && !v->here && *f->netns_path) {
		text_quote(path, f->netns_path);
		snprintf(w->in, sizeof(w->in), "nsenter --net=%s ", path);
	}
	make_sysfs_words(w, f);
	text_quote(w->peer, f->peer.name);
	*w->to_peer = 0;
	if (f->peer_here)
		return;
	text_quote(path, f->peer_path);
	snprintf(w->to_peer, sizeof(w->to_peer),
		 *f->peer_path ? "nsenter --net=%s " : "in its network namespace: ", path);
}

static const char *word(const struct words *w, const char *name, size_t len)
{
	const struct {
		const char *name;
		const char *word;
	} all[] = { { "what", w->what },   { "iface", w->iface },     { "name", w->name },
		    { "peer", w->peer },   { "to_peer", w->to_peer }, { "in", w->in },
		    { "sched", w->sched }, { "sysfs", w->sysfs },     { "folder", w->folder },
		    { "end", w->end } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strlen(all[i].name) == len && !strncmp(all[i].name, name, len))
			return all[i].word;
	return "";
}

/* A template's words are filled in. */
static void fill_in(char out[PROBLEM_LEN], const char *template, const struct words *w)
{
	size_t used = 0;

	while (*template && used < PROBLEM_LEN - 1) {
		size_t n = strcspn(template, "{");
		const char *end = strchr(template + n, '}');

		used += snprintf(out + used, PROBLEM_LEN - used, "%.*s%s", (int)n, template,
				 end ? word(w, template + n + 1, end - template - n - 1) : "");
		template = end ? end + 1 : template + n;
	}
}

static void cannot_tell(struct problem *p, const char *question, int err)
{
	p->id = PROBLEM_CANNOT_TELL;
	snprintf(p->text, sizeof(p->text), "cannot tell %s: %s", question, strerror(-err));
	snprintf(p->remedy, sizeof(p->remedy), "%s",
		 err == -EPERM || err == -EACCES ? "look as root, outside of containers"
						 : "look again");
}

static void no_answer(const struct iface_view *v, struct problem *p)
{
	p->id = PROBLEM_CANNOT_TELL;
	snprintf(p->text, sizeof(p->text), "cannot tell whether it is attached: %s", v->why);
	snprintf(p->remedy, sizeof(p->remedy),
		 "look as root, outside of containers, with the rfsctl that attached it");
}

int problems_find(const struct iface_view *v, const struct iface_facts *f, struct problem **list)
{
	const size_t n_checks = sizeof(checks) / sizeof(checks[0]);
	/* Each may be found, and besides be one of which not all could be told. */
	struct problem *p = calloc(2 * n_checks + 1, sizeof(*p));
	struct words words;
	int n = 0;

	*list = p;
	if (!p)
		return -ENOMEM;
	if (v->state == VIEW_UNKNOWN)
		no_answer(v, &p[n++]);
	make_words(&words, v, f);
	for (size_t i = 0; i < n_checks; i++) {
		const struct check *check = &checks[i];
		struct finding finding = {};
		int err;

		if (check->state != v->state)
			continue;
		err = check->look(v, f, &finding);
		if (finding.n > SHOWN) {
			size_t used = strlen(finding.what);

			snprintf(finding.what + used, sizeof(finding.what) - used, " and %u more",
				 finding.n - SHOWN);
		}
		if (finding.n) {
			p[n].id = check->id;
			words.what = finding.what;
			fill_in(p[n].text, check->text, &words);
			fill_in(p[n].remedy, check->remedy, &words);
			n++;
		}
		if (err && check->question)
			cannot_tell(&p[n++], check->question, err);
	}
	return n;
}
