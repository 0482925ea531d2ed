#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# systemd-guest.sh - in a guest with systemd as PID 1: the units and the udev rule as they are installed,
# with all that they forbid.

. "$(dirname "$0")/../net/lib.sh"

# Names that a unit file might take for its own words: variables, an option, a pattern, the end of a
# command, a path. There is no device unit, and so nothing to attach, for those that udev finds too odd.
NAMES=('$PATH' '${HOME}' '-a' '*' 'a;b' 'br-lan')

unit_of() { systemd-escape --template=rfs@.service -- "$1"; }

# link NAME: a veth of that name in the initial network namespace, and its device unit
link()
{
	ip link add dev "$1" numrxqueues 2 numtxqueues 2 type veth peer name peer0 \
		numrxqueues 2 numtxqueues 2
	ip link set dev "$1" up
	ip link set dev peer0 up
}

settings() { ethtool -k s0 | grep -c ': on'; grep -H . /sys/class/net/s0/queues/rx-*/rps_cpus; }

first() { json ".interfaces[0] | $1" "$RFSCTL" status --json; }

# cpus LIST: are these the ones that are in force? Asked until they are.
cpus() { [ "$(first '.cpus | join(",")')" = "$1" ]; }

# Policy and priority of the kthreads of one CPU, each kind once
kthreads()
{
	local pid

	for pid in $(pgrep "^cpumap/$1/map:"); do
		chrt -p "$pid" | sed 's/.*: //' | paste -sd ' '
	done | sort -u
}

log_of() { journalctl --no-pager -o cat -u "$1" >"$LAB_TMP/journal" 2>&1; }

# quiet NAME COMMAND...: passes if the command does; the unit's journal is shown otherwise
unit_check()
{
	local what=$1 unit=$2 rc

	shift 2
	"$@" >"$LAB_TMP/check" 2>&1
	rc=$?
	log_of "$unit"
	cat "$LAB_TMP/journal" >>"$LAB_TMP/check"
	result $rc "$what" "$LAB_TMP/check"
}

test_unit()
{
	local before refreshed

	link s0
	before=$(settings)
	echo 'RFS_ATTACH_OPTIONS=--kthread-sched=fifo:5 --tcp=stack --cpus=0-3' >/etc/default/rfs-s0
	echo 0 >/sys/devices/system/cpu/cpu3/online
	unit_check "systemctl start" rfs@s0 systemctl start rfs@s0
	is "it is attached, with the options of /etc/default" \
		"$(first '.state + " " + .kthread_sched + " " + .tcp')" "attached fifo:5 stack"
	is "also with a real-time class" "$(kthreads 0)" "SCHED_FIFO 5"
	is "what it has pinned is root's alone" "$(find /sys/fs/bpf/rfs -perm /077 | grep -c .)" 0

	is "on the CPUs that are online" "$(first '.cpus | join(",")')" 0,1,2
	echo 1 >/sys/devices/system/cpu/cpu3/online
	unit_check "a CPU that comes is taken in: udev starts the refresh" rfs-refresh \
		wait_for 60 cpus 0,1,2,3
	is "with new threads, of the class that was asked for" "$(kthreads 3)" "SCHED_FIFO 5"
	echo 0 >/sys/devices/system/cpu/cpu3/online
	unit_check "one that goes is left" rfs-refresh wait_for 60 cpus 0,1,2
	# Faster than one refresh takes: the last one counts.
	for _ in 1 2 3; do
		echo 1 >/sys/devices/system/cpu/cpu3/online
		echo 0 >/sys/devices/system/cpu/cpu3/online
	done
	echo 1 >/sys/devices/system/cpu/cpu3/online
	echo 0 >/sys/devices/system/cpu/cpu2/online
	unit_check "many at once: the last one counts" rfs-refresh wait_for 60 cpus 0,1,3
	echo 1 >/sys/devices/system/cpu/cpu2/online
	unit_check "and the first ones are not forgotten" rfs-refresh wait_for 60 cpus 0,1,2,3
	wait_for 60 sh -c '[ "$(systemctl is-active rfs-refresh)" = inactive ]'
	refreshed=$(systemctl show -P Result rfs-refresh)
	is "no refresh failed" "$refreshed" success

	unit_check "systemctl stop" rfs@s0 systemctl stop rfs@s0
	is "everything is restored" "$(settings)" "$before"
	is "nothing stays pinned" "$(lab_pins)" 0
	unit_check "no interface attached: the refresh is left out" rfs-refresh systemctl start rfs-refresh
	rm /etc/default/rfs-s0
}

# Enabled, it comes and goes with the interface.
test_device()
{
	systemctl enable -q rfs@s0
	ip link del s0
	link s0
	unit_check "an interface that comes is attached" rfs@s0 wait_for 60 systemctl -q is-active rfs@s0
	is "it is" "$(first .state)" attached
	ip link del s0
	wait_for 60 sh -c '! systemctl -q is-active rfs@s0'
	wait_for 60 sh -c "[ ! -e /sys/fs/bpf/rfs ]"
	unit_check "one that goes is detached" rfs@s0 test ! -e /sys/fs/bpf/rfs
	is "which is no failure" "$(systemctl is-failed rfs@s0)" inactive
	systemctl disable -q rfs@s0
}

test_names()
{
	local name unit

	for name in "${NAMES[@]}"; do
		link "$name"
		unit=$(unit_of "$name")
		unit_check "$name: start" "$unit" systemctl start "$unit"
		is "$name: it is attached" "$(first '.name + " " + .state')" "$name attached"
		unit_check "$name: stop" "$unit" systemctl stop "$unit"
		is "$name: nothing stays pinned" "$(lab_pins)" 0
		ip link del dev "$name"
	done
}

trap 'rm -rf "$LAB_TMP"' EXIT
LAB_TMP=$(mktemp -d)
make -s -C "$LAB_TOP" B="$LAB_BUILD" install >"$LAB_TMP/install" 2>&1
result $? "make install" "$LAB_TMP/install"
systemctl daemon-reload
udevadm control --reload
test_unit
test_device
test_names
tap_end
