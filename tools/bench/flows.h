/* SPDX-License-Identifier: GPL-2.0-only */
/* flows.h - the XDP program's price per packet. */
#ifndef RFS_BENCH_FLOWS_H
#define RFS_BENCH_FLOWS_H

int micro_packets(void);
int micro_flows(void);

#endif /* RFS_BENCH_FLOWS_H */
