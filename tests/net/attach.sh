#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# attach.sh - what rfsctl does to an interface, says of it, and undoes: no load.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

# The state of everything that attach may change, for comparison.
settings()
{
	srv unshare -m sh -c 'mount -t sysfs s /sys
		grep -H . /sys/class/net/s0/queues/rx-*/rps_cpus /sys/class/net/s0/queues/rx-*/rps_flow_cnt'
	cat /proc/sys/net/core/rps_sock_flow_entries
	srv ethtool -k s0 | grep -v 'fixed'
	srv ip -d link show dev s0 | grep -o 'xdp[^ ]*'
}

set_rps()
{
	srv unshare -m sh -c 'mount -t sysfs s /sys
		for q in /sys/class/net/s0/queues/rx-*; do
			echo 3 >$q/rps_cpus
			echo 4096 >$q/rps_flow_cnt
		done'
}

clear_rps()
{
	srv unshare -m sh -c 'mount -t sysfs s /sys
		for q in /sys/class/net/s0/queues/rx-*; do echo 0 >$q/rps_cpus; echo 0 >$q/rps_flow_cnt; done'
}

rps_is_off()
{
	srv unshare -m sh -c 'mount -t sysfs s /sys
		cat /sys/class/net/s0/queues/rx-*/rps_cpus /sys/class/net/s0/queues/rx-*/rps_flow_cnt' |
		grep -q '[1-9a-f]' && return 1
	return 0
}

no_leftovers()
{
	is "$1: nothing stays pinned" "$(lab_pins)" 0
	is "$1: no XDP program stays" "$(srv ip link show dev s0 | grep -c xdp)" 0
}

test_bad_input()
{
	fails "attach names an interface that is not there" 1 "no interface 'nosuch0'" \
		rfsctl attach nosuch0
	fails "attach refuses lo" 1 "loopback" rfsctl attach lo
	fails "attach refuses a CPU that does not exist" 1 "no CPU 4095" \
		rfsctl attach s0 --cpus 0,4095
	fails "attach wants an interface" 2 "which interface" rfsctl attach
	fails "detach takes one or all" 2 "one interface, or --all" rfsctl detach --all s0
	fails "attach explains a bad CPU list" 2 "--cpus takes" rfsctl attach s0 --cpus 1-
	fails "detach of what is not attached" 1 "is not attached" rfsctl detach s0
	fails "set of what is not attached" 1 "is not attached" rfsctl set s0 --cpus 0
	fails "stats of what is not attached" 1 "is not attached" rfsctl stats s0
	fails "no bpffs" 1 "not a BPF file system" rfsctl attach s0 --bpffs "$LAB_TMP"
	fails "no bpffs directory" 1 "mount" rfsctl status --bpffs "$LAB_TMP/none"
	fails "without capabilities" 1 "CAP_BPF" \
		srv setpriv --bounding-set=-all --inh-caps=-all --reuid 65534 --regid 65534 \
		--clear-groups "$RFSCTL" attach s0
	fails "errors are JSON where JSON is asked for" 1 '{"error":' rfsctl stats s0 --json
	ip -n "$LAB_SRV" link add q0 numrxqueues 1 numtxqueues 1 type veth \
		peer name q1 numrxqueues 4 numtxqueues 4
	fails "too few RX queues" 1 "too few queues" rfsctl attach q0
	ip -n "$LAB_SRV" link del q0
	no_leftovers "after refusals"
}

