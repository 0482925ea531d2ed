#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# storm.sh - would anything ever overtake? Numbered datagrams over several RX queues, to readers that
# hop between CPUs every few milliseconds, through rings that fill up and slots that flows share.
#
#   storm.sh [SECONDS]     of all rounds together (60)
#
# The last rounds are the controls: builds whose switch rule always says yes, of a queue's own slot or of
# the other queues'. They must see packets overtake, else the rounds before them prove nothing.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

SECS=${1:-${STORM_SECONDS:-60}}
ROUND=$((SECS / 10 > 5 ? SECS / 10 : 5))
MOVES=0

# The sum of a figure over the interface's counters
moves() { json '.interfaces[0].moves.made' rfsctl stats s0 --json; }

# storm NAME ADDR4|6|mapped FLOWS HOP-MS RATE BURST PATTERN: run it, leave sink's JSON in $LAB_TMP/sink
storm()
{
	local family=$1 flows=$2 hop=$3 rate=$4 burst=$5 pattern=$6 sink
	local local=$SRV4 remote=$CLI4 mapped=() hop_options=()

	[ "$family" = 6 ] && { local=$SRV6; remote=$CLI6; }
	[ "$family" = mapped ] && mapped=(--mapped)
	start srv "$TRAFFIC" udp-sink --bind "$local" --port 9000 --connect "$remote" --cport 8000 \
		--flows "$flows" --readers 8 --hop-ms "$hop" --seconds $((ROUND + 1)) --json \
		"${mapped[@]}" "${SINK_OPTIONS[@]}" >"$LAB_TMP/sink" 2>"$LAB_TMP/sink.err"
	sink=$!
	wait_for 5 grep -q ready "$LAB_TMP/sink.err"
	[ -z "$SENDERS_HOP" ] || hop_options=(--hop-ms "$SENDERS_HOP" --link "c0:s0@$sink")
	cli "$TRAFFIC" udp-source --bind "$remote" --cport 8000 --to "$local" --port 9000 \
		--flows "$flows" --senders "$((NCPUS < 4 ? NCPUS : 4))" --rate "$rate" \
		--burst "$burst" --pattern "$pattern" --churn-ms 300 --seconds "$ROUND" --json \
		"${hop_options[@]}" >"$LAB_TMP/source" 2>&1
	wait $sink
	SINK_RC=$?
}

# round DESCRIPTION ATTACH-OPTIONS... -- STORM-ARGUMENTS...
round()
{
	local what=$1 options=() made

	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	if ! rfsctl attach s0 "${options[@]}" >"$LAB_TMP/attach" 2>&1; then
		result 1 "$what: attach" "$LAB_TMP/attach"
		return
	fi
	storm "$@"
	made=$(moves)
	MOVES=$((MOVES + made))
	[ "$SINK_RC" = 0 ]
	result $? "$what: nothing overtaken in $(jq .received "$LAB_TMP/sink") datagrams, $made moves" \
		"$LAB_TMP/sink"
	at_rest "$what"
	rfsctl detach s0 >"$LAB_TMP/detach" 2>&1
	result $? "$what: detach" "$LAB_TMP/detach"
}

# TCP hides reordering from its reader; its counters do not.
tcp_round()
{
	local sink before made

	rfsctl attach s0 --flow-cnt 64 >/dev/null 2>&1
	before=$(dropped)
	start srv "$TRAFFIC" tcp-sink --bind $SRV4 --port 9100 --flows 16 --hop-ms 5 \
		--seconds $((ROUND + 1)) --json >"$LAB_TMP/sink" 2>"$LAB_TMP/sink.err"
	sink=$!
	wait_for 5 grep -q ready "$LAB_TMP/sink.err"
	cli "$TRAFFIC" tcp-source --to $SRV4 --port 9100 --flows 16 --senders "$NCPUS" \
		--mode stream --rate 4000 --size 1000 --seconds "$ROUND" --json >"$LAB_TMP/source" 2>&1
	wait $sink
	made=$(moves)
	MOVES=$((MOVES + made))
	check "TCP: no segment out of order in $(jq .records "$LAB_TMP/sink") records, $made moves" \
		tcp_in_order "$LAB_TMP/sink" "$LAB_TMP/source" $(($(dropped) - before))
	at_rest "TCP"
	rfsctl detach s0 >/dev/null 2>&1
}

