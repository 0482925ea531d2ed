# shellcheck shell=bash disable=SC2034 # variables for those who source it
# SPDX-License-Identifier: GPL-2.0-only
#
# lib.sh - a lab of two network namespaces that are joined by a multi-queue veth pair: "srv", whose
# interface s0 gets steered, and "cli". Sourced by the net tests, the demo and the benchmark.
#
# Names carry this process's id, so labs do not meet. Whatever ends the script, lab_down() removes
# what it made and ends what it started, by process id.

LAB_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB_BUILD=${LAB_BUILD:-$LAB_TOP/build}
RFSCTL=${RFSCTL:-$LAB_BUILD/rfsctl}
TRAFFIC=$LAB_BUILD/rfs-traffic

LAB_SRV=rfs$$s
LAB_CLI=rfs$$c
LAB_TMP=
LAB_COOKIE=0
LAB_MORE=()

SRV4=10.77.0.1
CLI4=10.77.0.2
SRV6=fd77::1
CLI6=fd77::2

NCPUS=$(nproc)
QUEUES=${QUEUES:-$((NCPUS > 2 ? NCPUS : 2))}
LAST_CPU=$((NCPUS - 1))

# lab_alone ARGS...: the script, again and under the same process id, where what is mounted is its own:
# a bpffs and a /run/netns that nobody else has. Tests write-protect and open up the one and fill it with
# rubbish; what others have attached must not meet that, and they not what others have attached. With
# the last process of the test all of it is gone, also after SIGKILL.
lab_alone()
{
	[ "${LAB_ALONE:-}" = $$ ] && return
	LAB_ALONE=$$ exec unshare --mount --propagation private sh -ec '
		mkdir -p /run/netns
		mount -t tmpfs -o mode=755 netns /run/netns
		mount -t bpf -o mode=0700 bpf /sys/fs/bpf
		exec "$0" "$@"' "$0" "$@"
}

# nsenter, since "ip netns exec" mounts a new /sys, on which there is no bpffs.
srv() { nsenter --net=/run/netns/"$LAB_SRV" "$@"; }
cli() { nsenter --net=/run/netns/"$LAB_CLI" "$@"; }
rfsctl() { srv "$RFSCTL" "$@"; }

# bpf_calls ARGS...: how many bpf() calls this rfsctl makes
bpf_calls()
{
	srv strace -f --seccomp-bpf -qq -e trace=bpf -o "$LAB_TMP/strace" "$RFSCTL" "$@" >/dev/null 2>&1
	grep -c . "$LAB_TMP/strace"
}

# enomem_at N ARGS...: run rfsctl with its N-th bpf() call failing for lack of memory
enomem_at()
{
	local n=$1

	shift
	srv strace -f -qq -o /dev/null -e trace=bpf -e inject=bpf:error=ENOMEM:when="$n" "$RFSCTL" "$@"
}