# What a killed attach leaves and what an attach that runs has made so far look alike; the lock tells.
test_changing()
{
	local holder state='.interfaces[0] | "\(.state) \(.changed_by)"'

	mkdir -p "/sys/fs/bpf/rfs/s0@$LAB_COOKIE"
	is "what was cut short is broken" "$(json "$state" rfsctl status --json)" "broken null"
	start srv python3 -c 'import fcntl, os, time
fcntl.flock(os.open("/sys/fs/bpf", os.O_RDONLY), fcntl.LOCK_EX)
open("'"$LAB_TMP"'/locked", "w")
time.sleep(60)'
	holder=$!
	wait_for 30 test -e "$LAB_TMP/locked"
	is "while somebody has the lock it is being changed" "$(json "$state" rfsctl status --json)" \
		"changing $holder"
	check "status names the process" sh -c "nsenter --net=/run/netns/$LAB_SRV '$RFSCTL' status |
		grep -q '^changing: .*PID $holder'"
	start srv "$RFSCTL" detach s0 2>"$LAB_TMP/waits"
	wait_for 30 grep -q "waiting for another rfsctl to finish (PID $holder)" "$LAB_TMP/waits"
	result $? "who waits for the lock names it too" "$LAB_TMP/waits"
	stop "$holder"
	wait_for 30 sh -c "! test -e '/sys/fs/bpf/rfs/s0@$LAB_COOKIE'"
	result $? "and goes on when it is free"
	no_leftovers "changing"
}

test_attach_detach()
{
	local before

	set_rps
	before=$(settings)
	check "attach" rfsctl attach s0 --sock-flow-entries 1000 --qsize 100
	check "attach clears the kernel's RPS" rps_is_off
	is "the interface is attached" "$(json '.interfaces[0].state' rfsctl status --json)" attached
	is "sock_flow_entries is rounded up" \
		"$(json .recorder.sock_flow_entries rfsctl status --json)" 1024
	is "flow_cnt is entries per queue" \
		"$(json '.interfaces[0].queues[0].flow_cnt' rfsctl status --json)" $((1024 / QUEUES))
	is "qsize is rounded up" "$(json '.interfaces[0].queues[0].qsize' rfsctl status --json)" 128
	is "every RX queue is listed" "$(json '.interfaces[0].queues | length' rfsctl status --json)" \
		"$QUEUES"
	is "native mode" "$(json '.interfaces[0].mode' rfsctl status --json)" native
	is "all CPUs" "$(json '.interfaces[0].cpus | length' rfsctl status --json)" "$NCPUS"
	fails "attach twice says so" 1 "attached already" rfsctl attach s0
	ip -n "$LAB_SRV" link add x0 type veth peer name x1
	fails "another recorder size is refused while it runs" 1 "1024 flow entries" \
		rfsctl attach x0 --sock-flow-entries 4096
	ip -n "$LAB_SRV" link del x0
	check "status" rfsctl status
	check "stats" rfsctl stats s0
	check "flows" rfsctl flows s0
	check "bpftool reads the slots by name" sh -c \
		"bpftool map dump pinned '/sys/fs/bpf/rfs/$1/queues/0/rps_dev_flow' | grep -q qtail"
	check "bpftool reads the configuration by name" sh -c \
		"bpftool map dump pinned '/sys/fs/bpf/rfs/$1/config' | grep -q netns_cookie"
	check "bpftool reads the flow table" bpftool map show pinned \
		/sys/fs/bpf/rfs/rps_sock_flow_table
	check "set other CPUs" rfsctl set s0 --cpus "$LAST_CPU"
	is "they are in force" "$(json '.interfaces[0].cpus | join(",")' rfsctl status --json)" \
		"$LAST_CPU"
	check "set takes a mask" rfsctl set s0 --cpus 0x3
	is "it is in force" "$(json '.interfaces[0].cpus | join(",")' rfsctl status --json)" 0,1
	check "detach" rfsctl detach s0
	is "detach restores every setting" "$(settings)" "$before"
	no_leftovers "after detach"
	clear_rps
}

# cpumaps DIRECTORY: ids of an interface's CPUMAPs, one a line
cpumaps()
{
	bpftool -j map show pinned /sys/fs/bpf/rfs/"$1"/cpumap | jq .id
}

