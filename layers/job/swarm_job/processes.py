"""The processes that untrusted work may have started: who they are, what they use, and how to be rid of all of them.

Linux only. There this process inherits what daemonises, so everything is below it. Where the system refuses that, as
Lambda does, all processes of this user count that were not there when this one began: an environment of Lambda's has
no other use, which a laptop cannot say of its user.
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

from swarm_job import defences
from swarm_job.folders import OWNS_TMP

PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER = 36, 37
_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ENDED = "ZX"
# Fields of /proc/<pid>/stat after the name, as proc(5) numbers them, less the three that are cut off.
_STATE, _PARENT, _THREADS, _STARTED, _RESIDENT = 0, 1, 17, 19, 21

ALONE = OWNS_TMP and str(Path(__file__)) == "/opt/python/swarm_job/processes.py" and os.getuid() != 0
"""This user and this system serve this process alone, as in Lambda: its code is where Lambda puts a layer's."""

FORKERS: set[int] = set()
"""Children of this process that are its own, while what they fork is not (`forker.py`)."""

_at_first: set[tuple[int, int]] = set()


class Unkillable(Exception):
    """A process outlived SIGKILL for longer than anything should."""


@dataclass(frozen=True)
class Process:
    """One process at one moment. `started` is in clock ticks since the system's start."""

    pid: int
    parent: int
    state: str
    threads: int
    started: int
    resident_bytes: int


def remember() -> None:
    """Processes that are here now belong to the platform."""
    _at_first.update((process.pid, process.started) for process in _table())


@cache
def adopt_orphans() -> None:
    """From now on a descendant that loses its parent becomes a child of this process, not of init."""
    if sys.platform != "linux":
        defences.note("orphans_adopted", "only Linux has it")
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    adopting = ctypes.c_int()
    asked = libc.prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(adopting), 0, 0, 0)
    defences.note("orphans_adopted", "" if asked == 0 and adopting.value else os.strerror(ctypes.get_errno()))


def children() -> set[int]:
    """The pids of this process's own children."""
    return {process.pid for process in _table() if process.parent == os.getpid()}


def untrusted(spare: Collection[int] = ()) -> list[Process]:
    """Every process below this one, but for the children to spare and what is below them; in Lambda, strangers too.

    What `FORKERS` have forked is among them.
    """
    table = _table()
    by_parent: dict[int, list[Process]] = {}
    for process in table:
        by_parent.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    waiting = [process for process in by_parent.get(os.getpid(), []) if process.pid not in spare]
    waiting += [process for forker in FORKERS.intersection(spare) for process in by_parent.get(forker, [])]
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting += by_parent.get(process.pid, [])
    return [*found, *_strangers(table, found, spare)] if ALONE else found


def kill_untrusted(spare: Collection[int] = (), timeout: float = 10.0) -> None:
    """Kill and reap until none is left, those born meanwhile included. Raises `Unkillable`."""
    deadline = time.monotonic() + timeout
    while found := untrusted(spare):
        for process in found:
            with contextlib.suppress(ProcessLookupError, ChildProcessError, PermissionError):
                if process.state not in _ENDED:
                    os.kill(process.pid, signal.SIGKILL)
                elif process.parent == os.getpid():
                    os.waitpid(process.pid, os.WNOHANG)
        if time.monotonic() > deadline:
            raise Unkillable(f"{len(found)} processes are left")
        time.sleep(0.001)


def threads_of_this_user() -> int:
    """How much of the user's RLIMIT_NPROC is in use already."""
    return sum(process.threads for process in _table() if _user(process.pid) == os.getuid())


def _strangers(table: Collection[Process], known: Collection[Process], spare: Collection[int]) -> list[Process]:
    """Living processes of this user that are neither the platform's, nor this one, nor known already."""
    passed = {process.pid for process in known} | {os.getpid(), *spare}
    return [
        process
        for process in table
        if process.pid not in passed
        and process.state not in _ENDED
        and (process.pid, process.started) not in _at_first
        and process.parent not in spare
        and _user(process.pid) == os.getuid()
    ]


def _user(pid: int) -> int | None:
    """Whose process it is. The owner of its folder does not say so: that is root's once it has closed its memory."""
    try:
        status = (_PROC / str(pid) / "status").read_text(errors="replace")
    except OSError:
        return None
    return int(status.partition("\nUid:")[2].split(maxsplit=1)[0])


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
        started=int(fields[_STARTED]),
        resident_bytes=int(fields[_RESIDENT]) * _PAGE,
    )
