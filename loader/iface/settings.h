/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * settings.h - an interface's settings that would work against steering: saved before they are
 * changed, in the interface's journal, so that whichever rfsctl comes next can restore them.
 */
#ifndef RFS_SETTINGS_H
#define RFS_SETTINGS_H

#include <stdbool.h>

/* What an attachment asks of the settings. */
struct settings_wish {
	bool native;	       /* native XDP: frames lose VLAN tags that the NIC took out */
	unsigned int flow_cnt; /* the kernel's RFS: slots per RX queue; 0: it is to be off */
	unsigned int sock_flow_entries; /* and the size of its table, if it has none */
	unsigned int first_queue;	/* those before are not looked at */
};

/**
 * settings_change() - save the settings, then change them
 * @ifindex: of the current network namespace: a name may become another's meanwhile
 * @name:  for messages
 * @dir:   its pin folder's name
 * @journal: of journal_open()
 * @wish:  what is needed
 *
 * Kernel RPS and RFS would steer a second time, after the CPUMAP: rps_cpus and rps_flow_cnt of all
 * RX queues become 0. Where the kernel's RFS is wanted, rps_flow_cnt becomes wish->flow_cnt, and
 * net.core.rps_sock_flow_entries wish->sock_flow_entries if it was 0.
 *
 * rps_cpus is 0 also then: without it the kernel steers packets with a known reader only. Frames
 * from a CPUMAP, which all count for RX queue 0, thus stay on the CPU to which they were steered,
 * or go where their reader went.
 *
 * Return: 0, or a negative errno after an error message.
 */
int settings_change(unsigned int ifindex, const char *name, const char *dir, int journal,
		    const struct settings_wish *wish);

/**
 * settings_restore() - undo settings_change()
 * @ifindex: the interface, in the current network namespace; 0 if it is gone: then what is the
 *	     host's is restored
 * @name:  for messages
 * @dir:   its pin folder's name
 * @journal: of journal_open()
 *
 * What somebody has set otherwise since is left so, with a word. The size of the kernel's table is
 * left to the last interface that needs it.
 *
 * Return: 0, or a negative errno after an error message; what could not be restored stays in the
 * journal.
 */
int settings_restore(unsigned int ifindex, const char *name, const char *dir, int journal);

#endif /* RFS_SETTINGS_H */
