/* SPDX-License-Identifier: GPL-2.0-only */
/* mode.h - the names of the XDP modes. */
#ifndef RFS_MODE_H
#define RFS_MODE_H

/* In the order of enum rfs_mode, and NULL. */
extern const char *const mode_names[];

/** mode_name() - "native" or "generic"; NULL where a killed attach has not got that far */
const char *mode_name(unsigned int mode);

#endif /* RFS_MODE_H */
