"""What Linux is asked about a process of ours; elsewhere nothing is done, and nothing is promised.

A job is a process of the same user as sameday. It may look into every process of that user which is dumpable: at the
environment it was started with (/proc/PID/environ), its open files, its memory. So a process of ours is not, before
secrets are in it. Root may look into everything.
"""

from __future__ import annotations

import sys

SET_DUMPABLE, SET_CHILD_SUBREAPER = 4, 36  # <linux/prctl.h>


def hide() -> None:
    """Let nobody but root look into this process, and what it forks; a program that it becomes (exec) starts anew."""
    _ask(SET_DUMPABLE, 0)


def adopt() -> None:
    """Be the parent of every process below us that loses its own, in init's place: a daemon stays in sight."""
    _ask(SET_CHILD_SUBREAPER, 1)


def _ask(what: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        library = ctypes.CDLL(None, use_errno=True)
        if library.prctl(what, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), f"prctl({what}, {value}) is refused")
