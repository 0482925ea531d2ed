# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# sides.sh - the sides that are compared: put in force, seen to be in force, and removed.
#
# The interface s0 imitates a NIC whose interrupts go to CPU 0: what comes from the client is sent,
# and so received, on CPU 0, also where the answer to it came from another CPU (RPS on c0).

# shellcheck disable=SC2034 # read by run
declare -A SIDE_NAME=(
	[none]="no steering"
	[rps]="kernel RPS"
	[krfs]="kernel RFS"
	[cpumap]="cpumap l4-hash"
	[rfs]="rfs"
	[none-xdp]="no steering, XDP pass"
	[krfs-xdp]="kernel RFS, XDP pass"
)
declare -A ABSENT

# Is there such a side? rfs:OPTION+OPTION... is rfs with options for attach, and gets its name here.
# Commas would end a field of samples.csv, the others one of the report's.
side_known()
{
	case $1 in
	*[,\|\'\"]*) return 1 ;;
	rfs:?*) SIDE_NAME[$1]="rfs $(tr + ' ' <<<"${1#rfs:}")" ;;
	esac
	[ -n "${SIDE_NAME[$1]:-}" ]
}

SOCK_FLOWS_OLD=$(cat /proc/sys/net/core/rps_sock_flow_entries)
FLOW_CNT=16384

# A bitmap of CPUs for sysfs, from a list of numbers
mask()
{
	local cpu words=() i

	for ((i = 0; i <= LAST_CPU / 32; i++)); do words[i]=0; done
	for cpu in "$@"; do
		words[cpu / 32]=$((words[cpu / 32] | 1 << cpu % 32))
	done
	for ((i = ${#words[@]} - 1; i >= 0; i--)); do
		printf '%08x' "${words[i]}"
		[ $i -gt 0 ] && printf ,
	done
}

# queues srv|cli DEVICE FILE VALUE: write it for all RX queues; sysfs shows the namespace that mounts it
queues()
{
	# shellcheck disable=SC2016
	"$1" unshare -m bash -c 'mount -t sysfs bench /sys || exit 1
		for q in /sys/class/net/"$1"/queues/rx-*; do echo "$3" >"$q/$2" || exit 1; done' \
		queues "$2" "$3" "$4"
}

queue_files() # DEVICE FILE
{
	# shellcheck disable=SC2016
	srv unshare -m bash -c 'mount -t sysfs bench /sys; sort -u /sys/class/net/"$1"/queues/rx-*/"$2"' \
		queues "$1" "$2"
}

link_ready()
{
	srv ethtool -K s0 gro on && queues cli c0 rps_cpus "$(mask 0)"
}

kernel_rps()
{
	# shellcheck disable=SC2046
	queues srv s0 rps_cpus "$(mask $(seq 0 "$LAST_CPU"))"
}

kernel_rfs()
{
	echo 32768 >/proc/sys/net/core/rps_sock_flow_entries
	kernel_rps && queues srv s0 rps_flow_cnt $FLOW_CNT
}

# The packaged xdp-bench if it runs here, else its logic in a program of our own.
cpumap_up()
{
	if [ "${XDP_BENCH:-untried}" != no ] && command -v xdp-bench >/dev/null; then
		start srv xdp-bench redirect-cpu -p l4-hash -c 1 -i 600 s0 >"$LAB_TMP/xdp-bench" 2>&1
		XDP_BENCH_PID=$!
		if wait_for 2 xdp_attached; then
			XDP_BENCH=yes
			SIDE_NAME[cpumap]="xdp-bench l4-hash"
			return 0
		fi
		stop $XDP_BENCH_PID
	fi
	XDP_BENCH=no
	srv "$LAB_BUILD/bench-xdp" s0 l4-hash 1
}

rfs_up() # SIDE
{
	local options

	IFS=+ read -ra options <<<"${1#rfs}"
	[ ${#options[@]} = 0 ] || options[0]=${options[0]#:}
	rfsctl attach "${options[@]}" s0 >"$LAB_TMP/attach" 2>&1
}

xdp_attached() { srv ip -j link show s0 | jq -e '.[0].xdp' >/dev/null; }

# nice_threads BY PATTERN [EXCEPT-PIDS]: by so much, as their nice values say how they stand to each other
nice_threads()
{
	local pid nice

	while read -r pid nice; do
		# A real-time thread has none.
		[ "$nice" = - ] || renice -n $((nice + $1)) -p "$pid" >/dev/null
	done < <(pgrep "$2" | grep -vxF -e "${3:-none}" | xargs -r ps -o pid=,ni= -p)
}

side_up()
{
	local before

	before=$(pgrep '^cpumap/')
	case $1 in
	none) ;;
	rps) kernel_rps ;;
	krfs) kernel_rfs ;;
	cpumap) cpumap_up ;;
	rfs | rfs:*) rfs_up "$1" ;;
	none-xdp) srv "$LAB_BUILD/bench-xdp" s0 pass ;;
	krfs-xdp) kernel_rfs && srv "$LAB_BUILD/bench-xdp" s0 pass ;;
	esac || return 1
	[ -z "${NICE:-}" ] || nice_threads "$NICE" '^cpumap/' "$before"
	side_set "$1"
}

# What the kernel says about the set-up
side_set()
{
	case $1 in
	none | rps | krfs) ! xdp_attached ;;
	*) xdp_attached ;;
	esac || return 1
	case $1 in
	none | none-xdp | cpumap) [ "$(queue_files s0 rps_cpus | tr -d '0,')" = "" ] ;;
	rps) [ "$(queue_files s0 rps_cpus | tr -d '0,')" != "" ] ;;
	krfs*) [ "$(queue_files s0 rps_flow_cnt)" = $FLOW_CNT ] ;;
	rfs | rfs:*) [ "$(json '.interfaces[0].state' rfsctl status s0 --json)" = attached ] ;;
	esac
}

# What packets say: on which CPU 16 flows are processed whose reader is on CPU 1
side_works()
{
	local pct

	pct=$(load rr -u -n 16 -d 0.15 -W 0.15 | sed -n 's/^local_pct,\([0-9]*\).*/\1/p')
	case $1 in
	none*) [ "${pct:-50}" -lt 10 ] ;;
	rps) [ "${pct:-0}" -gt 1 ] && [ "$pct" -lt 99 ] ;;
	*) [ "${pct:-0}" -gt 90 ] ;;
	esac && return 0
	echo "bench: ${SIDE_NAME[$1]}: ${pct:-no} % of reads were local" >&2
	return 1
}

side_down()
{
	[[ $1 = rfs* ]] && rfsctl detach s0 >"$LAB_TMP/detach" 2>&1
	if [ "$1" = cpumap ] && [ "$XDP_BENCH" = yes ]; then
		stop "$XDP_BENCH_PID"
	fi
	xdp_attached && srv ip link set s0 xdp off
	case $1 in
	rps | krfs*)
		echo "$SOCK_FLOWS_OLD" >/proc/sys/net/core/rps_sock_flow_entries
		queues srv s0 rps_cpus 0
		queues srv s0 rps_flow_cnt 0
		;;
	esac
}
