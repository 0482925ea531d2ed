#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# beside.sh - rfs and another XDP program on one interface: each goes on when the other comes or goes.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

SECS=${BESIDE_SECONDS:-2}
POINTS=${BESIDE_POINTS:-8}
# Where the other program's map is pinned; below the folder that lab_down() does not know.
PINS=/sys/fs/bpf/rfs-beside-$$

# The other program counts what it sees, in a map that xdp-loader pins.
compile()
{
	cat >"$LAB_TMP/count.c" <<-'C'
		#include <linux/bpf.h>
		#include <bpf/bpf_helpers.h>
		struct {
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(max_entries, 1);
			__type(key, __u32);
			__type(value, __u64);
			__uint(pinning, LIBBPF_PIN_BY_NAME);
		} beside_count SEC(".maps");
		SEC("xdp") int the_other(struct xdp_md *ctx)
		{
			__u32 key = 0;
			__u64 *n = bpf_map_lookup_elem(&beside_count, &key);
			if (n)
				__sync_fetch_and_add(n, 1);
			return XDP_PASS;
		}
		char _license[] SEC("license") = "GPL";
	C
	clang -O2 -g -target bpf -I/usr/include/"$(cc -print-multiarch)" -c -o "$LAB_TMP/count.o" \
		"$LAB_TMP/count.c"
}

# Does the kernel take programs of type EXT, without which there is no dispatcher? Tried with the real
# thing, since a refusal by policy is seen nowhere else.
can_share()
{
	srv xdp-loader load s0 "$LAB_TMP/count.o" -p "$PINS" >"$LAB_TMP/share" 2>&1 &&
		srv xdp-loader status s0 >>"$LAB_TMP/share" 2>&1 &&
		grep -q xdp_dispatcher "$LAB_TMP/share"
}

counted() { bpftool -j map dump pinned "$PINS/beside_count" | jq '.[0].formatted.value'; }
# Also those that are to stay: the reader is where they came in, or its CPU is busy, as emulated ones are.
steered()
{
	json '.interfaces[0] | .packets.flow_steered + .passed_reasons.here + .passed_reasons.busy' rfsctl stats s0 --json
}
other_id() { srv xdp-loader status s0 | awk '$3 == "the_other" { print $4 }'; }

# Numbered datagrams to connected readers
traffic()
{
	local sink

	start srv "$TRAFFIC" udp-sink --bind $SRV4 --port 9000 --connect $CLI4 --cport 8000 --flows 8 \
		--readers 4 --hop-ms 20 --seconds $((SECS + 2)) --json >"$LAB_TMP/sink" \
		2>"$LAB_TMP/sink.err"
	sink=$!
	wait_for 30 grep -q ready "$LAB_TMP/sink.err"
	cli "$TRAFFIC" udp-source --bind $CLI4 --cport 8000 --to $SRV4 --port 9000 --flows 8 \
		--senders 2 --rate 2000 --seconds "$SECS" --json >"$LAB_TMP/source" 2>&1
	wait $sink
}

# What is worth knowing when traffic did not arrive
evidence()
{
	jq -c 'del(.matrix)' "$LAB_TMP/sink"
	cat "$LAB_TMP/source"
	srv xdp-loader status s0
	rfsctl stats s0
	srv ip -s link show dev s0
	cli ip -s link show dev c0
	srv nstat -asz UdpInErrors UdpRcvbufErrors UdpNoPorts UdpInCsumErrors IpInReceives
}

# works DESCRIPTION [other] [rfs]: under traffic, nothing overtakes, and those named have counted
works()
{
	local what=$1 other='' rfs='' sent rc

	shift
	case $* in *other*) other=$(counted) ;; esac
	case $* in *rfs*) rfs=$(steered) ;; esac
	traffic
	rc=$?
	result $rc "$what: nothing is overtaken"
	[ $rc = 0 ] || evidence | sed 's/^/#   /'
	sent=$(jq .sent "$LAB_TMP/source")
	if [ -n "$other" ]; then
		[ $(($(counted) - other)) -ge "$sent" ]
		result $? "$what: the other program counts"
	fi
	if [ -n "$rfs" ]; then
		[ $(($(steered) - rfs)) -gt $((sent / 2)) ]
		result $? "$what: rfs steers flows to their readers"
	fi
}

# rfs, which redirects, has to be the last: nothing runs behind it.
last_program() { srv xdp-loader status s0 | awk '/ => / { last = $3 } END { print last }'; }
is_beside() { json '.interfaces[0] | "\(.state) \(.dispatcher)"' rfsctl status s0 --json; }
nothing_on_it() { ! srv ip link show dev s0 | grep -q prog/xdp; }

# round MODE: the other one first, then rfs first
round()
{
	local mode=$1 xdp=native ids

	[ "$mode" = generic ] && xdp=skb
	check "$mode: xdp-loader loads another program" \
		srv xdp-loader load s0 "$LAB_TMP/count.o" -m $xdp -p "$PINS"
	works "$mode, alone" other
	check "$mode: rfs is attached beside it" rfsctl attach s0 --mode "$mode"
	is "$mode: by the dispatcher" "$(is_beside)" "attached true"
	is "$mode: and runs last" "$(last_program)" rfs_steer
	works "$mode, rfs behind it" other rfs
	at_rest "$mode"
	check "$mode: rfs is detached" rfsctl detach s0
	works "$mode, rfs gone again" other
	check "$mode: xdp-loader unloads it" srv xdp-loader unload s0 --all
	check "$mode: nothing is left on the interface" nothing_on_it

	check "$mode: rfs is attached first" rfsctl attach s0 --mode "$mode"
	works "$mode, rfs alone" rfs
	check "$mode: xdp-loader loads another one" \
		srv xdp-loader load s0 "$LAB_TMP/count.o" -m $xdp -p "$PINS"
	is "$mode: rfs is still attached" "$(is_beside)" "attached true"
	is "$mode: and runs last" "$(last_program)" rfs_steer
	works "$mode, another one before it" other rfs
	ids=$(other_id)
	check "$mode: xdp-loader unloads program $ids" srv xdp-loader unload s0 --id "$ids"
	is "$mode: rfs stays attached" "$(is_beside)" "attached true"
	works "$mode, the other one gone again" rfs
	at_rest "$mode"
	check "$mode: rfs is detached" rfsctl detach s0
	check "$mode: nothing is left on the interface" nothing_on_it
	is "$mode: nor pinned" "$(find /sys/fs/bpf/rfs -mindepth 1 2>/dev/null | wc -l)" 0
}