# Everything that rfs has pinned. While somebody else has an interface attached, only what is of this
# lab's own interfaces.
lab_pins()
{
	local all=/sys/fs/bpf/rfs other

	other=$(find $all -mindepth 1 -maxdepth 1 -type d ! -name recorder_programs \
		! -name "*@$LAB_COOKIE" 2>/dev/null | grep -c .)
	if [ "$other" = 0 ]; then
		find $all -mindepth 1 2>/dev/null | grep -c .
	else
		find $all/*@"$LAB_COOKIE" 2>/dev/null | grep -c .
	fi
}

# start srv|cli COMMAND...: in the background; its pid (not a shell's) is in $!, and lab_down() ends it
# at the latest
start()
{
	local ns=$LAB_SRV

	[ "$1" = cli ] && ns=$LAB_CLI
	shift
	nsenter --net=/run/netns/"$ns" "$@" &
}

# stop PID: end what start() started, and wait for it. The shell knows its running children: the id of
# one that has ended may be another process's by now, as ids come round fast when tests run.
stop()
{
	jobs -pr | grep -qx "$1" && kill "$1"
	wait "$1" 2>/dev/null
}

lab_up()
{
	trap lab_down EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	LAB_TMP=$(mktemp -d)
	if [ "$(stat -f -c %T /sys/fs/bpf 2>/dev/null)" != bpf_fs ]; then
		mount -t bpf -o mode=0700 bpf /sys/fs/bpf || return 1
	fi
	ip netns add "$LAB_SRV" && ip netns add "$LAB_CLI" || return 1
	# Folders of interfaces outside the initial namespace end with its cookie (SO_NETNS_COOKIE).
	LAB_COOKIE=$(srv python3 -c 'import socket, struct
print(struct.unpack("Q", socket.socket().getsockopt(socket.SOL_SOCKET, 71, 8))[0])')
	ip -n "$LAB_SRV" link set lo up
	ip -n "$LAB_CLI" link set lo up
	lab_link
}

# The folders of interfaces that were attached in this lab, wherever these are now
lab_folders()
{
	find /sys/fs/bpf/rfs -mindepth 1 -maxdepth 1 -name "*@$LAB_COOKIE*" -printf '%f\n' 2>/dev/null
}

# lab_netns NAME: one more namespace; lab_down() removes it
lab_netns()
{
	LAB_MORE+=("$1")
	ip netns add "$1" && ip -n "$1" link set lo up
}

# The veth pair; again after a test has deleted it.
lab_link()
{
	ip -n "$LAB_SRV" link add s0 numrxqueues "$QUEUES" numtxqueues "$QUEUES" type veth \
		peer name c0 netns "$LAB_CLI" numrxqueues "$QUEUES" numtxqueues "$QUEUES" || return 1
	ip -n "$LAB_SRV" addr add $SRV4/24 dev s0
	ip -n "$LAB_CLI" addr add $CLI4/24 dev c0
	ip -n "$LAB_SRV" addr add $SRV6/64 dev s0 nodad
	ip -n "$LAB_CLI" addr add $CLI6/64 dev c0 nodad
	ip -n "$LAB_SRV" link set s0 up
	ip -n "$LAB_CLI" link set c0 up
	# Packets that wait for a neighbour's address are sent from another CPU than those after them,
	# and can be overtaken before they ever reach the interface.
	neighbour "$LAB_SRV" s0 "$LAB_CLI" c0 $CLI4 $CLI6
	neighbour "$LAB_CLI" c0 "$LAB_SRV" s0 $SRV4 $SRV6
	# A frame that went through a CPUMAP has lost "the checksum is not computed yet", so the peer
	# has to compute it; and the VLAN tag beside the packet, so it has to be in it.
	cli ethtool -K c0 tx off txvlan off tx-vlan-stag-hw-insert off >"$LAB_TMP/ethtool" 2>&1
}

# neighbour NS DEVICE PEER-NS PEER-DEVICE ADDRESS...
neighbour()
{
	local ns=$1 dev=$2 mac addr

	mac=$(ip -n "$3" -j link show "$4" | jq -r '.[0].address')
	shift 4
	for addr in "$@"; do
		ip -n "$ns" neigh replace "$addr" lladdr "$mac" dev "$dev" nud permanent
	done
}

lab_down()
{
	local rc=$? pid pin ns

	trap - EXIT
	for pid in $(jobs -pr); do
		kill "$pid"
	done
	wait
	# Only this lab's interfaces: others may be attached for real.
	for pin in $(lab_folders); do
		"$RFSCTL" detach "$pin" >/dev/null 2>&1
	done
	for ns in "$LAB_SRV" "$LAB_CLI" "${LAB_MORE[@]}"; do
		[ -e /run/netns/"$ns" ] && ip netns del "$ns"
	done
	[ -n "$LAB_TMP" ] && rm -rf "$LAB_TMP"
	exit "$rc"
}

# json FILTER COMMAND...: one value out of a command's JSON
json()
{
	local filter=$1

	shift
	"$@" | jq -r "$filter"
}

# Frames that the veth's own queue of 256 had no room for
veth_dropped() { cli ip -s -j link show c0 | jq '.[0].stats64.tx.dropped'; }

# Frames that were lost before or in rfs: the veth's own queue of 256, and full rings
dropped()
{
	local veth rings=0

	veth=$(veth_dropped)
	rfsctl status s0 >/dev/null 2>&1 &&
		rings=$(json '.interfaces[0].lost | add' rfsctl stats s0 --json)
	echo $((veth + rings))
}

# Datagrams that were delivered to a full socket, whose reader had no CPU
socket_dropped() { srv nstat -asz UdpRcvbufErrors | awk '/^UdpRcvbufErrors/ { print $2 }'; }

# Datagrams that were read, or dropped on the way and counted
accounted()
{
	local read

	read=$(srv nstat -asz UdpInDatagrams | awk '/^UdpInDatagrams/ { print $2 }')
	echo $((read + $(socket_dropped) + $(dropped)))
}

accounted_for() { [ $(($(accounted) - LOAD_BEFORE)) -ge "$1" ]; }

# load_start HOP-MS RATE SECONDS: numbered datagrams of 16 flows, from $SOURCE for so long, to $SINK, whose
# readers hop and read on until load_end(). Their JSON is in $LAB_TMP/source and $LAB_TMP/sink in the end.
load_start()
{
	LOAD_BEFORE=$(accounted)
	start srv "$TRAFFIC" udp-sink --bind $SRV4 --port 9000 --connect $CLI4 --cport 8000 --flows 16 \
		--readers 4 --hop-ms "$1" --seconds 86400 --json >"$LAB_TMP/sink" 2>"$LAB_TMP/ready"
	SINK=$!
	wait_for 30 grep -q ready "$LAB_TMP/ready"
	start cli "$TRAFFIC" udp-source --bind $CLI4 --cport 8000 --to $SRV4 --port 9000 --flows 16 \
		--senders 2 --rate "$2" --seconds "$3" --json >"$LAB_TMP/source"
	SOURCE=$!
}

# load_end: when the source has ended and nothing is under way any more; with the sink's status. A sink with
# a time of its own ends too early where its source was slow to start: what it left unread looks lost.
load_end()
{
	wait "$SOURCE"
	wait_for 20 accounted_for "$(jq .sent "$LAB_TMP/source")"
	stop "$SINK"
}

# tcp_in_order SINK SOURCE DROPPED: were TCP's segments received in order? By the receiver's count of
# those that came too early; where DROPPED frames explain these, by the sender's reordering counters.
tcp_in_order()
{
	jq -es --argjson dropped "$3" '(.[0].records > 0) and (.[0].bad == 0) and
		(.[0].netstat.TCPOFOQueue == 0 or ($dropped > 0 and
		 .[1].netstat.TCPSACKReorder + .[1].netstat.TCPTSReorder == 0))' "$1" "$2"
}

# Rings of this lab's interfaces that have more, or fewer, frames than were popped or are known to be
# lost. There are kernels that keep tracing programs off some threads: no fentry, and an event that
# comes on top of such a thread is not told. Of frames at a full ring, that may be a few in a hundred.
unbalanced()
{
	local map untold=0

	[ "$(rfsctl stats --json | jq -r .recorder.hook)" = fentry ] || untold=0.02
	for map in /sys/fs/bpf/rfs/*@"$LAB_COOKIE"/queues/*/rps_ring; do
		[ -e "$map" ] || continue
		# The last one is the local ring, which nobody pops.
		bpftool -j map dump pinned "$map" | jq -c --arg map "${map#/sys/fs/bpf/rfs/}" \
			--argjson untold "$untold" '.[:-1][] | .formatted | .key as $cpu | .value |
			(.tail - .lost_ring_full - .lost_redirect_error - (.lost_vanished // 0) - .popped) as $left |
			select($left < 0 or $left > .lost_ring_full * $untold) |
			{ map: $map, cpu: $cpu, tail, lost_ring_full, lost_redirect_error, lost_vanished, popped,
			  missing }' 2>&1
	done
}

balanced() { [ -z "$(unbalanced)" ]; }

# at_rest DESCRIPTION: no traffic comes; whatever was redirected came out of its ring, or is known to be
# lost. To be called before detach.
at_rest()
{
	wait_for 10 balanced
	unbalanced >"$LAB_TMP/unbalanced"
	[ ! -s "$LAB_TMP/unbalanced" ]
	result $? "$1: every frame came out of its ring or is counted as lost" "$LAB_TMP/unbalanced"
}

# wait_for SECONDS COMMAND...: until the command succeeds
wait_for()
{
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -ge $end ] && return 1
		sleep 0.05
	done
}

listens() { srv ss -Hltun "sport = :$1" | grep -q .; }

# ---- TAP ----

TAP_N=0
TAP_FAILED=0

# ok CONDITION-STATUS DESCRIPTION [FILE]: one test; a file is shown if it failed
result()
{
	TAP_N=$((TAP_N + 1))
	if [ "$1" = 0 ]; then
		echo "ok $TAP_N - $2"
	else
		TAP_FAILED=$((TAP_FAILED + 1))
		echo "not ok $TAP_N - $2"
		[ -n "${3:-}" ] && [ -s "$3" ] && sed 's/^/#   /' "$3" | tail -40
	fi
	return 0
}

# check DESCRIPTION COMMAND...: passes if the command does
check()
{
	local what=$1 rc

	shift
	"$@" >"$LAB_TMP/check" 2>&1
	rc=$?
	result $rc "$what" "$LAB_TMP/check"
}

# is DESCRIPTION GOT WANTED
is()
{
	[ "$2" = "$3" ]
	result $? "$1"
	[ "$2" = "$3" ] || printf '#   got:    %s\n#   wanted: %s\n' "$2" "$3"
}

skip()
{
	TAP_N=$((TAP_N + 1))
	echo "ok $TAP_N - $1 # SKIP $2"
}

# fails DESCRIPTION STATUS FRAGMENT COMMAND...: the command ends with that status and says that
fails()
{
	local what=$1 want=$2 fragment=$3 rc

	shift 3
	"$@" >"$LAB_TMP/fails" 2>&1
	rc=$?
	[ $rc = "$want" ] && grep -qiF -e "$fragment" "$LAB_TMP/fails"
	result $? "$what" "$LAB_TMP/fails"
	[ $rc = "$want" ] || echo "#   exit status $rc, wanted $want"
}

tap_end()
{
	echo "1..$TAP_N"
	[ "$TAP_FAILED" = 0 ]
}
