// SPDX-License-Identifier: GPL-2.0-only
/*
 * problems.c - the table of problems: each fact that is wrong gives its problem and no other, with
 * words that name what was found; a fact that could not be found out is never taken for a good one.
 */
#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/problems.h"

#define QUEUES 2
#define CPUS   4

struct world {
	struct recorder recorder;
	struct host_facts host;
	struct iface_view v;
	struct iface_facts f;
	struct rx_facts rx[QUEUES];
	struct ring_facts ring[QUEUES * CPUS];
};

static void healthy(struct world *w)
{
	memset(w, 0, sizeof(*w));
	strcpy(w->v.name, "eth0");
	strcpy(w->v.dir, "eth0@4711");
	w->v.here = true;
	w->v.state = VIEW_ATTACHED;
	w->v.ifindex = 7;
	w->v.config = (struct rfs_config){
		.gate = RFS_GATE_OPEN,
		.ifindex = 7,
		.queues = QUEUES,
		.mode = RFS_MODE_NATIVE,
		.kthread_sched = { SCHED_BATCH, 7 },
	};
	cpuset_parse("0-3", &w->v.cpus);
	w->host.recorder = &w->recorder;
	w->host.online = w->v.cpus;
	w->f = (struct iface_facts){
		.host = &w->host,
		.netns_path = "/run/netns/red",
		.netns_cookie = 4711,
		.sysfs_here = true,
		.rx_queues = QUEUES,
		.veth_err = -ENODEV,
		.rx = w->rx,
		.n_rx = QUEUES,
		.same_recorder = 1,
		.ring = w->ring,
		.n_rings = QUEUES * CPUS,
		.due = w->v.cpus,
	};
	for (unsigned int q = 0; q < QUEUES; q++) {
		w->rx[q].queue = q;
		for (unsigned int cpu = 0; cpu < CPUS; cpu++)
			w->ring[q * CPUS + cpu] = (struct ring_facts){
				.queue = q,
				.cpu = cpu,
				.kthread = { .pid = 1000 + cpu, .cpu = cpu },
				.bound = 1,
				.sched = { SCHED_BATCH, 7 },
			};
	}
}

/* ---- what goes wrong ---- */

static void nothing(struct world *w)
{
	(void)w;
}

static void broken(struct world *w)
{
	w->v.state = VIEW_BROKEN;
}

static void changing(struct world *w)
{
	w->v.state = VIEW_CHANGING;
}

static void foreign(struct world *w)
{
	w->v.state = VIEW_FOREIGN;
	w->v.here = false;
}

static void gone(struct world *w)
{
	w->v.state = VIEW_STALE;
	w->v.gone = true;
	w->v.here = false;
}

static void program_gone(struct world *w)
{
	w->v.state = VIEW_STALE;
}

static void unknown(struct world *w)
{
	w->v.state = VIEW_UNKNOWN;
	strcpy(w->v.why, "it hides");
}

static void moved(struct world *w)
{
	w->f.moved = true;
	w->v.here = false;
	strcpy(w->f.netns_path, "/run/netns/blue");
}

static void moved_nameless(struct world *w)
{
	w->f.moved = true;
	*w->f.netns_path = 0;
	w->f.netns_cookie = 4712;
}

static void more_queues(struct world *w)
{
	w->f.rx_queues = 3;
}

static void one_queue(struct world *w)
{
	w->f.rx_queues = 1;
}

static void rps(struct world *w)
{
	strcpy(w->rx[1].rps_cpus, "3");
}

static void rps_other_sysfs(struct world *w)
{
	rps(w);
	w->f.sysfs_here = false;
}

static void rps_nameless(struct world *w)
{
	rps_other_sysfs(w);
	*w->f.netns_path = 0;
}

static void rps_evil_name(struct world *w)
{
	rps_other_sysfs(w);
	strcpy(w->v.name, "a'$(>pwn);b");
}

static void rps_everywhere(struct world *w)
{
	static struct rx_facts rx[5];

	for (int q = 0; q < 5; q++) {
		rx[q].queue = q;
		strcpy(rx[q].rps_cpus, "f");
	}
	w->f.rx = rx;
	w->f.n_rx = 5;
}

static void rfs(struct world *w)
{
	w->rx[0].flow_cnt = 4096;
}

static void stack(struct world *w)
{
	w->v.config.tcp = RFS_TCP_STACK;
	w->f.sock_flows = 65536;
	w->rx[0].flow_cnt = w->rx[1].flow_cnt = 4096;
}

static void stack_off(struct world *w)
{
	stack(w);
	w->rx[1].flow_cnt = 0;
}

