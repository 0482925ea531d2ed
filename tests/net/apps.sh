#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# apps.sh - real applications, each finishing without error while rfs is attached, and while it is
# attached, changed and detached again and again under them.

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

SECS=${APPS_SECONDS:-2}

nginx_up()
{
	mkdir -p "$LAB_TMP/nginx/www"
	head -c 20000 /dev/urandom >"$LAB_TMP/nginx/www/file"
	cat >"$LAB_TMP/nginx/conf" <<-CONF
		daemon off;
		pid $LAB_TMP/nginx/pid;
		error_log $LAB_TMP/nginx/error.log;
		user root;
		worker_processes 2;
		events { worker_connections 512; }
		http {
			access_log off;
			server { listen 8080; listen [::]:8080; root $LAB_TMP/nginx/www; }
		}
	CONF
	start srv "$(PATH=$PATH:/usr/sbin command -v nginx)" -c "$LAB_TMP/nginx/conf" \
		-e "$LAB_TMP/nginx/error.log"
	wait_for 5 listens 8080
}

http()
{
	cli wrk -t2 -c16 -d"$SECS"s "$@" >"$LAB_TMP/wrk" 2>&1 || return 1
	cat "$LAB_TMP/wrk"
	! grep -qE 'Socket errors|Non-2xx' "$LAB_TMP/wrk" && grep -q 'requests in' "$LAB_TMP/wrk"
}

memcached_up()
{
	start srv memcached -u root -l "$SRV4,$SRV6" -p 11211 -U 11211 -m 64 -t 2
	wait_for 5 listens 11211
}

# A client in a few lines: values that were set are read back, on one connection and on many.
memcache()
{
	cli python3 - "$1" "$SECS" <<-'PY'
		import os, socket, sys, time

		addr, end, n = sys.argv[1], time.time() + int(sys.argv[2]), 0
		while time.time() < end:
		    s = socket.create_connection((addr, 11211), 5)
		    s.settimeout(5)
		    f = s.makefile("rwb")
		    for i in range(200):
		        value = os.urandom(1 + i * 30).hex().encode()
		        f.write(b"set k%d 0 60 %d\r\n%s\r\nget k%d\r\n" % (i, len(value), value, i))
		        f.flush()
		        assert f.readline() == b"STORED\r\n"
		        assert f.readline() == b"VALUE k%d 0 %d\r\n" % (i, len(value))
		        assert f.readline() == value + b"\r\n"
		        assert f.readline() == b"END\r\n"
		        n += 1
		    s.close()
		print(n, "values")
	PY
}

iperf()
{
	local server rc

	start srv iperf3 -s -1 --forceflush >"$LAB_TMP/iperf-server" 2>&1
	server=$!
	wait_for 5 listens 5201
	cli timeout $((SECS + 20)) iperf3 -t "$SECS" "$@"
	rc=$?
	stop $server
	return $rc
}

all_apps()
{
	check "$1: iperf3 TCP/IPv4" iperf -c $SRV4
	check "$1: iperf3 TCP/IPv6, 4 streams" iperf -c $SRV6 -P 4
	check "$1: iperf3 TCP reverse" iperf -c $SRV4 -R
	check "$1: iperf3 UDP/IPv4" iperf -c $SRV4 -u -b 20M -l 1200
	check "$1: iperf3 UDP/IPv6" iperf -c $SRV6 -u -b 20M -l 1200
	check "$1: nginx keep-alive, IPv4" http http://$SRV4:8080/file
	check "$1: nginx keep-alive, IPv6" http "http://[$SRV6]:8080/file"
	check "$1: nginx, a connection per request" http -H 'Connection: close' http://$SRV4:8080/file
	check "$1: memcached, IPv4" memcache $SRV4
	check "$1: memcached, IPv6" memcache $SRV6
}

