#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# faults.sh - changes under load keep the order and lose nothing; and an rfsctl that is killed at any
# system call leaves what the next one repairs.
#
# FAULT_STRIDE=1 kills at every system call; by default at about FAULT_POINTS (15) of attach and as
# many of detach.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

SECS=${FAULTS_SECONDS:-6}
POINTS=${FAULT_POINTS:-10}

kthreads() { ps -eo comm | grep -c '^cpumap/'; }
no_kthreads() { [ "$(kthreads)" = "$KTHREADS" ]; }

settings()
{
	srv unshare -m sh -c 'mount -t sysfs s /sys
		grep -H . /sys/class/net/s0/queues/rx-*/rps_cpus /sys/class/net/s0/queues/rx-*/rps_flow_cnt'
	cat /proc/sys/net/core/rps_sock_flow_entries
	srv ethtool -k s0 | grep rx-vlan
}

# test_transitions MODE GRO: numbered datagrams while an interface is attached, changed and detached
# all the time.
#
# Without GRO a veth has no NAPI but while an XDP program is on it. The driver ends it with the program
# and frees, uncounted, what is in its ring (veth_napi_del_range() in drivers/net/veth.c): of a million
# packets one, as measured with a bare program that only passes. So there only the order is asked for.
test_transitions()
{
	local mode=$1 gro=$2 rounds=0 failed=0 sent received before end late
	local what="$1, GRO $2"

	srv ethtool -K s0 gro "$gro" >"$LAB_TMP/ethtool" 2>&1
	before=$(dropped)
	late=$(socket_dropped)
	load_start 20 5000 "$SECS"
	end=$((SECONDS + SECS))
	while [ $SECONDS -lt $end ]; do
		rfsctl attach s0 --mode "$mode" >>"$LAB_TMP/log" 2>&1 || failed=$((failed + 1))
		sleep 0.1
		rfsctl set s0 --cpus $((rounds % NCPUS)) >>"$LAB_TMP/log" 2>&1 || failed=$((failed + 1))
		sleep 0.1
		rfsctl detach s0 >>"$LAB_TMP/log" 2>&1 || failed=$((failed + 1))
		sleep 0.1
		rounds=$((rounds + 1))
	done
	load_end
	result $? "$what: nothing overtaken in $rounds rounds of attach, set and detach" "$LAB_TMP/sink"
	is "$what: none of them failed" "$failed" 0
	srv ethtool -K s0 gro off >"$LAB_TMP/ethtool" 2>&1
	[ "$mode $gro" != "native off" ] || return
	sent=$(jq .sent "$LAB_TMP/source")
	received=$(jq .received "$LAB_TMP/sink")
	# What the veth's queue of 256 dropped on a busy machine never reached rfs; and rfs delivered
	# what a full socket dropped, whose reader had no CPU.
	is "$what: none of $sent datagrams was lost" \
		$((received + $(dropped) - before + $(socket_dropped) - late)) "$sent"
}

passed_local() { json '.interfaces[0].passed_reasons.local' rfsctl stats s0 --json; }

# Flows that run while rfs is attached pass up by themselves at first. They must leave that state.
test_flows_before_attach()
{
	local sink source first

	start srv "$TRAFFIC" udp-sink --bind $SRV4 --port 9000 --connect $CLI4 --cport 8000 --flows 16 \
		--readers 4 --seconds 31 --json >"$LAB_TMP/sink" 2>"$LAB_TMP/ready"
	sink=$!
	wait_for 5 grep -q ready "$LAB_TMP/ready"
	start cli "$TRAFFIC" udp-source --bind $CLI4 --cport 8000 --to $SRV4 --port 9000 --flows 16 \
		--senders 2 --rate 20000 --seconds 30 --json >"$LAB_TMP/source"
	source=$!
	sleep 1
	rfsctl attach s0 >/dev/null 2>&1
	sleep 1
	first=$(passed_local)
	sleep 1
	# Of the 20000 of that second, some may: when the scheduler moves a reader off the receiving CPU.
	check "flows that were there before attach are steered soon after" \
		test $(($(passed_local) - first)) -lt 100
	check "and steered to readers" jq -e '.interfaces[0].packets.flow_steered > 100' \
		<(rfsctl stats s0 --json)
	stop $source
	stop $sink
	at_rest "before detach"
	rfsctl detach s0 >/dev/null 2>&1
}

# calls COMMAND...: list its system calls as NAME:N, the N-th one of that name, in their order; without
# the reading of files, of which there is much and none changes anything
calls()
{
	srv strace -f --seccomp-bpf -qq -o "$LAB_TMP/strace" \
		-e trace=!read,pread64,mmap,munmap,mprotect,brk,close,fstat,newfstatat,lseek \
		"$@" >/dev/null 2>&1
	sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$LAB_TMP/strace" | awk '{ print $1 ":" ++n[$1] }'
}

# between_pins: after calls(), the call at which libxdp has pinned our program's link and not yet the
# program, as NAME:N; nothing where there is no dispatcher
between_pins()
{
	sed -n 's/^[0-9]* *bpf(//p' "$LAB_TMP/strace" |
		awk '/^BPF_OBJ_PIN.*\/prog[0-9]*-prog"/ { print "bpf:" NR; exit }'
}

