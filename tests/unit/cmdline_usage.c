// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmdline_usage.c - wrong usage: exit status 2, a message that names what is wrong, and nothing is
 * touched; and what only tells something.
 */
#include "cmdline.h"

#define WRONG(l, e)	 { .line = l, .status = 2, .err = e }
#define WRONG_JSON(l, e) { .line = l, .status = 2, .err = e, .json_err = true }
#define TELLS(l, o)	 { .line = l, .status = 0, .out = o }

const struct row usage_rows[] = {
	/* rfsctl */
	WRONG("", "Usage: rfsctl COMMAND"),
	WRONG("frobnicate", "there is no command 'frobnicate'"),
	WRONG("attac eth0", "there is no command 'attac'"),
	WRONG("''", "there is no command ''"),
	WRONG("--json status", "options stand behind the command, as in 'rfsctl status --json'"),
	WRONG("eth0 attach", "there is no command 'eth0'"),
	TELLS("--help", "Usage: rfsctl COMMAND"),
	TELLS("-h", "Usage: rfsctl COMMAND"),
	TELLS("help", "Usage: rfsctl COMMAND"),

	/* version */
	TELLS("version", "rfsctl "),
	TELLS("--version", "rfsctl "),
	TELLS("-V", "rfsctl "),
	TELLS("version --json", "{\"version\": \""),
	TELLS("version -j -v", "{\"version\": \""),
	WRONG("version 1", "Too many arguments"),
	WRONG("version --all", "unrecognized option '--all'"),

	/* attach */
	WRONG("attach", "rfsctl attach: which interface?"),
	WRONG("attach --mode native", "which interface?"),
	WRONG("attach eth0 eth1", "one interface at a time: 'eth0' or 'eth1'"),
	WRONG("attach ''", "which interface? Its name is empty"),
	WRONG("attach eth0 --bpffs=", "--bpffs: which folder?"),
	TELLS("attach -h", "Usage: rfsctl attach"),
	WRONG("attach eth0 --json", "unrecognized option '--json'"),
	WRONG("attach eth0 -j", "invalid option -- 'j'"),
	WRONG("attach eth0 --all", "unrecognized option '--all'"),
	WRONG("attach eth0 --bogus", "unrecognized option '--bogus'"),
	WRONG("attach eth0 --bpffs", "option '--bpffs' requires an argument"),
	WRONG("attach eth0 --verbose=1", "option '--verbose' doesn't allow an argument"),
	WRONG("attach eth0 --mode", "option '--mode' requires an argument"),
	WRONG("attach eth0 --mode offload",
	      "--mode takes auto, native or generic, not 'offload'"),
	WRONG("attach eth0 -m skb", "--mode takes auto, native or generic, not 'skb'"),
	WRONG("attach eth0 --mode=", "--mode takes auto, native or generic, not ''"),
	WRONG("attach eth0 --mode Native", "not 'Native'"),
	WRONG("attach eth0 --mode nativ", "not 'nativ'"),
	WRONG("attach eth0 --recorder kprobe",
	      "--recorder takes auto, fentry or tracepoint, not 'kprobe'"),
	WRONG("attach eth0 --recorder=", "--recorder takes auto, fentry or tracepoint, not ''"),
	WRONG("attach eth0 --cpus", "option '--cpus' requires an argument"),
	WRONG("attach eth0 --cpus=", "--cpus takes a list (0-3,8) or a hex bitmap"),
	WRONG("attach eth0 --cpus 3-1", "not '3-1'"),
	WRONG("attach eth0 --cpus 1,,2", "not '1,,2'"),
	WRONG("attach eth0 --cpus all", "not 'all'"),
	WRONG("attach eth0 --cpus 0x0", "not '0x0'"),
	WRONG("attach eth0 --cpus -1", "not '-1'"),
	WRONG("attach eth0 --cpus 8192", "--cpus: CPU numbers go up to 8191, in '8192'"),
	WRONG("attach eth0 --cpus 0-99999", "--cpus: CPU numbers go up to 8191, in '0-99999'"),

	WRONG("attach eth0 --kthread-sched", "option '--kthread-sched' requires an argument"),
	WRONG("attach eth0 --kthread-sched rr:1",
	      "--kthread-sched takes batch[:NICE], other[:NICE] or fifo:PRIO, not 'rr:1'"),
	WRONG("attach eth0 --kthread-sched fifo", "or fifo:PRIO, not 'fifo'"),
	WRONG("attach eth0 --kthread-sched=", "not ''"),
	WRONG("attach eth0 --kthread-sched batch:20",
	      "--kthread-sched: NICE goes from -20 to 19 and PRIO from 1 to 99, in 'batch:20'"),
	WRONG("attach eth0 --kthread-sched fifo:0", "in 'fifo:0'"),

	WRONG("attach eth0 --tcp", "option '--tcp' requires an argument"),
	WRONG("attach eth0 --tcp kernel", "--tcp takes cpumap or stack, not 'kernel'"),
	WRONG("attach eth0 --tcp=", "--tcp takes cpumap or stack, not ''"),

	/* its numbers; one option has all the ways to be wrong, the others their bounds */
	WRONG("attach eth0 --qsize", "option '--qsize' requires an argument"),
	WRONG("attach eth0 --qsize 0", "--qsize takes a number from 8 to 16384, not '0'"),
	WRONG("attach eth0 --qsize 7", "--qsize takes a number from 8 to 16384, not '7'"),
	WRONG("attach eth0 --qsize -1", "--qsize takes a number from 8 to 16384, not '-1'"),
	WRONG("attach eth0 --qsize=-64", "--qsize takes a number from 8 to 16384, not '-64'"),
	WRONG("attach eth0 --qsize abc", "--qsize takes a number from 8 to 16384, not 'abc'"),
	WRONG("attach eth0 --qsize 16385", "--qsize takes a number from 8 to 16384, not '16385'"),
	WRONG("attach eth0 --qsize=", "--qsize takes a number from 8 to 16384, not ''"),
	WRONG("attach eth0 --qsize 64k", "not '64k'"),
	WRONG("attach eth0 --qsize 0x40", "not '0x40'"),
	WRONG("attach eth0 --qsize +64", "not '+64'"),
	WRONG("attach eth0 --qsize 64.0", "not '64.0'"),
	WRONG("attach eth0 --qsize 4294967360", "not '4294967360'"),
	WRONG("attach eth0 --qsize 18446744073709551680", "not '18446744073709551680'"),
	WRONG("attach eth0 --flow-cnt 0", "--flow-cnt takes a number from 1 to 16777216, not '0'"),
	WRONG("attach eth0 --flow-cnt 16777217", "--flow-cnt takes a number from 1 to 16777216"),
	WRONG("attach eth0 --sock-flow-entries 63",
	      "--sock-flow-entries takes a number from 64 to 16777216, not '63'"),
	WRONG("attach eth0 --sock-flow-entries 16777217",
	      "--sock-flow-entries takes a number from 64 to 16777216"),
	/* A right value before or after does not hide a wrong one. */
	WRONG("attach eth0 --qsize 64 --qsize 0", "--qsize takes"),
	WRONG("attach eth0 --qsize 0 --qsize 64", "--qsize takes"),

	/* detach */
	WRONG("detach", "which interface? Name one, or say --all"),
	WRONG("detach eth0 --all", "one interface, or --all?"),
	WRONG("detach -a eth0", "one interface, or --all?"),
	WRONG("detach eth0 eth1", "one interface at a time: 'eth0' or 'eth1'"),
	WRONG("detach --all eth0", "one interface, or --all?"),
	WRONG("detach --all=yes", "option '--all' doesn't allow an argument"),
	WRONG("detach eth0 --mode native", "unrecognized option '--mode'"),

	/* set */
	WRONG("set", "which interface?"),
	WRONG("set --cpus 0", "which interface?"),
	WRONG("set eth0", "what is to be set? --cpus and --kthread-sched can be"),
	WRONG("set eth0 eth1 --cpus 0", "one interface at a time: 'eth0' or 'eth1'"),
	WRONG("set eth0 --cpus 0x", "--cpus takes a list (0-3,8) or a hex bitmap"),
	WRONG("set eth0 --cpus 9000", "--cpus: CPU numbers go up to 8191, in '9000'"),
	WRONG("set eth0 --kthread-sched 5",
	      "--kthread-sched takes batch[:NICE], other[:NICE] or fifo:PRIO, not '5'"),
	WRONG("set eth0 --kthread-sched fifo:100", "PRIO from 1 to 99, in 'fifo:100'"),
	WRONG("set eth0 --tcp stack", "unrecognized option '--tcp'"),
	WRONG("set eth0 --qsize 64", "unrecognized option '--qsize'"),

	/* what reads */
	WRONG("status eth0 eth1", "one interface at a time: 'eth0' or 'eth1'"),
	WRONG("stats eth0 eth1", "one interface at a time: 'eth0' or 'eth1'"),
	WRONG("flows eth0 eth1", "one interface at a time: 'eth0' or 'eth1'"),
	WRONG("status --cpus 0", "unrecognized option '--cpus'"),
	WRONG("flows -x", "invalid option -- 'x'"),
	WRONG("observe abc", "SECONDS takes a number from 1 to 86400, not 'abc'"),
	WRONG("observe 0", "SECONDS takes a number from 1 to 86400, not '0'"),
	WRONG("observe 86401", "SECONDS takes a number from 1 to 86400, not '86401'"),
	WRONG("observe 1s", "not '1s'"),
	WRONG("observe ''", "not ''"),
	WRONG("observe 1 2", "one number of seconds is enough, not also '2'"),
	WRONG("observe eth0 5", "not 'eth0'"),

	/* their errors in JSON, wherever the option stands */
	WRONG_JSON("status --json eth0 eth1", "one interface at a time"),
	WRONG_JSON("stats eth0 --json eth1", "one interface at a time"),
	WRONG_JSON("flows eth0 eth1 -j", "'eth0' or 'eth1'"),
	WRONG_JSON("flows -j \"a eth1", "'\"a' or 'eth1'"),
	WRONG_JSON("observe --json 0", "SECONDS takes a number"),
	WRONG_JSON("observe x -j", "not 'x'"),
	WRONG_JSON("status --json --bogus", "wrong usage; see 'rfsctl status --help'"),
	WRONG_JSON("observe --bogus --json", "wrong usage; see 'rfsctl observe --help'"),
	WRONG_JSON("version -j 1", "wrong usage; see 'rfsctl version --help'"),
	TELLS("status --json --help", "Usage: rfsctl status"),
	TELLS("observe --help --json", "Usage: rfsctl observe"),

	{},
};
