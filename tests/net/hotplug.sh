#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# hotplug.sh - CPUs go offline and come back under numbered load: nothing is lost or overtaken, no flow
# stays on a CPU that is gone, and after its return a CPU gets its flows back.
#
# It takes CPUs of this machine offline, so it runs in a VM only (tests/vm, RFS_VM set).

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

SECS=${HOTPLUG_SECONDS:-12}

cpu_set() { echo "$2" >/sys/devices/system/cpu/cpu"$1"/online; }

# Is the CPU's kthread bound to it? All queues have one.
bound()
{
	local pid n=0

	for pid in $(ps -eo pid,comm | awk -v cpu="$1" '$2 ~ "^cpumap/" cpu "/" { print $1 }'); do
		[ "$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/"$pid"/status)" = "$1" ] || return 1
		n=$((n + 1))
	done
	[ $n = 1 ]
}

unbound() { ! bound "$1"; }

# Flows with readers leave a CPU that goes offline with these. Datagrams that nobody reads are spread by
# hash over the whole set, and wake the kthreads of a CPU that is gone, which then lose their binding.
wake_all()
{
	cli "$TRAFFIC" udp-source --bind $CLI4 --cport 8200 --to $SRV4 --port 9900 --flows 64 \
		--senders 2 --rate 500 --seconds 1 --json >"$LAB_TMP/wake" 2>&1
}

load()
{
	FULL=$(socket_dropped)
	VETH=$(veth_dropped)
	load_start 100 2000 "$SECS"
}

load_judge()
{
	local missing elsewhere

	load_end
	result $? "$1: nothing overtaken" "$LAB_TMP/sink"
	missing=$(jq -s '.[0].sent - .[1].received' "$LAB_TMP/source" "$LAB_TMP/sink")
	# Emulated readers are slow: what a full socket, or the veth, dropped is no loss of rfs. It may have
	# been another's than the load's.
	elsewhere=$(($(socket_dropped) - FULL + $(veth_dropped) - VETH))
	is "$1: none of $(jq .sent "$LAB_TMP/source") lost" \
		$((missing > elsewhere ? missing - elsewhere : 0)) 0
}

active() { json '.interfaces[0].cpus | join(",")' rfsctl status s0 --json; }

# Of the problems that status shows, those that have to do with CPUs
problems()
{
	json '[.interfaces[0].problems[].id | select(. == "cpu-offline" or . == "cpu-unused" or
		. == "kthread-unbound")] | join(" ")' rfsctl status s0 --json
}

follows_to()
{
	local source

	start cli "$TRAFFIC" udp-source --bind $CLI4 --cport 8100 --to $SRV4 --port 9100 --flows 1 \
		--rate 500 --seconds 8 --json >"$LAB_TMP/source2"
	source=$!
	srv "$TRAFFIC" follow --bind $SRV4 --port 9100 --connect $CLI4 --cport 8100 --cpus "0,$1" \
		--seconds 4 --within-reads 50
	local rc=$?
	stop $source
	return $rc
}

# A CPU that is steered to goes, and comes back; with or without a refresh while it is away.
test_target()
{
	rfsctl attach s0 >/dev/null 2>&1
	load
	sleep 2
	cpu_set 2 0
	wake_all
	check "CPU 2 offline: its kthreads run elsewhere" unbound 2
	is "status says so" "$(problems)" "cpu-offline kthread-unbound"
	check "refresh while CPU 2 is offline" rfsctl refresh
	is "CPU 2 is left out" "$(active)" 0,1,3
	is "status has no more to say" "$(problems)" ""
	sleep 2
	cpu_set 2 1
	is "status tells that CPU 2 is back" "$(problems)" cpu-unused
	check "refresh when it is back" rfsctl refresh s0
	is "CPU 2 is steered to again" "$(active)" 0,1,2,3
	is "status has no more to say" "$(problems)" ""
	check "its kthreads are bound to it" wait_for 3 bound 2
	load_judge "CPU 2 offline and back"
	check "a flow follows its reader to CPU 2" follows_to 2

	load
	sleep 1
	cpu_set 3 0
	wake_all
	cpu_set 3 1
	check "CPU 3 offline and back: its kthreads run elsewhere" unbound 3
	is "status says so" "$(problems)" kthread-unbound
	check "refresh only after CPU 3 went and came" rfsctl refresh
	is "CPU 3 is steered to" "$(active)" 0,1,2,3
	is "status has no more to say" "$(problems)" ""
	check "its kthreads are bound to it" wait_for 3 bound 3
	load_judge "CPU 3 offline and back, one refresh"
	at_rest "before detach"
	rfsctl detach s0 >/dev/null 2>&1
}

# An allowed CPU that is offline at attach; with kthreads that leave the CPU to the readers.
test_late()
{
	cpu_set 3 0
	check "attach with CPU 3 offline" rfsctl attach s0 --kthread-sched batch:7 --cpus 0-3
	is "it is not steered to" "$(active)" 0,1,2
	is "which is no problem while it is offline" "$(problems)" ""
	load
	sleep 1
	cpu_set 3 1
	check "refresh" rfsctl refresh
	is "it is steered to" "$(active)" 0,1,2,3
	check "its kthreads are bound to it" wait_for 3 bound 3
	load_judge "CPU 3 comes online"
	check "a flow follows its reader to CPU 3" follows_to 3
	at_rest "before detach"
	rfsctl detach s0 >/dev/null 2>&1
}

# The CPU that runs the NAPI: the sender's, on a veth.
test_rx_cpu()
{
	rfsctl attach s0 >/dev/null 2>&1
	load
	sleep 2
	cpu_set 1 0
	sleep 1
	check "refresh" rfsctl refresh
	sleep 2
	cpu_set 1 1
	check "refresh" rfsctl refresh
	load_judge "the RX CPU offline and back"
	at_rest "before detach"
	rfsctl detach s0 >/dev/null 2>&1
}

if [ -z "${RFS_VM:-}" ]; then
	skip "CPU hotplug" "only in a VM (tests/vm): it takes CPUs offline"
	tap_end
	exit
fi
lab_up || exit 1
test_target
test_late
test_rx_cpu
tap_end
