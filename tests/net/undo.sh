#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# undo.sh [TEST...] - detach undoes what attach did, all of it, and nothing else: whatever the interface is called
# now, wherever it is, whoever changed what meanwhile, and whichever call fails.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

OTHER=rfs$$o

other() { nsenter --net=/run/netns/"$OTHER" "$@"; }

# in_sysfs NAMESPACE COMMAND: in /sys/class/net of that namespace
in_sysfs()
{
	nsenter --net=/run/netns/"$1" unshare -m sh -c "mount -t sysfs s /sys && cd /sys/class/net && $2"
}

rps() { in_sysfs "$1" "cat $2/queues/rx-0/rps_cpus"; }
set_rps() { in_sysfs "$1" "echo $3 >$2/queues/rx-0/rps_cpus"; }

state() { rfsctl status --json | jq -r --arg i "$1" '.interfaces[] | select(.name == $i) | .state'; }
pin() { rfsctl status --json | jq -r --arg i "$1" '.interfaces[] | select(.name == $i) | .pin'; }
runs_xdp() { ip -n "$1" link show dev "$2" | grep -q xdp; }

# fails_at CALL N ERRNO COMMAND...: run rfsctl with that call failing the N-th time
fails_at()
{
	local call=$1 n=$2 errno=$3

	shift 3
	strace -f -qq -o /dev/null -e trace="$call" -e inject="$call":error="$errno":when="$n" "$@"
}

nothing_stays()
{
	is "$1: nothing stays pinned" "$(lab_pins)" 0
	is "$1: no XDP program stays" "$(ip -n "$LAB_SRV" -d link | grep -c 'prog/xdp')" 0
}

# ---- names ----

test_renamed()
{
	set_rps "$LAB_SRV" s0 3
	check "attach" rfsctl attach s0
	ip -n "$LAB_SRV" link set s0 down
	ip -n "$LAB_SRV" link set s0 name old0
	ip -n "$LAB_SRV" link add s0 type veth peer name s1
	ip -n "$LAB_SRV" link set s0 up
	ip -n "$LAB_SRV" link set old0 up
	fails "the new bearer of the name is not taken for the old one" 1 "s0 is not attached" \
		rfsctl detach s0
	fails "nor by status" 1 "s0 is not attached" rfsctl status s0
	is "who was renamed goes on" "$(state old0)" attached
	check "the new bearer is attached beside it" rfsctl attach s0
	is "both run" "$(state old0) $(state s0)" "attached attached"
	check "both have a program" eval 'runs_xdp "$LAB_SRV" s0 && runs_xdp "$LAB_SRV" old0'
	fails "neither twice" 1 "s0 is attached already" rfsctl attach s0
	fails "by its new name too" 1 "old0 is attached already" rfsctl attach old0
	check "detach by the name of now" rfsctl detach s0
	is "the other goes on" "$(state old0)" attached
	check "and is detached by its own" rfsctl detach old0
	is "its setting is restored" "$(rps "$LAB_SRV" old0)" 3
	ip -n "$LAB_SRV" link del s0
	ip -n "$LAB_SRV" link set old0 down
	ip -n "$LAB_SRV" link set old0 name s0
	ip -n "$LAB_SRV" link set s0 up
	set_rps "$LAB_SRV" s0 0
	nothing_stays "renamed"
}

# name_lookup COMMAND: its which ioctl() looks up the name by which the settings are opened? The first one after
# the sysfs for them has been mounted, which is the last that is
name_lookup()
{
	srv strace -f -qq -e trace=fsmount,ioctl -o "$LAB_TMP/strace" "$RFSCTL" "$1" s0 >/dev/null 2>&1
	awk '/ioctl\(/ { n++ } /fsmount\(/ { at = n + 1 } END { print at }' "$LAB_TMP/strace"
}

# attach, and s0 is renamed between that look-up and the opening
renamed_between()
{
	local at

	set_rps "$LAB_SRV" s0 3
	at=$(name_lookup attach)
	rfsctl detach s0
	srv strace -f -qq -o "$LAB_TMP/strace" -e trace=ioctl -e inject=ioctl:delay_exit=3000000:when="$at" \
		"$RFSCTL" attach s0 >"$LAB_TMP/meanwhile" 2>&1 &
	wait_for 20 runs_xdp "$LAB_SRV" s0
	sleep 1
	swap_names
	wait $!
	result $? "attach is done also if the name changes when it has been looked up" "$LAB_TMP/meanwhile"
}

