#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# security.sh - names and file systems that others have made do not make root do what they want.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

COMPLETION=$LAB_TOP/tools/completion/rfsctl.bash
TAB=$LAB_TOP/tests/net/tab.py

# What the kernel takes for an interface's name: 15 bytes without blanks, '/' and ':'.
NAMES=('$(>pwn)' '`>pwn`;>pwn' '<(>pwn)&>pwn' '*{a,b}[a-z]?' '~' '!!$HOME' '#x' '"' "a'\$(>pwn)'" '\\' 'a\'
	'a",b' 'a@b=c' 'eth0.5')

# rename NAME: s0 gets that name, and back
rename()
{
	ip -n "$LAB_SRV" link set dev "$1" down
	ip -n "$LAB_SRV" link set dev "$1" name "$2"
	ip -n "$LAB_SRV" link set dev "$2" up
}

# typed KEYS: into a shell in an empty folder, in which rfsctl is this one
typed()
{
	(cd "$LAB_TMP/empty" && PATH=$LAB_TMP/bin:$PATH srv "$TAB" "$COMPLETION" "$1") >"$LAB_TMP/typed" 2>&1
}

# printable FILE
printable() { ! LC_ALL=C grep -n '[^[:print:]]' "$1"; }

attached() { json '.interfaces | length' rfsctl status --json; }

