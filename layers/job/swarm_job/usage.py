"""What running programs use, measured again and again, for the limits that no kernel setting holds.

A resource limit of the kernel is one process's own, and root has no limit on processes at all: what a whole tree
of them uses has to be looked at from outside. So these limits hold within a fraction of a second, not exactly.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection
from pathlib import Path

from swarm_job.cache import CACHE
from swarm_job.contract import Limits
from swarm_job.folders import OWNS_TMP, root
from swarm_job.processes import untrusted

PROCESS_SECONDS = 0.05
DISK_SECONDS = 0.25
# Measuring may take this part of the time and no more.
_SHARE = 10
_FREE_DISK = 64 << 20
_MIB = 1 << 20


class Usage:
    """Judges everything below this process but `spare`, and what is in this process's folder, in Lambda in all of /tmp.

    The cache counts only as far as it grows.
    """

    def __init__(self, limits: Limits, spare: Collection[int]) -> None:
        self._limits = limits
        self._place = Path(tempfile.gettempdir()) if OWNS_TMP else root()
        self._spare = spare
        size, files = entries(self._place)
        # A command that begins with more, left by one that was killed for it, may remove and not add.
        self._most_bytes = max(size, entries(root() / CACHE)[0] + limits.workspace_bytes)
        self._most_files = files + limits.new_files
        self._due = {self._programs: time.monotonic(), self._disk: time.monotonic() + DISK_SECONDS}
        self._pause = {self._programs: PROCESS_SECONDS, self._disk: DISK_SECONDS}

    def excess(self) -> str:
        """Which limit is broken, for a reader; empty while none is. Looks only as often as is worth it."""
        for measure, due in self._due.items():
            if time.monotonic() >= due and (reason := self._measure(measure)):
                return reason
        return ""

    def _measure(self, measure: Callable[[], str]) -> str:
        started = time.monotonic()
        reason = measure()
        ended = time.monotonic()
        self._due[measure] = ended + max(self._pause[measure], _SHARE * (ended - started))
        return reason

    def _programs(self) -> str:
        running = untrusted(self._spare)
        if len(running) > self._limits.processes:
            return f"killed: more than {self._limits.processes} processes ran at one time"
        if sum(process.resident_bytes for process in running) > self._limits.memory_bytes:
            return f"killed: used more than {self._limits.memory_bytes // _MIB:,} MiB of memory"
        return ""

    def _disk(self) -> str:
        size, files = entries(self._place, self._most_bytes, self._most_files)
        if size > self._most_bytes:
            return f"killed: used more than {self._limits.workspace_bytes // _MIB:,} MiB of disk"
        if files > self._most_files:
            return f"killed: made more than {self._limits.new_files:,} files"
        if shutil.disk_usage(self._place).free < _FREE_DISK:
            return "killed: the disk is full"
        return ""


def entries(place: Path, most_bytes: float = float("inf"), most_files: float = float("inf")) -> tuple[int, int]:
    """Bytes on disk and entries below a folder; stops counting once either is beyond its bound."""
    size = files = 0
    waiting = [os.fspath(place)]
    while waiting and size <= most_bytes and files <= most_files:
        # What is removed while it is counted need not be counted.
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as found:
            for entry in found:
                files += 1
                size += entry.stat(follow_symlinks=False).st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                if files > most_files:
                    break
    return size, files