# x0 has the name of s0, which is called old0
swap_names()
{
	ip -n "$LAB_SRV" link set s0 down
	ip -n "$LAB_SRV" link set s0 name old0
	ip -n "$LAB_SRV" link set x0 name s0
}

names_back()
{
	ip -n "$LAB_SRV" link set s0 name x0
	ip -n "$LAB_SRV" link set old0 name s0
	set_rps "$LAB_SRV" x0 0
}

# meanwhile COMMAND CONDITION: when the program is on s0, or off it, the settings come next, which are
# found by the name. Then x0 has that name.
meanwhile()
{
	srv strace -f -qq -o /dev/null -e trace=fsopen -e inject=fsopen:delay_enter=3000000 \
		"$RFSCTL" "$1" s0 >"$LAB_TMP/meanwhile" 2>&1 &
	wait_for 20 eval "$2"
	swap_names
	wait $!
	result $? "$1 is done none the less" "$LAB_TMP/meanwhile"
}

test_renamed_meanwhile()
{
	ip -n "$LAB_SRV" link add x0 type veth peer name x1
	set_rps "$LAB_SRV" s0 3
	set_rps "$LAB_SRV" x0 2
	meanwhile attach 'runs_xdp "$LAB_SRV" s0'
	is "renamed during attach, its setting is changed" "$(rps "$LAB_SRV" old0 | tr -d 0,)" ""
	is "and not that of the name's new bearer" "$(rps "$LAB_SRV" s0)" 2
	names_back
	meanwhile detach '! runs_xdp "$LAB_SRV" s0'
	is "renamed during detach, its setting is restored" "$(rps "$LAB_SRV" old0)" 3
	is "and not that of the name's new bearer" "$(rps "$LAB_SRV" s0 | tr -d 0,)" ""
	names_back
	set_rps "$LAB_SRV" x0 2
	renamed_between
	is "its setting is changed then too" "$(rps "$LAB_SRV" old0 | tr -d 0,)" ""
	is "and no other" "$(rps "$LAB_SRV" s0)" 2
	rfsctl detach old0
	ip -n "$LAB_SRV" link del s0
	ip -n "$LAB_SRV" link set old0 name s0
	ip -n "$LAB_SRV" link set s0 up
	set_rps "$LAB_SRV" s0 0
	nothing_stays "renamed meanwhile"
}

# An interface that is gone, and its name with it
test_gone()
{
	ip -n "$LAB_SRV" link add g0 type veth peer name g1
	check "attach" rfsctl attach g0
	ip -n "$LAB_SRV" link del g0
	is "gone is said" "$(state g0)" stale
	ip -n "$LAB_SRV" link add g0 type veth peer name g1
	set_rps "$LAB_SRV" g0 3
	check "a new one of that name takes the place" rfsctl attach g0
	check "and is detached" rfsctl detach g0
	is "with its setting" "$(rps "$LAB_SRV" g0)" 3
	check "attach" rfsctl attach g0
	ip -n "$LAB_SRV" link del g0
	check "detach of what is gone" rfsctl detach g0
	nothing_stays "gone"
}

# Another one, with the index of one that is gone
test_index_again()
{
	local index name

	for name in i0 j0; do
		ip -n "$LAB_SRV" link add i0 type veth peer name i1
		set_rps "$LAB_SRV" i0 3
		index=$(ip -n "$LAB_SRV" -j link show i0 | jq '.[0].ifindex')
		check "attach" rfsctl attach i0
		ip -n "$LAB_SRV" link del i0
		ip -n "$LAB_SRV" link add $name index "$index" type veth peer name i1
		is "status takes $name, with its index, for another" \
			"$(rfsctl status --json | jq -r '.interfaces[].problems[].id')" interface-gone
		check "attach to $name" rfsctl attach $name
		check "and detach" rfsctl detach --all
		is "it does not get the setting of the one that is gone" \
			"$(rps "$LAB_SRV" $name | tr -d 0,)" ""
		ip -n "$LAB_SRV" link del $name
	done
	nothing_stays "an index again"
}