static void stack_no_table(struct world *w)
{
	stack(w);
	w->f.sock_flows = 0;
}

static void peer_sums(struct world *w)
{
	w->f.veth_err = 0;
	w->f.peer = (struct veth_peer){ .name = "c0" };
	strcpy(w->f.peer_path, "/run/netns/blue");
}

static void peer_sums_not(struct world *w)
{
	peer_sums(w);
	w->f.peer.tx = 1;
	w->v.here = false;
}

static void peer_here(struct world *w)
{
	peer_sums_not(w);
	w->f.peer_here = w->v.here = true;
}

static void vlan(struct world *w)
{
	w->f.vlan[VLAN_PARSE].active = true;
}

static void vlan_elsewhere(struct world *w)
{
	vlan(w);
	w->v.here = false;
	strcpy(w->f.netns_path, "/run/netns/blue");
}

static void vlan_fixed(struct world *w)
{
	w->f.vlan[VLAN_STAG_PARSE] = (struct ethtool_feature){ .active = true, .fixed = true };
}

static void vlan_generic(struct world *w)
{
	vlan(w);
	vlan_fixed(w);
	w->v.config.mode = RFS_MODE_GENERIC;
}

static void vlan_not_there(struct world *w)
{
	w->f.vlan_err[VLAN_PARSE] = -EOPNOTSUPP;
	w->f.vlan_err[VLAN_STAG_PARSE] = -ENOENT;
}

static void no_recorder(struct world *w)
{
	w->host.recorder = NULL;
	w->f.same_recorder = 0;
	w->host.n_stopped = 1;
	w->host.stopped[0] = "napi_poll";
}

static void stopped(struct world *w)
{
	w->host.n_stopped = 1;
	w->host.stopped[0] = "napi_poll";
}

static void other_recorder(struct world *w)
{
	w->f.same_recorder = 0;
}

/* Of the threads nothing can be told then, and nothing is said. */
static void lost_cpumap(struct world *w)
{
	w->f.lost_pin = "cpumap";
	for (unsigned int i = 0; i < QUEUES * CPUS; i++)
		w->ring[i].kthread.pid = 0;
}

static void lost_pins(struct world *w)
{
	w->f.lost_queues = 1;
}

static void held_back(struct world *w)
{
	w->v.config.gate = RFS_GATE_DRAIN;
}

static void held_back_now(struct world *w)
{
	held_back(w);
	w->f.changing = true;
}

static void lost_journal(struct world *w)
{
	w->f.no_journal = true;
}

/* What is wrong with a CPU's thread is seen at the rings of all queues, and told once. */
static void no_kthread(struct world *w)
{
	for (int q = 0; q < QUEUES; q++)
		w->ring[q * CPUS + 2].kthread.pid = 0;
}

/* Of a CPU that is not in the set, and not looked for. */
static void no_kthread_wanted(struct world *w)
{
	no_kthread(w);
	cpuset_parse("0-1,3", &w->v.cpus);
	w->f.due = w->v.cpus;
}

static void other_class(struct world *w)
{
	w->ring[1].sched = w->ring[CPUS + 1].sched = (struct rfs_sched){ SCHED_FIFO, 7 };
}

static void other_class_now(struct world *w)
{
	other_class(w);
	w->f.changing = true;
}

static void other_nice(struct world *w)
{
	w->ring[1].sched.prio = w->ring[CPUS + 1].sched.prio = 0;
}

static void ended(struct world *w)
{
	for (int q = 0; q < QUEUES; q++)
		w->ring[q * CPUS + 1].sched_err = w->ring[q * CPUS + 1].bound = -ESRCH;
}

static void unbound(struct world *w)
{
	w->ring[3].bound = w->ring[CPUS + 3].bound = 0;
}

static void offline(struct world *w)
{
	cpuset_remove(&w->host.online, 2);
	cpuset_remove(&w->f.due, 2);
}

static void back(struct world *w)
{
	cpuset_add(&w->host.online, 5);
	cpuset_add(&w->f.due, 5);
}

static void starved(struct world *w)
{
	w->ring[2].standing = 17;
}

static void undrained(struct world *w)
{
	w->ring[CPUS + 1].standing = 18;
	w->ring[CPUS + 1].asleep = true;
}

static void stuck(struct world *w)
{
	w->ring[CPUS + 3].stuck = true;
}

static void moved_index(struct world *w)
{
	moved(w);
	w->v.ifindex = 8;
}

