#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# nic-guest.sh DRIVER - tests/vm/nic's part in the guest: rfs on the guest's only NIC, at 10.77.0.2.
# The traffic's source is 10.77.0.1, on the host.

. "$(dirname "$0")/../net/lib.sh"

DRIVER=$1
JOB=/vmjob
HERE=10.77.0.2
THERE=10.77.0.1
SECS=${STORM_SECONDS:-10}
FOLLOW=${FOLLOW_SECONDS:-6}
WITHIN=(--within-ms 100 --within-reads 200)
ASKED=0

# There is no lab of namespaces here.
srv() { "$@"; }
rfsctl() { "$RFSCTL" "$@"; }

# ask ARGUMENTS...: an rfs-traffic on the host; its number is in $ASKED
ask()
{
	ASKED=$((ASKED + 1))
	echo "$*" >"$JOB/part.$ASKED"
	mv "$JOB/part.$ASKED" "$JOB/ask.$ASKED"
}

# stop_asked, ended: end it early; wait for its end
stop_asked() { : >"$JOB/stop.$ASKED"; ended; }
ended() { wait_for $((SECS + FOLLOW + 60)) test -e "$JOB/done.$ASKED"; }

find_nic()
{
	local dev

	for dev in /sys/class/net/*/device; do
		[ -e "$dev" ] && basename "$(dirname "$dev")"
	done
}

queues() { set -- "/sys/class/net/$NIC/queues"/rx-*; echo $#; }

# The state of everything that attach may change, or the driver with it
settings()
{
	grep -H . "/sys/class/net/$NIC"/queues/rx-*/{rps_cpus,rps_flow_cnt}
	ethtool -k "$NIC"
	ethtool -l "$NIC" 2>&1
	ethtool -g "$NIC" 2>&1
	ethtool -x "$NIC" 2>&1
	ip -d -j link show "$NIC" | jq '.[0] | {mtu, flags, xdp, promiscuity, gro_max_size}'
}

# unchanged DESCRIPTION: the settings are those in $LAB_TMP/before
unchanged()
{
	wait_for 20 has_link
	settings >"$LAB_TMP/after"
	check "$1" diff -U0 "$LAB_TMP/before" "$LAB_TMP/after"
}

has_link() { [ "$(cat "/sys/class/net/$NIC/carrier")" = 1 ]; }

# Where datagrams can be lost outside of rfs: the tap's queue, the NIC's ring, the sockets
drops()
{
	ask drops
	ended
	jq -c '.[0].stats64.tx | {tap: .dropped}' "$JOB/out.$ASKED"
	ip -s -s -j link show "$NIC" | jq -c '.[0].stats64.rx | {dropped, missed, over_errors}'
	nstat -asz UdpRcvbufErrors UdpInErrors UdpMemErrors 2>&1 | awk 'NR > 1 { print $1, $2 }'
}

# storm DESCRIPTION: as tests/net/storm.sh, with the sink here
storm()
{
	local what=$1 sink rc

	"$TRAFFIC" udp-sink --bind $HERE --port 9000 --connect $THERE --cport 8000 --flows 32 \
		--readers 8 --hop-ms 5 --seconds $((SECS + 3)) --json >"$LAB_TMP/sink" \
		2>"$LAB_TMP/sink.err" &
	sink=$!
	wait_for 10 grep -q ready "$LAB_TMP/sink.err"
	ask udp-source --bind $THERE --cport 8000 --to $HERE --port 9000 --flows 32 --senders 2 \
		--rate 8000 --burst 4 --pattern sweep --churn-ms 300 --seconds "$SECS" --json
	wait $sink
	rc=$?
	[ $rc = 0 ] && [ "$(jq .received "$LAB_TMP/sink")" -gt $((SECS * 100)) ]
	result $? "$what: nothing overtaken in $(jq .received "$LAB_TMP/sink") datagrams" "$LAB_TMP/sink"
	ended
	echo "# sink: $(jq -c 'del(.matrix)' "$LAB_TMP/sink")"
	echo "# source: $(jq -c . "$JOB/out.$ASKED")"
	echo "# dropped so far: $(drops | paste -sd " ")"
}

# follow: a flow's reader moves, and the flow does
follow_udp()
{
	local rc

	ask udp-source --bind $THERE --cport 8000 --to $HERE --port 9000 --flows 1 --rate 2000 \
		--seconds $((FOLLOW + 20)) --json
	"$TRAFFIC" follow --bind $HERE --port 9000 --connect $THERE --cport 8000 \
		--cpus "0,$LAST_CPU" --seconds "$FOLLOW" "${WITHIN[@]}"
	rc=$?
	stop_asked
	return $rc
}

