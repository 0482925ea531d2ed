# SPDX-License-Identifier: GPL-2.0-only
#
# make            build/rfsctl
# make demo       see it steer, on this machine, in namespaces of its own
# make test       all tests
# make install    to PREFIX (/usr/local), below DESTDIR

B      := build
PREFIX ?= /usr/local

CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
CC      ?= cc

MULTIARCH := $(shell $(CC) -print-multiarch)
ARCH      := $(subst x86_64,x86,$(subst aarch64,arm64,$(shell uname -m)))

WARNINGS   := -Wall -Wextra -Werror
CFLAGS     ?= -O2 -g
RFS_CFLAGS := -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -Iinclude -Iloader -I$(B) -MMD -MP
LIBS       := -lxdp -lbpf -lmnl -ljansson -lsmartcols

# rfsctl runs as root, on names, settings and maps that others made. What CFLAGS and LDFLAGS say about
# the same comes later and wins.
cc-option   = $(shell $(CC) -Werror $(1) -x c -c -o /dev/null /dev/null 2>/dev/null && echo $(1))
HARDEN     := -fPIE -fstack-protector-strong $(call cc-option,-fstack-clash-protection) \
	$(call cc-option,-fcf-protection) $(call cc-option,-mbranch-protection=standard)
# It wants an optimising compiler, and can be said once only.
ifeq ($(findstring _FORTIFY_SOURCE,$(CFLAGS)),)
HARDEN     += $(if $(filter-out -O0,$(filter -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif
HARDEN_LD  := -pie -Wl,-z,relro,-z,now,-z,noexecstack

# A tracing program has its context as a parameter that it rarely looks at.
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) $(BPF_DEFINES) $(WARNINGS) \
	-Wno-unused-parameter -I. -Iinclude -I/usr/include/$(MULTIARCH) -MMD -MP

LOADER_SRC := $(wildcard loader/*/*.c)
LOADER_OBJ := $(LOADER_SRC:loader/%.c=$(B)/loader/%.o)
SKELETONS  := $(B)/rfs_steer.skel.h $(B)/rfs_recorder.skel.h

TRAFFIC_SRC := $(wildcard tests/traffic/*.c)
TRAFFIC_OBJ := $(TRAFFIC_SRC:tests/traffic/%.c=$(B)/traffic/%.o)

all: $(B)/rfsctl

$(B)/rfsctl: $(LOADER_OBJ)
	$(CC) $(HARDEN) $(HARDEN_LD) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# All but the commands, for tests and the benchmark: they take of it what they call.
LOADER_LIB := $(B)/loader.a

$(LOADER_LIB): $(filter-out $(B)/loader/cmd/%,$(LOADER_OBJ))
	rm -f $@
	ar rcs $@ $^

$(B)/loader/%.o: loader/%.c $(SKELETONS)
	@mkdir -p $(dir $@)
	$(CC) $(HARDEN) $(CFLAGS) $(RFS_CFLAGS) -c -o $@ $<

$(B)/%.bpf.o: bpf/%.bpf.c | $(B)
	$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(B)/%.skel.h: $(B)/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $* > $@.tmp
	mv $@.tmp $@

# The storm's controls: the same program with a switch rule that always says yes, of all or of other queues.
broken:
	$(MAKE) B=$(B)/broken BPF_DEFINES=-DRFS_BROKEN_SWITCH_RULE $(B)/broken/rfsctl
	$(MAKE) B=$(B)/broken-places BPF_DEFINES=-DRFS_BROKEN_PLACES $(B)/broken-places/rfsctl

# What the tests and the demo load the network with, and judge it by.
$(B)/rfs-traffic: $(TRAFFIC_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^

$(B)/traffic/%.o: tests/traffic/%.c | $(B)/traffic
	$(CC) $(CFLAGS) -D_GNU_SOURCE $(WARNINGS) -pthread -MMD -MP -c -o $@ $<

$(B) $(B)/traffic:
	mkdir -p $@

SHELL_FILES := tools/setup tools/demo tools/test tests/bench/bench.sh .ci/run tests/docs/check tests/docs/layers tests/model/run tests/vm/fetch tests/vm/run \
	tests/vm/selftest tests/vm/matrix tests/vm/nic tests/vm/nic-guest.sh tests/vm/systemd-guest.sh $(wildcard tests/net/*.sh tests/traffic/*.sh tests/unit/*.sh)
C_FILES     := $(wildcard bpf/*.[ch] include/rfs/*.h loader/*/*.[ch])

lint: $(B)/rfsctl
	@tools/setup lint
	clang-format --dry-run -Werror $(C_FILES)
	clang-tidy --quiet loader/*/*.c -- -std=gnu11 -D_GNU_SOURCE -Iinclude -Iloader -isystem $(B)
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingInclude '--suppress=memleak:tests/traffic/*' \
		'-DLIBBPF_OPTS(type,name,...)=struct type name={}' \
		'-DDECLARE_LIBXDP_OPTS(type,name,...)=struct type name={}' \
		-Iinclude -Iloader loader tests/traffic
	shellcheck -x -S warning $(SHELL_FILES)

# Tests and tools bring their own rules.
-include $(wildcard tests/*/*.mk tools/*.mk tools/*/*.mk)

demo:
	@tools/setup build demo
	@$(MAKE) --no-print-directory -s $(B)/rfsctl $(B)/rfs-traffic
	@LAB_BUILD=$(abspath $(B)) tools/demo

# Everything that the tests run, here or in a VM that sees this folder.
test-build: $(B)/rfsctl $(B)/rfs-traffic broken

NET_TESTS := attach versions undo preflight view problems security interrupt follow apps faults storm watch
$(NET_TESTS:%=test-net-%): test-net-%: test-build
	@LAB_BUILD=$(abspath $(B)) tests/net/$*.sh

test-net: $(NET_TESTS:%=test-net-%)

test:
	@tools/setup build demo test
	@$(MAKE) --no-print-directory -s -j$$(nproc) test-build $(UNIT_PROGRAMS) $(PROG_TEST)
	@RFS_RESULTS=$(B)/tests/results tools/test \
		unit $(MAKE) --no-print-directory -s test-unit -- \
		model $(MAKE) --no-print-directory -s test-model -- \
		prog $(MAKE) --no-print-directory -s test-prog -- \
		docs $(MAKE) --no-print-directory -s test-docs -- \
		$(foreach t,$(NET_TESTS),net-$(t) tests/net/$(t).sh --) \
		bench $(MAKE) --no-print-directory -s test-bench -- \
		vm-oldest $(MAKE) --no-print-directory -s test-vm KERNELS=6.1 SHORT=1 \
			TESTS="prog follow faults storm" -- \
		vm-newest $(MAKE) --no-print-directory -s test-vm KERNELS=7 SHORT=1 \
			TESTS="prog hotplug storm"

clean:
	rm -rf $(B)

.PHONY: all lint broken demo test test-build test-net $(NET_TESTS:%=test-net-%) clean
.SECONDARY:

-include $(wildcard $(B)/*.d $(B)/loader/*/*.d $(B)/traffic/*.d)
