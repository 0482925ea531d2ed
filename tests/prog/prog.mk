# SPDX-License-Identifier: GPL-2.0-only
#
# make test-prog  the steering program on this machine's kernel, by BPF_PROG_RUN; root

PROG_TEST     := $(B)/tests/prog/rfs-prog-test
PROG_TEST_SRC := $(filter-out %.bpf.c,$(wildcard tests/prog/*.c))
PROG_TEST_OBJ := $(PROG_TEST_SRC:%.c=$(B)/%.o)
PROG_TEST_TAP := $(B)/tests/results/prog.tap

test-prog: $(PROG_TEST)
	@mkdir -p $(dir $(PROG_TEST_TAP))
	@CMOCKA_MESSAGE_OUTPUT=tap $(PROG_TEST) >$(PROG_TEST_TAP) 2>&1; status=$$?; \
		cat $(PROG_TEST_TAP); exit $$status

$(PROG_TEST): $(PROG_TEST_OBJ) $(LOADER_LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(LIBS) -lcmocka

$(B)/tests/prog/%.bpf.o: tests/prog/%.bpf.c
	mkdir -p $(dir $@)
	$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(B)/tests/prog/%.skel.h: $(B)/tests/prog/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $* > $@.tmp
	mv $@.tmp $@

$(B)/tests/prog/test_polls.o: $(B)/tests/prog/slow.skel.h

$(B)/tests/prog/%.o: tests/prog/%.c | $(B)/rfs_steer.skel.h
	mkdir -p $(dir $@)
	$(CC) $(CFLAGS) $(RFS_CFLAGS) -pthread -c -o $@ $<

.PHONY: test-prog

-include $(PROG_TEST_OBJ:.o=.d)
