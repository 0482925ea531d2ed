# SPDX-License-Identifier: GPL-2.0-only

# The man page, the completion and the installation against the tool.
test-docs: $(B)/rfsctl
	@mkdir -p $(B)/tests/results
	@tests/docs/check $(B) > $(B)/tests/results/docs.tap; status=$$?; \
		cat $(B)/tests/results/docs.tap; exit $$status

.PHONY: test-docs