test_altname()
{
	set_rps "$LAB_SRV" s0 3
	ip -n "$LAB_SRV" link property add dev s0 altname a-name-of-more-than-fifteen-characters
	check "attach by an altname" rfsctl attach a-name-of-more-than-fifteen-characters
	is "clears the kernel's RPS" "$(rps "$LAB_SRV" s0 | tr -d 0,)" ""
	fails "it is the interface" 1 "attached already" rfsctl attach s0
	check "status" rfsctl status a-name-of-more-than-fifteen-characters
	check "set" rfsctl set a-name-of-more-than-fifteen-characters --cpus 0
	check "refresh" rfsctl refresh a-name-of-more-than-fifteen-characters
	check "detach by it" rfsctl detach a-name-of-more-than-fifteen-characters
	is "restores" "$(rps "$LAB_SRV" s0)" 3
	ip -n "$LAB_SRV" link property del dev s0 altname a-name-of-more-than-fifteen-characters
	set_rps "$LAB_SRV" s0 0
	nothing_stays "altname"
}

# ---- namespaces ----

# test_moved [taken]: an interface of its index is where it goes, so it gets another
test_moved()
{
	local taken=$1 folder

	set_rps "$LAB_SRV" s0 3
	check "attach" rfsctl attach s0
	folder=$(pin s0)
	# Or another interface has it already.
	[ -z "$taken" ] || ip -n "$OTHER" link add taken0 index \
		"$(ip -n "$LAB_SRV" -j link show s0 | jq '.[0].ifindex')" type veth peer name taken1 2>/dev/null
	ip -n "$LAB_SRV" link set s0 netns "$OTHER"
	ip -n "$OTHER" link set s0 up
	check "it runs on where it went" runs_xdp "$OTHER" s0
	check "detach by the folder's name" rfsctl detach "$folder"
	is "restores the setting there" "$(rps "$OTHER" s0)" 3
	check "takes the program off there" eval '! runs_xdp "$OTHER" s0'
	ip -n "$OTHER" link set s0 netns "$LAB_SRV"
	ip -n "$LAB_SRV" link set s0 up
	set_rps "$LAB_SRV" s0 3
	check "attach" rfsctl attach s0
	ip -n "$LAB_SRV" link set s0 netns "$OTHER"
	check "detach by its name from where it is now" other "$RFSCTL" detach s0
	is "restores the setting" "$(rps "$OTHER" s0)" 3
	[ -z "$taken" ] || ip -n "$OTHER" link del taken0 2>/dev/null
	ip -n "$OTHER" link set s0 netns "$LAB_SRV"
	ip -n "$LAB_SRV" link set s0 up
	set_rps "$LAB_SRV" s0 0
	nothing_stays "moved${taken:+ to another index}"
}

# Into a namespace with a name that mountinfo does not show as it is
test_moved_to_odd_name()
{
	local odd="$OTHER"$'a \\ b' folder

	lab_netns "$odd"
	ip -n "$LAB_SRV" link add b0 type veth peer name b1
	set_rps "$LAB_SRV" b0 3
	check "attach" rfsctl attach b0
	folder=$(pin b0)
	ip -n "$LAB_SRV" link set b0 netns "$odd"
	is "it is found" "$(json ".interfaces[] | select(.pin == \"$folder\") | .state" \
		rfsctl status --json)" attached
	check "detach by the folder's name" rfsctl detach "$folder"
	ip -n "$odd" link set b0 netns "$LAB_SRV"
	is "restores the setting there" "$(rps "$LAB_SRV" b0)" 3
	ip -n "$LAB_SRV" link del b0
	nothing_stays "moved to a namespace with an odd name"
}

