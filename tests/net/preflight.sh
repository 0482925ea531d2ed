#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# preflight.sh [TEST...] - what attach finds out before it loads anything: interfaces that steering would
# hurt are refused with the remedy, or steered in the mode that is right for them; altnames; isolated CPUs.
#
# A kind of interface that the kernel does not have is a skip. Debian's kernels have all of them.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

add() { ip -n "$LAB_SRV" link add "$@"; }
del() { ip -n "$LAB_SRV" link del "$1"; }

# pair NAME PEER: two veths in the server's namespace
pair() { add "$1" type veth peer name "$2" && ip -n "$LAB_SRV" link set "$1" up && ip -n "$LAB_SRV" link set "$2" up; }

# refused DESCRIPTION FRAGMENT IFACE [OPTION...]: attach fails with these words, and has loaded nothing
refused()
{
	local what=$1 words=$2 iface=$3

	shift 2
	fails "$what" 1 "$words" srv strace -f --seccomp-bpf -qq -e trace=bpf -o "$LAB_TMP/strace" \
		"$RFSCTL" attach "$@"
	is "$what: nothing was loaded" "$(grep -c BPF_PROG_LOAD "$LAB_TMP/strace")" 0
	no_leftovers "$what" "$iface"
}

# no_leftovers DESCRIPTION IFACE
no_leftovers() { is "$1: nothing stays" "$(lab_pins) $(srv ip link show dev "$2" | grep -c xdp)" "0 0"; }

# accepted DESCRIPTION MODE IFACE [OPTION...]
accepted()
{
	local what=$1 mode=$2

	shift 2
	check "$what" rfsctl attach "$@"
	is "$what: the mode" "$(json '.interfaces[0].mode' rfsctl status "$1" --json)" "$mode"
	check "$what: detach" rfsctl detach "$1"
}

# Which would be a reason of its own
lro_off() { srv ethtool -K "$1" lro off >"$LAB_TMP/ethtool" 2>&1; }

# ---- masters: the members are what to attach to ----

test_bridge()
{
	local br=b0

	add $br type bridge
	refused "an empty bridge" "b0 is a bridge" $br
	pair p0 p1
	ip -n "$LAB_SRV" link set p0 master $br
	refused "a bridge" "come in by p0: attach to that" $br
	refused "a bridge in generic mode" "come in by p0: attach to that" $br --mode generic
	accepted "a bridge's port" native p0
	del p0
	del $br
}

test_bond()
{
	if ! add m0 type bond mode active-backup miimon 100 2>/dev/null; then
		skip "a bond" "this kernel has no bonding"
		return
	fi
	refused "an empty bond" "m0 is a bond, its packets come in by its members" m0
	pair p0 p1
	pair p2 p3
	for p in p0 p2; do
		ip -n "$LAB_SRV" link set $p down
		ip -n "$LAB_SRV" link set $p master m0
	done
	ip -n "$LAB_SRV" link set m0 up
	lro_off m0
	refused "a bond" "come in by p0, p2: attach to each of these" m0
	refused "a bond in native mode" "come in by p0, p2: attach to each of these" m0 --mode native
	refused "a bond in generic mode" "come in by p0, p2: attach to each of these" m0 --mode generic
	accepted "a bond's member" native p0
	traffic_by_member
	del m0
	del p0
	del p2
}

