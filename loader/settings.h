/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * settings.h - an interface's settings that would work against steering: saved before they are
 * changed, in a pinned map, so that whichever rfsctl comes next can restore them.
 */
#ifndef RFS_SETTINGS_H
#define RFS_SETTINGS_H

#include <stdbool.h>

/**
 * settings_open() - the map that holds an interface's saved settings
 * @dir: the interface's pin folder; it is made and pinned there if it is not there yet
 *
 * Return: a file descriptor, or a negative errno after an error message.
 */
int settings_open(const char *dir);

/**
 * settings_clear() - save the settings, then clear them
 * @name:  interface of the current network namespace
 * @saved: of settings_open()
 * @native: native XDP: frames lose VLAN tags that the NIC took out, so it must leave them in
 *
 * Kernel RPS and RFS would steer a second time, after the CPUMAP: rps_cpus and rps_flow_cnt of all
 * RX queues become 0.
 *
 * Return: 0, or a negative errno after an error message.
 */
int settings_clear(const char *name, int saved, bool native);

/** settings_restore() - undo settings_clear(); what cannot be undone is warned about */
void settings_restore(const char *name, int saved);

#endif /* RFS_SETTINGS_H */
