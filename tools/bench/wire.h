/* SPDX-License-Identifier: GPL-2.0-only */
/* wire.h - datagrams that come as from a NIC. */
#ifndef RFS_BENCH_WIRE_H
#define RFS_BENCH_WIRE_H

#include "worker.h"

/** wire_make() - get ready to send frames without sockets; for the main thread, before the workers
 */
void wire_make(const struct load_opts *o);

/** wire_sent() - frames made so far, by all threads; 0 without wire_make() */
uint64_t wire_sent(void);

void cli_wire(struct worker *w);

#endif /* RFS_BENCH_WIRE_H */
