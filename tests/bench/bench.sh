#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.sh - "make bench" runs end to end in its short form, and every side was in force. Timings are
# not looked at, they are for docs/performance.md; but where rfs processed a flood's packets is.

. "$(dirname "$0")/../net/lib.sh"

out=$LAB_BUILD/bench
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The samples that a load and a side have: each once, as one round was run
rates() { grep -c "^1,$1,$2,rate,[1-9]" "$out/samples.csv"; }

make --no-print-directory -s -C "$LAB_TOP" bench ROUNDS=1 SHORT=1 >"$log" 2>&1
result $? "make bench ROUNDS=1 SHORT=1: each side was in force, nothing failed" "$log"

for side in none rps krfs cpumap rfs; do
	for load in udp-flood udp-flood-16 udp-flood-sock udp-hop udp-rr-16 tcp-rr-1 tcp-rr-500 tcp-hop tcp-rr-16-hog \
		bulk-1 bulk-16 nginx-keep memcached; do
		[ "$(rates $load $side)" = 1 ]
		result $? "$load, $side: a rate was measured"
	done
done
# All but at most a fifth, of which the first packets are: flows that the RX CPU had before their reader
# was known must leave it although its NAPI is never idle.
awk -F, '$2 ~ /^udp-flood(-16)?$/ && $3 == "rfs" && $4 == "local_pct" { n++; low += $5 < 80; print }
	END { exit !(n == 2 && !low) }' "$out/samples.csv" >"$log"
result $? "udp-flood, udp-flood-16, rfs: processed where they are read" "$log"
# Where a thread has to wait for its CPU, there may be no reply in so short a sample.
for side in none rps krfs cpumap rfs; do
	for load in udp-1k-hog udp-1k-cgroup udp-1k-poll; do
		[ "$(grep -c "^1,$load,$side,p99_us,[1-9]" "$out/samples.csv")" = 1 ]
		result $? "$load, $side: times were measured"
	done
done
# Not more than the pace; on a busy machine it may be less.
awk -F, '$2 == "udp-1k-hog" && $3 == "krfs" && $4 == "rate" { n++; high = $5 > 1010; print }
	END { exit n != 1 || high }' "$out/samples.csv" >"$log"
result $? "udp-1k-hog: no more than 1000 requests a second" "$log"
for side in none-xdp krfs-xdp rfs:--tcp=stack; do
	[ "$(rates bulk-1 $side)" = 1 ] && [ "$(rates bulk-16 $side)" = 1 ]
	result $? "bulk, $side: a rate was measured"
done
for row in "TCP/IPv4 hit" "TCP/IPv6 hit" "VLAN TCP/IPv4 hit" "TCP/IPv4 miss" "part: the whole" \
	"flows 65536" "recorder, recvmsg" "recorder, sendmsg" attach detach; do
	grep -q "^\"\?$row\"\?," "$out/micro.csv"
	result $? "micro: $row"
done
[ "$(grep -c '^| .* | .* |$' "$out/report.md")" -gt 60 ] && ! grep -q 'absent' "$out/report.md"
result $? "the report has its tables, and no absent side"
for picture in rate p50 p99; do
	grep -q '<svg' "$out/$picture.svg"
	result $? "picture $picture.svg"
done
tap_end
