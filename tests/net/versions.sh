#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# versions.sh - what an rfsctl of another version attached, this one detaches: a70dfc6, which had no
# journal, built from this repository's history; and this one with another ABI number, as a later one
# may have.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

OLD_COMMIT=a70dfc6
OLD_TREE=$LAB_BUILD/$OLD_COMMIT
OTHER=rfs$$o
POINTS=${VERSIONS_POINTS:-12}

other() { nsenter --net=/run/netns/"$OTHER" "$@"; }

in_sysfs()
{
	nsenter --net=/run/netns/"$1" unshare -m sh -c "mount -t sysfs s /sys && cd /sys/class/net && $2"
}

rps() { in_sysfs "$1" 'cat s0/queues/rx-0/rps_cpus'; }
set_rps() { in_sysfs "$1" "echo $2 >s0/queues/rx-0/rps_cpus"; }

build_old()
{
	local log

	[ -x "$OLD_TREE/build/rfsctl" ] && return
	git -C "$LAB_TOP" cat-file -e $OLD_COMMIT 2>/dev/null || return
	log=$(mktemp)
	rm -rf "$OLD_TREE"
	mkdir -p "$OLD_TREE"
	if ! { git -C "$LAB_TOP" archive $OLD_COMMIT | tar -x -C "$OLD_TREE" &&
		env -u MAKEFLAGS -u MAKELEVEL make -C "$OLD_TREE" -s build/rfsctl; } >"$log" 2>&1; then
		cat "$log" >&2
		rm -rf "$log" "$OLD_TREE"
		return 1
	fi
	rm -f "$log"
}

# This version, as if a later one had changed what pinned maps mean and how large they are
build_later()
{
	later=$LAB_BUILD/later
	[ "$later/build/rfsctl" -nt "$LAB_BUILD/rfsctl" ] && return
	mkdir -p "$later"
	{
		tar -C "$LAB_TOP" --exclude=./build --exclude=./.git -c . | tar -x -C "$later" &&
			sed -i 's/^#define RFS_ABI .*/#define RFS_ABI 99/
				s/^\t__u32 hash_key\[RFS_HASH_WORDS\];/&\n\t__u64 later[4];/
				s/^\t__u32 tcp; .*/&\n\t__u64 later[4];/' "$later/include/rfs/types.h" &&
			[ "$(grep -c '__u64 later' "$later/include/rfs/types.h")" = 2 ] &&
			env -u MAKEFLAGS -u MAKELEVEL make -C "$later" -s build/rfsctl
	} >"$LAB_TMP/later" 2>&1
}

nothing_stays()
{
	is "$1: nothing stays pinned" "$(lab_pins)" 0
	is "$1: no XDP program stays" "$(ip -n "$LAB_SRV" link show dev s0 | grep -c xdp)" 0
	is "$1: the setting is as before" "$(rps "$LAB_SRV")" 3
	is "$1: a namesake elsewhere keeps its own" "$(rps "$OTHER")" 2
}

# test_of VERSION RFSCTL: attached by that one
test_of()
{
	local version=$1 theirs=$2

	check "$version attaches" srv "$theirs" attach s0
	is "status knows that it is another's" \
		"$(rfsctl status --json | jq -r '.interfaces[0].state')" foreign
	fails "attach refuses, with the remedy" 1 "'rfsctl detach' ends that" rfsctl attach s0
	fails "set does not touch it" 1 "another version" rfsctl set s0 --cpus 0
	check "it goes on" eval 'ip -n "$LAB_SRV" link show dev s0 | grep -q xdp'
	check "refresh leaves it" rfsctl refresh
	check "detach" rfsctl detach s0
	nothing_stays "$version"
	check "$version attaches" srv "$theirs" attach s0
	check "detach --all from another namespace" other "$RFSCTL" detach --all
	nothing_stays "$version, from elsewhere"
	check "$version attaches" srv "$theirs" attach s0 --tcp stack
	check "detach" rfsctl detach s0
	nothing_stays "$version with --tcp stack"
}

# test_killed VERSION RFSCTL: its attach, killed at some of its calls, undone from another namespace in which
# an interface has the same name
test_killed()
{
	local version=$1 theirs=$2 calls line call n left=0

	srv strace -f -qq -o "$LAB_TMP/calls" -e trace=bpf,openat,write,mkdir "$theirs" attach s0 >/dev/null 2>&1
	other "$RFSCTL" detach --all >/dev/null 2>&1
	calls=$(grep -c . "$LAB_TMP/calls")
	for ((n = 1; n <= POINTS; n++)); do
		line=$((n * calls / POINTS))
		call=$(sed -n "${line}s/^[0-9]* *\([a-z]*\)(.*/\1/p" "$LAB_TMP/calls")
		[ -n "$call" ] || continue
		srv strace -f -qq -o /dev/null -e trace="$call" \
			-e inject="$call":signal=KILL:when="$(head -$line "$LAB_TMP/calls" | grep -c " $call(")" \
			"$theirs" attach s0 >/dev/null 2>&1
		other "$RFSCTL" detach --all >"$LAB_TMP/out" 2>&1
		if [ "$(lab_pins)" != 0 ] || [ "$(rps "$LAB_SRV")" != 3 ] || [ "$(rps "$OTHER")" != 2 ] ||
			ip -n "$LAB_SRV" link show dev s0 | grep -q xdp; then
			left=$((left + 1))
			echo "# killed at $call, call $line of $calls: $(cat "$LAB_TMP/out")"
			rfsctl detach s0 >/dev/null 2>&1
			set_rps "$LAB_SRV" 3
			set_rps "$OTHER" 2
		fi
	done
	is "$version killed at $POINTS of its $calls calls: all is undone" $left 0
}

lab_up
lab_netns "$OTHER"
ip -n "$OTHER" link add s0 type veth peer name c0
set_rps "$LAB_SRV" 3
set_rps "$OTHER" 2
if build_old; then
	test_of $OLD_COMMIT "$OLD_TREE/build/rfsctl"
	test_killed $OLD_COMMIT "$OLD_TREE/build/rfsctl"
else
	skip "what $OLD_COMMIT attached" "the repository's history is not here, or it does not build"
fi
if build_later; then
	test_of "a later version" "$later/build/rfsctl"
else
	sed 's/^/# /' "$LAB_TMP/later"
	result 1 "a later version builds"
fi
test_killed "this version" "$RFSCTL"
tap_end
