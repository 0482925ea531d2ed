#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""tab.py - type keys into a real interactive bash that has rfsctl's completion.

    tab.py COMPLETION KEYS    KEYS as in a Python string: \\t is the TAB key; prints the terminal

The shell's first rfsctl in PATH is the one that runs. Ends with status 1 if the shell does not.
"""
import os
import pty
import select
import signal
import sys
import time

PROMPT = b"<typed-prompt>"


class Shell:
    def __init__(self):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.environ.update(TERM="dumb", HISTFILE="", INPUTRC="/dev/null")
            os.execv("/bin/bash", ["bash", "--noprofile", "--norc", "-i"])

    def read(self, end):
        """One piece of output; False at its end or when the time is up."""
        ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
        if not ready:
            return False
        try:
            piece = os.read(self.fd, 4096)
        except OSError:
            return False
        self.seen += piece
        return bool(piece)

    def prompt(self):
        end = time.monotonic() + 60
        mark = len(self.seen)
        while PROMPT not in self.seen[mark:] and self.read(end):
            pass

    def type(self, keys):
        os.write(self.fd, keys)

    def end(self):
        end = time.monotonic() + 60
        while self.read(end):
            pass
        if time.monotonic() >= end:
            os.kill(self.pid, signal.SIGKILL)
            return 1
        os.waitpid(self.pid, 0)
        return 0


def main():
    completion, keys = sys.argv[1:]
    shell = Shell()
    # In two halves, lest the echo of this line be taken for the prompt.
    shell.type(b". '%s'; PS1='<typed-''prompt>'\n" % completion.encode())
    shell.prompt()
    shell.type(keys.encode().decode("unicode_escape").encode("latin-1"))
    shell.type(b"\x15exit\n")
    status = shell.end()
    sys.stdout.buffer.write(shell.seen)
    return status


sys.exit(main())
