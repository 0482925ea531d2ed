/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * steer.h - steering of one interface: made whole or not at all, undone from any state.
 *
 * An interface's folder below <bpffs>/rfs exists from before the first change until after the last
 * is undone. Its journal tells what is to be undone, config.state what was under way.
 */
#ifndef RFS_STEER_H
#define RFS_STEER_H

#include "host/cpuset.h"
#include "host/netif.h"
#include "maps/pins.h"
#include "recorder/recorder.h"

#define QSIZE_DEFAULT 2048
#define QSIZE_MAX     16384 /* the kernel's own bound, kernel/bpf/cpumap.c */
#define FLOW_CNT_MAX  (1U << 24)

struct steer_opts {
	unsigned int mode;     /* enum rfs_mode */
	struct cpuset cpus;    /* may be offline; empty: all that are online and not isolated */
	unsigned int flow_cnt; /* a power of two; 0: sock_flow_entries / RX queues */
	unsigned int qsize;    /* 0: QSIZE_DEFAULT */
	struct rfs_sched kthread_sched;
	unsigned int tcp; /* enum rfs_tcp */
};

/* What steer_set() is to change; NULL: as it is. */
struct steer_changes {
	const struct cpuset
		*cpus; /* not empty, possible CPUs, of which those that are online count */
	const struct rfs_sched *kthread_sched;
};

/**
 * steer_attach() - begin to steer an interface's packets
 * @nif:  interface of the current network namespace
 * @dir:  its pin folder's name; nothing may be there
 * @r:    the recorder
 * @opts: sizes and CPUs
 * @config: receives what is in force
 *
 * Return: 0, or a negative errno after an error message; then all is as it was before.
 */
int steer_attach(const struct netif *nif, const char *dir, const struct recorder *r,
		 const struct steer_opts *opts, struct rfs_config *config);

/**
 * steer_detach() - undo steer_attach(), or what a killed attach or detach has left
 * @dir: the interface's pin folder's name
 *
 * Flows leave their rings in order first; a flow that never pauses for as long as two seconds is
 * cut off where it is. Works from any network namespace.
 *
 * What another rfs version attached is undone as well, by its journal.
 *
 * Return: 0, or a negative errno after an error message: then what could be undone is undone, and
 * the journal has the rest. Where it cannot be told whether the interface is gone, nothing is done.
 */
int steer_detach(const char *dir);

/**
 * steer_in_force() - does the interface have the steering program, so that there is what to change?
 * @dir: the interface's pin folder's name
 *
 * Return: 0, also if that cannot be told; -ENODEV after an error message.
 */
int steer_in_force(const char *dir);

/**
 * steer_set() - steer to other CPUs, or schedule the kthreads otherwise, from now on
 * @dir:     the interface's pin folder's name
 * @changes: what to change
 *
 * Flows leave CPUs that are no longer in the set as the switch rule allows.
 *
 * Return: 0, or a negative errno after an error message; then all is as it was before.
 */
int steer_set(const char *dir, const struct steer_changes *changes);

/**
 * steer_refresh() - follow a change of the CPUs that are online
 * @dir: the interface's pin folder's name
 *
 * CPUs that went offline are left in order; those that came (back) get rings whose kthreads run
 * there. A kthread whose CPU was offline has lost its binding and does not find it again by itself,
 * so its entry is made anew, as soon as nothing is in flight in it. All kthreads are scheduled as
 * the configuration says; where that fails there is a warning.
 *
 * Return: 0, or a negative errno after an error message.
 */
int steer_refresh(const char *dir);

/**
 * steer_config() - read an interface's configuration
 *
 * Return: 0; -ENOENT if it has none (a killed attach); -EPROTO for one of another rfs version; or
 * another negative errno; all without a message.
 */
int steer_config(const char *dir, struct rfs_config *config);

/**
 * steer_find() - the folder of an interface
 * @name: as rfsctl was given it: an interface of this namespace, or a folder's name
 * @here: this network namespace
 * @dir:  PIN_NAME_LEN bytes, receives the folder's name
 *
 * By what the folders' journals say, not by name: that of the interface which has this name (or
 * altname) now; of one that has moved here with the program on it. By the folder's name only if no
 * other interface has it, or the folder's own is gone.
 *
 * Return: 0; -ENOENT; or another negative errno after an error message, if it cannot be told.
 */
int steer_find(const char *name, const struct netns *here, char *dir);

/**
 * steer_make_room() - nothing of an interface may be there when it is attached
 *
 * What an earlier attach or detach left is undone, also of an interface that had this name and is
 * gone.
 *
 * Return: 0; -EEXIST after an error message if it is attached; or another negative errno after a
 * message.
 */
int steer_make_room(const struct netif *nif, const struct netns *ns);

/**
 * steer_new_dir() - a name for an interface's folder that none has
 * @dir: PIN_NAME_LEN bytes, receives pins_iface_dir()'s, or that and more if it is taken: by an
 *	 interface that had this name before
 *
 * Return: 0, or a negative errno after an error message.
 */
int steer_new_dir(const char *name, unsigned int ifindex, const struct netns *ns, char *dir);

/**
 * steer_take_off() - take the program off an interface that has no folder, as somebody removed it
 *
 * Return: 0; -ENOENT if it is not there; or another negative errno after an error message.
 */
int steer_take_off(const char *name, const struct netns *here);

#endif /* RFS_STEER_H */
