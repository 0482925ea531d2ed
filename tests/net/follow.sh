#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# follow.sh - a flow is processed where its reader runs, and follows when the reader is moved: seen by
# the reader itself (SO_INCOMING_CPU), within 100 ms of traffic.

. "$(dirname "$0")/lib.sh"

SECS=${FOLLOW_SECONDS:-6}

# 100 ms of the traffic: on a busy machine, a reader that is not run cannot be followed. 200 reads are
# what 100 ms bring at 2000 a second.
WITHIN=(--within-ms 100 --within-reads 200)

# follow NAME ADDRESS REMOTE FOLLOW-OPTIONS...
follow_udp()
{
	local what=$1 addr=$2 remote=$3 source

	shift 3
	start cli "$TRAFFIC" udp-source --bind "$remote" --cport 8000 --to "$addr" --port 9000 \
		--flows 1 --rate 2000 --seconds $((SECS + 3)) --json >"$LAB_TMP/source" 2>&1
	source=$!
	check "$what: within 100 ms, ${SECS} moves of the reader" \
		srv "$TRAFFIC" follow --bind "$addr" --port 9000 --connect "$remote" --cport 8000 \
		--cpus "0,$LAST_CPU" --seconds "$SECS" "${WITHIN[@]}" "$@"
	stop $source
}

follow_tcp()
{
	local what=$1 addr=$2 source

	shift 2
	start cli "$TRAFFIC" tcp-source --to "$addr" --port 9200 --flows 1 --mode stream \
		--rate 2000 --size 500 --seconds $((SECS + 4)) --json >"$LAB_TMP/source" 2>&1
	source=$!
	# While it reads: with fentry hooks, a closed socket's flow is gone at once.
	(sleep 2; rfsctl flows s0 --json >"$LAB_TMP/flows") &
	check "$what: within 100 ms, ${SECS} moves of the reader" \
		srv "$TRAFFIC" follow --tcp --bind "$addr" --port 9200 --cpus "0,$LAST_CPU" \
		--seconds "$SECS" "${WITHIN[@]}" "$@"
	stop $source
}

lab_up || exit 1
fails "without steering it does not (so the test can fail)" 1 "" \
	bash -c '. "$0"/lib.sh; LAB_SRV='"$LAB_SRV"' LAB_CLI='"$LAB_CLI"'
		timeout 20 nsenter --net=/run/netns/$LAB_CLI "$TRAFFIC" udp-source --bind '$CLI4' \
			--cport 8000 --to '$SRV4' --port 9000 --flows 1 --rate 2000 --cpu 0 --seconds 6 &
		srv "$TRAFFIC" follow --bind '$SRV4' --port 9000 --connect '$CLI4' --cport 8000 \
			--cpus "0,$LAST_CPU" --seconds 4; rc=$?; kill $!; wait; exit $rc' "$LAB_TOP/tests/net"
for mode in native generic; do
	rfsctl attach s0 --mode $mode >"$LAB_TMP/attach" 2>&1 ||
		result 1 "attach in $mode mode" "$LAB_TMP/attach"
	follow_udp "$mode, UDP/IPv4" $SRV4 $CLI4
	follow_udp "$mode, UDP/IPv6" $SRV6 $CLI6
	follow_udp "$mode, UDP, IPv4-mapped" $SRV4 $CLI4 --mapped
	follow_tcp "$mode, TCP/IPv4" $SRV4
	follow_tcp "$mode, TCP/IPv6" $SRV6
	follow_tcp "$mode, TCP, IPv4-mapped" $SRV4 --mapped
	is "$mode: flows are shown with the process that reads them" \
		"$(jq '[.flows[] | select(.comm == "rfs-traffic" and .proto == "tcp")] | length > 0' \
			"$LAB_TMP/flows")" true
	is "$mode: the IPv4-mapped flow is shown as IPv4" \
		"$(jq "[.flows[] | select(.local.addr == \"$SRV4\" and .local.port == 9200)] |
			length > 0" "$LAB_TMP/flows")" true
	is "$mode: readers are local" \
		"$(json '.locality.percent > 90' rfsctl stats --json)" true
	rfsctl detach s0
done
tap_end
