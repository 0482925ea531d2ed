#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# watch.sh - what the XDP program finds out by itself: that frames vanish on their way to a ring, and
# that packets come by another device. Traffic must go on.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

PINS=/sys/fs/bpf/rfs-watch-$$

# A program around rfs's that drops what is redirected, as a driver without XDP_REDIRECT does: a tail
# call out of a function returns to that function's caller.
compile()
{
	cat >"$LAB_TMP/around.c" <<-'C'
		#include <linux/bpf.h>
		#include <bpf/bpf_helpers.h>
		struct {
			__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
			__uint(max_entries, 1);
			__type(key, __u32);
			__type(value, __u32);
		} around_rfs SEC(".maps");
		static __attribute__((noinline)) int call(struct xdp_md *ctx)
		{
			volatile int ret = XDP_ABORTED;
			bpf_tail_call(ctx, &around_rfs, 0);
			return ret;
		}
		SEC("xdp.frags") int around(struct xdp_md *ctx)
		{
			int ret = call(ctx);
			return ret == XDP_REDIRECT ? XDP_DROP : ret;
		}
		char _license[] SEC("license") = "GPL";
	C
	clang -O2 -g -target bpf -mcpu=v3 -I/usr/include/"$(cc -print-multiarch)" \
		-c -o "$LAB_TMP/around.o" "$LAB_TMP/around.c"
}

dir() { echo "/sys/fs/bpf/rfs/s0@$LAB_COOKIE"; }

# put PINNED-PROGRAM: into the interface's link, in the place of the one that is there
put()
{
	python3 - "$(dir)/xdp_link" "$1" <<-'P'
		import ctypes, platform, struct, sys
		libc = ctypes.CDLL(None, use_errno=True)
		BPF_OBJ_GET, BPF_LINK_UPDATE = 7, 29
		nr = {"x86_64": 321}.get(platform.machine(), 280)
		def bpf(cmd, data):
		    attr = ctypes.create_string_buffer(data, 128)
		    ret = libc.syscall(nr, cmd, attr, 128)
		    if ret < 0:
		        sys.exit("bpf(%d): errno %d" % (cmd, ctypes.get_errno()))
		    return ret
		def get(path):
		    name = ctypes.create_string_buffer(path.encode())
		    return bpf(BPF_OBJ_GET, struct.pack("Q", ctypes.addressof(name)))
		bpf(BPF_LINK_UPDATE, struct.pack("IIII", get(sys.argv[1]), get(sys.argv[2]), 0, 0))
	P
}

# rfs's program into the array of the one around it, and that into the link; rfs's stays pinned
surround()
{
	local id

	id=$(bpftool -j link show pinned "$(dir)/xdp_link" | jq .prog_id)
	rm -f "$PINS/rfs"
	bpftool prog pin id "$id" "$PINS/rfs" &&
		bpftool map update pinned "$PINS/around_rfs" key 0 0 0 0 value pinned "$PINS/rfs" &&
		put "$PINS/around"
}

stats() { json ".interfaces[0] | $1" rfsctl stats s0 --json; }

