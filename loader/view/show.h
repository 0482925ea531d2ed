/* SPDX-License-Identifier: GPL-2.0-only */
/* show.h - print what was collected, as tables or as JSON. They read no map. */
#ifndef RFS_SHOW_H
#define RFS_SHOW_H

#include "view/collect.h"

void show_status(const struct rfs_view *view);
void show_stats(const struct rfs_view *view);
void show_flows(const struct flow_view *view);

void json_status(const struct rfs_view *view);
void json_stats(const struct rfs_view *view);
void json_flows(const struct flow_view *view);

#endif /* RFS_SHOW_H */
