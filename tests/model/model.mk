# SPDX-License-Identifier: GPL-2.0-only
#
# make test-model   the switch rule as SPIN models, searched exhaustively, and every known hole as a
#                   variant that must be caught; no root, no BPF
#
# SCENARIO=switch runs the rows of one of them.

test-model:
	@tests/model/run $(B) $(SCENARIO)

.PHONY: test-model