# Frames that are missing in rings that had too few for a verdict
undecided()
{
	local map

	for map in "$(dir)"/queues/*/rps_ring; do
		bpftool -j map dump pinned "$map"
	done | jq -s '[.[][:-1][].formatted.value.missing | select(. < 16)] | add'
}

# Answers of 60 pings, 20 a second
answers() { cli ping -c 60 -i 0.05 -W 1 $SRV4 | sed -n 's/.* \([0-9]*\) received.*/\1/p'; }

test_vanish()
{
	local got vanished

	check "attach" rfsctl attach s0 --mode native
	check "everything that is redirected will vanish" surround
	got=$(answers)
	[ "$got" -ge 40 ]
	result $? "$got of 60 pings are answered"
	check "UDP works" udp
	# A ring that got less than 16 frames is judged by its next one.
	for got in 1 2 3 4; do
		balanced || udp >/dev/null 2>&1
	done
	check "TCP works" tcp
	[ "$(stats .passed_reasons.stuck)" -gt 0 ]
	result $? "packets to stuck rings are passed, and counted"
	vanished=$(stats .lost.vanished)
	[ "$vanished" -gt 0 ] && [ "$vanished" -le $((16 * NCPUS * QUEUES)) ]
	result $? "$vanished packets were lost: no more than 16 in a ring"
	is "all that did not arrive is known to be lost, or too little to judge a ring by" \
		"$(stats '[.cpus[] | .enqueued - .delivered] | add')" $((vanished + $(undecided)))
	check "with the program gone" put "$PINS/rfs"
	got=$(stats '[.cpus[].enqueued] | add')
	answers >/dev/null
	is "a stuck ring is left alone" "$(stats '[.cpus[].enqueued] | add')" "$got"
	rfsctl detach s0 >"$LAB_TMP/detach" 2>&1
	result $? "detach" "$LAB_TMP/detach"
	is "it waits for nothing" "$(cat "$LAB_TMP/detach")" ""
	check "attach again" rfsctl attach s0 --mode native
	got=$(answers)
	is "all is well again" "$got $(stats .lost.vanished) $(stats .passed_reasons.stuck)" "60 0 0"
	at_rest "attached again"
	rfsctl detach s0
}

# A flow that ends in each of the rings, for connections to have found them all
udp()
{
	local sink

	start srv "$TRAFFIC" udp-sink --bind $SRV4 --port 9000 --connect $CLI4 --cport 8000 --flows 8 \
		--readers 4 --hop-ms 20 --seconds 6 --json >"$LAB_TMP/sink" 2>"$LAB_TMP/sink.err"
	sink=$!
	wait_for 30 grep -q ready "$LAB_TMP/sink.err"
	cli "$TRAFFIC" udp-source --bind $CLI4 --cport 8000 --to $SRV4 --port 9000 --flows 8 \
		--senders 2 --rate 500 --seconds 3 --json >"$LAB_TMP/source" 2>&1
	wait $sink
	jq -es '.[0].received > .[1].sent * 0.8' "$LAB_TMP/sink" "$LAB_TMP/source"
}

tcp()
{
	local sink

	start srv "$TRAFFIC" tcp-sink --bind $SRV4 --port 9100 --flows 4 --hop-ms 50 --seconds 14 --json \
		>"$LAB_TMP/sink" 2>"$LAB_TMP/sink.err"
	sink=$!
	wait_for 30 grep -q ready "$LAB_TMP/sink.err"
	cli "$TRAFFIC" tcp-source --to $SRV4 --port 9100 --flows 4 --senders 2 --mode stream --rate 200 \
		--size 500 --seconds 12 --json >"$LAB_TMP/source" 2>&1
	wait $sink
	cat "$LAB_TMP/sink" "$LAB_TMP/source"
	jq -e '.records > 100 and .bad == 0' "$LAB_TMP/sink"
}

# attach is held up where it looks for its threads; what drops is in place when the gate opens.
attach_under_it()
{
	local attach

	start srv strace -qq -o /dev/null -P /proc -e inject=openat:delay_exit=5000000 \
		"$RFSCTL" attach s0 --mode native --kthread-sched other:1 >"$LAB_TMP/attach" 2>&1
	attach=$!
	wait_for 30 test -e "$(dir)/queues/$((QUEUES - 1))/rps_ring"
	surround || return 1
	wait $attach
}

test_attach_fails()
{
	local cpu pings=() rc try

	# From both CPUs: to a packet's own CPU there is no ring.
	for cpu in 0 "$LAST_CPU"; do
		start cli taskset -c "$cpu" ping -q -i 0.002 -W 1 $SRV4 >/dev/null
		pings+=($!)
	done
	# On a busy machine packets may not come in the moment in which attach looks: then again.
	for try in 1 2 3; do
		attach_under_it
		rc=$?
		[ $rc = 0 ] || break
		echo "# attach saw nothing in try $try"
		put "$PINS/rfs"
		rfsctl detach s0
	done
	for cpu in "${pings[@]}"; do
		stop "$cpu"
	done
	is "attach fails where what is redirected is dropped" "$rc" 1
	check "it says why" grep "never arrive.*--mode generic" "$LAB_TMP/attach"
	is "and leaves nothing" "$(lab_pins)" 0
	is "no program either" "$(srv ip link show dev s0 | grep -c xdp)" 0
	[ "$(answers)" -ge 55 ]
	result $? "traffic goes on"
}

# An index of its own in a namespace where its old one is taken
test_moved()
{
	local ns=$LAB_SRV-m index

	index=$(ip -n "$LAB_SRV" -j link show s0 | jq '.[0].ifindex')
	check "attach" rfsctl attach s0 --mode native
	answers >/dev/null
	[ "$(stats '.packets.hash_steered + .passed_reasons.here')" -gt 0 ]
	result $? "packets are steered"
	at_rest "before it moves"
	ip netns add "$ns"
	ip -n "$ns" link add taken index "$index" type veth peer name other index 9999
	ip -n "$LAB_SRV" link set s0 netns "$ns"
	ip -n "$ns" addr add $SRV4/24 dev s0
	ip -n "$ns" link set s0 up
	neighbour "$ns" s0 "$LAB_CLI" c0 $CLI4
	[ "$(answers)" -ge 55 ]
	result $? "moved, with another index: traffic goes on"
	[ "$(bpftool -j map dump pinned "$(dir)/stats" |
		jq '[.[0].formatted.values[].value.count['"$OTHER_DEVICE"']] | add')" -ge 55 ]
	result $? "its packets are those of another device"
	at_rest "moved"
	ip -n "$ns" link set s0 netns "$LAB_SRV"
	ip netns del "$ns"
	rfsctl detach "s0@$LAB_COOKIE" >/dev/null 2>&1 || rfsctl detach s0 >/dev/null 2>&1
}

# Its place among the counters: after the four of steered packets and moves
OTHER_DEVICE=5

lab_up || exit 1
compile || exit 1
mkdir -p "$PINS"
if bpftool prog load "$LAB_TMP/around.o" "$PINS/around" type xdp pinmaps "$PINS" >"$LAB_TMP/load" 2>&1 &&
	rfsctl attach s0 --mode native >"$LAB_TMP/attach" 2>&1 && [ -e "$(dir)/xdp_link" ]; then
	rfsctl detach s0
	test_vanish
	test_attach_fails
else
	rfsctl detach s0 >/dev/null 2>&1
	skip "a program around rfs's" "libxdp's dispatcher is there, or no tail call out of a function"
	cat "$LAB_TMP/load" "$LAB_TMP/attach" 2>/dev/null | sed 's/^/# /'
fi
rm -rf "$PINS"
test_moved
tap_end
