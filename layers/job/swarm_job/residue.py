"""What a job may have left for the next one, found and removed: processes, files, shared memory, this process's limits.

In Lambda, where a process has its system to itself, everything counts that this user can write to. Elsewhere the
folders and processes of this process do; what else is there belongs to somebody.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from swarm_job.cache import CACHE, strays
from swarm_job.folders import OWNS_TMP, discard, root
from swarm_job.processes import ALONE, Unkillable, kill_untrusted, untrusted

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - looked through, not used
_SYSV = Path("/proc/sysvipc")
_REMOVE = 0  # IPC_RMID


@dataclass
class Residue:
    """A word on each thing that was found, and on each that could not be removed."""

    found: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)


def clear() -> Residue:
    """Remove what is there, and tell of it."""
    residue = Residue()
    if running := untrusted():
        residue.found.append(f"{len(running)} processes")
        try:
            kill_untrusted()
        except Unkillable as error:
            residue.stays.append(str(error))
    for path in _files():
        residue.found.append(str(path))
        discard(path)
        if path.exists() or path.is_symlink():
            residue.stays.append(str(path))
    if _limits() != _LIMITS:
        # prlimit(2) reaches every process of the user's; what was lowered cannot always be raised again.
        residue.found.append("other limits of this process")
        residue.stays.append("other limits of this process")
    for name, remove in _system_v():
        residue.found.append(name)
        remove()
    residue.stays += [name for name, _ in _system_v()]
    return residue


def _limits() -> list[tuple[int, int]]:
    return [resource.getrlimit(value) for name, value in sorted(vars(resource).items()) if name.startswith("RLIMIT_")]


_LIMITS = _limits()


def _files() -> Iterator[Path]:
    own = root()
    places = [own]
    if OWNS_TMP:
        places.append(Path(tempfile.gettempdir()).resolve())
    if ALONE:
        places.append(SHARED_MEMORY)
    for place in places:
        with contextlib.suppress(OSError):
            for path in list(place.iterdir()):
                if path not in {own, own / CACHE}:
                    yield path
    # It may be kept for the run's next job, and believes no name.
    yield from strays()


def _system_v() -> Iterator[tuple[str, Callable[[], object]]]:
    """This user's segments, semaphores and queues, each with what removes it (proc(5), /proc/sysvipc)."""
    if not ALONE:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    removals: dict[str, tuple[str, Callable[[int], object]]] = {
        "shm": ("shmid", lambda number: libc.shmctl(number, _REMOVE, None)),
        "sem": ("semid", lambda number: libc.semctl(number, 0, _REMOVE)),
        "msg": ("msqid", lambda number: libc.msgctl(number, _REMOVE, None)),
    }
    for kind, (identifier, remove) in removals.items():
        try:
            heading, *lines = (_SYSV / kind).read_text().splitlines()
        except (OSError, ValueError):
            continue
        columns = heading.split()
        number, owner, creator = (columns.index(name) for name in (identifier, "uid", "cuid"))
        for line in lines:
            fields = line.split()
            if str(os.getuid()) in {fields[owner], fields[creator]}:
                yield f"{kind} {fields[number]}", partial(remove, int(fields[number]))
