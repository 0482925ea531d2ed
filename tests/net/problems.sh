#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# problems.sh [TEST...] - what works against steering while an interface is attached, each brought about for
# real: does 'rfsctl status' say so, and nothing else, and no more when it is over?
#
# CPUs that go and come are with hotplug.sh.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

RFS=/sys/fs/bpf/rfs

# problems [COMMAND...]: ids of s0's, by its folder
problems()
{
	json "[.interfaces[] | select(.pin | startswith(\"s0@$LAB_COOKIE\")) | .problems[].id] | join(\" \")" \
		"${@:-rfsctl}" status --json
}

# none DESCRIPTION: s0 has no problem; else what it says of it
none()
{
	is "$1" "$(json "[.interfaces[] | select(.pin == \"s0@$LAB_COOKIE\") | .problems[].text] | join(\"; \")" \
		rfsctl status --json)" ""
}

state() { json ".interfaces[] | select(.pin == \"s0@$LAB_COOKIE\") | .state" rfsctl status --json; }

# says WHAT FRAGMENT...: the text has all of these, whatever its lines
says()
{
	local what=$1 text fragment

	shift
	text=$(rfsctl status | tee "$LAB_TMP/status" | tr -s ' \n' ' ')
	for fragment; do
		[[ $text == *"$fragment"* ]] && continue
		result 1 "$what: says '$fragment'" "$LAB_TMP/status"
		return
	done
	result 0 "$what, in words"
}

# rx NAMESPACE FILE VALUE: write a setting of s0's first RX queue
rx()
{
	nsenter --net=/run/netns/"$1" unshare -m sh -c "mount -t sysfs s /sys
		echo $3 >/sys/class/net/s0/queues/rx-0/$2"
}

attach()
{
	rfsctl attach s0 "$@" >"$LAB_TMP/log" 2>&1
	result $? "attach" "$LAB_TMP/log"
	none "no problem"
}

attached() { [ -e "$DIR/config" ] || attach; }

detach()
{
	check "detach" rfsctl detach s0
}

# The thread that empties the ring of CPU $1
kthread()
{
	local id

	id=$(bpftool -j map show pinned "$DIR"/cpumap | jq .id)
	pgrep "^cpumap/$1/map:$id$"
}

test_none()
{
	is "nothing is attached: no problem" "$(rfsctl status --json | jq '.interfaces | length')" 0
	attached
	is "an empty list in JSON" "$(json '.interfaces[0].problems | tojson' rfsctl status --json)" "[]"
	is "and no word of it in text" "$(rfsctl status | grep -c remedy:)" 0
	is "stats tells the state, the folder and the interface" \
		"$(json '.interfaces[0] | "\(.state) \(.pin) \(.ifindex)"' rfsctl stats --json)" \
		"attached s0@$LAB_COOKIE $(srv cat /sys/class/net/s0/ifindex 2>/dev/null ||
			ip -n "$LAB_SRV" -j link show s0 | jq '.[0].ifindex')"
}

test_kernel_steering()
{
	attached
	rx "$LAB_SRV" rps_cpus 3
	is "kernel RPS is on again" "$(problems)" kernel-rps
	says "kernel RPS" "s0: kernel RPS is on again (rx-0: rps_cpus 3), so its packets are steered twice" \
		"remedy: ip netns exec $LAB_SRV sh -c 'echo 0 | tee /sys/class/net/\"\$0\"/queues/rx-*/rps_cpus' s0"
	check "that is no failure" rfsctl status
	is "stats does not look" "$(json '.interfaces[0] | has("problems")' rfsctl stats --json)" false
	rx "$LAB_SRV" rps_flow_cnt 4096
	is "kernel RFS too" "$(problems)" "kernel-rps kernel-rfs"
	is "where /sys shows it, no way there is needed" "$(json '.interfaces[0].problems[0].remedy' \
		srv unshare -m sh -c "mount --bind /sys/fs/bpf /mnt; mount -t sysfs s /sys
			$RFSCTL status --bpffs /mnt --json")" \
		'echo 0 | tee /sys/class/net/s0/queues/rx-*/rps_cpus'
	sh -c "$(json '.interfaces[0].problems[0].remedy' rfsctl status --json)" >"$LAB_TMP/log" 2>&1
	is "only RFS" "$(problems)" kernel-rfs
	rx "$LAB_SRV" rps_flow_cnt 0
	none "neither"
}

