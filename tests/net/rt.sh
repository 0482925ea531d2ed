#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# rt.sh - a PREEMPT_RT kernel is refused. For tests/vm/matrix:
#
#   make test-vm KERNELS=6.1.0-57-rt-amd64 TESTS=rt

. "$(dirname "$0")/lib.sh"
lab_alone "$@"

lab_up || exit 1
case $(uname -v) in
*PREEMPT_RT*)
	fails "attach is refused, with the reason" 1 "PREEMPT_RT" rfsctl attach s0
	fails "generic mode too" 1 "PREEMPT_RT" rfsctl attach s0 --mode generic
	is "nothing stays pinned" "$(lab_pins)" 0
	is "no XDP program stays" "$(srv ip link show dev s0 | grep -c xdp)" 0
	;;
*) skip "attach is refused" "this is no PREEMPT_RT kernel" ;;
esac
tap_end
