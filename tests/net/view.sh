#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# view.sh - are the figures and names of status, stats and flows those of the maps and interfaces that
# they are said to be of? The maps are real and pinned; what is in them is written by the test.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

RFS=/sys/fs/bpf/rfs

# ring QUEUE CPU TAIL RING_FULL REDIRECT_ERROR VANISHED MISSING POPPED: as struct rps_ring of
# include/rfs/types.h
ring()
{
	local dir=$RFS/s0@$LAB_COOKIE id

	id=$(bpftool -j map show pinned "$dir/cpumap" | jq .id)
	# shellcheck disable=SC2046
	bpftool map update pinned "$dir/queues/$1/rps_ring" key "$2" 0 0 0 value hex $(python3 -c '
import struct, sys
cpumap, tail, full, error, vanished, missing, popped = map(int, sys.argv[1:])
print(struct.pack("=5Q6I2Q48x", tail, full, error, vanished, 0, cpumap, 0, missing, 0, 0, 0, popped,
	popped).hex(" "))' "$id" "${@:3}")
}

# thread CPU ALLOC_FAILED: as struct rps_thread
thread()
{
	# shellcheck disable=SC2046
	bpftool map update pinned "$RFS/s0@$LAB_COOKIE/rps_thread" key "$1" 0 0 0 value hex $(python3 -c '
import struct, sys
print(struct.pack("=48xQ200x", int(sys.argv[1])).hex(" "))' "$2")
}

problems() { json '[.interfaces[0].problems[].id] | join(" ")' rfsctl status s0 --json; }

# No packet comes any more while the peer is down.
test_counters()
{
	local q cpu busy

	check "attach" rfsctl attach s0
	ip -n "$LAB_CLI" link set c0 down
	for ((q = 0; q < QUEUES; q++)); do
		for ((cpu = 0; cpu < NCPUS; cpu++)); do
			ring $q $cpu 0 0 0 0 0 0
		done
	done
	ring 0 0 100000 1000 200 4000 0 94800
	ring 1 0 1000 0 0 0 0 1000
	ring 1 1 50 5 7 0 2147483648 38
	thread 0 30
	thread 1 3
	is "frames that were lost, by where" "$(json '.interfaces[0].lost | tojson' rfsctl stats s0 --json)" \
		'{"ring_full":1005,"redirect_error":207,"vanished":4000,"no_memory":33}'
	is "frames of each CPU" "$(json '.interfaces[0].cpus[] | "\(.cpu) \(.enqueued) \(.delivered) \(.lost)"' \
		rfsctl stats s0 --json | head -2 | paste -sd ,)" "0 101000 95770 5230,1 50 35 15"
	is "and as text" "$(rfsctl stats s0 | awk '/^CPU/ { on = 1; next } on && NF == 4 { print $1, $2, $3, $4 }' |
		head -2 | paste -sd ,)" "0 101000 95770 5230,1 50 35 15"
	is "all that was lost" "$(rfsctl stats s0 | awk '$1 == "lost" { print $2 }')" $((1005 + 207 + 4000 + 33))
	is "a ring that the program has marked" \
		"$(json '.interfaces[0].problems[] | "\(.id): \(.text)"' rfsctl status s0 --json | sed 's/, so.*//')" \
		"ring-stuck: frames vanish on their way to rings (from RX queue 1 to CPU 1)"
	ring 1 1 0 0 0 0 0 0
	ring 0 0 107 0 0 0 0 100
	is "frames that stand" "$(problems)" ring-undrained
	# Seven frames are always in it, but not the same ones.
	start srv python3 -c 'import ctypes, mmap, struct, sys, time
fd = ctypes.CDLL("libbpf.so.1").bpf_obj_get(sys.argv[1].encode())
ring = mmap.mmap(fd, mmap.PAGESIZE)
for n in range(100, 10**9):
	ring[0:8], ring[64:72] = struct.pack("=Q", n + 7), struct.pack("=Q", n)
	time.sleep(0.001)' "$RFS/s0@$LAB_COOKIE/queues/0/rps_ring"
	busy=$!
	moves() { [ "$(json '.interfaces[0].cpus[0].delivered' rfsctl stats s0 --json)" -gt 1200 ]; }
	wait_for 20 moves
	is "frames that move on" "$(problems)" ""
	stop "$busy"
	ring 0 0 0 0 0 0 0 0
	check "detach" rfsctl detach s0
	ip -n "$LAB_CLI" link set c0 up
}

# flow KEY FAMILY ADDRESS PORT: as struct rps_sock_flow
flow()
{
	# shellcheck disable=SC2046
	bpftool map update pinned $RFS/rps_sock_flow_table key "$1" 0 0 1 value hex $(python3 -c '
import socket, struct, sys
family = getattr(socket, sys.argv[1])
addr = socket.inet_pton(family, sys.argv[2])
print(struct.pack("=IIHBB2s2s16s16s16s", 0, 1, family, 6, 0, struct.pack(">H", int(sys.argv[3])),
	b"\0\1", addr, addr, b"view.sh").hex(" "))' "$2" "$3" "$4")
}

ports() { json '[.flows[] | select(.comm == "view.sh") | .local.port] | sort | join(" ")' "$@"; }

test_flows()
{
	check "attach" rfsctl attach s0
	ip -n "$LAB_SRV" addr add 10.78.0.1/24 dev s0 label s0:second
	ip -n "$LAB_SRV" link add o0 type veth peer name o1
	ip -n "$LAB_SRV" addr add 10.79.0.1/24 dev o0
	flow 1 AF_INET $SRV4 4001
	flow 2 AF_INET 10.78.0.1 4002
	flow 3 AF_INET 10.79.0.1 4003
	flow 4 AF_INET $CLI4 4004
	flow 5 AF_INET6 $SRV6 4005
	flow 6 AF_INET6 $CLI6 4006
	is "all flows" "$(ports rfsctl flows --json)" "4001 4002 4003 4004 4005 4006"
	is "those to an address of the interface" "$(ports rfsctl flows s0 --json)" "4001 4002 4005"
	is "of another one" "$(ports rfsctl flows o0 --json)" 4003
	is "of one without addresses" "$(ports rfsctl flows o1 --json)" ""
	is "as text" "$(rfsctl flows s0 | awk '$6 == "view.sh" { print $2 }' | sort | paste -sd ' ')" \
		"10.77.0.1:4001 10.78.0.1:4002 [fd77::1]:4005"
	ip -n "$LAB_SRV" link del o0
	ip -n "$LAB_SRV" addr del 10.78.0.1/24 dev s0
	check "detach" rfsctl detach s0
}

# Two interfaces that only their namespaces tell apart
test_namespaces()
{
	local ns

	for ns in "$LAB_SRV" "$LAB_CLI"; do
		ip -n "$ns" link add n0 index 777 numrxqueues 2 numtxqueues 2 type veth peer name n1 numrxqueues 2 numtxqueues 2
		nsenter --net=/run/netns/"$ns" ethtool -K n1 tx off >/dev/null 2>&1
	done
	check "attach" rfsctl attach n0 --cpus 0
	check "attach the other namespace's" cli "$RFSCTL" attach n0 --cpus 1
	is "each namespace's n0 is its own" \
		"$(json '.interfaces[] | "\(.ifindex) \(.cpus)"' rfsctl status n0 --json)" "777 [0]"
	is "and the other's" \
		"$(json '.interfaces[] | "\(.ifindex) \(.cpus)"' cli "$RFSCTL" status n0 --json)" "777 [1]"
	is "only one's own has the plain name" \
		"$(rfsctl status | awk '$1 ~ /^n0/ { print $1, $NF }' | sort | sed 's/@[0-9]*/@/' | paste -sd ,)" \
		"n0 0,n0@ 1"
	is "in the other namespace too" \
		"$(cli "$RFSCTL" status | awk '$1 ~ /^n0/ { print $1, $NF }' | sort | sed 's/@[0-9]*/@/' |
			paste -sd ,)" "n0 1,n0@ 0"
	# Then nothing but the namespace tells whose folder it is.
	[ ! -e "$RFS/n0@$LAB_COOKIE/xdp_link" ] ||
		bpftool link detach pinned "$RFS/n0@$LAB_COOKIE/xdp_link"
	is "n0 is its own also where the other's program was taken off" \
		"$(json '.interfaces[] | "\(.state) \(.cpus)"' cli "$RFSCTL" status n0 --json)" "attached [1]"
	check "detach" rfsctl detach n0
	is "the other stays" "$(json '.interfaces[] | "\(.state) \(.cpus)"' rfsctl status --json)" \
		"attached [1]"
	check "detach the other" cli "$RFSCTL" detach n0
	is "nothing stays pinned" "$(lab_pins)" 0
	ip -n "$LAB_SRV" link del n0
	ip -n "$LAB_CLI" link del n0
}

lab_up || exit 1
[ ! -e $RFS ] || { echo "Bail out! an interface of this machine is attached already"; exit 1; }
test_counters
test_flows
test_namespaces
tap_end