# kill_at NAME:N COMMAND...: kill it at that system call; true if it was killed
kill_at()
{
	local call=${1%:*} n=${1#*:}

	shift
	srv strace -f -qq -o /dev/null -e trace="$call" -e inject="$call":signal=KILL:when="$n" "$@" \
		>/dev/null 2>&1
	[ $? = 137 ]
}

# nothing_left WHAT SETTINGS: no pin, no program on s0, nothing that a dispatcher of libxdp's holds, no
# kthread, and the settings as they were; else it says what is left after WHAT
nothing_left()
{
	local index

	index=$(srv ip -j link show dev s0 | jq ".[0].ifindex")
	[ "$(lab_pins)" = 0 ] || { echo "$1: pins"; find /sys/fs/bpf/rfs; return 1; }
	[ "$(srv ip link show dev s0 | grep -c prog/xdp)" = 0 ] || { echo "$1: XDP"; return 1; }
	[ "$(find /sys/fs/bpf/xdp -path "*/dispatch-$index-*/*" 2>/dev/null | grep -c .)" = 0 ] ||
		{ echo "$1: dispatchers"; find /sys/fs/bpf/xdp; return 1; }
	[ "$(settings)" = "$2" ] || { echo "$1: settings"; settings; return 1; }
	# The last reference to a map goes by RCU, and its kthreads after it.
	wait_for 10 no_kthreads || { echo "$1: $(kthreads) kthreads"; return 1; }
}

repaired()
{
	local what=$1 before=$2

	# Killed before it began to change anything, or after it was through: still attached in full.
	rfsctl attach s0 --qsize 64 >"$LAB_TMP/repair" 2>&1 ||
		grep -q 'attached already' "$LAB_TMP/repair" ||
		{ echo "$what: attach"; cat "$LAB_TMP/repair"; return 1; }
	[ "$(json '.interfaces[0].state' rfsctl status --json)" = attached ] ||
		{ echo "$what: not attached"; return 1; }
	rfsctl detach s0 >"$LAB_TMP/repair" 2>&1 ||
		{ echo "$what: detach"; cat "$LAB_TMP/repair"; return 1; }
	nothing_left "$what" "$before"
}

# test_kill attach|detach
test_kill()
{
	local what=$1 command=("$RFSCTL" "$1" s0) list points n=0 at stride killed=0 bad=0 before

	before=$(settings)
	# TCP to the stack, since that changes most settings.
	if [ "$what" = attach ]; then
		command+=(--qsize 64 --tcp stack)
	else
		rfsctl attach s0 --qsize 64 --tcp stack >/dev/null 2>&1
	fi
	mapfile -t list < <(calls "${command[@]}")
	rfsctl detach s0 >/dev/null 2>&1
	stride=${FAULT_STRIDE:-$((${#list[@]} / POINTS))}
	mapfile -t points < <([ "$what" = detach ] || between_pins
		printf '%s\n' "${list[@]}" | awk -v s="$stride" -v r=$RANDOM 'NR % s == r % s')
	: >"$LAB_TMP/bad"
	for at in "${points[@]}"; do
		[ "$what" = detach ] && rfsctl attach s0 --qsize 64 --tcp stack >/dev/null 2>&1
		kill_at "$at" "${command[@]}" && killed=$((killed + 1))
		# Every other time detach does the repair.
		if [ $((n++ % 2)) = 0 ] && rfsctl status s0 >/dev/null 2>&1; then
			rfsctl detach s0 >>"$LAB_TMP/bad" 2>&1 || bad=$((bad + 1))
		fi
		repaired "killed at $at of $what" "$before" >>"$LAB_TMP/bad" 2>&1 ||
			bad=$((bad + 1))
	done
	[ $killed -ge $((POINTS * 2 / 3)) ] && [ $bad = 0 ]
	result $? "$what killed at $killed of its ${#list[@]} system calls is repaired" "$LAB_TMP/bad"
}

# test_refusals attach|detach: an allocation that fails at any of its bpf() calls is an error that is
# told. attach then leaves nothing, and what detach leaves the next one takes away.
test_refusals()
{
	local what=$1 total n stride bad=0 refused=0 before

	before=$(settings)
	[ "$what" = attach ] || rfsctl attach s0 >/dev/null 2>&1
	total=$(bpf_calls "$what" s0)
	[ "$what" = detach ] || rfsctl detach s0 >/dev/null
	stride=${FAULT_STRIDE:-$((total > POINTS ? total / POINTS : 1))}
	: >"$LAB_TMP/bad"
	for ((n = 1 + RANDOM % stride; n < total; n += stride)); do
		[ "$what" = attach ] || rfsctl attach s0 >/dev/null 2>&1
		enomem_at "$n" "$what" s0 >"$LAB_TMP/out" 2>&1
		if [ $? = 1 ]; then
			refused=$((refused + 1))
			grep '^rfsctl: ' "$LAB_TMP/out" | grep -qv '^rfsctl: warning: ' ||
				{ bad=$((bad + 1)); echo "call $n: no message" >>"$LAB_TMP/bad"; }
			[ "$what" = attach ] || rfsctl detach s0 >>"$LAB_TMP/out" 2>&1
		elif [ "$what" = attach ]; then
			rfsctl detach s0 >/dev/null 2>&1
		fi
		nothing_left "call $n" "$before" >>"$LAB_TMP/bad" || {
			bad=$((bad + 1))
			cat "$LAB_TMP/out" >>"$LAB_TMP/bad"
			rfsctl detach s0 >/dev/null 2>&1
		}
	done
	[ $refused -ge $((POINTS / 4)) ] && [ $bad = 0 ]
	result $? "$what that fails at $refused of its $total bpf() calls says so and leaves nothing" \
		"$LAB_TMP/bad"
}

lab_up || exit 1
KTHREADS=$(kthreads)
test_flows_before_attach
test_transitions native off
test_transitions native on
test_transitions generic off
srv unshare -m sh -c 'mount -t sysfs s /sys; echo 3 >/sys/class/net/s0/queues/rx-0/rps_cpus'
test_kill attach
test_kill detach
test_refusals attach
test_refusals detach
wait_for 30 no_kthreads
is "no CPUMAP kthread stays" "$(kthreads)" "$KTHREADS"
tap_end
