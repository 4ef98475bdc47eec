"""Kills the workers of a laptop cloud that died without stopping.

It runs as a process of its own and is told on stdin which sessions live ("+pid") and which have ended ("-pid").
When stdin closes, which the kernel sees to however the laptop cloud ended, it kills what still lives and exits.
The obvious alternative, PR_SET_PDEATHSIG, is Linux only and fires when the *thread* that started a worker ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path


def kill_session(leader: int) -> None:
    """Kill every process of the session, also those that moved to a process group of their own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    for pid in _members(leader):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _members(leader: int) -> Iterable[int]:
    # Without /proc (macOS) only the worker's own process group is known, and kill_session has seen to that.
    with contextlib.suppress(FileNotFoundError):
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError, ValueError):
                # pid (name) state ppid pgrp session ...; the name may hold anything, so read from its end.
                session = int(stat.read_text().rpartition(")")[2].split()[3])
                if session == leader:
                    yield int(stat.parent.name)


class Lifeline:
    """The laptop cloud's end of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, start_new_session=True, text=True
        )

    def holds(self, pid: int) -> None:
        """This session must not outlive the laptop cloud."""
        self._tell(f"+{pid}")

    def lets_go(self, pid: int) -> None:
        """This session has ended; its number may come to mean another process."""
        self._tell(f"-{pid}")

    def close(self) -> None:
        """Ends the process; anything it still held is killed."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        stdin = self._process.stdin
        with self._lock, contextlib.suppress(OSError, ValueError):
            if stdin is not None:
                stdin.write(line + "\n")
                stdin.flush()


def main() -> None:
    """Follow stdin to its end."""
    held: set[int] = set()
    for line in sys.stdin:
        change, pid = line[0], int(line[1:])
        (held.add if change == "+" else held.discard)(pid)
    for pid in held:
        kill_session(pid)


if __name__ == "__main__":
    main()
