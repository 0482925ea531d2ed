# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# loads.sh - the loads: how each is put on, and the servers that some need.
#
# Where a load is pinned, the sender is on CPU 0 and the reader on CPU 1, but for "-local" loads.

# Loads of a group are measured together, between one set-up of a side and the next.
# shellcheck disable=SC2034 # read by run
GROUPS_ALL=(
	"udp-flood udp-flood-16 udp-flood-sock udp-hop"
	"udp-rr-1 udp-rr-16 udp-rr-500"
	"tcp-rr-1 tcp-rr-16 tcp-rr-500 tcp-hop"
	"tcp-rr-16-hog udp-rr-16-hog"
	"udp-1k-hog udp-1k-cgroup udp-1k-poll tcp-1k-hog"
	"tcp-rr-16-local udp-rr-16-local udp-flood-local"
	"rpc memcached"
	"bulk-1 bulk-16"
	"nginx-keep nginx-close"
)
# shellcheck disable=SC2034 # read by run
GROUPS_SHORT=(
	"udp-flood udp-flood-16 udp-flood-sock udp-hop udp-rr-16"
	"tcp-rr-1 tcp-rr-500 tcp-hop tcp-rr-16-hog"
	"udp-1k-hog udp-1k-cgroup udp-1k-poll"
	"tcp-rr-16-local"
	"bulk-1 bulk-16"
	"nginx-keep memcached"
)

# name; what "rate" counts; what it is
# shellcheck disable=SC2034 # read by run
LOADS="udp-flood|datagrams/s|UDP flood of 64 bytes as from a NIC, what the reader gets
udp-flood-16|datagrams/s|UDP flood as from a NIC, 16 flows and sockets, one reader
udp-flood-sock|datagrams/s|UDP flood of 64 bytes by sendmmsg(), what the reader gets
udp-flood-local|datagrams/s|UDP flood as from a NIC, reader on the RX CPU
udp-hop|datagrams/s|UDP, 20,000 datagrams a second, the reader hops every 20 ms
udp-rr-1|requests/s|UDP request/response, 1 connection
udp-rr-16|requests/s|UDP request/response, 16 connections
udp-rr-500|requests/s|UDP request/response, 500 connections
tcp-rr-1|requests/s|TCP request/response, 1 connection
tcp-rr-16|requests/s|TCP request/response, 16 connections
tcp-rr-500|requests/s|TCP request/response, 500 connections
tcp-rr-16-hog|requests/s|TCP request/response, 16 connections, a thread spins on the server's CPU
udp-rr-16-hog|requests/s|UDP request/response, 16 connections, a thread spins on the server's CPU
udp-1k-hog|requests/s|UDP, 1000 requests a second, a thread spins on the server's CPU
udp-1k-cgroup|requests/s|UDP, 1000 requests a second, server and a spinning thread in a cgroup of weight 2500
udp-1k-poll|requests/s|UDP, 1000 requests a second, the server polls
tcp-1k-hog|requests/s|TCP, 1000 requests a second, a thread spins on the server's CPU
tcp-rr-16-local|requests/s|TCP request/response, 16 connections, all on the RX CPU
udp-rr-16-local|requests/s|UDP request/response, 16 connections, all on the RX CPU
tcp-hop|requests/s|TCP request/response, 16 connections, the server hops every 20 ms
rpc|requests/s|RPC: 100 threads a side, 20 µs of work per request, server threads not pinned
memcached|requests/s|memcached, 16 connections, get of 100 bytes
bulk-1|Mbit/s|TCP bulk, 1 stream
bulk-16|Mbit/s|TCP bulk, 16 streams
nginx-keep|requests/s|nginx, 64 connections, keep-alive
nginx-close|requests/s|nginx, 64 at a time, a connection per request"

ALL_CPUS=$(seq -s, 0 "$LAST_CPU")
PORT=20000

# load COMMAND OPTION...: bench-load in the lab
load()
{
	local command=$1

	shift
	# A connection of the load before may be in TIME_WAIT.
	PORT=$((PORT >= 30000 ? 20000 : PORT + 600))
	timeout 60 "$LAB_BUILD/bench-load" "$command" --srv-ns "/run/netns/$LAB_SRV" \
		--cli-ns "/run/netns/$LAB_CLI" --to "$SRV4" --from "$CLI4" --port $PORT "$@"
}

servers_up()
{
	mkdir -p "$LAB_TMP/nginx/www"
	head -c 600 /dev/zero >"$LAB_TMP/nginx/www/file"
	cat >"$LAB_TMP/nginx/conf" <<-CONF
		daemon off;
		pid $LAB_TMP/nginx/pid;
		error_log $LAB_TMP/nginx/error.log;
		user root;
		worker_processes 1;
		events { worker_connections 1024; }
		http {
			access_log off;
			keepalive_requests 100000000;
			open_file_cache max=10;
			server { listen 8080; root $LAB_TMP/nginx/www; }
		}
	CONF
	start srv taskset -c 1 "$(PATH=$PATH:/usr/sbin command -v nginx)" -c "$LAB_TMP/nginx/conf" \
		-e "$LAB_TMP/nginx/error.log"
	NGINX=$!
	start srv taskset -c 1 memcached -u root -l "$SRV4" -p 11211 -U 0 -m 64 -t 1
	MEMCACHED=$!
	wait_for 5 listens 8080 && wait_for 5 listens 11211 || return 1
	# The worker is nginx's child.
	NGINX=$(cat "/proc/$NGINX/task/$NGINX/children")
	NGINX=${NGINX%% *}
	# What "get k" brings, and how long the whole answer is
	# shellcheck disable=SC2016
	cli bash -c 'exec 3<>/dev/tcp/'"$SRV4"'/11211
		printf "set k 0 0 100\r\n%0100d\r\n" 0 >&3; read -r -t 5 answer <&3; echo "$answer"' |
		grep -q STORED
}
MEMCACHED_ANSWER=$((13 + 102 + 5)) # "VALUE k 0 100", the value, "END", each with its end of line