# Into a namespace that is kept by a mount which only one process sees; or by a mount that has lost its path.
test_moved_behind_mount()
{
	local folder holder

	start srv unshare --mount --propagation private sh -c 'touch "$1/netns"
		unshare --net sh -c "mount --bind /proc/self/ns/net \"$1/netns\""
		echo >"$1/ready"
		exec sleep 60' sh "$LAB_TMP"
	holder=$!
	check "a namespace behind another's mount" wait_for 10 test -s "$LAB_TMP/ready"
	ip -n "$LAB_SRV" link add b0 type veth peer name b1
	set_rps "$LAB_SRV" b0 3
	check "attach" rfsctl attach b0
	folder=$(pin b0)
	check "moved there" ip -n "$LAB_SRV" link set b0 netns "/proc/$holder/root$LAB_TMP/netns"
	is "it is found" "$(json ".interfaces[] | select(.pin == \"$folder\") | .state" \
		rfsctl status --json)" attached
	nsenter --target $holder --mount mount -t tmpfs over "$LAB_TMP"
	fails "its path is covered: detach cannot tell" 1 "not all network namespaces" rfsctl detach "$folder"
	mkdir /sys/fs/bpf/rfs/nobody@4711
	check "but an empty folder has nothing to be undone" rfsctl detach nobody@4711
	nsenter --target $holder --mount umount "$LAB_TMP"
	check "detach by the folder's name" rfsctl detach "$folder"
	ip -n "$LAB_SRV" link del b1
	stop $holder
	rm -f "$LAB_TMP"/{netns,ready}
	nothing_stays "moved behind a mount"
}

# Into a namespace that nothing shows: only a socket keeps it.
test_hidden()
{
	local folder holder

	ip -n "$LAB_SRV" link add h0 type veth peer name h1
	set_rps "$LAB_SRV" h0 3
	check "attach" rfsctl attach h0
	folder=$(pin h0)
	if [ ! -e "/sys/fs/bpf/rfs/$folder/xdp_link" ]; then
		skip "a namespace that nothing shows" "in libxdp's dispatcher rfs has no link that tells"
		rfsctl detach h0
		return
	fi
	cat >"$LAB_TMP/hide.py" <<-'PY'
		import ctypes, os, socket, subprocess, sys, time
		libc = ctypes.CDLL(None, use_errno=True)
		home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
		if libc.unshare(0x40000000): sys.exit("unshare")
		hidden = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
		keeps = socket.socket()
		libc.setns(home, 0x40000000)
		r = subprocess.run(["ip", "link", "set", "h0", "netns", "/proc/%d/fd/%d" % (os.getpid(), hidden)])
		os.close(hidden)
		open(sys.argv[1] + "/hidden", "w").write(str(r.returncode))
		while not os.path.exists(sys.argv[1] + "/show"): time.sleep(0.05)
		SIOCGSKNS = 0x894C
		libc.ioctl.restype = ctypes.c_int
		fd = libc.ioctl(keeps.fileno(), SIOCGSKNS)
		open(sys.argv[1] + "/shown", "w").write(str(fd))
		time.sleep(60)
	PY
	start srv python3 "$LAB_TMP/hide.py" "$LAB_TMP"
	holder=$!
	check "moved out of sight" wait_for 10 test -s "$LAB_TMP/hidden"
	fails "what cannot be told is not gone" 1 "cannot tell whether" rfsctl detach "$folder"
	fails "nor for detach --all" 1 "cannot tell whether" rfsctl detach "$folder"
	check "the journal stays" test -e "/sys/fs/bpf/rfs/$folder/journal"
	touch "$LAB_TMP/show"
	check "in sight again" wait_for 10 test -s "$LAB_TMP/shown"
	check "a process has it open: detach finds it" rfsctl detach "$folder"
	stop $holder
	rm -f "$LAB_TMP"/{hidden,show,shown}
	nothing_stays "hidden"
}

# ---- settings ----

test_changed_since()
{
	set_rps "$LAB_SRV" s0 1
	check "attach" rfsctl attach s0
	set_rps "$LAB_SRV" s0 2
	rfsctl detach s0 >"$LAB_TMP/out" 2>&1
	is "what somebody set since is left" "$(rps "$LAB_SRV" s0)" 2
	check "with a word" grep -q 'rps_cpus was set to 2 since attach' "$LAB_TMP/out"
	set_rps "$LAB_SRV" s0 0
	check "attach" rfsctl attach s0
	set_rps "$LAB_SRV" s0 3
	rfsctl detach s0 >"$LAB_TMP/out" 2>&1
	is "also where attach had nothing to change" "$(rps "$LAB_SRV" s0)" 3
	check "with a word too" grep -q 'rps_cpus was set to 3 since attach' "$LAB_TMP/out"
	set_rps "$LAB_SRV" s0 1
	check "attach" rfsctl attach s0
	set_rps "$LAB_SRV" s0 1
	rfsctl detach s0 >"$LAB_TMP/out" 2>&1
	is "what is restored already" "$(rps "$LAB_SRV" s0)" 1
	check "needs no word" eval '! grep -q since "$LAB_TMP/out"'
	set_rps "$LAB_SRV" s0 0
	nothing_stays "changed since"
}

