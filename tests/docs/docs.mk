# SPDX-License-Identifier: GPL-2.0-only

# The man page, the completion and the installation against the tool; which source stands on which.
test-docs: $(B)/rfsctl $(addprefix $(B)/,bench-load bench-micro bench-xdp)
	@mkdir -p $(B)/tests/results
	@tests/docs/check $(B) > $(B)/tests/results/docs.tap; status=$$?; \
		cat $(B)/tests/results/docs.tap; exit $$status

.PHONY: test-docs
