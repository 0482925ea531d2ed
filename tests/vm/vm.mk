# SPDX-License-Identifier: GPL-2.0-only
#
# make test-vm [KERNELS="6.1 7"] [TESTS="prog storm"] [SHORT=1]; all of it takes hours, emulated

test-vm: test-build $(B)/tests/prog/rfs-prog-test
	@tools/setup vm test
	@LAB_BUILD=$(abspath $(B)) KERNELS="$(KERNELS)" TESTS="$(TESTS)" SHORT="$(SHORT)" \
		tests/vm/matrix

.PHONY: test-vm