# Attached to each member, packets for the bond's address are steered.
traffic_by_member()
{
	local got

	ip -n "$LAB_SRV" addr add 10.79.0.1/24 dev m0
	rfsctl attach p0 >/dev/null 2>&1
	rfsctl attach p2 >/dev/null 2>&1
	# By whichever member is active: the other end of both is here too, and sends by hand.
	got=$(srv python3 - <<-'END'
		import fcntl, socket, struct, time
		def mac(name):
		    s = socket.socket()
		    return fcntl.ioctl(s, 0x8927, struct.pack("256s", name.encode()))[18:24]
		def csum(b):
		    w = sum(struct.unpack("!%dH" % (len(b) // 2), b))
		    while w >> 16:
		        w = (w & 0xffff) + (w >> 16)
		    return ~w & 0xffff
		sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		sink.bind(("10.79.0.1", 9000))
		sink.settimeout(20)
		for peer in ("p1", "p3"):
		    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		    s.bind((peer, 0))
		    for n in range(20):
		        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 32, n, 0, 64, 17, 0,
		                         bytes((10, 79, 0, 2)), bytes((10, 79, 0, 1)))
		        ip = ip[:10] + struct.pack("!H", csum(ip)) + ip[12:]
		        s.send(mac("m0") + mac(peer) + b"\x08\0" + ip +
		               struct.pack("!HHHH4s", 9001, 9000, 12, 0, b"data"))
		got = 0
		try:
		    while got < 20:
		        sink.recv(100)
		        got += 1
		except TimeoutError:
		    pass
		print(got)
	END
	)
	is "datagrams reach the bond's address by the active member" "$got" 20
	check "and were seen by the program on it" test \
		"$(json '[.interfaces[].packets.seen] | add' rfsctl stats --json)" -ge 20
	is "none was lost" "$(json '[.interfaces[].lost | add] | add' rfsctl stats --json)" 0
	rfsctl detach p0
	rfsctl detach p2
}

test_team()
{
	if ! add t0 type team 2>/dev/null; then
		skip "a team" "this kernel has no team driver"
		return
	fi
	pair p0 p1
	ip -n "$LAB_SRV" link set p0 down
	ip -n "$LAB_SRV" link set p0 master t0
	lro_off t0
	refused "a team" "t0 is a team, its packets come in by p0" t0
	del t0
	del p0
}

test_vrf()
{
	if ! add v0 type vrf table 10 2>/dev/null; then
		skip "a VRF" "this kernel has no VRF"
		return
	fi
	refused "a VRF" "v0 is a VRF" v0
	del v0
}

# ---- made on another interface: that one is what to attach to ----

# stacked KIND WORDS [OPTION...]: on p0; then in another namespace, from which p0 cannot be seen
stacked()
{
	local kind=$1 words=$2

	shift 2
	if ! add x0 link p0 type "$kind" "$@" 2>/dev/null; then
		skip "$words" "this kernel has none"
		return
	fi
	refused "$words" "x0 is $words of p0: attach to p0" x0
	ip -n "$LAB_SRV" link set x0 netns "$LAB_CLI"
	fails "$words in another namespace" 1 "is $words of an interface in another network namespace" \
		cli "$RFSCTL" attach x0
	ip -n "$LAB_CLI" link del x0
}

test_stacked()
{
	pair p0 p1
	stacked vlan "a VLAN" id 5
	stacked macvlan "a macvlan"
	stacked macvtap "a macvtap"
	stacked ipvlan "an ipvlan"
	accepted "what they were made on" native p0
	del p0
}

# ---- no Ethernet header ----

# headless KIND [OPTION...]
headless()
{
	local kind=$1

	if ! add x0 type "$@" 2>/dev/null; then
		skip "$kind" "this kernel has none"
		return
	fi
	refused "$kind" "no Ethernet header" x0
	del x0
}

test_headless()
{
	headless wireguard
	headless gre local $SRV4 remote $CLI4
	headless ipip local $SRV4 remote $CLI4
	headless sit local $SRV4 remote $CLI4
	headless ip6tnl local $SRV6 remote $CLI6
	headless ip6gre local $SRV6 remote $CLI6
	if add x0 type gre local $SRV4 remote $CLI4 dev s0 2>/dev/null; then
		refused "a tunnel on an interface" "carries them, s0" x0
		del x0
	fi
	if ip -n "$LAB_SRV" tuntap add x0 mode tun 2>/dev/null; then
		refused "a tun" "no Ethernet header" x0
		refused "a tun in generic mode" "no Ethernet header" x0 --mode generic
		del x0
	else
		skip "a tun" "this kernel has none"
	fi
}

# ---- drivers that need generic mode ----

test_without_native()
{
	if ! add x0 type vxlan id 7 dstport 4789 remote $CLI4 2>/dev/null; then
		skip "a driver without native XDP" "this kernel has no VXLAN"
		return
	fi
	fails "a driver without native XDP" 1 "has no native XDP" rfsctl attach x0 --mode native
	no_leftovers "a driver without native XDP" x0
	fails "generic mode in its place, with the reason" 0 "has no native XDP; steering in generic mode" \
		rfsctl attach x0
	rfsctl detach x0
	del x0
}

# None of the drivers to be had here lacks XDP_REDIRECT. So on s0 the kernel's word is changed on its way to
# rfsctl, which is to believe it.
without_redirect()
{
	cc -shared -fPIC -O1 -o "$LAB_TMP/word.so" -x c - <<-'END' || return
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <linux/netlink.h>
		#include <string.h>
		#include <sys/socket.h>
		ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
		{
		    ssize_t (*real)(int, struct msghdr *, int) = dlsym(RTLD_NEXT, "recvmsg");
		    ssize_t left = real(fd, msg, flags);
		    struct nlmsghdr *nlh = msg->msg_iov[0].iov_base;
		    int proto = 0;
		    socklen_t len = sizeof(proto);

		    if (left < 0 || getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &proto, &len) || proto != NETLINK_GENERIC)
		        return left;
		    for (ssize_t n = left; NLMSG_OK(nlh, n); nlh = NLMSG_NEXT(nlh, n)) {
		        char *end = (char *)nlh + nlh->nlmsg_len;
		        struct nlattr *a = (void *)((char *)NLMSG_DATA(nlh) + 4);

		        /* NETDEV_A_DEV_XDP_FEATURES, a u64; the family of families has no such attribute. */
		        for (; nlh->nlmsg_type > NLMSG_MIN_TYPE && (char *)a + sizeof(*a) <= end && a->nla_len;
		             a = (void *)((char *)a + NLA_ALIGN(a->nla_len)))
		            if (a->nla_type == 3 && a->nla_len == 12)
		                ((unsigned char *)(a + 1))[0] &= ~2;
		    }
		    return left;
		}
	END
}

features() { [ "$(printf '6.3\n%s\n' "$(uname -r)" | sort -V | head -1)" = 6.3 ]; }

test_no_redirect()
{
	local words="has native XDP without redirection"

	if ! features || ! without_redirect; then
		skip "a driver that cannot redirect" "this kernel does not tell (6.3), or there is no compiler"
		return
	fi
	fails "a driver that cannot redirect is refused in native mode" 1 "$words" \
		srv env LD_PRELOAD="$LAB_TMP/word.so" "$RFSCTL" attach s0 --mode native
	no_leftovers "a driver that cannot redirect" s0
	fails "generic mode in its place, with the reason" 0 "$words" \
		srv env LD_PRELOAD="$LAB_TMP/word.so" "$RFSCTL" attach s0
	is "it is attached in generic mode" "$(json '.interfaces[0].mode' rfsctl status --json)" generic
	rfsctl detach s0
	accepted "what it says itself is another thing" native s0
}

# tap_datagrams N: put N datagrams to 10.78.0.1:9000 into tap0, whose checksums the writer leaves to the
# kernel; the number of those that arrived
tap_datagrams()
{
	srv python3 - "$1" <<-'END'
		import fcntl, os, socket, struct, sys
		n = int(sys.argv[1])
		IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, TUNSETIFF = 2, 0x1000, 0x4000, 0x400454ca
		fd = os.open("/dev/net/tun", os.O_RDWR)
		fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"tap0", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
		sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		sink.bind(("10.78.0.1", 9000))
		sink.settimeout(20)
		mac = fcntl.ioctl(sink, 0x8927, struct.pack("256s", b"tap0"))[18:24]
		def fold(words):
		    while words >> 16:
		        words = (words & 0xffff) + (words >> 16)
		    return words
		def words(data):
		    return fold(sum(struct.unpack("!%dH" % (len(data) // 2), data)))
		src, dst = bytes((10, 78, 0, 2)), bytes((10, 78, 0, 1))
		for i in range(n):
		    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 32, i, 0, 64, 17, 0, src, dst)
		    ip = ip[:10] + struct.pack("!H", ~words(ip) & 0xffff) + ip[12:]
		    pseudo = words(src + dst + struct.pack("!HH", 17, 12))
		    frame = mac + b"\x02\0\0\0\0\x02" + b"\x08\0" + ip + struct.pack("!HHHH4s", 9001, 9000, 12, pseudo, b"data")
		    # struct virtio_net_hdr: VIRTIO_NET_HDR_F_NEEDS_CSUM, where from, and where to
		    os.write(fd, struct.pack("=BBHHHH", 1, 0, 0, 0, 34, 6) + frame)
		got = 0
		try:
		    while got < n:
		        sink.recv(100)
		        got += 1
		except TimeoutError:
		    pass
		print(got)
	END
}

test_tap()
{
	if ! ip -n "$LAB_SRV" tuntap add tap0 mode tap vnet_hdr 2>/dev/null; then
		skip "a tap" "this kernel has none"
		return
	fi
	ip -n "$LAB_SRV" addr add 10.78.0.1/24 dev tap0
	ip -n "$LAB_SRV" link set tap0 up
	refused "a tap in native mode" "several at once" tap0 --mode native
	fails "generic mode in its place, with the reason" 0 "order cannot be kept; steering in generic mode" \
		rfsctl attach tap0
	is "datagrams without checksums arrive by a steered tap" "$(tap_datagrams 40)" 40
	check "and were steered" test \
		"$(json '.interfaces[0].packets | .flow_steered + .hash_steered' rfsctl stats tap0 --json)" -ge 40
	rfsctl detach tap0
	del tap0
}

# Generic mode keeps what a veth says of checksums; native mode cannot, and is warned of.
test_veth_checksums()
{
	local words="its peer must compute checksums"

	cli ethtool -K c0 tx on >/dev/null 2>&1
	fails "native mode on a veth warns of checksums" 0 "$words" rfsctl attach s0 --mode native
	rfsctl detach s0
	fails "and names what helps" 0 "nsenter --net=/run/netns/$LAB_CLI ethtool -K c0 tx off" \
		rfsctl attach s0 --mode native
	rfsctl detach s0
	cli ethtool -K c0 tx off >/dev/null 2>&1
	check "which it does" sh -c "! nsenter --net=/run/netns/$LAB_SRV '$RFSCTL' attach s0 --mode native 2>&1 |
		grep '$words'"
	rfsctl detach s0
	cli ethtool -K c0 tx on >/dev/null 2>&1
	check "generic mode does not" sh -c "! nsenter --net=/run/netns/$LAB_SRV '$RFSCTL' attach s0 --mode generic 2>&1 |
		grep '$words'"
	is "nor has it to: nothing is found corrupt" "$(echo_udp) $(srv nstat -asz UdpInCsumErrors | awk '/^Udp/ { print $2 }')" "20 0"
	rfsctl detach s0
	cli ethtool -K c0 tx off >/dev/null 2>&1
	# A name is other people's word, and this one goes into a command.
	ip -n "$LAB_SRV" link add v0 type veth peer name '$(>pwn)'
	fails "a peer's name is quoted" 0 "(ethtool -K '\$(>pwn)' tx off)" rfsctl attach v0 --mode native
	rfsctl detach v0
	ip -n "$LAB_SRV" link del v0
}

# The number of 20 datagrams that reached s0's address
echo_udp()
{
	local sink

	start srv python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("'$SRV4'", 9000))
s.settimeout(30)
open("'"$LAB_TMP"'/bound", "w")
n = 0
try:
	while n < 20:
		s.recv(100)
		n += 1
except TimeoutError:
	pass
print(n)' >"$LAB_TMP/udp"
	sink=$!
	wait_for 60 test -e "$LAB_TMP/bound"
	cli python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(20):
	s.sendto(b"data", ("'$SRV4'", 9000))'
	wait "$sink"
	rm -f "$LAB_TMP/bound"
	cat "$LAB_TMP/udp"
}

# ---- altnames ----

rps() { srv unshare -m sh -c 'mount -t sysfs s /sys; cat /sys/class/net/s0/queues/rx-*/rps_cpus' | paste -sd ' '; }

set_rps()
{
	srv unshare -m sh -c "mount -t sysfs s /sys
		for q in /sys/class/net/s0/queues/rx-*; do echo $1 >\$q/rps_cpus; done"
}

has_flows() { [ "$(json '.flows | length' rfsctl flows "$1" --json)" -ge 4 ]; }

test_altname()
{
	local alt=alt0 long=an-altname-longer-than-a-name before

	if ! ip -n "$LAB_SRV" link property add dev s0 altname $alt altname $long; then
		skip "altnames" "ip(8) cannot set them"
		return
	fi
	set_rps 1
	before=$(rps)
	for name in $alt $long; do
		check "attach by altname $name" rfsctl attach $name
		is "$name: the kernel's RPS is off" "$(rps | tr -d ' 0,')" ""
		is "$name: status has the name itself" "$(json '.interfaces[0].name' rfsctl status $name --json)" s0
		fails "$name: it is the same interface" 1 "attached already" rfsctl attach s0
		check "$name: stats" rfsctl stats $name
		check "$name: set" rfsctl set $name --cpus 0
		check "$name: refresh" rfsctl refresh $name
		is "$name: detach" "$(rfsctl detach $name 2>&1)" ""
		is "$name: the kernel's RPS is back" "$(rps)" "$before"
	done
	set_rps 0
	rfsctl attach s0 >/dev/null 2>&1
	start srv "$TRAFFIC" udp-sink --bind $SRV4 --port 9000 --connect $CLI4 --cport 8000 --flows 4 \
		--readers 1 --seconds 8 >/dev/null 2>"$LAB_TMP/ready"
	wait_for 30 grep -q ready "$LAB_TMP/ready"
	cli "$TRAFFIC" udp-source --bind $CLI4 --cport 8000 --to $SRV4 --port 9000 --flows 4 --rate 100 \
		--seconds 1 >/dev/null 2>&1
	wait_for 8 has_flows $long
	result $? "an altname's flows are the interface's"
	wait $!
	rfsctl detach s0
}

# ---- isolated CPUs ----

# cpu_set FILE: as numbers, one a line
cpu_set() { python3 -c '
import sys
for part in open(sys.argv[1]).read().strip().split(","):
	if part and part[0].isdigit():
		first, _, last = part.partition("-")
		print(*range(int(first), int(last or first) + 1), sep="\n")' "/sys/devices/system/cpu/$1"; }

# Those of isolcpus= and nohz_full=
isolated() { { cpu_set isolated; [ ! -e /sys/devices/system/cpu/nohz_full ] || cpu_set nohz_full; } | sort -nu; }

test_isolated()
{
	local isolated default one

	isolated=$(isolated)
	if [ -z "$isolated" ]; then
		skip "isolated CPUs" "this machine has none"
		return
	fi
	default=$(cpu_set online | grep -vxF "$isolated" | paste -sd ' ')
	one=${isolated%%$'\n'*}
	check "attach" rfsctl attach s0
	is "the default CPUs are those that are not isolated" \
		"$(json '.interfaces[0].cpus | join(" ")' rfsctl status --json)" "$default"
	is "there are no kthreads for the isolated ones" \
		"$(ps -eo comm | grep -c "^cpumap/$one/")" 0
	check "refresh" rfsctl refresh s0
	is "and refresh keeps them out" "$(json '.interfaces[0].cpus | join(" ")' rfsctl status --json)" "$default"
	fails "an isolated CPU that is named is taken, with a word" 0 "CPU $one is isolated" \
		rfsctl set s0 --cpus "$one"
	is "and gets packets" "$(json '.interfaces[0].cpus | join(" ")' rfsctl status --json)" "$one"
	rfsctl detach s0
}

# isolating LIST COMMAND...: where the kernel's list of isolated CPUs is this one, in a mount namespace
isolating()
{
	echo "$1" >"$LAB_TMP/isolated"
	shift
	srv unshare -m sh -c "mount --bind '$LAB_TMP/isolated' /sys/devices/system/cpu/isolated && exec \"\$@\"" sh "$@"
}

cpus() { json '.interfaces[0].cpus | join(" ")' rfsctl status --json; }

test_isolated_list()
{
	if [ -n "$(isolated)" ]; then
		skip "lists of isolated CPUs" "this machine has isolated CPUs of its own"
		return
	fi
	check "attach where the last CPU is isolated" isolating "$LAST_CPU" "$RFSCTL" attach s0
	is "leaves it out" "$(cpus)" "$(seq -s ' ' 0 $((LAST_CPU - 1)))"
	check "refresh where it is no more" rfsctl refresh s0
	is "takes it in" "$(cpus)" "$(seq -s ' ' 0 "$LAST_CPU")"
	fails "refresh where all are takes all, with a word" 0 "all CPUs that are online are isolated" \
		isolating "0-$LAST_CPU" "$RFSCTL" refresh s0
	is "as there is no other" "$(cpus)" "$(seq -s ' ' 0 "$LAST_CPU")"
	fails "a list that cannot be read is not an empty one" 1 "which CPUs are isolated" \
		isolating nonsense "$RFSCTL" refresh s0
	rfsctl detach s0
	fails "nor at attach" 1 "which CPUs are isolated" isolating nonsense "$RFSCTL" attach s0
	no_leftovers "a list that cannot be read" s0
	check "but CPUs that are named do" isolating nonsense "$RFSCTL" attach s0 --cpus 0
	rfsctl detach s0
}

# ---- waiting for polls ----

# trace_bpf ARGS...: an rfsctl's bpf() calls, one a line
trace_bpf()
{
	srv strace -f --seccomp-bpf -qq -e trace=bpf -s 64 -o "$LAB_TMP/strace" "$RFSCTL" "$@" >/dev/null 2>&1
	sed 's/^[0-9]* *//' "$LAB_TMP/strace"
}

# waits: after trace_bpf, what was done to the configuration and in between, in order
waits()
{
	awk '/map_name="rfs_polls"/ { fd = $NF }
		/^bpf\(BPF_MAP_UPDATE_ELEM/ && fd && index($0, "map_fd=" fd ",") { print NR, "wait" }' "$LAB_TMP/strace.calls"
}

test_waits()
{
	local n total

	trace_bpf attach s0 >"$LAB_TMP/strace.calls"
	is "attach waits for polls: before the CPU list is written, and before the gate opens" \
		"$(waits | grep -c wait)" 2
	# The last write of all is that of the configuration with the gate open.
	total=$(grep -n 'BPF_MAP_UPDATE_ELEM' "$LAB_TMP/strace.calls" | tail -1 | cut -d: -f1)
	n=$(waits | tail -1 | cut -d' ' -f1)
	check "nothing is written between the second wait and the opening" test -n "$n" -a \
		"$(sed -n "$((n + 1)),$((total))p" "$LAB_TMP/strace.calls" | grep -c BPF_MAP_UPDATE_ELEM)" = 1
	rfsctl set s0 --cpus 0
	trace_bpf set s0 --cpus 0,1 >"$LAB_TMP/strace.calls"
	is "set waits for polls" "$(waits | grep -c wait)" 1
	rfsctl set s0 --cpus 0
	fails "a wait that fails is an error" 1 "cannot wait until" \
		srv strace -f -qq -o /dev/null -e trace=bpf \
		-e inject=bpf:error=ENOMEM:when="$(waits | cut -d' ' -f1)" "$RFSCTL" set s0 --cpus 0,1
	is "and nothing was changed" "$(json '.interfaces[0].cpus | join(" ")' rfsctl status --json)" 0
	trace_bpf detach s0 >"$LAB_TMP/strace.calls"
	check "detach waits for polls" test "$(waits | grep -c wait)" -ge 1
	trace_bpf attach s0 >"$LAB_TMP/strace.calls"
	rfsctl detach s0
	for n in $(waits | cut -d' ' -f1); do
		fails "attach fails where it cannot wait (call $n)" 1 "cannot wait until" \
			srv strace -f -qq -o /dev/null -e trace=bpf -e inject=bpf:error=ENOMEM:when="$n" \
			"$RFSCTL" attach s0
		no_leftovers "which is call $n" s0
	done
}

test_membarrier()
{
	if [ -z "$(cat /sys/devices/system/cpu/nohz_full 2>/dev/null | tr -d 'nul() \n')" ]; then
		skip "nohz_full CPUs" "this machine has none"
		return
	fi
	is "here the kernel refuses MEMBARRIER_CMD_GLOBAL" \
		"$(python3 -c 'import ctypes
c = ctypes.CDLL(None, use_errno=True)
print(c.syscall(324, 1, 0, 0), ctypes.get_errno())')" "-1 22"
}

# ---- only the refusal of native mode itself leads to generic mode ----

# inject NUMBER[..NUMBER]: attach with these bpf() calls failing with EOPNOTSUPP
inject()
{
	srv strace -f -qq -o /dev/null -e trace=bpf -e inject=bpf:error=EOPNOTSUPP:when="$1" "$RFSCTL" attach s0
}

test_no_other_fallback()
{
	local load last

	trace_bpf attach s0 >"$LAB_TMP/strace.calls"
	rfsctl detach s0
	load=$(grep -n 'BPF_PROG_LOAD.*BPF_PROG_TYPE_XDP.*prog_name="rfs_steer"' "$LAB_TMP/strace.calls" |
		head -1 | cut -d: -f1)
	last=$(grep -n 'BPF_MAP_UPDATE_ELEM' "$LAB_TMP/strace.calls" | tail -1 | cut -d: -f1)
	if [ -n "$load" ]; then
		fails "a program that does not load is no refusal of native mode" 1 "does not load" \
			inject "$load..$((load + 1))" # libbpf tries twice
	else
		skip "a program that does not load" "it is of another type for the dispatcher here"
	fi
	fails "nor is what fails later" 1 "configuration map" inject "$last"
	no_leftovers "no fallback" s0
}

# ---- what attach says of other programs ----

test_neighbours()
{
	local said

	said=$(rfsctl attach s0 2>/dev/null)
	is "alone, attach speaks of no other programs" "$(grep -c 'other XDP' <<<"$said")" 0
	if [ "$(json '.interfaces[0].dispatcher' rfsctl status --json)" = true ]; then
		check "it names libxdp's dispatcher" grep -q "by libxdp's dispatcher, $QUEUES RX" <<<"$said"
		rfsctl detach s0
		srv xdp-loader load -m native -s xdp_pass s0 "$LAB_TMP/pass.o" >"$LAB_TMP/load" 2>&1 ||
			srv xdp-filter load -m native s0 >>"$LAB_TMP/load" 2>&1
		check "beside another one it says so" sh -c "nsenter --net=/run/netns/$LAB_SRV '$RFSCTL' attach s0 |
			grep 'by libxdp.s dispatcher, beside 1 other XDP program, '"
		rfsctl detach s0
		srv xdp-loader unload s0 --all >>"$LAB_TMP/load" 2>&1
	else
		skip "beside another program" "this kernel refuses libxdp's dispatcher"
		rfsctl detach s0
	fi
}

lab_up
# Without udev, the module is not loaded by itself.
[ -e /dev/net/tun ] || modprobe -q tun
TESTS=(bridge bond team vrf stacked headless without_native no_redirect tap veth_checksums
	altname isolated_list isolated waits membarrier no_other_fallback neighbours)
[ $# -eq 0 ] || TESTS=("$@")
for t in "${TESTS[@]}"; do
	"test_$t"
done
tap_end