test_vlan()
{
	attached
	srv ethtool -K s0 rxvlan on rx-vlan-stag-hw-parse on >"$LAB_TMP/log" 2>&1
	is "VLAN offload is on again" "$(problems)" vlan-offload
	says "VLAN offload" "(rx-vlan-hw-parse, rx-vlan-stag-hw-parse)" \
		"remedy: ethtool -K s0 rxvlan off rx-vlan-stag-hw-parse off"
	check "the remedy" srv sh -c "$(json '.interfaces[0].problems[0].remedy' rfsctl status --json)"
	none "helps"
}

# What a veth's peer leaves to be computed nobody computes in a redirected frame.
test_veth()
{
	attached
	cli ethtool -K c0 tx on >"$LAB_TMP/log" 2>&1
	is "the peer computes no checksums" "$(problems)" veth-checksum
	says "the peer computes no checksums" "its peer, c0, leaves checksums" \
		"remedy: nsenter --net=/run/netns/$LAB_CLI ethtool -K c0 tx off"
	is "seen from its namespace, it is here" "$(json '.interfaces[0].problems[0].remedy' \
		cli "$RFSCTL" status --json)" "ethtool -K c0 tx off"
	check "the remedy" sh -c "$(json '.interfaces[0].problems[0].remedy' rfsctl status --json)"
	none "helps"
}

# Its peer's TX queues come first, as a veth with XDP needs as many RX queues as these.
test_queues()
{
	attached
	cli ethtool -L c0 tx 1 && srv ethtool -L s0 rx 1
	is "fewer RX queues" "$(problems)" rx-queues
	says "fewer RX queues" "1 now, rfs serves $QUEUES" "remedy: rfsctl refresh s0"
	srv ethtool -L s0 rx "$QUEUES" && cli ethtool -L c0 tx "$QUEUES"
	none "as many again"
}

test_kthreads()
{
	local pid

	attached
	pid=$(kthread 0)
	chrt -f -p 3 "$pid"
	is "a thread is scheduled otherwise" "$(problems)" kthread-sched
	says "a thread is scheduled otherwise" "PID $pid of CPU 0 is fifo:3" "remedy: rfsctl refresh s0"
	check "refresh" rfsctl refresh s0
	none "helps"
	renice -n 3 -p "$pid" >/dev/null
	is "another nice value" "$(problems)" kthread-sched
	check "refresh" rfsctl refresh s0
	none "helps"
	bpftool map delete pinned "$DIR"/cpumap key 0 0 0 0
	wait_for 5 sh -c "! kill -0 $pid"
	is "a thread is missing" "$(problems)" kthread-missing
	says "a thread is missing" "no thread empties the ring of CPU 0"
	check "refresh" rfsctl refresh s0
	none "helps"
}

# What is not known is never passed over: here the kernel refuses to answer.
test_cannot_tell()
{
	attached
	refused() { srv strace -f -qq -o /dev/null -e inject="$1" "$RFSCTL" "${@:2}"; }

	is "sysfs is refused" "$(problems refused fsopen:error=EPERM)" cannot-tell
	is "affinities are refused" "$(problems refused sched_getaffinity:error=EPERM)" cannot-tell
	is "scheduling classes are refused" "$(problems refused sched_getscheduler:error=EPERM)" \
		cannot-tell
	is "processes are not shown" \
		"$(problems srv strace -f -qq -o /dev/null -P /proc -e inject=openat:error=EACCES "$RFSCTL")" \
		cannot-tell
	is "namespaces are refused" \
		"$(json '.interfaces[0] | .state + " " + .problems[0].id' \
			refused setns:error=EPERM status --json)" "unknown cannot-tell"
}

# In a PID namespace the kernel's threads are not seen. That is not to say that there are none, nor that they
# have got their class.
test_pid_namespace()
{
	local inside=(unshare --pid --fork --mount-proc)

	attached

	is "from a PID namespace it cannot be told whether there are threads" \
		"$(json '[.interfaces[0].problems[].id] | unique | join(" ")' srv "${inside[@]}" "$RFSCTL" status s0 --json)" \
		cannot-tell
	fails "nor can they be scheduled" 1 "from a PID namespace" \
		srv "${inside[@]}" "$RFSCTL" set s0 --kthread-sched batch:7
	none "it is as it was"
	check "detach" srv "${inside[@]}" "$RFSCTL" detach s0
	fails "attach neither" 1 "from a PID namespace" \
		srv "${inside[@]}" "$RFSCTL" attach --kthread-sched fifo:5 s0
	check "attach with the class that they have" srv "${inside[@]}" "$RFSCTL" attach s0
	none "it is as asked for"
	detach
}