# kthreads DIRECTORY: how its rings' kthreads are scheduled, as "POLICY PRIORITY NICE", each kind once
# with their number. The kernel says: chrt(1) and /proc/PID/stat.
kthreads()
{
	local id pid

	for id in $(cpumaps "$1"); do
		for pid in $(ps -eo pid,comm | awk -v end="/map:$id" '$2 ~ "^cpumap/[0-9]+" end "$" { print $1 }'); do
			echo "$(chrt -p "$pid" | sed 's/.*: //' | paste -sd ' ')" \
				"$(sed 's/.*) //' /proc/"$pid"/stat | cut -d ' ' -f 17)"
		done
	done | sort | uniq -c | sed 's/^ *//'
}

test_kthread_sched()
{
	local dir=$1 rings=$NCPUS

	fails "a policy that is not there" 2 "takes batch[:NICE], other[:NICE] or fifo:PRIO" \
		rfsctl attach s0 --kthread-sched idle
	fails "a nice value that cannot be" 2 "NICE goes from -20 to 19" \
		rfsctl attach s0 --kthread-sched batch:20
	fails "no right to a policy: attach says so" 1 "takes CAP_SYS_NICE, without which there is" \
		srv setpriv --bounding-set=-sys_nice "$RFSCTL" attach s0 --kthread-sched fifo:1
	no_leftovers "no right to a policy"
	check "attach, CPU 0 only" rfsctl attach s0 --cpus 0
	is "kthreads are SCHED_OTHER by default" "$(kthreads "$dir")" "1 SCHED_OTHER 0 0"
	is "status shows it" "$(json '.interfaces[0].kthread_sched' rfsctl status --json)" other:0
	check "status shows it as text" sh -c "nsenter --net=/run/netns/$LAB_SRV '$RFSCTL' status |
		grep -q 'KTHREADS.*CPUS' && nsenter --net=/run/netns/$LAB_SRV '$RFSCTL' status |
		grep -q ' other:0 '"
	check "set another" rfsctl set s0 --kthread-sched other:-5
	is "those that are there have it" "$(kthreads "$dir")" "1 SCHED_OTHER 0 -5"
	check "set --cpus" rfsctl set s0 --cpus "0-$LAST_CPU"
	is "those that are new have it" "$(kthreads "$dir")" "$rings SCHED_OTHER 0 -5"
	check "set a real-time one" rfsctl set s0 --kthread-sched fifo:7
	is "it is in force" "$(kthreads "$dir")" "$rings SCHED_FIFO 7 0"
	fails "no right to a policy: set says so" 1 "takes CAP_SYS_NICE" \
		srv setpriv --bounding-set=-sys_nice "$RFSCTL" set s0 --cpus 0 --kthread-sched fifo:8
	fails "set that fails at the second kthread" 1 "cannot schedule" \
		srv strace -qq -o /dev/null -e trace=sched_setscheduler \
		-e inject=sched_setscheduler:error=EPERM:when=2 \
		"$RFSCTL" set s0 --kthread-sched other
	fails "set that fails after the kthreads" 1 "cannot find out which CPUs" \
		srv strace -qq -o /dev/null -P /sys/devices/system/cpu/online \
		-e inject=openat:error=EIO "$RFSCTL" set s0 --cpus 0 --kthread-sched other
	is "all kthreads are as before" "$(kthreads "$dir")" "$rings SCHED_FIFO 7 0"
	is "so is what status shows" "$(json '.interfaces[0] | .kthread_sched + " " +
		(.cpus | length | tostring)' rfsctl status --json)" "fifo:7 $NCPUS"
	# As one that refresh has made anew.
	chrt -o -p 0 "$(pgrep "^cpumap/0/map:$(cpumaps "$dir" | head -1)$")"
	is "one is as the kernel makes it" "$(kthreads "$dir" | grep -c .)" 2
	fails "no right to a policy: refresh warns" 0 "warning: $dir: cannot schedule the kthread of CPU 0" \
		srv setpriv --bounding-set=-sys_nice "$RFSCTL" refresh s0
	check "refresh" rfsctl refresh s0
	is "all have the policy again" "$(kthreads "$dir")" "$rings SCHED_FIFO 7 0"
	check "set batch, with a nice value" rfsctl set s0 --kthread-sched batch:3
	is "it is in force" "$(kthreads "$dir")" "$rings SCHED_BATCH 0 3"
	check "detach" rfsctl detach s0
	check "attach with fifo" rfsctl attach s0 --kthread-sched fifo:2
	is "it is in force" "$(kthreads "$dir")" "$rings SCHED_FIFO 2 0"
	check "detach" rfsctl detach s0
	no_leftovers "kthreads"
}

