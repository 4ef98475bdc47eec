"""The processes below this one: who they are, what they use, and how to be rid of every one of them.

Linux only, where this process also inherits what daemonises; elsewhere nothing is found.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ENDED = "ZX"
# Fields of /proc/<pid>/stat after the name, as proc(5) numbers them, less the three that are cut off.
_STATE, _PARENT, _THREADS, _RESIDENT = 0, 1, 17, 21


class Unkillable(Exception):
    """A process outlived SIGKILL for longer than anything should."""


@dataclass(frozen=True)
class Process:
    """One process at one moment."""

    pid: int
    parent: int
    state: str
    threads: int
    resident_bytes: int


@cache
def adopt_orphans() -> None:
    """From now on a descendant that loses its parent becomes a child of this process, not of init."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """The pids of this process's own children."""
    return {process.pid for process in _table() if process.parent == os.getpid()}


def descendants(spare: Collection[int] = ()) -> list[Process]:
    """Every process below this one, but for the children to spare and what is below them."""
    by_parent: dict[int, list[Process]] = {}
    for process in _table():
        by_parent.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    waiting = [process for process in by_parent.get(os.getpid(), []) if process.pid not in spare]
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting += by_parent.get(process.pid, [])
    return found


def kill_descendants(spare: Collection[int] = (), patience: float = 10.0) -> None:
    """Kill and reap until none is left, those born meanwhile included. Raises `Unkillable`."""
    deadline = time.monotonic() + patience
    while found := descendants(spare):
        for process in found:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                if process.state not in _ENDED:
                    os.kill(process.pid, signal.SIGKILL)
                elif process.parent == os.getpid():
                    os.waitpid(process.pid, os.WNOHANG)
        if time.monotonic() > deadline:
            raise Unkillable(f"{len(found)} processes are left")
        time.sleep(0.001)


def threads_of_this_user() -> int:
    """How much of the user's RLIMIT_NPROC is in use already."""
    total = 0
    for process in _table():
        with contextlib.suppress(OSError):
            if (_PROC / str(process.pid)).stat().st_uid == os.getuid():
                total += process.threads
    return total


def _table() -> list[Process]:
    if sys.platform != "linux":
        return []
    found = []
    for entry in os.scandir(_PROC):
        if entry.name.isdigit():
            # A process may be gone before it is looked at.
            with contextlib.suppress(OSError):
                found.append(_read(int(entry.name)))
    return found


def _read(pid: int) -> Process:
    # The name is in parentheses, and may itself have some.
    fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    return Process(
        pid=pid,
        parent=int(fields[_PARENT]),
        state=fields[_STATE],
        threads=int(fields[_THREADS]),
        resident_bytes=int(fields[_RESIDENT]) * _PAGE,
    )