# wrk's figures as metric,value lines; times in µs
wrk_metrics()
{
	awk 'function us(t) { return t ~ /us$/ ? t + 0 : t ~ /ms$/ ? t * 1e3 : t * 1e6 }
		$1 == "50%" { print "p50_us," us($2) }
		$1 == "99%" { print "p99_us," us($2) }
		$1 == "Requests/sec:" { print "rate," $2 }
		/Socket errors/ { gsub(/[^0-9 ]/, ""); print "lost," $1 + $2 + $3 + $4 }'
}

# wrk takes whole seconds. --timeout, as a lost SYN takes a second
run_wrk()
{
	# shellcheck disable=SC2153 # run sets it
	local secs=${SECS%.*}

	load meter -a "$NGINX" -- nsenter --net="/run/netns/$LAB_CLI" taskset -c 0 \
		wrk -t1 -c64 -d"$((secs > 0 ? secs : 1))"s --latency "$@" \
		"http://$SRV4:8080/file" 2>"$LAB_TMP/wrk" || return 1
	grep -q 'Non-2xx' "$LAB_TMP/wrk" && return 1
	wrk_metrics <"$LAB_TMP/wrk"
}

# A cgroup that gets 25 times the CPU of one by default, as a pod that asks for 25 CPUs; with NICE by that
# more. Made once, empty in between. CGROUP is its folder, without which there is no such load.
cgroup_up()
{
	local root=/sys/fs/cgroup file=cpu.weight weight dir

	[ -z "${CGROUP:-}" ] || return 0
	if [ ! -e $root/cgroup.controllers ]; then
		root=$(findmnt -n -t cgroup -O cpu -o TARGET | head -1)
		file=cpu.shares
	elif ! grep -qw cpu $root/cgroup.subtree_control; then
		echo +cpu >$root/cgroup.subtree_control || return 1
		CGROUP_ENABLED=$root/cgroup.subtree_control
	fi
	# A nice value less is a quarter more. The kernel takes up to 10000, of shares 262144.
	weight=$(awk -v nice="${NICE:-0}" -v one=$([ $file = cpu.weight ] && echo 100 || echo 1024) \
		'BEGIN { printf "%d", 25 * one / 1.25 ^ nice }')
	dir=$root/rfs-bench-$$
	mkdir "$dir" || return 1
	echo "$weight" >"$dir/$file"
	if [ "$(cat "$dir/$file")" != "$weight" ]; then
		echo "no cgroup of $file $weight" >&2
		rmdir "$dir"
		return 1
	fi
	CGROUP=$dir
}

cgroup_down()
{
	[ -z "${CGROUP:-}" ] || rmdir "$CGROUP"
	[ -z "${CGROUP_ENABLED:-}" ] || echo -cpu >"$CGROUP_ENABLED"
}

# in_cgroup COMMAND...: all threads of it. The client's thread is alone on its CPU.
in_cgroup()
(
	echo "$BASHPID" >"$CGROUP/cgroup.procs" && "$@"
)

# run_load NAME: its metric,value lines
run_load()
{
	local opts=(-d "$SECS" -W "$WARMUP") name=$1 in=() n

	# Where else the load runs, or what else does; then the number of connections
	case $1 in
	*-hog) opts+=(-H 1) name=${1%-hog} ;;
	*-cgroup) cgroup_up && opts+=(-H 1) in=(in_cgroup) name=${1%-cgroup} || return 1 ;;
	*-poll) opts+=(-P) name=${1%-poll} ;;
	*-local) opts+=(-S 0) name=${1%-local} ;;
	esac
	n=${name##*-}
	case $name in
	udp-flood) load wire "${opts[@]}" ;;
	udp-flood-16) load wire "${opts[@]}" -n "$n" ;;
	udp-flood-sock) load flood "${opts[@]}" ;;
	udp-hop) load flood "${opts[@]}" -R 20000 -h 20 -S "$ALL_CPUS" ;;
	udp-1k) "${in[@]}" load rr "${opts[@]}" -u -R 1000 ;;
	tcp-1k) load rr "${opts[@]}" -R 1000 ;;
	udp-rr-*) load rr "${opts[@]}" -u -n "$n" ;;
	tcp-rr-*) load rr "${opts[@]}" -n "$n" ;;
	tcp-hop) load rr "${opts[@]}" -n 16 -h 20 -S "$ALL_CPUS" ;;
	rpc) load rpc "${opts[@]}" -T 100 -w 20 -F -S "$ALL_CPUS" ;;
	memcached) load_memcached "${opts[@]}" ;;
	bulk-*) load bulk "${opts[@]}" -n "$n" ;;
	nginx-keep) run_wrk ;;
	nginx-close) run_wrk -H 'Connection: close' ;;
	esac
}

load_memcached()
{
	load rr "$@" -m --port 11211 -n 16 -r $MEMCACHED_ANSWER -a "$MEMCACHED"
}