sock_flows() { cat /proc/sys/net/core/rps_sock_flow_entries; }

# The kernel's own flow tables of all RX queues, each size once; and whether rps_cpus is off.
flow_cnt()
{
	srv unshare -m sh -c 'mount -t sysfs s /sys
		cat /sys/class/net/s0/queues/rx-*/rps_flow_cnt; cat /sys/class/net/s0/queues/rx-*/rps_cpus |
		grep -q "[1-9a-f]" && echo rps_cpus' | sort -u | paste -sd ' '
}

test_tcp_stack()
{
	local before sysctl=/proc/sys/net/core/rps_sock_flow_entries was

	was=$(sock_flows)
	echo 0 >$sysctl
	set_rps
	before=$(settings)
	fails "a way that is not there" 2 "--tcp takes cpumap or stack" rfsctl attach s0 --tcp rfs
	check "attach, TCP to the stack" rfsctl attach s0 --tcp stack --flow-cnt 512 \
		--sock-flow-entries 2048
	is "every RX queue has the kernel's flow table, and no rps_cpus" "$(flow_cnt)" 512
	is "the kernel knows as many readers as the recorder" "$(sock_flows)" 2048
	is "status says which way TCP and UDP take" \
		"$(json '.interfaces[0] | .tcp + " " + .udp' rfsctl status --json)" "stack cpumap"
	is "as text, of TCP" "$(rfsctl status | awk '$1 == "s0" { print $(NF - 1) }')" stack
	# set and refresh let it be.
	check "set --cpus" rfsctl set s0 --cpus 0
	check "refresh" rfsctl refresh s0
	is "TCP goes that way still" "$(json '.interfaces[0].tcp' rfsctl status --json)" stack
	check "detach" rfsctl detach s0
	is "detach restores every setting" "$(settings)" "$before"

	ip -n "$LAB_SRV" link add x0 type veth peer name x1
	check "attach, TCP to the stack" rfsctl attach s0 --tcp stack
	check "attach another" rfsctl attach x0 --tcp stack
	check "and one whose TCP is steered" cli "$RFSCTL" attach c0
	check "detach the first" rfsctl detach s0
	is "the kernel's table is left to the other" "$(sock_flows)" 65536
	check "detach the other" rfsctl detach x0
	is "the last that needed it removes it" "$(sock_flows)" 0
	check "attach again" rfsctl attach x0 --tcp stack
	ip -n "$LAB_SRV" link del x0
	check "detach what is gone" rfsctl detach x0
	is "the kernel's table goes too" "$(sock_flows)" 0
	cli "$RFSCTL" detach c0

	echo 4096 >$sysctl
	check "attach where the kernel has a table" rfsctl attach s0 --tcp stack
	is "it stays as it is" "$(sock_flows)" 4096
	check "detach" rfsctl detach s0
	is "also then" "$(sock_flows)" 4096

	# Refused at the last setting: all is undone.
	echo 0 >$sysctl
	fails "attach where the table cannot be made" 1 "without it there is --tcp cpumap" \
		srv strace -qq -o /dev/null -P $sysctl -e inject=write:error=ENOMEM \
		"$RFSCTL" attach s0 --tcp stack
	is "every setting is as before" "$(settings)" "$before"
	# At its second close of that file: the first was behind the reading.
	srv strace -qq -o /dev/null -P $sysctl -e inject=close:signal=KILL:when=2 \
		"$RFSCTL" attach s0 --tcp stack >/dev/null 2>&1
	is "attach killed when it has made the table" "$(sock_flows)" 65536
	check "detach repairs" rfsctl detach s0
	is "every setting is as before" "$(settings)" "$before"
	no_leftovers "TCP to the stack"
	echo "$was" >$sysctl
	clear_rps
}