static void cannot_see_settings(struct world *w)
{
	w->f.rx_queues_err = w->f.rx_err = -EACCES;
	w->f.n_rx = 0;
	w->f.rx_queues = 0;
	w->f.vlan_err[0] = w->f.vlan_err[1] = -EPERM;
}

static void cannot_see_threads(struct world *w)
{
	w->host.kthreads_err = -EMFILE;
	for (int i = 0; i < QUEUES * CPUS; i++)
		w->ring[i].kthread.pid = 0;
}

static void cannot_see_one_thread(struct world *w)
{
	for (int q = 0; q < QUEUES; q++)
		w->ring[q * CPUS].sched_err = w->ring[q * CPUS].bound = -EPERM;
}

static void cannot_see_recorder(struct world *w)
{
	w->f.same_recorder = -ENOMEM;
	w->host.stopped_err = -ENFILE;
}

static void cannot_see_cpus(struct world *w)
{
	w->host.cpus_err = -EIO;
	memset(&w->host.online, 0, sizeof(w->host.online));
	memset(&w->f.due, 0, sizeof(w->f.due));
}

static void evil_name(struct world *w)
{
	strcpy(w->v.name, "a'$(>pwn);b");
	more_queues(w);
}

static const struct row {
	void (*change)(struct world *w);
	const char *ids;
	const char *text;   /* of the first */
	const char *remedy; /* of the first */
} rows[] = {
	{ nothing, "", NULL, NULL },
	{ changing, "", NULL, NULL },
	{ broken, "cut-short", "cut short", "rfsctl detach eth0" },
	{ foreign, "other-version", "another version", "rfsctl detach eth0@4711," },
	{ gone, "interface-gone", "gone", "rfsctl detach eth0@4711," },
	{ program_gone, "program-gone", "took the XDP program off", "rfsctl detach eth0," },
	{ unknown, "cannot-tell", "it hides", "root" },
	{ moved, "moved", "namespace: /run/netns/blue",
	  "rfsctl detach eth0@4711; nsenter --net=/run/netns/blue rfsctl attach eth0" },
	{ moved_nameless, "moved", "cookie 4712", "rfsctl detach eth0; rfsctl attach eth0" },
	{ more_queues, "rx-queues", ": 3 now, rfs serves 2; packets of the others",
	  "rfsctl refresh eth0" },
	{ one_queue, "rx-queues", ": 1 now, rfs serves 2", "rfsctl refresh eth0" },
	{ evil_name, "rx-queues", "3 now", "rfsctl refresh 'a'\\''$(>pwn);b'" },
	{ rps, "kernel-rps", "(rx-1: rps_cpus 3)",
	  "echo 0 | tee /sys/class/net/eth0/queues/rx-*/rps_cpus" },
	{ rps_other_sysfs, "kernel-rps", "(rx-1: rps_cpus 3)",
	  "ip netns exec red sh -c 'echo 0 | tee /sys/class/net/\"$0\"/queues/rx-*/rps_cpus' eth0" },
	{ rps_evil_name, "kernel-rps", "(rx-1: rps_cpus 3)",
	  "queues/rx-*/rps_cpus' 'a'\\''$(>pwn);b'" },
	{ rps_nameless, "kernel-rps", "(rx-1: rps_cpus 3)",
	  "unshare -m sh -c 'mount -t sysfs sysfs /sys; echo 0 | tee "
	  "/sys/class/net/\"$0\"/queues/rx-*/rps_cpus' eth0" },
	{ rps_everywhere, "kernel-rps",
	  "(rx-0: rps_cpus f, rx-1: rps_cpus f, rx-2: rps_cpus f and 2 more)", "rps_cpus" },
	{ rfs, "kernel-rfs", "(rx-0: rps_flow_cnt 4096)",
	  "echo 0 | tee /sys/class/net/eth0/queues/rx-*/rps_flow_cnt" },
	{ stack, "", NULL, NULL },
	{ stack_off, "kernel-rfs-off", "(rx-1: rps_flow_cnt 0)", "rfsctl detach eth0," },
	{ stack_no_table, "kernel-rfs-off", "(net.core.rps_sock_flow_entries 0)", "attach" },
	{ peer_sums_not, "veth-checksum", "its peer, c0, leaves",
	  "nsenter --net=/run/netns/blue ethtool -K c0 tx off" },
	{ peer_here, "veth-checksum", "its peer, c0, leaves", "ethtool -K c0 tx off" },
	{ peer_sums, "", NULL, NULL },
	{ vlan, "vlan-offload", "(rx-vlan-hw-parse)", "ethtool -K eth0 rxvlan off" },
	{ vlan_elsewhere, "vlan-offload", "VLAN",
	  "nsenter --net=/run/netns/blue ethtool -K eth0 rxvlan off" },
	{ vlan_fixed, "vlan-offload-fixed", "(rx-vlan-stag-hw-parse cannot", "--mode generic" },
	{ vlan_generic, "", NULL, NULL },
	{ vlan_not_there, "", NULL, NULL },
	{ no_recorder, "recorder-gone", "no recorder", "rfsctl detach --all" },
	{ stopped, "recorder-programs", ": napi_poll", "rfsctl detach --all" },
	{ other_recorder, "other-recorder", "not the one", "rfsctl detach eth0," },
	{ lost_pins, "pins-missing", ": the rings of 1 of its RX queues", "rfsctl detach eth0," },
	{ lost_cpumap, "pins-missing", ": cpumap", "rfsctl detach eth0," },
	{ held_back, "refresh-cut-short", "cut short", "rfsctl refresh eth0" },
	{ held_back_now, "", NULL, NULL },
	{ lost_journal, "journal-missing", "cannot restore", "rfsctl detach eth0;" },
	{ no_kthread, "kthread-missing", "CPU 2", "rfsctl refresh eth0" },
	{ no_kthread_wanted, "", NULL, NULL },
	{ other_class_now, "", NULL, NULL },
	{ other_class, "kthread-sched", "as batch:7: PID 1001 of CPU 1 is fifo:7", "refresh eth0" },
	{ other_nice, "kthread-sched", "PID 1001 of CPU 1 is batch:0", "rfsctl refresh eth0" },
	{ ended, "", NULL, NULL },
	{ unbound, "kthread-unbound", "PID 1003 of CPU 3", "rfsctl refresh eth0" },
	{ offline, "cpu-offline", "CPU 2 is offline", "rfsctl refresh eth0" },
	{ back, "cpu-unused", "CPU 5 is online", "rfsctl refresh eth0" },
	{ starved, "ring-starved", ": 17 from RX queue 0 to CPU 2", "set eth0 --kthread-sched" },
	{ undrained, "ring-undrained", "come out: 18 from RX queue 1 to CPU 1;", "detach eth0" },
	{ stuck, "ring-stuck", "(from RX queue 1 to CPU 3)", "--mode generic" },
	{ moved_index, "moved", "/run/netns/blue; its index has changed", "detach eth0@4711" },
	{ cannot_see_settings, "cannot-tell cannot-tell cannot-tell", "how many RX queues",
	  "root" },
	{ cannot_see_threads, "cannot-tell", "has a thread", "look again" },
	{ cannot_see_one_thread, "cannot-tell cannot-tell", "bound", "as root" },
	{ cannot_see_recorder, "cannot-tell cannot-tell", "programs run", "look again" },
	{ cannot_see_cpus, "cannot-tell", "which CPUs are online and not isolated: Input/output",
	  "look again" },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct problem *p = NULL;
		char ids[512] = "";
		struct world w;
		int n;

		healthy(&w);
		row->change(&w);
		n = problems_find(&w.v, &w.f, &p);
		assert_true(n >= 0);
		for (int j = 0; j < n; j++) {
			snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%s%s", j ? " " : "",
				 p[j].id);
			assert_true(*p[j].text && *p[j].remedy);
			assert_null(strpbrk(p[j].text, "{}"));
			assert_null(strpbrk(p[j].remedy, "{}"));
		}
		if (strcmp(ids, row->ids))
			print_error("row %zu\n", i);
		assert_string_equal(ids, row->ids);
		/* Where one is already, one need not go. */
		if (n && w.v.here)
			assert_null(strstr(p->remedy, "nsenter"));
		if (n && !strstr(p->text, row->text))
			fail_msg("row %zu: '%s' is not in '%s'", i, row->text, p->text);
		if (n && strstr(strstr(p->text, row->text) + 1, row->text))
			fail_msg("row %zu: '%s' is told twice in '%s'", i, row->text, p->text);
		if (n && !strstr(p->remedy, row->remedy))
			fail_msg("row %zu: '%s' is not in '%s'", i, row->remedy, p->remedy);
		free(p);
	}
}

/* Several at once: each is told, and one does not hide another. */
static void test_together(void **state)
{
	struct problem *p;
	struct world w;
	int n;

	(void)state;
	healthy(&w);
	rps(&w);
	rfs(&w);
	stopped(&w);
	stuck(&w);
	undrained(&w);
	starved(&w);
	cannot_see_one_thread(&w);
	other_class(&w);
	n = problems_find(&w.v, &w.f, &p);
	assert_int_equal(n, 9);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