test_vlan_offload()
{
	if ! srv ethtool -K s0 rxvlan on >/dev/null 2>&1 ||
		! srv ethtool -k s0 | grep -q 'rx-vlan-offload: on'; then
		skip "VLAN offload" "this veth has none"
		return
	fi
	check "attach" rfsctl attach s0
	check "a native attachment leaves VLAN tags in the frame" \
		eval 'srv ethtool -k s0 | grep -q "rx-vlan-offload: off"'
	check "detach" rfsctl detach s0
	check "and gives the offload back" eval 'srv ethtool -k s0 | grep -q "rx-vlan-offload: on"'
	check "attach" rfsctl attach s0
	srv ethtool -K s0 rxvlan on >/dev/null
	check "detach when somebody did" rfsctl detach s0
	check "leaves it on" eval 'srv ethtool -k s0 | grep -q "rx-vlan-offload: on"'
}

# A restore that fails: an error, and the entry stays for the next detach.
test_restore_fails()
{
	set_rps "$LAB_SRV" s0 3
	check "attach" rfsctl attach s0
	srv strace -f -qq -o "$LAB_TMP/strace" -e trace=write "$RFSCTL" status >/dev/null
	# rfsctl writes nothing to files in detach but settings; the first is one.
	fails "a restore that fails" 1 "cannot restore queues/rx-" \
		srv strace -f -qq -o /dev/null -e trace=write -e inject=write:error=EBUSY:when=1 \
		"$RFSCTL" detach s0
	check "keeps the journal" test -e "/sys/fs/bpf/rfs/s0@$LAB_COOKIE/journal"
	check "the next detach" rfsctl detach s0
	is "restores it" "$(rps "$LAB_SRV" s0)" 3
	set_rps "$LAB_SRV" s0 0
	nothing_stays "a restore that failed"
}

# ---- RX queues ----

passed_for_no_queue() { json '.interfaces[0].passed_reasons.no_queue' rfsctl stats s0 --json; }

test_queues()
{
	srv ethtool -L s0 rx 1 tx 1
	cli ethtool -L c0 rx 1 tx 1
	set_rps "$LAB_SRV" s0 1
	check "attach with one RX queue" rfsctl attach s0
	cli ethtool -L c0 rx "$QUEUES" tx "$QUEUES"
	srv ethtool -L s0 rx "$QUEUES" tx "$QUEUES"
	in_sysfs "$LAB_SRV" 'echo 2 >s0/queues/rx-1/rps_cpus'
	check "refresh" rfsctl refresh s0
	is "follows queues that were added" \
		"$(json '.interfaces[0].queues | length' rfsctl status s0 --json)" "$QUEUES"
	is "clears the kernel's RPS of the new ones" \
		"$(in_sysfs "$LAB_SRV" 'cat s0/queues/rx-1/rps_cpus' | tr -d 0,)" ""
	cli ping -qfc 200 -w 5 $SRV4 >/dev/null
	is "no packet of the new queues is passed for want of tables" "$(passed_for_no_queue)" 0
	cli ethtool -L c0 rx 1 tx 1
	srv ethtool -L s0 rx 1 tx 1
	check "refresh" rfsctl refresh s0
	is "follows queues that were taken away" \
		"$(json '.interfaces[0].queues | length' rfsctl status s0 --json)" 1
	is "with their tables" \
		"$(find "/sys/fs/bpf/rfs/s0@$LAB_COOKIE/queues" -mindepth 1 -maxdepth 1 | grep -c .)" 1
	cli ethtool -L c0 rx "$QUEUES" tx "$QUEUES"
	srv ethtool -L s0 rx "$QUEUES" tx "$QUEUES"
	check "and those that come again" rfsctl refresh s0
	check "detach" rfsctl detach s0
	is "the true value is restored, not that of a refresh" "$(rps "$LAB_SRV" s0)" 1
	set_rps "$LAB_SRV" s0 0
	in_sysfs "$LAB_SRV" 'echo 0 >s0/queues/rx-1/rps_cpus'
	nothing_stays "queues"
}