# "xdp off" takes no program off that is in the mode which the driver has not been asked for.
test_other_generic()
{
	local what="another's program in generic mode" off

	cat >"$LAB_TMP/pass.c" <<-EOF
		__attribute__((section("xdp"), used)) int pass(void *ctx) { return 2; }
		char licence[] __attribute__((section("license"), used)) = "GPL";
	EOF
	clang -O2 -g -target bpf -c -o "$LAB_TMP/pass.o" "$LAB_TMP/pass.c" &&
		bpftool prog load "$LAB_TMP/pass.o" /sys/fs/bpf/pass type xdp &&
		srv bpftool net attach xdpgeneric pinned /sys/fs/bpf/pass dev s0
	rm -f /sys/fs/bpf/pass
	fails "$what" 1 "xdpgeneric off" rfsctl attach s0 --mode native
	off=$(rfsctl attach s0 --mode native 2>&1 | sed -n 's/.*; \(ip link set [^)]*\)).*/\1/p')
	check "$what: the remedy" srv sh -c "$off"
	check "$what: attach then" rfsctl attach s0 --mode native
	check "$what: detach" rfsctl detach s0
	no_leftovers "$what"
}

test_generic()
{
	check "attach in generic mode" rfsctl attach s0 --mode generic
	is "generic mode is shown" "$(json '.interfaces[0].mode' rfsctl status --json)" generic
	check "traffic passes" cli ping -c 3 -i 0.05 -W 1 $SRV4
	check "detach" rfsctl detach s0
	no_leftovers "generic"
}

test_other_bpffs()
{
	mkdir "$LAB_TMP/bpf"
	mount -t bpf bpf "$LAB_TMP/bpf"
	check "attach with another BPF file system" rfsctl attach s0 --bpffs "$LAB_TMP/bpf"
	is "all is pinned there" "$(find "$LAB_TMP/bpf/rfs" -name config | grep -c .)" 1
	is "and nothing in the usual place" "$(lab_pins)" 0
	is "status reads it there" \
		"$(json '.interfaces[0].state' rfsctl status --json --bpffs "$LAB_TMP/bpf")" attached
	check "detach" rfsctl detach s0 --bpffs "$LAB_TMP/bpf"
	is "nothing stays there" "$(find "$LAB_TMP/bpf" -mindepth 1 -name 'rfs*' | grep -c .)" 0
	umount "$LAB_TMP/bpf"
	no_leftovers "another BPF file system"
}

test_same_name_elsewhere()
{
	ip -n "$LAB_CLI" link add s0 numrxqueues 2 numtxqueues 2 type veth peer name s1 \
		numrxqueues 2 numtxqueues 2
	check "attach s0" rfsctl attach s0
	check "attach another namespace's s0" cli "$RFSCTL" attach s0 --cpus 0
	is "both are listed" "$(json '.interfaces | length' rfsctl status --json)" 2
	is "each namespace sees its own" "$(json '.interfaces[].cpus | length' rfsctl status s0 --json)" \
		"$NCPUS"
	is "and the other its own" "$(json '.interfaces[].cpus | length' cli "$RFSCTL" status s0 --json)" 1
	check "detach the other" cli "$RFSCTL" detach s0
	is "one is left" "$(json '.interfaces | length' rfsctl status --json)" 1
	check "detach --all" rfsctl detach --all
	ip -n "$LAB_CLI" link del s0
	no_leftovers "two namespaces"
}