# Attach, change and detach until told to stop; count what failed.
churn()
{
	local n=0 failed=0 mode

	trap 'echo "$n $failed" >"$LAB_TMP/churn"; exit 0' TERM
	while :; do
		mode=native
		[ $((n % 4)) = 3 ] && mode=generic
		rfsctl attach s0 --mode $mode --flow-cnt 256 >>"$LAB_TMP/churn.log" 2>&1 ||
			failed=$((failed + 1))
		sleep 0.3
		rfsctl set s0 --cpus $((n % NCPUS)) >>"$LAB_TMP/churn.log" 2>&1 ||
			failed=$((failed + 1))
		sleep 0.3
		rfsctl detach s0 >>"$LAB_TMP/churn.log" 2>&1 || failed=$((failed + 1))
		sleep 0.1
		n=$((n + 1))
	done
}

lab_up || exit 1
nginx_up && memcached_up
result $? "servers are up"

rfsctl attach s0 >"$LAB_TMP/attach" 2>&1
result $? "attach" "$LAB_TMP/attach"
all_apps "attached"
is "flows were steered to readers" \
	"$(json '.interfaces[0].packets | .flow_steered > .hash_steered' rfsctl stats --json)" true
at_rest "before detach"
check "detach" rfsctl detach s0

(trap - EXIT INT; churn) &
CHURN=$!
all_apps "attaching and detaching"
stop $CHURN
read -r rounds failed <"$LAB_TMP/churn"
is "$rounds rounds of attach, set and detach under them, failed" "$failed" 0
at_rest "before detach"
rfsctl detach s0 >/dev/null 2>&1

vlan_devices()
{
	ip -n "$LAB_SRV" link add link s0 name s0.5 type vlan id 5 &&
	ip -n "$LAB_CLI" link add link c0 name c0.5 type vlan id 5 &&
	ip -n "$LAB_SRV" link add link s0 name q7 type vlan id 7 proto 802.1ad &&
	ip -n "$LAB_CLI" link add link c0 name q7 type vlan id 7 proto 802.1ad &&
	ip -n "$LAB_SRV" link add link q7 name q7.8 type vlan id 8 &&
	ip -n "$LAB_CLI" link add link q7 name q7.8 type vlan id 8
}

vlan_up()
{
	local dev

	ip -n "$LAB_SRV" addr add 10.78.5.1/24 dev s0.5
	ip -n "$LAB_CLI" addr add 10.78.5.2/24 dev c0.5
	ip -n "$LAB_SRV" addr add 10.78.8.1/24 dev q7.8
	ip -n "$LAB_CLI" addr add 10.78.8.2/24 dev q7.8
	for dev in s0.5 q7 q7.8; do
		ip -n "$LAB_SRV" link set "$dev" up
	done
	for dev in c0.5 q7 q7.8; do
		ip -n "$LAB_CLI" link set "$dev" up
		cli ethtool -K "$dev" tx off txvlan off tx-vlan-stag-hw-insert off >/dev/null 2>&1
	done
}

# Tagged frames: one VLAN, and one in another (802.1Q in 802.1ad).
test_vlan()
{
	vlan_up
	rfsctl attach s0 >/dev/null 2>&1
	check "VLAN: iperf3 TCP" iperf -c 10.78.5.1
	check "QinQ: iperf3 TCP" iperf -c 10.78.8.1
	check "QinQ: iperf3 UDP" iperf -c 10.78.8.1 -u -b 20M -l 1200
	is "VLAN: flows were steered to readers" \
		"$(json '.interfaces[0].packets | .flow_steered > .passed' rfsctl stats --json)" true
	at_rest "VLAN"
	check "VLAN: detach" rfsctl detach s0
}

if vlan_devices >"$LAB_TMP/vlan" 2>&1; then
	test_vlan
else
	skip "VLAN and QinQ traffic" "this kernel has no VLAN devices ($(head -1 "$LAB_TMP/vlan"))"
fi

rfsctl attach s0 --mode generic >/dev/null 2>&1
check "generic: iperf3 TCP/IPv4" iperf -c $SRV4
check "generic: nginx keep-alive, IPv6" http "http://[$SRV6]:8080/file"
check "generic: memcached, IPv4" memcache $SRV4
at_rest "generic"
check "generic: detach" rfsctl detach s0
tap_end