# A map that is per CPU is read with a value for each CPU, and overruns what has room for one.
test_foreign_maps()
{
	local map size dir

	set_rps "$LAB_SRV" s0 3
	for map in config rps_cpus; do
		check "attach" rfsctl attach s0
		dir=/sys/fs/bpf/rfs/$(pin s0)
		size=$(bpftool -j map show pinned "$dir/$map" | jq .bytes_value)
		rm "$dir/$map"
		bpftool map create "$dir/$map" type percpu_array key 4 value "$size" entries 4 name other
		is "status takes a map of another kind for another version's $map" "$(state s0)" foreign
		check "detach does without it" rfsctl detach s0
		is "and restores the setting" "$(rps "$LAB_SRV" s0)" 3
	done
	set_rps "$LAB_SRV" s0 0
	nothing_stays "maps of another kind"
}

queues_of() { json '.interfaces[0].queues | length' rfsctl status s0 --json; }

channels()
{
	# A veth with XDP needs as many RX queues as its peer has TX queues.
	[ "$1" = 1 ] && cli ethtool -L c0 rx 1 tx 1
	srv ethtool -L s0 rx "$1" tx "$1"
}

# What somebody has set since attach on a queue that was there stays, also when others come.
test_refresh_leaves()
{
	channels 1
	set_rps "$LAB_SRV" s0 1
	check "attach" rfsctl attach s0
	set_rps "$LAB_SRV" s0 2
	channels 2
	check "refresh" rfsctl refresh s0
	is "leaves the setting of a queue that was there" "$(rps "$LAB_SRV" s0)" 2
	check "detach" rfsctl detach s0
	is "and so does detach" "$(rps "$LAB_SRV" s0)" 2
	set_rps "$LAB_SRV" s0 0
	channels "$QUEUES"
	cli ethtool -L c0 rx "$QUEUES" tx "$QUEUES"
	nothing_stays "refresh leaves"
}

# A refresh that fails or is killed half-way is made good by the next one, whether queues came or went.
cut_short() { json '[.interfaces[0].problems[].id] | any(. == "refresh-cut-short")' rfsctl status s0 --json; }

test_refresh_again()
{
	local how n calls to from came=0 went=0 told=0 shut=0

	check "attach" rfsctl attach s0
	channels 1
	check "refresh" rfsctl refresh s0
	channels 2
	calls=$(bpf_calls refresh s0)
	for how in error=ENOMEM signal=KILL; do
		for ((n = calls / 3; n <= calls; n += 13)); do
			for to in 1 2; do
				channels $to
				from=$(queues_of)
				srv strace -f -qq -o /dev/null -e trace=bpf,unlinkat -e inject=bpf,unlinkat:$how:when=$n \
					"$RFSCTL" refresh s0 >/dev/null 2>&1
				[ "$(cut_short)" = false ] || told=$((told + 1))
				rfsctl refresh s0 >"$LAB_TMP/refresh" 2>&1 && [ "$(queues_of)" = $to ] &&
					if [ "$(cut_short)" = false ]; then continue; else shut=$((shut + 1)); fi
				echo "# $how at call $n of a refresh from $from to $to queues"
				sed 's/^/# /' "$LAB_TMP/refresh"
				[ $to = 1 ] && went=$((went + 1)) || came=$((came + 1))
				rfsctl detach s0 >/dev/null 2>&1
				rfsctl attach s0 >/dev/null 2>&1
			done
		done
	done
	is "a refresh after one that was cut short adds the queues that came" $came 0
	is "and takes out those that went" $went 0
	[ $told -gt 0 ]
	result $? "status tells of one that held the flows back"
	is "the next lets them go" $shut 0
	check "detach" rfsctl detach s0
	channels "$QUEUES"
	cli ethtool -L c0 rx "$QUEUES" tx "$QUEUES"
	nothing_stays "refresh again"
}

# ---- one failing call ----