follow_tcp()
{
	local rc follow

	"$TRAFFIC" follow --tcp --bind $HERE --port 9200 --cpus "0,$LAST_CPU" --seconds "$FOLLOW" \
		"${WITHIN[@]}" &
	follow=$!
	wait_for 10 listens 9200
	ask tcp-source --to $HERE --port 9200 --flows 1 --mode stream --rate 1000 --size 500 \
		--seconds $((FOLLOW + 20)) --json
	wait $follow
	rc=$?
	stop_asked
	return $rc
}

# The tag of a VLAN must survive, also where the NIC takes it out of the frame otherwise: datagrams
# reach the VLAN's interface.
vlan_arrives()
{
	local sink rc

	python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"'"$NIC"'.5")
s.bind(("10.77.5.2", 9300))
s.settimeout(10)
for n in range(10):
	assert s.recv(100) == b"vlan"' &
	sink=$!
	wait_for 10 listens 9300
	ask vlan
	wait $sink
	rc=$?
	stop_asked
	cat "$JOB/out.$ASKED"
	return $rc
}

counter() { json ".interfaces[0].$1" rfsctl stats "$NIC" --json; }

# attached DESCRIPTION MODE: what is to hold in each mode
attached()
{
	local what=$1 mode=$2

	is "$what: the mode is $mode" "$(json '.interfaces[0].mode' rfsctl status --json)" "$mode"
	is "$what: all RX queues are attached" \
		"$(json '.interfaces[0].queues | length' rfsctl status --json)" "$NQUEUES"
	# Some drivers restart the link for a change of a feature, or of the program.
	wait_for 20 has_link
	result $? "$what: the link is up"
	check "$what: packets of a VLAN arrive there" vlan_arrives
	check "$what: a UDP flow follows its reader" follow_udp
	check "$what: a TCP flow follows its reader" follow_tcp
	storm "$what"
	is "$what: flows were steered to their readers, and moved" \
		"$(json '.interfaces[0] | .packets.flow_steered > 1000 and .moves.made > 100' \
			rfsctl stats "$NIC" --json)" true
	# In generic mode all go through the rings of queue 0. Else the NIC's hash decides, of addresses alone.
	[ "$mode" = generic ] || [ "$NQUEUES" = 1 ] ||
		check "$what: more than one queue had packets" test "$(queues_used)" -gt 1
	echo "# $(rfsctl stats "$NIC" --json | jq -c '.interfaces[0] | {packets, moves, lost}')"
	check "$what: detach" rfsctl detach "$NIC"
	unchanged "$what: detach restores every setting"
	is "$what: nothing stays pinned" "$(find /sys/fs/bpf/rfs -mindepth 1 2>/dev/null | wc -l)" 0
	check "$what: the NIC works after detach" ping -c 3 -i 0.1 -W 2 $THERE
}