test_vanished()
{
	rfsctl attach s0 >/dev/null 2>&1
	ip -n "$LAB_SRV" link del s0
	is "a deleted interface is stale" "$(json '.interfaces[0].state' rfsctl status --json)" stale
	check "detach removes what is left" rfsctl detach s0
	is "nothing stays pinned" "$(lab_pins)" 0
	lab_link
	check "attach to a new one of that name" rfsctl attach s0
	ip -n "$LAB_SRV" link del s0
	lab_link
	check "attach over a stale one" rfsctl attach s0
	is "it is attached" "$(json '.interfaces[0].state' rfsctl status --json)" attached
	ip -n "$LAB_SRV" link set s0 down
	ip -n "$LAB_SRV" link set s0 name lan.7
	is "a renamed interface is shown by its name" \
		"$(json '.interfaces[0].name' rfsctl status --json)" lan.7
	check "and detached by it" rfsctl detach lan.7
	check "a name with a dot" rfsctl attach lan.7
	check "is detached" rfsctl detach lan.7
	ip -n "$LAB_SRV" link set lan.7 name s0
	ip -n "$LAB_SRV" link set s0 up
	ip -n "$LAB_SRV" addr add $SRV6/64 dev s0 nodad 2>/dev/null
	no_leftovers "renamed"
}

test_namespace_gone()
{
	local ns=$LAB_SRV-x

	ip netns add "$ns"
	ip -n "$ns" link add s0 numrxqueues 2 numtxqueues 2 type veth peer name s1 \
		numrxqueues 2 numtxqueues 2
	check "attach in a namespace" nsenter --net=/run/netns/"$ns" "$RFSCTL" attach s0
	ip netns del "$ns"
	wait_for 5 sh -c "nsenter --net=/run/netns/$LAB_SRV '$RFSCTL' status --json |
		jq -e '.interfaces[0].state == \"stale\"'"
	result $? "with its namespace gone it is stale"
	check "detach by the name that status shows" rfsctl detach \
		"$(json '.interfaces[0].pin' rfsctl status --json)"
	is "nothing stays pinned" "$(lab_pins)" 0
}

# Who removes the pins by hand ends what is attached by a link; a dispatcher stays, and the program.
test_pins_removed()
{
	rfsctl attach s0 >"$LAB_TMP/log" 2>&1
	rm -rf /sys/fs/bpf/rfs
	check "attach after its pins were removed by hand" rfsctl attach s0
	is "and it is not attached twice" "$(srv xdp-loader status s0 | grep -c rfs_steer)" 1
	rm -rf /sys/fs/bpf/rfs
	# Nothing is attached any more where it was by a link.
	rfsctl detach s0 >"$LAB_TMP/log" 2>&1 || grep -q 'is not attached' "$LAB_TMP/log"
	result $? "detach after its pins were removed by hand" "$LAB_TMP/log"
	no_leftovers "pins removed by hand"
}

test_other_program()
{
	local obj=$LAB_TMP/pass.o bpffs=/sys/fs/bpf made

	# What iproute2 makes there, for itself
	made=$(for made in ip xdp tc/globals tc; do [ -e $bpffs/$made ] || echo $bpffs/$made; done)

	printf '%s\n' '__attribute__((section("xdp"))) int xdp_pass(void *ctx) { return 2; }' \
		'char _license[] __attribute__((section("license"))) = "GPL";' |
		clang -O2 -g -target bpf -x c -c -o "$obj" - || return
	srv ip link set dev s0 xdpdrv obj "$obj" sec xdp
	fails "another XDP program without libxdp is not thrown out" 1 "attached already" \
		rfsctl attach s0
	is "it is still there" "$(srv ip link show dev s0 | grep -c prog/xdp)" 1
	srv ip link set dev s0 xdpdrv off
	no_leftovers "beside another program"
	# shellcheck disable=SC2086 # one word each
	rm -df $made
}

lab_up || exit 1
# It detaches all, among other things.
[ "$(lab_pins)" = 0 ] && [ ! -e /sys/fs/bpf/rfs ] ||
	{ echo "Bail out! an interface of this machine is attached already"; exit 1; }
test_bad_input
test_changing
test_attach_detach "s0@$LAB_COOKIE"
test_kthread_sched "s0@$LAB_COOKIE"
test_tcp_stack
test_generic
test_other_generic
test_other_bpffs
test_same_name_elsewhere
test_vanished
test_namespace_gone
test_pins_removed
test_other_program
tap_end
