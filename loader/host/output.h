/* SPDX-License-Identifier: GPL-2.0-only */
/* output.h - what is printed arrives, or the exit status says that it did not. */
#ifndef RFS_OUTPUT_H
#define RFS_OUTPUT_H

/**
 * output_begin() - to be called first
 *
 * If at the end standard output could not be written, also by who ends in exit(), there is an error
 * message and the exit status is RFS_EXIT_FAILED.
 *
 * The standard descriptors that are closed get one that cannot be used: otherwise the next file
 * would have that number, and what is printed would go there.
 */
void output_begin(void);

#endif /* RFS_OUTPUT_H */