# RX queues whose ring of any CPU counted a frame
queues_used()
{
	local queue n=0

	for queue in /sys/fs/bpf/rfs/*/queues/*; do
		bpftool -j map dump pinned "$queue/rps_ring" |
			jq -e '[.[].formatted.value | .. | .tail? // empty] | add > 0' >/dev/null &&
			n=$((n + 1))
	done
	echo $n
}

nothing_pinned() { ! find /sys/fs/bpf/rfs -mindepth 1 2>/dev/null | grep -q .; }

# virtio-net whose guest cannot turn off what the host does for it
test_no_control()
{
	fails "native mode is refused, with the kernel's reason" 1 \
		"has native XDP, but not with the interface's present settings; the kernel says: " \
		rfsctl attach "$NIC" --mode native
	fails "with the way out in the hypervisor" 1 "ctrl_guest_offloads=on" \
		rfsctl attach "$NIC" --mode native
	fails "generic mode, where the kernel would complain, is not taken by itself" 1 \
		"rx-gro-hw cannot be turned off" rfsctl attach "$NIC"
	sed 's/^/# /' "$LAB_TMP/fails"
	unchanged "a refusal leaves every setting"
	check "a refusal leaves nothing pinned" nothing_pinned
	check "the NIC works after a refusal" ping -c 3 -i 0.1 -W 2 $THERE
}

# The way out: with the host's offloads turned off there
test_no_offload()
{
	check "attach" rfsctl attach "$NIC"
	sed 's/^/# /' "$LAB_TMP/check"
	attached "auto" native
}

# Packets come by all queues, so that none is out of the program's tables.
flood_queues()
{
	local sink

	"$TRAFFIC" udp-sink --bind $HERE --port 9000 --connect $THERE --cport 8000 --flows 64 \
		--readers 4 --seconds $((SECS + 3)) --json >"$LAB_TMP/sink" 2>"$LAB_TMP/sink.err" &
	sink=$!
	wait_for 20 grep -q ready "$LAB_TMP/sink.err"
	ask udp-source --bind $THERE --cport 8000 --to $HERE --port 9000 --flows 64 --senders 2 \
		--rate 4000 --seconds "$SECS" --json
	wait $sink
	ended
	jq -e '.received > 0' "$LAB_TMP/sink"
}

# virtio_net puts a queue for each CPU into use when XDP is attached, if there are any left.
test_queues()
{
	local no_queue='.interfaces[0].passed_reasons.no_queue'

	check "attach" rfsctl attach "$NIC"
	sed 's/^/# /' "$LAB_TMP/check"
	cp "$LAB_TMP/check" "$LAB_TMP/attach"
	check "the driver put more queues into use (so the test can fail)" test "$(queues)" -gt "$NQUEUES"
	is "all queues are known" "$(json '.interfaces[0].queues | length' rfsctl status --json)" "$(queues)"
	is "as many as attach says" "$(sed -n 's/.*, \([0-9]*\) RX queues.*/\1/p' "$LAB_TMP/attach")" "$(queues)"
	check "datagrams come in" flood_queues
	echo "# $(rfsctl stats "$NIC" --json | jq -c '.interfaces[0] | {packets, passed_reasons, lost}')"
	is "all queues had packets" "$(queues_used)" "$(queues)"
	is "none came by a queue that is not known" "$(json "$no_queue" rfsctl stats --json)" 0
	is "none was lost" "$(json '.interfaces[0].lost | add' rfsctl stats --json)" 0
	check "detach" rfsctl detach "$NIC"
	unchanged "detach restores every setting"
	check "nothing stays pinned" nothing_pinned
	check "the NIC works after detach" ping -c 3 -i 0.1 -W 2 $THERE
	for _ in 1 2; do
		rfsctl attach "$NIC" >/dev/null 2>&1
		rfsctl detach "$NIC"
	done
	unchanged "the same after some more of it"
}

# The path without rfs
test_path()
{
	check "without rfs, packets of a VLAN arrive there" vlan_arrives
	storm "without rfs (does the path keep order?)"
	fails "without rfs, a UDP flow does not follow (so the test can fail)" 1 "" follow_udp
}

test_driver()
{
	check "attach" rfsctl attach "$NIC"
	sed 's/^/# /' "$LAB_TMP/check"
	cp "$LAB_TMP/check" "$LAB_TMP/attach"
	if [ "$DRIVER" = e1000e ]; then
		check "attach warns that the driver has no native XDP" \
			grep -q 'driver e1000e has no native XDP; steering in generic mode' "$LAB_TMP/attach"
		attached "auto" generic
		fails "native mode is refused, with the way out" 1 "take --mode generic" \
			rfsctl attach "$NIC" --mode native
		unchanged "a refusal leaves every setting"
	else
		attached "auto" native
		check "attach in generic mode" rfsctl attach "$NIC" --mode generic
		attached "generic" generic
	fi
}

trap lab_down EXIT
LAB_TMP=$(mktemp -d)
NIC=$(find_nic)
[ -n "$NIC" ] || { echo "Bail out! there is no NIC"; exit 1; }
wait_for 30 test -s $JOB/mac || { echo "Bail out! the host's side does not answer"; exit 1; }
ip neigh replace $THERE lladdr "$(cat $JOB/mac)" dev "$NIC" nud permanent
ip link add link "$NIC" name "$NIC.5" type vlan id 5
ip addr add 10.77.5.2/24 dev "$NIC.5"
ip link set "$NIC.5" up
# By itself, igb spreads TCP by ports, but UDP by addresses.
[ "$DRIVER" = igb ] && ethtool -N "$NIC" rx-flow-hash udp4 sdfn
echo "# $NIC: driver $(ethtool -i "$NIC" | sed -n 's/^driver: //p'), $(queues) RX queues, $NCPUS CPUs"
wait_for 20 has_link

# Queues are left for the driver to put into use.
[ "${DRIVER%-queues}" = "$DRIVER" ] || ethtool -L "$NIC" combined 2
NQUEUES=$(queues)
# It is the same for variants of a model.
[ "${DRIVER#*-pci-}" = "$DRIVER" ] && test_path
for q in "/sys/class/net/$NIC/queues"/rx-*; do
	echo 3 >"$q/rps_cpus"
	echo 4096 >"$q/rps_flow_cnt"
done
settings >"$LAB_TMP/before"
case $DRIVER in
*-nocontrol) test_no_control ;;
*-nooffload) test_no_offload ;;
*-queues) test_queues ;;
*) test_driver ;;
esac
tap_end
