# SPDX-License-Identifier: GPL-2.0-only
#
# make bench                    rfs beside its peers: build/bench/report.md, about 20 minutes
# make bench SHORT=1 ROUNDS=1   only to see that it works, under 2 minutes

BENCH_LOAD_OBJ  := $(addprefix $(B)/tools/bench/,load.o rr.o stream.o wire.o sockets.o worker.o \
	meter.o opts.o hist.o base.o)
BENCH_MICRO_OBJ := $(addprefix $(B)/tools/bench/,micro.o flows.o recorder.o steer.o measure.o)
# Packets and a device as the tests have them; the maps and the recorder as the loader makes them.
BENCH_MICRO_LIB := $(addprefix $(B)/tests/prog/,packet.o netdev.o) $(LOADER_LIB)
BENCH_PROGRAMS  := $(addprefix $(B)/,bench-load bench-xdp bench-micro)

bench:
	@tools/setup build demo test bench
	@$(MAKE) --no-print-directory -s $(B)/rfsctl $(BENCH_PROGRAMS)
	@LAB_BUILD=$(abspath $(B)) ROUNDS=$(ROUNDS) SHORT=$(SHORT) tools/bench/run

$(B)/bench-load: $(BENCH_LOAD_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(LIBS)

$(B)/bench-xdp: $(B)/tools/bench/xdp.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/bench-micro: $(BENCH_MICRO_OBJ) $(BENCH_MICRO_LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(LIBS)

$(B)/tools/bench/%.o: tools/bench/%.c | $(SKELETONS) $(B)/bench.skel.h $(B)/wire.skel.h
	mkdir -p $(dir $@)
	$(CC) $(CFLAGS) $(RFS_CFLAGS) -pthread -c -o $@ $<

$(B)/bench.bpf.o $(B)/wire.bpf.o: $(B)/%.bpf.o: tools/bench/%.bpf.c | $(B)
	$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

.PHONY: bench

-include $(BENCH_LOAD_OBJ:.o=.d) $(BENCH_MICRO_OBJ:.o=.d) $(B)/tools/bench/xdp.d $(B)/bench.bpf.d $(B)/wire.bpf.d
