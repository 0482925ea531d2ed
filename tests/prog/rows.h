/* SPDX-License-Identifier: GPL-2.0-only */
/* rows.h - the packet tables: a packet, and what becomes of it. */
#ifndef RFS_TEST_ROWS_H
#define RFS_TEST_ROWS_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include "packet.h"
#include "rfs/types.h"

struct row {
	const char *name;
	enum rfs_stat stat; /* RFS_STAT_HASH_STEERED, or why it is passed */
	bool v6;
	__u8 proto; /* steered by its ports as this protocol; 0: by its addresses alone */
	struct layer layers[PACKET_DEPTH];
};

#define V4(p)	  RFS_STAT_HASH_STEERED, false, p
#define V6(p)	  RFS_STAT_HASH_STEERED, true, p
#define V4_ADDRS  V4(0)
#define V6_ADDRS  V6(0)
#define PASS(why) RFS_STAT_PASS_##why, false, 0

#define ROW(name, expected, ...) { name, expected, { __VA_ARGS__ } }

/* A UDP packet from its IP header on. */
#define UDP4 IP4(IPPROTO_UDP), PORTS, FILL(24)
#define UDP6 IP6(IPPROTO_UDP), PORTS, FILL(24)

/* Each ends with a row without a name. */
extern const struct row link_rows[], ipv4_rows[], ipv6_rows[];

static const struct row *const row_tables[] = { link_rows, ipv4_rows, ipv6_rows };

#define for_each_row(row)                                                                          \
	for (size_t table_ = 0; table_ < sizeof(row_tables) / sizeof(row_tables[0]); table_++)     \
		for (const struct row *row = row_tables[table_]; row->name; row++)

#endif /* RFS_TEST_ROWS_H */