test_completion()
{
	local name bad=0 found=0

	mkdir "$LAB_TMP/empty" "$LAB_TMP/bin"
	ln -s "$RFSCTL" "$LAB_TMP/bin/rfsctl"
	: >"$LAB_TMP/bad"
	for name in "${NAMES[@]}"; do
		rename s0 "$name"
		# Two TABs show what there is; with a beginning, only that.
		typed 'rfsctl attach \t\t'"${name:0:1}"'\t\t'
		rfsctl attach -- "$name" >"$LAB_TMP/log" 2>&1 ||
			{ echo "$name: attach"; cat "$LAB_TMP/log"; bad=$((bad + 1)); } >>"$LAB_TMP/bad"
		[ "$(json '.interfaces[0].name' rfsctl status --json)" = "$name" ] ||
			{ echo "$name: JSON"; bad=$((bad + 1)); } >>"$LAB_TMP/bad"
		# The only one that is attached, so that one TAB writes it; then it is run.
		typed 'rfsctl detach \t\n'
		if [ "$(attached)" = 0 ]; then
			found=$((found + 1))
		else
			{ echo "$name: not detached by what TAB wrote"; cat "$LAB_TMP/typed"; } >>"$LAB_TMP/bad"
			rfsctl detach --all
		fi
		if [ -n "$(ls -A "$LAB_TMP/empty")" ]; then
			{ echo "$name: expanded"; ls -A "$LAB_TMP/empty"; } >>"$LAB_TMP/bad"
			bad=$((bad + 1))
			rm -f "$LAB_TMP"/empty/*
		fi
		rename "$name" s0
	done
	result "$bad" "TAB expands none of ${#NAMES[@]} names" "$LAB_TMP/bad"
	[ "$found" = ${#NAMES[@]} ]
	result $? "and writes each so that rfsctl gets it" "$LAB_TMP/bad"
	typed 'rfsctl attach s\t\n'
	is "TAB completes an ordinary name" "$(attached)" 1
	typed 'rfsctl det\ts\t\n'
	is "and a command" "$(attached)" 0
}

# What is not printed, since a terminal would obey it or an option be taken from it.
test_unprintable()
{
	local name
	local -a names=(-a $'\033[2J' $'\x80\xff' $'\x07x')

	for name in "${names[@]}"; do
		rename s0 "$name"
		check "attach to $(printf %q "$name")" rfsctl attach -- "$name"
		rfsctl status >"$LAB_TMP/out" 2>&1
		rfsctl stats >>"$LAB_TMP/out" 2>&1
		rfsctl detach -- "$name" >>"$LAB_TMP/out" 2>&1
		rfsctl detach -- "$name" >>"$LAB_TMP/out" 2>&1
		rfsctl attach -- "$name-" >>"$LAB_TMP/out" 2>&1
		check "$(printf %q "$name"): nothing of it reaches the terminal" printable "$LAB_TMP/out"
		rfsctl attach -- "$name" >/dev/null 2>&1
		is "it is in the JSON" "$(rfsctl status --json | jq '.interfaces | length')" 1
		typed 'rfsctl detach \t\n'
		is "TAB does not write it" "$(attached)" 1
		check "detach" rfsctl detach -- "$name"
		rename "$name" s0
	done
	rename s0 $'\xc3\xa9th'
	rfsctl attach $'\xc3\xa9th' >/dev/null 2>&1
	is "UTF-8 is itself in the JSON" "$(json '.interfaces[0].name' rfsctl status --json)" $'\xc3\xa9th'
	rfsctl detach $'\xc3\xa9th'
	rename $'\xc3\xa9th' s0
}

# A reader of that name
reader='
import ctypes, os, socket, sys, time
ctypes.CDLL(None).prctl(15, os.fsencode(sys.argv[1]), 0, 0, 0)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setblocking(False)
s.bind(("10.77.0.1", int(sys.argv[2])))
s.connect(("10.77.0.2", 8007))
while True:
	try:
		s.send(b"x")
		s.recv(1)
	except OSError:
		time.sleep(0.1)
'

test_comm()
{
	local name pid comm port=9007

	rfsctl attach s0 >/dev/null 2>&1
	for name in $'\033[2J\033]0;x\a' $'\xff\xfe' 'x"y\z'; do
		start srv python3 -c "$reader" "$name" $((port++))
		pid=$!
		wait_for 10 sh -c "nsenter --net=/run/netns/$LAB_SRV '$RFSCTL' flows --json | grep -q '\"pid\": $pid'"
		result $? "a reader called $(printf %q "$name") is a flow"
		rfsctl flows >"$LAB_TMP/out"
		check "nothing of it reaches the terminal" printable "$LAB_TMP/out"
		comm=$(json ".flows[] | select(.pid == $pid) | .comm" rfsctl flows --json)
		[ "$name" = $'\xff\xfe' ] && name='\xff\xfe'
		is "JSON has its name, escaped where it is no UTF-8" "$comm" "$name"
		stop $pid
	done
	rfsctl detach s0
}

# A process that calls itself as the thread of a ring. A name has 15 bytes, so that is possible on a host
# that has not made a hundred maps yet; tests/unit/kthreads.c asks less and everywhere.
test_forged()
{
	local id pid

	rfsctl attach s0 --cpus 0 >/dev/null 2>&1
	id=$(bpftool -j map show pinned "/sys/fs/bpf/rfs/s0@$LAB_COOKIE/cpumap" | jq .id)
	if [ "$id" -gt 99 ]; then
		skip "a process in a kthread's name" "the map's number, $id, is too long for it"
	else
		start srv python3 -c 'import ctypes, sys, time
ctypes.CDLL(None).prctl(15, sys.argv[1].encode(), 0, 0, 0)
time.sleep(600)' "cpumap/0/map:$id"
		pid=$!
		wait_for 10 sh -c "[ \"\$(cat /proc/$pid/comm)\" = cpumap/0/map:$id ]"
		check "set a real-time class beside a process in a kthread's name" \
			rfsctl set s0 --kthread-sched fifo:3
		is "it has got none" "$(chrt -p $pid | head -1 | sed 's/.*: //')" SCHED_OTHER
		check "refresh does not wait for it" rfsctl refresh
		is "nor then" "$(chrt -p $pid | head -1 | sed 's/.*: //')" SCHED_OTHER
		stop $pid
	fi
	rfsctl detach s0
}

settings_of_s0() { srv ethtool -k s0 | grep -c ': on'; srv ip -d link show dev s0 | grep -c prog/xdp; }

# Nobody but root may look at what is pinned, whatever umask the caller has.
test_modes()
{
	local umask

	for umask in 0 077 0777; do
		check "attach with umask $umask" srv sh -c "umask $umask; exec '$RFSCTL' attach s0"
		is "umask $umask: folders are root's alone" \
			"$(find /sys/fs/bpf/rfs -type d -perm /077 -o -type d ! -uid 0 | grep -c .)" 0
		is "umask $umask: so is what is pinned" \
			"$(find /sys/fs/bpf/rfs ! -type d -perm /177 | grep -c .)" 0
		check "umask $umask: set" rfsctl set s0 --cpus 0
		check "umask $umask: detach" rfsctl detach s0
	done
}

# refused WHAT SAYS: attach, detach and status say so and change nothing
refused()
{
	local before command

	before=$(settings_of_s0)
	for command in "attach s0" "detach s0" "detach --all" "set s0 --cpus 0" refresh status stats; do
		# shellcheck disable=SC2086 # words on purpose
		fails "$1: $command" 1 "$2" rfsctl $command
	done
	is "$1: nothing is changed" "$(settings_of_s0)" "$before"
}

# A BPF file system that is mounted by hand is everybody's, so anybody may have been there first.
test_strangers()
{
	local bpffs=/sys/fs/bpf dir mode

	mode=$(stat -c %a $bpffs)
	chmod 1777 $bpffs
	for dir in rfs xdp; do
		mkdir $bpffs/$dir
		chown 65534 $bpffs/$dir
		refused "$dir is another user's" "$dir belongs to another user"
		chown 0 $bpffs/$dir
		chmod 0777 $bpffs/$dir
		refused "$dir is writable for all" "$dir can be written by others"
		chmod 0720 $bpffs/$dir
		refused "$dir is writable for a group" "$dir can be written by others"
		rmdir $bpffs/$dir
		# With something of its victim's in the place where rfs would have it
		mkdir -m 0700 $bpffs/victim "$bpffs/victim/s0@$LAB_COOKIE"
		ln -s victim $bpffs/$dir
		if [ $dir = rfs ]; then
			refused "$dir is a link" "$dir is no folder"
		else
			chown -h 65534 $bpffs/$dir
			refused "$dir is another user's link" "$dir belongs to another user"
			chown -h 0 $bpffs/$dir
			# As iproute2 makes one
			check "$dir is a link of root's: attach" rfsctl attach s0
			check "$dir is a link of root's: detach" rfsctl detach s0
		fi
		is "$dir is a link: nothing behind it is removed" \
			"$(find $bpffs/victim -mindepth 1 | grep -c .)" 1
		rm $bpffs/$dir
		rm -r $bpffs/victim
	done
	check "attach where all may make folders" rfsctl attach s0
	# A link in a folder of ours is removed, not what is behind it.
	mkdir -m 0700 $bpffs/victim $bpffs/victim/x
	ln -s ../../victim "$bpffs/rfs/s0@$LAB_COOKIE/link"
	check "detach" rfsctl detach s0
	is "nothing stays pinned" "$(lab_pins)" 0
	is "what a link showed to does" "$(find $bpffs/victim -mindepth 1 | grep -c .)" 1
	rm -r $bpffs/victim
	chmod 0777 $bpffs
	refused "all may remove the folders" "$bpffs can be written by others"
	chown 65534 $bpffs
	chmod 0700 $bpffs
	refused "the file system is another user's" "$bpffs belongs to another user"
	chown 0 $bpffs
	chmod "$mode" $bpffs
	check "attach" rfsctl attach s0
	check "detach" rfsctl detach s0
	# Made between the look and mkdir(): the look fails to see it, and it cannot be swept away.
	mkdir -m 0777 $bpffs/rfs
	fails "it came a moment later" 1 "rfs can be written by others" srv strace -qq -o /dev/null \
		-P $bpffs/rfs -P $bpffs/rfs/ -e inject=newfstatat:error=ENOENT:when=1 -e inject=rmdir:error=EBUSY \
		"$RFSCTL" attach s0
	is "and nothing is pinned in it" "$(find $bpffs/rfs -mindepth 1 | grep -c .)" 0
	rmdir $bpffs/rfs
}

# What cannot be removed is told, and removed by the next one.
test_cannot_remove()
{
	local before after

	before=$(settings_of_s0)
	rfsctl attach s0 >/dev/null 2>&1
	after=$(settings_of_s0)
	mount -o remount,ro /sys/fs/bpf
	fails "detach on a file system that is read-only" 1 "mounted read-only" rfsctl detach s0
	fails "detach --all there" 1 "mounted read-only" rfsctl detach --all
	fails "set there" 1 "mounted read-only" rfsctl set s0 --cpus 0
	fails "attach there" 1 "mounted read-only" cli "$RFSCTL" attach c0
	is "all is as it was" "$(settings_of_s0)" "$after"
	mount -o remount,rw /sys/fs/bpf
	is "it is attached still" "$(json '.interfaces[0].state' rfsctl status --json)" attached
	check "detach where it is writable again" rfsctl detach s0
	is "everything is restored" "$(settings_of_s0)" "$before"
	is "nothing stays pinned" "$(lab_pins)" 0

	rfsctl attach s0 >/dev/null 2>&1
	fails "a folder that cannot be removed" 1 "cannot remove /sys/fs/bpf/rfs/" srv strace -f -qq \
		-o /dev/null -e inject=unlinkat:error=EIO "$RFSCTL" detach s0
	check "the next detach removes it" sh -c "nsenter --net=/run/netns/$LAB_SRV '$RFSCTL' detach s0 ||
		! nsenter --net=/run/netns/$LAB_SRV '$RFSCTL' status s0"
	rfsctl detach --all
	is "nothing stays pinned" "$(lab_pins)" 0
	is "everything is restored" "$(settings_of_s0)" "$before"
}

lab_up || exit 1
[ "$(lab_pins)" = 0 ] && [ ! -e /sys/fs/bpf/rfs ] ||
	{ echo "Bail out! an interface of this machine is attached already"; exit 1; }
test_completion
test_unprintable
test_comm
test_forged
test_modes
test_strangers
test_cannot_remove
tap_end
