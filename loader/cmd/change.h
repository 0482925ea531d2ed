/* SPDX-License-Identifier: GPL-2.0-only */
/* change.h - what surrounds every change. */
#ifndef RFS_CMD_CHANGE_H
#define RFS_CMD_CHANGE_H

/**
 * cmd_begin_change() - what precedes every change: a BPF file system, the lock, no interruption
 *
 * Return: 0, or a negative errno after an error message.
 */
int cmd_begin_change(void);

/** cmd_remove_idle_recorder() - the last interface's recorder goes with it; 0 or a negative errno
 */
int cmd_remove_idle_recorder(void);

#endif /* RFS_CMD_CHANGE_H */
