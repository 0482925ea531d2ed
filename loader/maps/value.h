/* SPDX-License-Identifier: GPL-2.0-only */
/* value.h - the value of a pinned map, which another version may have made with another size. */
#ifndef RFS_VALUE_H
#define RFS_VALUE_H

#include <linux/types.h>

/**
 * value_size() - the size of an array's values, in bytes
 *
 * Return: 0; -EPROTO if the map is no array, or one per CPU; or another negative errno.
 */
int value_size(int fd, __u32 *size);

/**
 * value_read() - an entry of an array
 * @fd:    the map's
 * @value: receives it
 * @size:  its size; the kernel writes as much as the map has, so this must be the map's
 *
 * Return: 0; -EPROTO if the map is no array, or its values have another size; or another negative
 * errno.
 */
int value_read(int fd, __u32 key, void *value, __u32 size);

#endif /* RFS_VALUE_H */