# A thread that cannot run: everything goes to the last CPU, where a real-time process computes. The
# kernel leaves other threads a part of each second, so it may take several looks.
test_starved()
{
	local hog pings

	attached
	check "all to one CPU" rfsctl set s0 --cpus "$LAST_CPU"
	timeout 8 taskset -c "$LAST_CPU" chrt -f 50 sh -c 'while :; do :; done' &
	hog=$!
	timeout 8 taskset -c 0 nsenter --net=/run/netns/"$LAB_CLI" ping -q -i 0.02 -c 400 $SRV4 \
		>"$LAB_TMP/log" 2>&1 &
	pings=$!
	starves() { taskset -c 0 "$RFSCTL" status --json | tee "$LAB_TMP/starved" | grep -q ring-starved; }
	wait_for 7 starves
	result $? "a thread that does not get its CPU is told" "$LAB_TMP/starved"
	is "with the ring" "$(jq -r '.interfaces[0].problems[] | select(.id == "ring-starved") | .text' \
		"$LAB_TMP/starved" | grep -cE '[0-9]+ from RX queue [0-9]+ to CPU '"$LAST_CPU")" 1
	stop "$hog"
	stop "$pings"
	check "back to all CPUs" rfsctl set s0 --cpus "0-$LAST_CPU"
	none "it is over"
}

test_tcp_stack()
{
	[ ! -e "$DIR" ] || detach
	attach --tcp stack
	rx "$LAB_SRV" rps_flow_cnt 0
	is "kernel RFS is off, though TCP is left to it" "$(problems)" kernel-rfs-off
	detach
}

# pings N: to s0, received on another CPU than the last
pings() { taskset -c 0 nsenter --net=/run/netns/"$LAB_CLI" ping -q -c "$1" -i 0.02 -W 1 $SRV4 >"$LAB_TMP/log" 2>&1; }

# The last CPU's ring is one whose frames nobody counts when they come out.
uncounted()
{
	bpftool map update pinned "$DIR"/cpumap key "$LAST_CPU" 0 0 0 value 0 8 0 0 0 0 0 0
}

# A program of the recorder that does not run, and then rings of which nobody counts what comes out
test_recorder()
{
	local q id

	attach
	rm $RFS/recorder_programs/xdp_cpumap_kthread
	is "a program of the recorder does not run" "$(problems)" recorder-programs
	says "a program of the recorder" "programs of the recorder do not run: xdp_cpumap_kthread" \
		"remedy: rfsctl detach --all"
	rfsctl set s0 --cpus "$LAST_CPU"
	uncounted
	pings 3
	is "frames are never seen to come out" "$(problems)" "recorder-programs ring-undrained"
	says "frames that never come out" "to CPU $LAST_CPU; no flow can leave these"
	detach

	attach --cpus "$LAST_CPU"
	rm $RFS/recorder_programs/xdp_cpumap_enqueue
	pings 20
	is "frames are not seen to get in, but come out" "$(problems)" recorder-programs
	detach

	attach --cpus "$LAST_CPU"
	rm $RFS/recorder_programs/xdp_cpumap_enqueue
	uncounted
	pings 20
	# A packet that IPv6 sends by itself may come by another queue, and stand alone in its ring.
	is "frames are never seen to get in" "$(problems | sed 's/ring-undrained //')" \
		"recorder-programs ring-stuck"
	says "frames that never get in" "to CPU $LAST_CPU), so no more are sent there" "--mode generic"
	detach

	attach
	rm $RFS/rfs_global_settings
	is "there is no recorder" "$(problems)" recorder-gone
	# As an attach that finds none makes a new one, elsewhere.
	mv "$DIR" "$RFS/../s0"
	rm -r $RFS
	cli "$RFSCTL" attach c0 --cpus 0 >"$LAB_TMP/log" 2>&1
	mv "$RFS/../s0" "$DIR"
	# Frames that came meanwhile are not counted by the new one.
	is "the recorder is another one" "$(problems | cut -d " " -f 1)" other-recorder
	for ((q = 0; q < QUEUES; q++)); do
		id=$(bpftool -j map show pinned "$DIR/queues/$q/rps_ring" | jq .id)
		bpftool map update pinned $RFS/rfs_rings_by_queue key $((id & 255)) $((id >> 8 & 255)) \
			$((id >> 16 & 255)) 0 value pinned "$DIR/queues/$q/rps_ring"
	done
	id=$(bpftool -j map show pinned "$DIR/cpumap" | jq .id)
	bpftool map update pinned $RFS/rfs_threads_by_cpumap key $((id & 255)) $((id >> 8 & 255)) \
		$((id >> 16 & 255)) 0 value pinned "$DIR/rps_thread"
	is "also if it counts what comes out of the rings" "$(problems | cut -d " " -f 1)" other-recorder
	cli "$RFSCTL" detach c0
	detach
}