# Every bpf() call of a second attach fails once: the first interface is steered as before.
test_beside_another()
{
	local n calls left=0 down=0 from=$LAB_SRV

	ip -n "$OTHER" link add x0 type veth peer name x1
	check "attach" rfsctl attach s0
	calls=$(other strace -f --seccomp-bpf -qq -e trace=bpf -o "$LAB_TMP/strace" "$RFSCTL" attach x0 \
		>/dev/null 2>&1; grep -c . "$LAB_TMP/strace")
	other "$RFSCTL" detach x0
	# Those that open what is pinned come first: all of them; then some.
	for ((n = 1; n <= calls; n += n < 24 ? 1 : 23)); do
		fails_at bpf $n ENFILE nsenter --net=/run/netns/"$OTHER" "$RFSCTL" attach x0 \
			>"$LAB_TMP/out" 2>&1 && other "$RFSCTL" detach x0 >/dev/null 2>&1
		[ "$(find /sys/fs/bpf/rfs -mindepth 1 -maxdepth 1 -name 'x0*' | grep -c .)" = 0 ] ||
			left=$((left + 1))
		{ [ "$(state s0)" = attached ] && [ -e /sys/fs/bpf/rfs/rps_sock_flow_table ] &&
			runs_xdp "$LAB_SRV" s0; } || down=$((down + 1))
		other "$RFSCTL" detach x0 >/dev/null 2>&1
	done
	is "a failing call of another attach brings nothing down ($calls calls)" $down 0
	is "and leaves nothing of its own" $left 0
	down=0
	for n in 1 2 4 7 11 16 22 29; do
		other "$RFSCTL" attach x0 >/dev/null 2>&1
		fails_at bpf "$n" ENOMEM nsenter --net=/run/netns/"$from" "$RFSCTL" detach "$(
			other "$RFSCTL" status --json | jq -r '.interfaces[] | select(.name == "x0") | .pin')" \
			>/dev/null 2>&1
		{ [ "$(state s0)" = attached ] && runs_xdp "$LAB_SRV" s0; } || down=$((down + 1))
		other "$RFSCTL" detach x0 >/dev/null 2>&1
	done
	is "nor a failing call of another detach, from another namespace" $down 0
	ip -n "$OTHER" link del x0
	check "detach" rfsctl detach s0
	nothing_stays "beside another"
}

# What set may change: all of it or nothing.
in_force()
{
	rfsctl status s0 --json | jq -c '.interfaces[0] | [.cpus, .kthread_sched]'
	local pid

	for pid in $(pgrep '^cpumap/' | sort -n); do
		chrt -p "$pid" 2>/dev/null | sed "s/.*policy: //;s/.*priority: //" | tr '\n' ' '
		ps -o ni= -p "$pid"
	done | sort | uniq -c
}

test_set_is_whole()
{
	local n calls before half=0

	check "attach" rfsctl attach s0 --cpus 0-1 --kthread-sched other:0
	before=$(rfsctl status s0 --json | jq -c '.interfaces[0] | [.cpus, .kthread_sched]')
	calls=$(bpf_calls set s0 --cpus 1 --kthread-sched batch:3)
	rfsctl set s0 --cpus 0-1 --kthread-sched other:0
	for ((n = 1; n <= calls; n++)); do
		enomem_at $n set s0 --cpus 1 --kthread-sched batch:3 >"$LAB_TMP/out" 2>&1 &&
			rfsctl set s0 --cpus 0-1 --kthread-sched other:0
		if [ "$(rfsctl status s0 --json | jq -c '.interfaces[0] | [.cpus, .kthread_sched]')" != "$before" ]; then
			half=$((half + 1))
			echo "# half done at call $n: $(cat "$LAB_TMP/out")"
		fi
		# What was asked for is part of it: a refresh goes by that.
		rfsctl refresh s0 >/dev/null 2>&1
		if [ "$(rfsctl status s0 --json | jq -c '.interfaces[0] | [.cpus, .kthread_sched]')" != "$before" ]; then
			half=$((half + 1))
			echo "# after refresh, call $n: $(cat "$LAB_TMP/out")"
		fi
	done
	is "a set that fails at any of its $calls calls changes nothing" $half 0
	check "set" rfsctl set s0 --cpus 1 --kthread-sched batch:3
	check "refresh" rfsctl refresh s0
	is "what was asked for outlasts a refresh" \
		"$(rfsctl status s0 --json | jq -c '.interfaces[0] | [.cpus, .kthread_sched]')" '[[1],"batch:3"]'
	check "detach" rfsctl detach s0
	nothing_stays "set"
}

