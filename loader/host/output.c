// SPDX-License-Identifier: GPL-2.0-only
/* output.c - what is printed arrives, or the exit status says that it did not. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/msg.h"
#include "host/output.h"

static void close_output(void)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (!fclose(stdout) && !failed)
		return;
	rfs_error("cannot write the output%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
	_exit(RFS_EXIT_FAILED);
}

void output_begin(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(RFS_EXIT_FAILED);
	if (atexit(close_output))
		_exit(RFS_EXIT_FAILED);
}
