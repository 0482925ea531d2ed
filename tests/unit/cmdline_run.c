// SPDX-License-Identifier: GPL-2.0-only
/* cmdline_run.c - right usage: what commands ask of the library, and what they say if it fails. */
#include <errno.h>

#include "cmdline.h"

/* All works and only the trace counts. */
#define ATTACHES(l, c) { .line = l, .out = "eth0: attached in ", .calls = c }
#define READS(l, c)    { .line = l, .calls = c }
#define FAILS(l, e)    .line = l, .status = 1, .err = e

const struct row run_rows[] = {
	/* attach: defaults, and each option on its way */
	ATTACHES("attach eth0", "steer_attach(eth0 eth0 mode=0 cpus=- flow_cnt=0 qsize=0) "),
	ATTACHES("attach eth0", "recorder_start(entries=0 hook=0 pin=1) "),
	ATTACHES("attach eth0", "pins_ready(bpffs=/sys/fs/bpf libxdp=- verbose=0) pins_lock() "),
	ATTACHES("attach eth0 --bpffs /b -v", "pins_ready(bpffs=/b libxdp=/b verbose=1) "),
	ATTACHES("attach --mode auto eth0", "mode=0 "),
	ATTACHES("attach --mode native eth0", "mode=1 "),
	ATTACHES("attach -m generic eth0", "mode=2 "),
	ATTACHES("attach eth0 --recorder auto", "hook=0 "),
	ATTACHES("attach eth0 --recorder fentry", "hook=1 "),
	ATTACHES("attach eth0 --recorder tracepoint", "hook=2 "),
	ATTACHES("attach eth0 --cpus 0-1,3", "cpus=0-1,3 "),
	ATTACHES("attach eth0 --cpus=f", "cpus=0-3 "),
	ATTACHES("attach eth0 --cpus 0xa", "cpus=1,3 "),
	ATTACHES("attach eth0 --cpus 00000000,00000005", "cpus=0,2 "),
	ATTACHES("attach eth0 --cpus 2", "cpus=2 "),
	ATTACHES("attach eth0 --cpus 1 --cpus 2", "cpus=2 "), /* the last one counts */
	ATTACHES("attach -- eth0", "steer_attach(eth0 "),
	/* sizes are rounded up */
	ATTACHES("attach eth0 --qsize 8", "qsize=8)"),
	ATTACHES("attach eth0 --qsize 9", "qsize=16)"),
	ATTACHES("attach eth0 --qsize 1000", "qsize=1024)"),
	ATTACHES("attach eth0 --qsize 010", "qsize=16)"), /* ten, not eight */
	ATTACHES("attach eth0 --qsize 8193", "qsize=16384)"),
	ATTACHES("attach eth0 --qsize 16384", "qsize=16384)"),
	ATTACHES("attach eth0 --flow-cnt 1", "flow_cnt=1 "),
	ATTACHES("attach eth0 --flow-cnt 4097", "flow_cnt=8192 "),
	ATTACHES("attach eth0 --flow-cnt 16777216", "flow_cnt=16777216 "),
	ATTACHES("attach eth0 --sock-flow-entries 64", "entries=64 "),
	ATTACHES("attach eth0 --sock-flow-entries 65", "entries=128 "),
	ATTACHES("attach eth0 --sock-flow-entries 100000", "entries=131072 "),
	ATTACHES("attach eth0 --sock-flow-entries 16777216", "entries=16777216 "),
	/* with a recorder that runs, or ran */
	{ .line = "attach eth0 --sock-flow-entries 65536", .out = "recorder: fentry",
	  .calls = "pins_lock() steer_attach(eth0 ", .world.recorder = 1 },
	{ .line = "attach eth0 --recorder fentry", .out = "recorder: fentry",
	  .calls = "pins_lock() steer_attach(eth0 ", .world.recorder = 1 },
	{ .line = "attach eth0", .out = "attached", .calls = "recorder_remove() recorder_start(",
	  .world.recorder = -EAGAIN },
	{ FAILS("attach eth0 --sock-flow-entries 64", "running with 65536 flow entries"),
	  .calls = "pins_lock() recorder_close() ", .world.recorder = 1 },
	{ FAILS("attach eth0 --recorder tracepoint", "running with fentry hooks"),
	  .calls = "pins_lock() recorder_close() ", .world.recorder = 1 },
	{ FAILS("attach eth0", "rfs of another version is running"), .calls = "pins_lock() ",
	  .world.recorder = -EPROTO },
	{ FAILS("attach eth0", "stub: recorder_start failed"), .calls = "recorder_start(",
	  .world.recorder_start = -EPERM },
	/* what is said beside */
	{ .line = "attach eth0", .out = "attached", .err = "warning: eth0 is a veth",
	  .calls = "steer_attach(", .world.driver = "veth" },
	{ .line = "attach eth0", .out = "4 RX queues", .err = "eth0 has 4 RX queues for 4 CPUs",
	  .calls = "steer_attach(", .world.rx_queues = 4 },
	{ .line = "attach eth0", .out = "3 RX queues", .calls = "steer_attach(",
	  .world.rx_queues = 3 },
	/* refused before anything is touched */
	{ FAILS("attach nosuch", "there is no interface 'nosuch'") },
	{ FAILS("attach ''", "there is no interface ''") },
	{ FAILS("attach lo", "lo: packets of the loopback interface") },
	{ FAILS("attach eth0", "eth0: LRO is on"), .world.lro = true },
	{ FAILS("attach eth0", "eth0: Operation not permitted"), .world.netif = -EPERM },
	{ FAILS("attach eth0", "eth0: No such file"), .world.netns = -ENOENT },
	{ FAILS("attach eth0 --cpus 4", "CPU 4 is offline") },
	{ FAILS("attach eth0 --cpus 4-5", "CPU 4-5 is offline") },
	{ .line = "attach eth0 --cpus 2-5", .err = "CPU 4-5 is offline", .out = "attached in",
	  .calls = "cpus=2-5 " },
	{ FAILS("attach eth0 --cpus 8", "this machine has no CPU 8") },
	{ FAILS("attach eth0 --cpus ffff", "this machine has no CPU 8-15") },
	/* refused by what is there */
	{ FAILS("attach eth0", "stub: pins_ready failed"), .calls = "pins_ready(",
	  .world.pins_ready = -ENOTSUP },
	{ FAILS("attach eth0", "stub: pins_lock failed"), .calls = "pins_lock(",
	  .world.pins_lock = -EPERM },
	{ FAILS("attach eth0", "eth0 is attached already"), .calls = "pins_lock() ",
	  .world.attached = true },
	{ FAILS("attach eth0", "attached by rfs of another version"), .calls = "pins_lock() ",
	  .world = { .attached = true, .config = -EPROTO } },
	{ FAILS("attach eth0", "/sys/fs/bpf/rfs/eth0 is taken by an interface of another"),
	  .calls = "pins_lock() ", .world = { .attached = true, .other_netns = true } },
	{ .line = "attach eth0", .out = "attached", .err = "removing what an earlier attachment",
	  .calls = "steer_detach(eth0) recorder_remove() recorder_start(",
	  .world = { .attached = true, .cut_short = true } },
	{ .line = "attach eth0", .out = "attached", .err = "removing what an earlier attachment",
	  .calls = "steer_detach(eth0) recorder_remove() recorder_start(",
	  .world = { .attached = true, .config = -ENOENT } },
	/* failed: the recorder goes if nobody else needs it */
	{ FAILS("attach eth0", "stub: steer_attach failed"),
	  .calls = "qsize=0) recorder_remove() recorder_close() ", .world.attach = -EPERM },

	/* detach */
	{ .line = "detach eth0", .calls = "pins_lock() steer_detach(eth0) ",
	  .never = "recorder_remove", .world.attached = true }, /* eth1 needs it */
	{ .line = "detach eth9", .calls = "pins_lock() steer_detach(eth9) ",
	  .world.attached = true },
	{ .line = "detach --all", .calls = "pins_lock() steer_detach(eth0) steer_detach(eth1) ",
	  .world.attached = true },
	{ .line = "detach -a", .calls = "pins_lock() recorder_remove() " },
	{ FAILS("detach eth0", "eth0 is not attached; 'rfsctl status'"),
	  .calls = "recorder_remove() " },
	{ FAILS("detach eth9", "eth9 is not attached, and there is no such interface here"),
	  .calls = "recorder_remove() " },
	/* the others are detached though one fails */
	{ FAILS("detach --all", "stub: steer_detach failed"),
	  .calls = "steer_detach(eth0) steer_detach(eth1) ",
	  .world = { .attached = true, .detach = -EPERM } },
	{ FAILS("detach eth0", "cannot identify the network namespace: "), .world.netns = -ENOENT },
	{ FAILS("detach --all", "stub: pins_ready failed"), .calls = "pins_ready(",
	  .world.pins_ready = -ENOTSUP },

	/* set */
	{ .line = "set eth0 --cpus 1-2", .calls = "steer_set_cpus(eth0 1-2) ",
	  .world.attached = true },
	{ .line = "set --cpus 0xc eth0", .calls = "steer_set_cpus(eth0 2-3) ",
	  .world.attached = true },
	{ FAILS("set eth0 --cpus 0", "eth0 is not attached"), .calls = "pins_lock() " },
	{ FAILS("set eth0 --cpus 5", "CPU 5 is offline"), .world.attached = true },
	{ FAILS("set eth0 --cpus 9", "this machine has no CPU 9"), .world.attached = true },
	{ FAILS("set eth0 --cpus 0", "etwork namespace"),
	  .world = { .attached = true, .netns = -ENOENT } },

	{ .line = "refresh eth0", .calls = "steer_refresh(eth0) ",
	  .world.attached = true },
	{ FAILS("refresh eth0", "eth0 is not attached"), .calls = "pins_lock() " },
	{ FAILS("refresh eth0", "etwork namespace"), .calls = "pins_lock() ",
	  .world = { .attached = true, .netns = -ENOENT } },

	/* what reads: which data, for which interface, printed how */
	READS("status", "collect(-) show_status() collect_free() "),
	READS("status eth0", "collect(eth0) show_status() "),
	READS("status --json", "collect(-) json_status() collect_free() "),
	READS("stats", "collect(-) show_stats() collect_free() "),
	READS("stats -j eth0", "collect(eth0) json_stats() "),
	READS("flows", "collect_flows(-) show_flows() "),
	READS("flows eth0 --json", "collect_flows(eth0) json_flows() "),
	{ FAILS("status", "stub: collect failed"), .calls = "collect(-) ",
	  .world.collect = -EPERM },
	{ FAILS("stats --json", "stub: collect failed"), .json_err = true, .calls = "collect(-) ",
	  .world.collect = -EPERM },
	{ FAILS("flows -j", "stub: collect_flows failed"), .json_err = true,
	  .calls = "collect_flows(-) ", .world.collect = -EPERM },

	/* observe */
	{ .line = "observe 2", .out = "75.0 % of 8 reads",
	  .calls = "hook=0 pin=0) sleep(1) sleep(1) recorder_close() " },
	{ .line = "observe", .out = "Steering can make this near 100 %",
	  .calls = "sleep(1) sleep(1) sleep(1) sleep(1) sleep(1) recorder_close() " },
	{ .line = "observe 1", .out = "An interface is attached.",
	  .calls = "verbose=0) sleep(1) recorder_close() ",
	  .world = { .recorder = 1, .attached = true } },
	{ .line = "observe --json 2", .out = "{\"local\": 6, \"remote\": 2, \"percent\": 75.00}",
	  .calls = "sleep(1) sleep(1) recorder_close() " },
	{ FAILS("observe 1", "stub: recorder_start failed"), .calls = "recorder_start(",
	  .world.recorder_start = -EPERM },
	{ FAILS("observe -j 1", "cannot read the recorder's counters: "), .json_err = true,
	  .calls = "recorder_close() ", .world.locality = -EPERM },
	{ FAILS("observe 1", "stub: pins_ready failed"), .calls = "pins_ready(",
	  .world.pins_ready = -ENOTSUP },
	{ FAILS("observe -j 1", "rfs of another version is running"), .json_err = true,
	  .calls = "pins_ready(", .world.recorder = -EPROTO },

	{},
};