test_pins()
{
	attach
	rm "$DIR"/queues/0/rps_ring
	is "a queue's pin is gone" "$(problems)" pins-missing
	check "detach says that it cannot look into its rings" grep "somebody removed pins of it" \
		<(rfsctl detach s0 2>&1)
	for pin in rps_thread rps_place cpumap cpumap_prog rps_ring; do
		attach
		rm "$DIR/$pin"
		is "its pin $pin is gone" "$(problems)" pins-missing
		says "which one" "somebody removed pins of it: $pin" "remedy: rfsctl detach s0,"
		fails "nothing is to be set then: $pin" 1 "removed its pin $pin" rfsctl set s0 --cpus 0
		detach
	done
	is "nothing stays in the recorder" "$(lab_pins)" 0
	attach
	rm "$DIR/journal"
	is "its journal is gone" "$(problems)" journal-missing
	check "detach all the same" rfsctl detach s0
	check "says what it cannot do" grep "removed its journal" <(rfsctl attach s0 >/dev/null 2>&1
		rm "$DIR/journal"; rfsctl detach s0 2>&1)
	is "nothing stays pinned" "$(lab_pins)" 0
	is "nor on the interface" "$(srv ip link show dev s0 | grep -c prog/xdp)" 0
	mkdir -p "$DIR"
	is "an attach that was cut short" "$(problems)" cut-short
	is "of which no more is known" "$(rfsctl status | awk '$2 == "broken" { print $3, $4, $NF }')" "- - -"
	says "an attach that was cut short" "cut short" "remedy: rfsctl detach s0"
	detach
}

take_off()
{
	if [ -e "$DIR"/xdp_link ]; then
		bpftool link detach pinned "$DIR"/xdp_link
	else
		srv ip link set dev s0 xdp off
	fi
}

test_program()
{
	attach
	take_off
	is "the program was taken off" "$(problems)" program-gone
	is "so it is not attached" "$(state)" stale
	says "the program was taken off" "took the XDP program off" "remedy: rfsctl detach s0,"
	fails "nothing is there to be set" 1 "no packet is steered" rfsctl set s0 --cpus 0
	fails "or to be refreshed" 1 "no packet is steered" rfsctl refresh s0
	check "of all it is not one" rfsctl refresh
	check "stats says so" grep -x "s0 (stale)" <(rfsctl stats s0)
	detach
	if [ -e $RFS ]; then
		is "all is gone" "$(lab_pins)" 0
	fi
	attach
	[ -e "$DIR"/xdp_link ] && rm "$DIR"/xdp_link || take_off
	is "the link's pin was removed" "$(problems) $(state)" "program-gone stale"
	detach
}

test_moved()
{
	attach
	ip -n "$LAB_SRV" link set s0 netns "$LAB_CLI"
	is "it moved to another namespace" "$(problems)" moved
	is "it is attached still" "$(state)" attached
	says "it moved" "moved to another network namespace: /run/netns/$LAB_CLI" \
		"remedy: rfsctl detach s0@$LAB_COOKIE; nsenter --net=/run/netns/$LAB_CLI rfsctl attach s0"
	is "the same is seen from there" "$(problems cli "$RFSCTL")" moved
	rx "$LAB_CLI" rps_cpus 1
	is "its settings are looked at there" "$(problems)" "moved kernel-rps"
	rx "$LAB_CLI" rps_cpus 0
	check "detach by its folder's name" rfsctl detach "s0@$LAB_COOKIE"
	ip -n "$LAB_CLI" link del s0
	lab_link
	attach
	ip -n "$LAB_SRV" link del s0
	is "it is gone" "$(problems) $(state)" "interface-gone stale"
	fails "set says so" 1 "interface is gone" rfsctl set "s0@$LAB_COOKIE" --cpus 0
	check "detach by its folder's name" rfsctl detach "s0@$LAB_COOKIE"
}

lab_up || exit 1
DIR=$RFS/s0@$LAB_COOKIE
[ ! -e $RFS ] || { echo "Bail out! an interface of this machine is attached already"; exit 1; }
[ $# -gt 0 ] || set -- none kernel_steering veth vlan queues kthreads cannot_tell pid_namespace starved tcp_stack recorder pins program moved
for t; do
	"test_$t"
done
tap_end
