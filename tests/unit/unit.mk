# SPDX-License-Identifier: GPL-2.0-only
#
# make test-unit   unit tests, as the loader is built and again with sanitizers; no root, no BPF
#
# Results are in $(B)/tests/results: unit-NAME.tap and unit-NAME-asan.tap (Test Anything Protocol).

UNIT_TESTS := hash spread rules ents tag ring model object cpuset sched kthreads idle leave kernel text problems print cmdline
UNIT_DIR   := $(B)/tests/unit
UNIT_TAP   := $(B)/tests/results

# The stub of the steering program's skeleton comes before the real one in $(B).
UNIT_CFLAGS      := -Itests/unit/stub -Itests/unit -I. $(RFS_CFLAGS)
UNIT_CFLAGS_asan := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Beside the test's own object.
UNIT_OBJ_cpuset  := loader/host/cpuset.o
UNIT_OBJ_sched   := loader/host/kthread_sched.o
UNIT_OBJ_kthreads := loader/host/kthreads.o
UNIT_OBJ_idle    := $(addprefix loader/,iface/idle.o host/clock.o host/kthreads.o)
UNIT_OBJ_leave   := $(addprefix loader/,iface/leave.o iface/idle.o host/clock.o host/kthreads.o host/cpuset.o)
UNIT_OBJ_text    := loader/host/text.o
UNIT_OBJ_problems := $(patsubst %.c,%.o,loader/view/problems.c loader/view/view.c \
	loader/host/cpuset.c loader/host/kthread_sched.c loader/host/text.c)
UNIT_OBJ_print   := $(patsubst %.c,%.o,loader/view/show.c loader/view/json.c loader/view/view.c loader/host/msg.c \
	loader/host/mode.c loader/host/text.c loader/host/cpuset.c loader/host/kthread_sched.c)
UNIT_LIBS_print  := -lxdp -lbpf -ljansson -lsmartcols
UNIT_OBJ_kernel  := loader/host/kernel.o
UNIT_OBJ_cmdline := cmdline_stubs.o cmdline_usage.o cmdline_run.o \
	$(patsubst %.c,%.o,loader/iface/preflight.c $(wildcard loader/cmd/*.c) $(addprefix loader/host/, \
	msg.c mode.c text.c output.c cpuset.c kthread_sched.c))
UNIT_LIBS_spread  := -lm
UNIT_LIBS_leave   := -lpthread -Wl,--wrap=usleep
# Read when the test runs.
$(UNIT_DIR)/%/object.o: UNIT_CFLAGS += -DRFS_STEER_OBJECT='"$(B)/rfs_steer.bpf.o"'
UNIT_LIBS_kernel  := -lbpf
UNIT_LIBS_cmdline := -lxdp -lbpf -ljansson \
	-Wl,--wrap=cpuset_online,--wrap=cpuset_possible,--wrap=cpuset_isolated,--wrap=sleep

# $(1): plain or asan
define unit_objects
$$(UNIT_DIR)/$(1)/%.o: tests/unit/%.c
	@mkdir -p $$(dir $$@)
	$$(CC) $$(CFLAGS) $$(UNIT_CFLAGS) $$(UNIT_CFLAGS_$(1)) -c -o $$@ $$<

$$(UNIT_DIR)/$(1)/loader/%.o: loader/%.c
	@mkdir -p $$(dir $$@)
	$$(CC) $$(CFLAGS) $$(UNIT_CFLAGS) $$(UNIT_CFLAGS_$(1)) -c -o $$@ $$<

$$(UNIT_DIR)/$(1)/loader/cmd/main.o: UNIT_CFLAGS += -Dmain=rfsctl_main
endef

# $(1): plain or asan; $(2): a test
define unit_program
$$(UNIT_DIR)/$(1)/$(2): $$(addprefix $$(UNIT_DIR)/$(1)/,$(2).o $$(UNIT_OBJ_$(2)))
	$$(CC) $$(CFLAGS) $$(UNIT_CFLAGS_$(1)) $$(LDFLAGS) -o $$@ $$^ $$(UNIT_LIBS_$(2)) -lcmocka
endef

$(foreach v,plain asan,$(eval $(call unit_objects,$(v))))
$(foreach v,plain asan,$(foreach t,$(UNIT_TESTS),$(eval $(call unit_program,$(v),$(t)))))

UNIT_PROGRAMS := $(foreach v,plain asan,$(UNIT_TESTS:%=$(UNIT_DIR)/$(v)/%))

test-unit: $(UNIT_PROGRAMS) $(B)/rfs_steer.bpf.o
	tests/unit/run.sh $(UNIT_TAP) $(UNIT_PROGRAMS)

.PHONY: test-unit

-include $(wildcard $(UNIT_DIR)/*/*.d $(UNIT_DIR)/*/loader/*/*.d)
