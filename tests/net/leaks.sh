#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# leaks.sh - attach and detach, a thousand times under numbered traffic: nothing is overtaken and
# nothing stays behind.
#
#   LEAK_ROUNDS=1000 leaks.sh
#
# BPF objects and kthreads must be back to their number. Memory is compared from the end of some warm-up
# rounds on, since slabs and per-CPU chunks that were once needed stay for a while; what it may have
# grown by is far less than what the rounds would leak if each left its smallest map (some 4 KiB).

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

ROUNDS=${LEAK_ROUNDS:-1000}
WARM=$((ROUNDS / 10 > 5 ? ROUNDS / 10 : 5))
# KiB; SUnreclaim also has sockets, skbs and dentries of whatever else runs
declare -A TOLERANCE=([Percpu]=1024 [VmallocUsed]=1024 [SUnreclaim]=3072 [KernelStack]=512)
MARK="rfs leaks.sh $$"

kthreads() { pgrep -c '^cpumap/'; }

# Of the whole machine. Others that attach at the same time only make it wait.
objects()
{
	local kind

	for kind in map prog link; do
		echo "$kind $(bpftool -j $kind show | jq length)"
	done
	echo "kthread $(kthreads)"
}

# back_to FILE: are there no more than it says?
back_to()
{
	objects | awk 'NR == FNR { was[NR] = $NF; next } $NF > was[FNR] { bad = 1 } END { exit bad }' \
		"$1" -
}

memory() { awk '/^(Percpu|VmallocUsed|SUnreclaim|KernelStack):/ { print $1, $2 }' /proc/meminfo; }

# Maps are freed after a grace period, by a worker.
settle()
{
	wait_for 30 back_to "$LAB_TMP/objects"
	sleep 3
}

# options N: mode, CPUs, slots and ring sizes by turns
options()
{
	local n=$1

	OPTIONS=()
	[ $((n % 2)) = 1 ] && OPTIONS+=(--mode generic)
	[ $((n % 3)) = 1 ] && OPTIONS+=(--cpus $((n % NCPUS)))
	case $((n % 5)) in
	1) OPTIONS+=(--flow-cnt 1) ;;
	2) OPTIONS+=(--flow-cnt 65536) ;;
	3) OPTIONS+=(--qsize 8192) ;;
	4) OPTIONS+=(--sock-flow-entries 1024 --qsize 64) ;;
	esac
}

# rounds FROM TO
rounds()
{
	local n

	for ((n = $1; n < $2; n++)); do
		options $n
		rfsctl attach s0 "${OPTIONS[@]}" >"$LAB_TMP/out" 2>&1 || {
			FAILED=$((FAILED + 1))
			echo "round $n, attach ${OPTIONS[*]}:" >>"$LAB_TMP/failed"
			cat "$LAB_TMP/out" >>"$LAB_TMP/failed"
		}
		# Some are on for a while, and steer.
		[ $((n % 4)) = 0 ] && sleep 0.05
		if [ $((n % 16)) = 0 ]; then
			STEERED=$((STEERED + $(json '.interfaces[0].packets.flow_steered' \
				rfsctl stats s0 --json)))
			rfsctl set s0 --cpus $((n % NCPUS)) >"$LAB_TMP/out" 2>&1 ||
				FAILED=$((FAILED + 1))
		fi
		rfsctl detach s0 >"$LAB_TMP/out" 2>&1 || FAILED=$((FAILED + 1))
		cat "$LAB_TMP/out" >>"$LAB_TMP/detached"
	done
}

# Nothing that the kernel warns of since the mark
kernel_is_content()
{
	! dmesg | sed -n "/$MARK/,\$p" |
		grep -E 'WARNING|BUG|Oops|Call Trace|blocked for more|general protection|possible recursive'
}

lab_up || exit 1
echo "$MARK" >/dev/kmsg
FAILED=0
STEERED=0
rfsctl attach s0 >/dev/null 2>&1
objects >"$LAB_TMP/attached"
rfsctl detach s0 >/dev/null 2>&1
sleep 3
objects >"$LAB_TMP/objects"
awk '$NF == 0 { none = 1 } END { exit NR != 4 || none }' "$LAB_TMP/attached"
result $? "what an attached interface has is seen: $(paste -sd, "$LAB_TMP/attached")"

start srv "$TRAFFIC" udp-sink --bind $SRV4 --port 9000 --connect $CLI4 --cport 8000 --flows 16 \
	--readers 4 --hop-ms 20 --seconds 86400 --json >"$LAB_TMP/sink" 2>"$LAB_TMP/sink.err"
sink=$!
wait_for 5 grep -q ready "$LAB_TMP/sink.err"
start cli "$TRAFFIC" udp-source --bind $CLI4 --cport 8000 --to $SRV4 --port 9000 --flows 16 \
	--senders 2 --rate 2000 --seconds 86400 --json >"$LAB_TMP/source" 2>&1
source=$!

started=$SECONDS
rounds 0 $WARM
settle
memory >"$LAB_TMP/memory"
rounds $WARM "$ROUNDS"
echo "# $ROUNDS rounds in $((SECONDS - started)) s"
settle
memory >"$LAB_TMP/memory.after"

stop $source
sleep 0.5
stop $sink
result $? "nothing is overtaken in $(jq .received "$LAB_TMP/sink") datagrams" "$LAB_TMP/sink"
is "no round of $ROUNDS failed" "$FAILED" 0
[ -s "$LAB_TMP/failed" ] && sed 's/^/#   /' "$LAB_TMP/failed" | head -20
[ -s "$LAB_TMP/detached" ] && sort "$LAB_TMP/detached" | uniq -c | sed 's/^/# detach said: /'
[ "$STEERED" -gt 0 ]
result $? "flows were steered ($STEERED packets, where it was looked)"
while read -r kind was; do
	now=$(objects | sed -n "s/^$kind //p")
	[ "$now" -le "$was" ]
	result $? "no ${kind} stays: $now, before $was"
done <"$LAB_TMP/objects"
while read -r what was; do
	now=$(awk -v what="$what" '$1 == what { print $2 }' "$LAB_TMP/memory.after")
	[ $((now - was)) -le "${TOLERANCE[${what%:}]}" ]
	result $? "memory: ${what%:} grew by $((now - was)) KiB of at most ${TOLERANCE[${what%:}]}"
done <"$LAB_TMP/memory"
is "nothing stays pinned" "$(lab_pins)" 0
is "no XDP program stays" "$(srv ip link show dev s0 | grep -c prog/xdp)" 0
check "the kernel log has no complaint" kernel_is_content
tap_end
