# SPDX-License-Identifier: GPL-2.0-only
#
# make test-bench   "make bench" runs end to end, in its short form

test-bench:
	@LAB_BUILD=$(abspath $(B)) tests/bench/bench.sh

.PHONY: test-bench
