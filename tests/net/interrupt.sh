#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# interrupt.sh - a change that is under way is done whole, whatever signal comes and whoever no longer
# reads the output; and output that cannot be written is told by the exit status.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

POINTS=${INTERRUPT_POINTS:-8}
SIGNALS=(TSTP PIPE INT TERM HUP QUIT TTOU TTIN USR1 USR2 ALRM VTALRM XCPU IO RTMIN)

# signal_at SIGNAL N ARGS...: rfsctl gets the signal at its N-th bpf() call. One that stops it is
# overcome after a while. strace ends with the status that rfsctl had, or by the signal that it died of.
signal_at()
{
	local signal=$1 n=$2

	shift 2
	srv timeout -s KILL 20 strace -f -qq -o "$LAB_TMP/strace" -e trace=bpf \
		-e inject=bpf:signal="$signal":when="$n" "$RFSCTL" "$@" >"$LAB_TMP/out" 2>&1
}

state() { json '.interfaces[0] | "\(.state) \(.cpus | length)"' rfsctl status --json; }

# test_signals ATTACHED-BEFORE STATE-AFTER ARGS...: each signal in turn, at points that are spread over
# the bpf() calls of one change
test_signals()
{
	local before=$1 after=$2 total n i=0 bad=0 status got

	shift 2
	: >"$LAB_TMP/bad"
	[ "$before" = no ] || rfsctl attach s0 >/dev/null 2>&1
	total=$(bpf_calls "$@")
	for ((n = 2 + RANDOM % 3; n <= total; n += total > POINTS ? total / POINTS : 1)); do
		rfsctl detach s0 >/dev/null 2>&1
		[ "$before" = no ] || rfsctl attach s0 >/dev/null 2>&1
		signal_at "${SIGNALS[i++ % ${#SIGNALS[@]}]}" "$n" "$@"
		status=$?
		got=$(state)
		[ $status = 0 ] && [ "$got" = "$after" ] || {
			bad=$((bad + 1))
			echo "SIG${SIGNALS[(i - 1) % ${#SIGNALS[@]}]} at call $n: status $status, $got"
			cat "$LAB_TMP/out"
		} >>"$LAB_TMP/bad"
		# What waits for its SIGCONT was never stopped here.
		grep -q 'stopped by SIG' "$LAB_TMP/strace" &&
			echo "it was stopped" >>"$LAB_TMP/bad" && bad=$((bad + 1))
	done
	[ $i -ge $((total < POINTS ? total / 2 : POINTS / 2)) ] && [ $bad = 0 ]
	result $? "$1 is done whole with $i signals at its $total bpf() calls" "$LAB_TMP/bad"
	rfsctl detach s0 >/dev/null 2>&1
	is "$1: nothing stays pinned" "$(lab_pins)" 0
}

# While it waits for another rfsctl it has begun nothing, and is ended like any program.
test_waiting()
{
	local holder waiter

	start srv flock -o /sys/fs/bpf sleep 60
	holder=$!
	wait_for 10 eval '! flock -n /sys/fs/bpf true'
	start srv "$RFSCTL" attach s0 2>"$LAB_TMP/waits"
	waiter=$!
	wait_for 30 grep -q 'waiting for another rfsctl' "$LAB_TMP/waits"
	kill -INT $waiter 2>/dev/null
	kill -TERM $waiter
	wait $waiter
	is "who waits for the lock is ended by SIGTERM" $? 143
	stop $holder
	is "and has done nothing" "$(lab_pins)" 0
}

# A reader of the output that is gone before the first word, which is said in the middle of attach: that
# there was something to remove first.
test_reader_gone()
{
	ip -n "$LAB_SRV" link add x0 numrxqueues 1 numtxqueues 1 type veth peer name x1 \
		numrxqueues 1 numtxqueues 1
	mkdir -p "/sys/fs/bpf/rfs/x0@$LAB_COOKIE"
	{
		sleep 0.3
		rfsctl attach x0
		echo $? >"$LAB_TMP/status"
	} 2>&1 | true
	is "attach whose output nobody reads: status 1" "$(<"$LAB_TMP/status")" 1
	is "and attached" "$(json '.interfaces[0].state' rfsctl status --json)" attached
	{
		sleep 0.3
		rfsctl detach x0
		echo $? >"$LAB_TMP/status"
	} 2>&1 | true
	is "detach, which prints nothing: status 0" "$(<"$LAB_TMP/status")" 0
	is "and detached" "$(lab_pins)" 0
	ip -n "$LAB_SRV" link del x0
}

# Output that cannot be written is status 1, in each command; and with a word, if that can be.
test_unwritable()
{
	local line
	local -a words

	rfsctl attach s0 >/dev/null 2>&1
	for line in --help --version "attach --help" "attach --usage" version "version --json" status \
		"status --json" "stats s0" "stats --json" flows "flows --json" "observe 1" \
		"observe 1 --json"; do
		read -ra words <<<"$line"
		rfsctl "${words[@]}" >/dev/full 2>"$LAB_TMP/err"
		[ $? = 1 ] && grep -q 'cannot write the output: No space left' "$LAB_TMP/err"
		result $? "$line to a full disk" "$LAB_TMP/err"
		rfsctl "${words[@]}" 2>"$LAB_TMP/err" >&-
		[ $? = 1 ] && grep -q 'cannot write the output' "$LAB_TMP/err"
		result $? "$line to a closed descriptor" "$LAB_TMP/err"
	done
	rfsctl status >/dev/full 2>/dev/full
	is "also where the word cannot be written" $? 1
	rfsctl detach s0 >/dev/null 2>&1
	fails "attach to a full disk" 1 "cannot write the output" sh -c \
		"nsenter --net=/run/netns/$LAB_SRV '$RFSCTL' attach s0 >/dev/full"
	is "is attached" "$(json '.interfaces[0].state' rfsctl status --json)" attached
	check "detach, which prints nothing" sh -c \
		"nsenter --net=/run/netns/$LAB_SRV '$RFSCTL' detach s0 >/dev/full"
}

# With its standard descriptors closed, no file that it opens gets their numbers, and what it prints.
test_closed()
{
	srv strace -f -qq -o "$LAB_TMP/strace" -e trace=openat,socket,bpf,dup,fcntl \
		"$RFSCTL" attach s0 <&- >&- 2>&-
	is "attach with all descriptors closed: status 1" $? 1
	check "no other file stands in for them" sh -c \
		"! grep -vE '/dev/null|F_GETFD' '$LAB_TMP/strace' | grep -E '= [012]( |\$)' | grep -vE 'bpf\(BPF_[A-Z]*_(ELEM|UPDATE|BATCH|FD)|= 0\$'"
	is "and it is attached" "$(json '.interfaces[0].state' rfsctl status --json)" attached
	rfsctl detach s0
}

lab_up || exit 1
[ "$(lab_pins)" = 0 ] && [ ! -e /sys/fs/bpf/rfs ] ||
	{ echo "Bail out! an interface of this machine is attached already"; exit 1; }
test_signals no "attached $NCPUS" attach s0
test_signals yes "null 0" detach s0
test_signals yes "attached 1" set s0 --cpus 0 --kthread-sched other:1
test_signals yes "attached $NCPUS" refresh s0
test_waiting
test_reader_gone
test_unwritable
test_closed
tap_end