# ---- two at once ----

test_two_at_once()
{
	local i pid pids=() done=0 odd=0

	for i in 1 2 3 4 5 6; do
		srv "$RFSCTL" attach s0 >"$LAB_TMP/at$i" 2>&1 &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" && done=$((done + 1))
	done
	for i in 1 2 3 4 5 6; do
		grep -qE 'attached in native mode|attached already' "$LAB_TMP/at$i" || {
			odd=$((odd + 1))
			sed 's/^/# /' "$LAB_TMP/at$i"
		}
	done
	is "of six attaches at once one does it" $done 1
	is "the others say so" $odd 0
	is "it is attached" "$(state s0)" attached
	pids=()
	for i in 1 2 3 4; do
		srv "$RFSCTL" detach s0 >"$LAB_TMP/at$i" 2>&1 &
		pids+=($!)
	done
	done=0
	for pid in "${pids[@]}"; do
		wait "$pid" && done=$((done + 1))
	done
	is "of four detaches one" $done 1
	nothing_stays "two at once"
}

# ---- the recorder's key ----

# An attach that ends before its gate was open has sent no packet anywhere: nothing is to be waited for.
test_gate_never_open()
{
	local first n words=0

	bpf_calls attach s0 >/dev/null
	rfsctl detach s0
	first=$(sed -n 's/^[0-9]* *bpf(//p' "$LAB_TMP/strace" | awk '/^BPF_OBJ_PIN.*rps_place"/ { print NR; exit }')
	check "its places are pinned" test -n "$first"
	for n in 1 2 3 5 8 13; do
		srv strace -f -qq -o /dev/null -e trace=bpf -e inject=bpf:signal=KILL:when=$((first + n)) \
			"$RFSCTL" attach s0 >/dev/null 2>&1
		[ $? = 137 ] && rfsctl detach s0 2>"$LAB_TMP/detach" || echo "# call $((first + n))"
		sed 's/^/# /' "$LAB_TMP/detach"
		[ -s "$LAB_TMP/detach" ] && words=$((words + 1))
	done
	is "detach after an attach that was cut short has nothing to say" $words 0
}

# The recorder outlives an interface whose queues' pins somebody removed: no ring of it may stay there.
test_recorder_forgets()
{
	local rings=/sys/fs/bpf/rfs/rfs_rings_by_queue threads=/sys/fs/bpf/rfs/rfs_threads_by_cpumap
	local before

	ip -n "$LAB_SRV" link add e0 type veth peer name e1
	check "attach another" rfsctl attach e0
	before=$(bpftool -j map dump pinned $rings | jq length):$(bpftool -j map dump pinned $threads | jq length)
	check "attach" rfsctl attach s0
	rm -r "/sys/fs/bpf/rfs/$(pin s0)"/{queues/0,cpumap}
	check "detach" rfsctl detach s0
	is "the recorder knows no ring of it" \
		"$(bpftool -j map dump pinned $rings | jq length):$(bpftool -j map dump pinned $threads | jq length)" "$before"
	check "detach the other" rfsctl detach e0
	ip -n "$LAB_SRV" link del e0
	nothing_stays "queues' pins were removed"
}

test_hash_key()
{
	local i keys

	keys=$(for i in 1 2; do
		rfsctl attach s0 >/dev/null 2>&1
		bpftool -j map dump pinned /sys/fs/bpf/rfs/rfs_global_settings |
			jq -c '.[0].formatted.value.hash_key'
		rfsctl detach s0 >/dev/null 2>&1
	done)
	is "each recorder has a hash key of its own" "$(sort -u <<<"$keys" | grep -c .)" 2
	check "of random numbers" eval '! grep -qE "\[0(,0)*\]" <<<"$keys"'
}

TESTS=(renamed renamed_meanwhile gone index_again altname "moved ''" "moved taken" moved_to_odd_name moved_behind_mount hidden
	changed_since vlan_offload restore_fails foreign_maps queues refresh_leaves refresh_again beside_another
	set_is_whole two_at_once gate_never_open recorder_forgets hash_key)

lab_up
lab_netns "$OTHER"
[ $# = 0 ] || TESTS=("$@")
for test in "${TESTS[@]}"; do
	eval "test_$test"
done
tap_end