# From now on a sender's CPU has a TX queue of its own, and so what comes from there an RX queue.
queue_by_cpu()
{
	# shellcheck disable=SC2016
	cli unshare -m sh -c 'mount -t sysfs storm /sys || exit 1
		for q in $(seq 0 $(($1 - 1))); do
			printf %x $((1 << q)) >/sys/class/net/c0/queues/tx-$q/xps_cpus || exit 1
		done' sh $((QUEUES < NCPUS ? QUEUES : NCPUS > 32 ? 32 : NCPUS))
}

lab_up || exit 1
SINK_OPTIONS=()
SENDERS_HOP=
round "IPv4, steady" --flow-cnt 1024 -- 4 64 5 40000 1 steady
round "IPv4, rings of 64, 64 flows in 8 slots" --flow-cnt 8 --qsize 64 -- 4 64 5 50000 16 sweep
round "IPv6, on and off" --flow-cnt 64 --qsize 128 -- 6 64 3 40000 8 onoff
round "IPv4-mapped" --flow-cnt 256 -- mapped 128 4 30000 4 sweep
round "IPv4, generic mode" --mode generic --flow-cnt 16 --qsize 256 -- 4 64 5 20000 4 sweep
tcp_round
# Flows that change their RX queue. What has arrived is in order; whatever is overtaken then, rfs did.
check "a TX queue for each CPU" queue_by_cpu
SENDERS_HOP=3
# Threads that wait for their CPU have frames in their rings when the queue changes.
round "flows that change their RX queue" --kthread-sched batch:10 -- 4 64 7 30000 1 steady
round "the same, in few slots" --kthread-sched batch:10 --flow-cnt 8 --qsize 256 -- 4 64 5 30000 4 onoff
round "the same, IPv6, one CPU" --cpus "$LAST_CPU" -- 6 16 5 20000 1 sweep
round "the same, generic mode" --mode generic --flow-cnt 16 -- 4 64 5 20000 1 steady
[ $MOVES -ge $((SECS * 50)) ]
result $? "$MOVES moves were made"

# control BUILD SLOTS DESCRIPTION STORM-ARGUMENTS...: is what this build leaves out seen?
control()
{
	local broken=$LAB_BUILD/$1/rfsctl good=$RFSCTL slots=$2 what=$3 try

	shift 3
	if [ ! -x "$broken" ]; then
		result 1 "$what: the control build is there ($broken; make broken)"
		return
	fi
	RFSCTL=$broken
	SINK_OPTIONS=(--expect-overtaken)
	rfsctl attach s0 --flow-cnt "$slots" --qsize 256 --kthread-sched batch:10 >/dev/null 2>&1
	for ((try = 0; try < 5; try++)); do
		storm "$@"
		[ "$SINK_RC" = 0 ] && break
	done
	result $SINK_RC "$what: $(jq .overtaken "$LAB_TMP/sink") overtaken" "$LAB_TMP/sink"
	rfsctl detach s0 >/dev/null 2>&1
	RFSCTL=$good
}

# With something that computes on the last CPU, for its ring's thread to wait longer than senders do.
control_places()
{
	local hog

	start srv taskset -c "$LAST_CPU" sh -c 'while :; do :; done'
	hog=$!
	control broken-places 4096 "a place that is not drained of the other queues' packets is caught" 4 64 5 20000 1 steady
	stop "$hog"
}

control_places
SENDERS_HOP=
control broken 8 "the broken switch rule is caught" 4 64 5 50000 16 sweep
tap_end