# All that xdp-loader can do to rfs: it is then stale, and detach or attach goes on from there.
test_thrown_out()
{
	rfsctl attach s0 >/dev/null 2>&1
	check "xdp-loader unload --all takes rfs off" srv xdp-loader unload s0 --all
	is "rfs is stale" "$(json '.interfaces[0].state' rfsctl status s0 --json)" stale
	check "attach brings it back" rfsctl attach s0
	works "attached again" rfs
	check "detach" rfsctl detach s0
	is "nothing stays pinned" "$(find /sys/fs/bpf/rfs -mindepth 1 2>/dev/null | wc -l)" 0
}

# Memory runs short while rfs leaves the dispatcher: the other program stays, and the next detach
# finishes.
test_refusals()
{
	local total n stride id bad=0 refused=0

	srv xdp-loader load s0 "$LAB_TMP/count.o" -p "$PINS" >/dev/null 2>&1
	id=$(other_id)
	rfsctl attach s0 >/dev/null 2>&1
	total=$(bpf_calls detach s0)
	stride=$((total > POINTS ? total / POINTS : 1))
	: >"$LAB_TMP/bad"
	for ((n = 1 + RANDOM % stride; n <= total; n += stride)); do
		rfsctl attach s0 >"$LAB_TMP/out" 2>&1
		enomem_at "$n" detach s0 >>"$LAB_TMP/out" 2>&1 ||
			{ refused=$((refused + 1)); rfsctl detach s0 >>"$LAB_TMP/out" 2>&1; }
		[ "$(last_program)" = the_other ] && [ "$(other_id)" = "$id" ] && [ "$(lab_pins)" = 0 ] &&
			continue
		bad=$((bad + 1))
		{ echo "call $n:"; cat "$LAB_TMP/out"; srv xdp-loader status s0; } >>"$LAB_TMP/bad"
		rfsctl detach s0 >/dev/null 2>&1
		srv xdp-loader unload s0 --all >/dev/null 2>&1
		srv xdp-loader load s0 "$LAB_TMP/count.o" -p "$PINS" >/dev/null 2>&1
		id=$(other_id)
	done
	[ $refused -gt 0 ] && [ $bad = 0 ]
	result $? "detach that fails at $refused of its $total bpf() calls leaves the other, and none of its own" \
		"$LAB_TMP/bad"
	works "after that" other
	check "xdp-loader unloads it" srv xdp-loader unload s0 --all
}

test_other_mode()
{
	srv xdp-loader load s0 "$LAB_TMP/count.o" -m skb -p "$PINS" >/dev/null 2>&1
	fails "a program in generic mode is not thrown out by native rfs" 1 "take it off first" \
		rfsctl attach s0 --mode native
	works "after the refusal" other
	srv xdp-loader unload s0 --all >/dev/null 2>&1
	check "nothing is left on the interface" nothing_on_it
}

# A program without dispatcher cannot be shared with: it stays, and rfs says what to do.
test_legacy()
{
	local before

	srv ip link set dev s0 xdpdrv obj "$LAB_TMP/count.o" sec xdp 2>"$LAB_TMP/ip" ||
		{ result 1 "ip attaches a program of its own" "$LAB_TMP/ip"; return; }
	before=$(srv ip -j link show dev s0 | jq -c '.[0].xdp')
	fails "a program without dispatcher is refused" 1 "cannot share the interface" \
		rfsctl attach s0
	fails "with the way out" 1 "ip link set dev s0 xdpdrv off" rfsctl attach s0
	is "it stays" "$(srv ip -j link show dev s0 | jq -c '.[0].xdp')" "$before"
	is "nothing of rfs stays" "$(find /sys/fs/bpf/rfs -mindepth 1 2>/dev/null | wc -l)" 0
	check "traffic passes" cli ping -c 3 -i 0.05 -W 1 $SRV4
	srv ip link set dev s0 xdpdrv off
	check "rfs is attached when it is gone" rfsctl attach s0
	at_rest "before detach"
	check "detach" rfsctl detach s0
}

# shellcheck disable=SC2317,SC2329 # by trap
down()
{
	local rc=$?

	[ -e /run/netns/"$LAB_SRV" ] && srv xdp-loader unload s0 --all >/dev/null 2>&1
	rm -rf "$PINS"
	(exit $rc)
	lab_down
}

lab_up || exit 1
trap down EXIT
compile || { echo "Bail out! the other program does not compile"; exit 1; }
test_legacy
if can_share; then
	srv xdp-loader unload s0 --all >/dev/null 2>&1
	round native
	round generic
	test_refusals
	test_thrown_out
	test_other_mode
else
	srv xdp-loader unload s0 --all >/dev/null 2>&1
	for mode in native generic; do
		skip "$mode: beside a program of xdp-loader" "this kernel refuses libxdp's dispatcher"
	done
fi
tap_end
