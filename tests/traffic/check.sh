#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Check rfs-traffic itself in two network namespaces, without any steering: what must be found
# clean, and what must be found bad.   check.sh PATH-OF-RFS-TRAFFIC [SECONDS-OF-A-RUN]

set -u
bin=$(realpath "${1:?usage: check.sh PATH-OF-RFS-TRAFFIC [SECONDS-OF-A-RUN]}")
secs=${2:-2}
src=rfstr$$s
dst=rfstr$$d
tmp=$(mktemp -d)
failed=0

cleanup()
{
	local p

	for p in $(jobs -p); do
		kill "$p" 2>/dev/null
	done
	wait
	ip netns del $src 2>/dev/null
	ip netns del $dst 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

setup()
{
	ip netns add $src && ip netns add $dst &&
	ip -n $src link add v0 numrxqueues 4 numtxqueues 4 type veth \
		peer name v1 netns $dst numrxqueues 4 numtxqueues 4 &&
	ip -n $src addr add 10.77.0.1/24 dev v0 &&
	ip -n $src addr add fd77::1/64 dev v0 nodad &&
	ip -n $dst addr add 10.77.0.2/24 dev v1 &&
	ip -n $dst addr add fd77::2/64 dev v1 nodad &&
	ip -n $src link set v0 up && ip -n $dst link set v1 up || exit 1
}

on_src() { nsenter --net=/run/netns/$src "$@"; }
on_dst() { nsenter --net=/run/netns/$dst "$@"; }

# The value of a number in the last sink's (or the named file's) JSON.
val() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" "$tmp/${2:-sink}" | head -n 1; }

verdict()	# NAME CONDITION...
{
	local name=$1

	shift
	if eval "$*"; then
		echo "ok      $name"
	else
		echo "NOT OK  $name: $*"
		sed 's/^/        /' "$tmp/sink" "$tmp/source"
		failed=1
	fi
}

# Datagrams that have come to their end in dst
ended()
{
	on_dst nstat -asz | awk '/^Udp6?(InDatagrams|NoPorts|InErrors) / { n += $2 } END { print n + 0 }'
}

# Let the sink read what has been sent: $1 datagrams had ended before that.
await_read()
{
	local i sent

	sent=$(val sent source)
	for ((i = 0; i < 100; i++)); do
		[ $(($(ended) - $1)) -ge "$sent" ] && return
		sleep 0.05
	done
}

# Start the sink, wait until it is ready, run the source; sets $sink_rc and $source_rc. A sink of datagrams
# cannot tell that its source has ended, so it is told.
run()		# SINK ARG... -- SOURCE ARG...
{
	local sink=() before

	before=$(ended)
	while [ "$1" != -- ]; do
		sink+=("$1")
		shift
	done
	shift
	rm -f "$tmp/ready"
	mkfifo "$tmp/ready"
	# Not by on_dst: $! is to be the sink itself.
	nsenter --net=/run/netns/$dst "$bin" "${sink[@]}" --port 9000 --json --ready-fd 9 \
		9>"$tmp/ready" >"$tmp/sink" 2>"$tmp/err" &
	sink_pid=$!
	read -r _ <"$tmp/ready"
	[ -n "${with_sink:-}" ] && $with_sink
	on_src "$bin" "$@" --port 9000 --json >"$tmp/source" 2>>"$tmp/err"
	# shellcheck disable=SC2034 # for verdict's conditions
	source_rc=$?
	[ "${sink[0]}" = udp-sink ] && await_read "$before" && kill $sink_pid
	wait $sink_pid
	# shellcheck disable=SC2034
	sink_rc=$?
	cat "$tmp/err" >&2
}

v4_sink="--bind 10.77.0.2 --connect 10.77.0.1 --cport 8000 --seconds 60"
v4_src="--bind 10.77.0.1 --to 10.77.0.2 --cport 8000 --seconds $secs"
v6_sink=${v4_sink//10.77.0./fd77::}
v6_src=${v4_src//10.77.0./fd77::}

clean()		# NAME, UDP_SINK ARGS -- UDP_SOURCE ARGS
{
	local name=$1

	shift
	run udp-sink "$@"
	verdict "$name" '[ $sink_rc = 0 ] && [ $source_rc = 0 ] && [ $(val overtaken) = 0 ] &&' \
		'[ $(val lost) = 0 ] && [ $(val duplicates) = 0 ] && [ $(val bad) = 0 ] &&' \
		'[ $(val received) = $(val sent source) ]'
}

udp_clean()
{
	clean "UDP, IPv4" $v4_sink --flows 8 -- udp-source $v4_src --flows 8 --rate 20000
	clean "UDP, IPv6, readers hop, churn" $v6_sink --flows 16 --hop-ms 5 -- \
		udp-source $v6_src --flows 16 --rate 20000 --senders 2 --churn-ms 50
	clean "UDP, IPv4-mapped, sweep" $v4_sink --mapped --flows 4 --readers 2 --hop-ms 20 -- \
		udp-source $v4_src --flows 4 --rate 20000 --pattern sweep
	clean "UDP, IPv4-mapped source, on and off, bursts" $v4_sink --flows 4 --hop-ms 20 -- \
		udp-source $v4_src --mapped --flows 4 --rate 20000 --burst 8 --pattern onoff
	clean "UDP, large datagrams, many flows" $v4_sink --flows 256 --hop-ms 20 -- \
		udp-source $v4_src --flows 256 --rate 10000 --size 1400
	clean "UDP, fragments" $v6_sink --flows 2 -- udp-source $v6_src --flows 2 --rate 1000 \
		--size 5000
}

# 4000 datagrams of each of 2 flows: the numbers are known.
known()		# NAME, SINK ARGS -- SOURCE ARGS; then what they should be
{
	run udp-sink $v4_sink --flows 2 "${@:2:$#-5}" --flows 2 --rate 20000 --count 8000
	verdict "$1" "[ \$sink_rc = ${*: -4:1} ] && [ \$(val overtaken) = ${*: -3:1} ] &&" \
		"[ \$(val lost) = ${*: -2:1} ] && [ \$(val duplicates) = ${*: -1} ]"
}

udp_bad()
{
	verdict "selftest" '"$bin" selftest >"$tmp/sink"'
	#								rc overtaken lost twice
	known "swapped pairs are found" -- udp-source $v4_src --swap 100	1 40 0 0
	known "... as expected" --expect-overtaken -- udp-source $v4_src --swap 100	0 40 0 0
	known "none swapped, not as expected" --expect-overtaken -- udp-source $v4_src	1 0 0 0
	known "missing numbers are found" -- udp-source $v4_src --skip 101	0 0 78 0
	known "doubled datagrams are found" -- udp-source $v4_src --repeat 99	0 0 0 80
	run udp-sink $v4_sink -- udp-source $v4_src --rate 1000 --flows 1 --cport 8001
	verdict "another source is not heard" '[ $sink_rc = 1 ] && [ $(val received) = 0 ]'
}

tcp()
{
	local sec="--seconds $((secs + 1))" to="--to 10.77.0.2 --seconds $secs"
	local good='[ $sink_rc = 0 ] && [ $source_rc = 0 ] && [ $(val bad) = 0 ] &&
		[ $(val truncated) = 0 ] && [ $(val records) = $(val records source) ]'

	run tcp-sink --bind 10.77.0.2 $sec --flows 4 --strict -- \
		tcp-source $to --flows 4 --rate 5000
	verdict "TCP stream, IPv4" "$good"
	run tcp-sink --bind fd77::2 $sec --flows 8 --hop-ms 5 --strict -- \
		tcp-source --to fd77::2 --seconds $secs --flows 8 --senders 2 --rate 5000
	verdict "TCP stream, IPv6, readers hop" "$good"
	# Not --strict: at full speed a veth pair drops and reorders by itself.
	run tcp-sink --mapped $sec --flows 8 --readers 2 --hop-ms 5 -- \
		tcp-source $to --flows 8 --senders 2 --size 10000
	verdict "TCP stream, mapped, unlimited, readers hop" "$good"
	run tcp-sink --bind fd77::2 $sec --flows 4 --hop-ms 20 -- \
		tcp-source --to fd77::2 --seconds $secs --flows 4 --mode rr
	verdict "TCP request and answer, IPv6, readers hop" "$good" \
		'&& [ $(val round_trips source) -gt 1000 ]'
	run tcp-sink $sec --flows 16 --readers 1 -- \
		tcp-source $to --flows 16 --mode rr --size 30000 --cport 8000 --bind 10.77.0.1
	verdict "TCP request and answer, large" "$good"
}

in_dst_sysfs() { on_dst unshare -m sh -c 'mount -t sysfs none /sys && exec sh -c "$0"' "$1"; }

# Steering by hand, not minding any order: the flow goes where its reader is.
poor_mans_steering()
{
	pid=$sink_pid in_dst_sysfs '
		export pid
		while cpus=$(sed -n "s/^Cpus_allowed:.*\([0-9a-f]\)$/\1/p" /proc/$pid/status); do
			if [ "$cpus" != "$old" ]; then
				for q in /sys/class/net/v1/queues/rx-*/rps_cpus; do
					echo $cpus >$q
				done
				old=$cpus
			fi
			[ -n "$cpus" ] || break
			sleep 0.005
		done 2>/dev/null' &
}

follow_with()	# NAME RC STEERING FOLLOW_ARGS -- SOURCE ARGS
{
	local name=$1 rc=$2

	with_sink=$3
	shift 3
	run follow --bind 10.77.0.2 --cpus 0,1 --seconds $((secs + 1)) --stay-ms 500 "$@"
	with_sink=
	verdict "$name" "[ \$sink_rc = $rc ]"
	in_dst_sysfs 'for q in /sys/class/net/v1/queues/rx-*/rps_cpus; do echo 0 >$q; done'
}

follows()
{
	local udp="--connect 10.77.0.1 --cport 8000"
	# The sources outlast the reader: a stay without traffic is bad.
	local usrc="udp-source $v4_src --rate 5000 --cpu 0 --seconds $((secs + 3))"
	local tsrc="tcp-source --to 10.77.0.2 --rate 5000 --cpu 0 --seconds $((secs + 3))"

	follow_with "follow: unsteered datagrams do not" 1 "" $udp -- $usrc
	follow_with "follow: unsteered TCP does not" 1 "" --tcp -- $tsrc
	follow_with "follow: steered datagrams do" 0 poor_mans_steering $udp -- $usrc
	follow_with "follow: steered TCP does" 0 poor_mans_steering --tcp -- $tsrc
	verdict "follow: no peer, ends in time" \
		'! timeout 8 "$bin" follow --tcp --bind 127.0.0.1 --port 9999 --cpus 0,1 ' \
		'--seconds 20 >"$tmp/sink" 2>"$tmp/source"; [ $? != 124 ]'
}

ends()
{
	local start=$SECONDS

	on_dst "$bin" udp-sink $v4_sink --port 9000 --seconds 60 >"$tmp/sink" 2>&1
	verdict "no traffic: ends after 5 s, bad" "[ $? = 1 ] && [ $((SECONDS - start)) -le 6 ]"
	start=$SECONDS
	on_src timeout -s INT 1 "$bin" udp-source $v4_src --port 9000 --rate 100 --seconds 60 \
		>"$tmp/source"
	verdict "SIGINT: ends at once, with a summary" \
		"[ $((SECONDS - start)) -le 2 ] && grep -q 'sent  *[0-9]' $tmp/source"
	start=$SECONDS
	on_src timeout -s TERM 1 "$bin" tcp-sink --port 9000 --seconds 60 >"$tmp/sink" 2>/dev/null
	verdict "SIGTERM: ends at once, with a summary" \
		"[ $((SECONDS - start)) -le 2 ] && grep -q records $tmp/sink"
	"$bin" udp-sink --port 1 >/dev/null 2>&1
	verdict "usage errors are 2" "[ $? = 2 ]"
}

# Real disorder: packets of a flow wait on one CPU while later ones go to the other.
careless_steering()
{
	pid=$sink_pid in_dst_sysfs '
		while kill -0 $pid 2>/dev/null; do
			for mask in 1 2; do
				for q in /sys/class/net/v1/queues/rx-*/rps_cpus; do
					echo $mask >$q
				done
			done
		done' &
}

disorder()
{
	with_sink=careless_steering
	run udp-sink $v4_sink --flows 4 -- udp-source $v4_src --flows 4
	verdict "UDP steered carelessly" '[ $sink_rc = 1 ] && [ $(val overtaken) -gt 0 ]'
	run tcp-sink --seconds $((secs + 1)) --flows 8 --readers 2 --strict -- \
		tcp-source --to 10.77.0.2 --seconds $secs --flows 8 --senders 2 --size 10000
	# How much shows is up to chance; the verdict has to agree with it.
	verdict "TCP steered carelessly" '[ $sink_rc = $(($(val TCPOFOQueue) > 0)) ] &&' \
		'[ $(val bad) = 0 ]'
	with_sink=
}

setup
udp_clean
udp_bad
tcp
follows
ends
disorder
[ $failed = 0 ] && echo "rfs-traffic: all checks passed"
exit $failed
