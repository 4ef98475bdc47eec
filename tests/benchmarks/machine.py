"""How much memory and processor time processes take, as Linux tells it in /proc."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
MIB = 1024 * 1024


def measurable() -> bool:
    """Whether this machine has /proc."""
    return Path("/proc/self/stat").exists()


def processor_seconds(pid: int) -> float:
    """Of the process so far, in user and kernel mode; 0 for one that is gone."""
    try:
        # pid (name) state ...; the name may hold anything, so read from its end.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def machine_seconds() -> float:
    """Processor time of everything on this machine so far, but for waiting and doing nothing."""
    user, nice, system, _idle, _wait, interrupts, soft = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + interrupts + soft) / TICKS


def resident_bytes(pid: int) -> int:
    """Memory of the process; 0 for one that is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0


@dataclass
class Sample:
    """One look: seconds since the beginning, bytes of the host and of all workers, and how many workers there are."""

    at: float
    host: int
    workers: int
    count: int


@dataclass
class Watch:
    """Looks at this process and its workers twice a second, inside a `with` block."""

    workers: Callable[[], list[int]]
    samples: list[Sample] = field(default_factory=list)
    used: dict[int, float] = field(default_factory=dict)
    seconds: float = 0.0
    host_seconds: float = 0.0
    machine_seconds: float = 0.0

    def __enter__(self) -> Watch:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._began, self._host_began = time.monotonic(), processor_seconds(os.getpid())
        self._machine_began = machine_seconds()
        self._before = {pid: processor_seconds(pid) for pid in self.workers()}
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._look()
        self.seconds = time.monotonic() - self._began
        self.host_seconds = processor_seconds(os.getpid()) - self._host_began
        self.machine_seconds = machine_seconds() - self._machine_began

    @property
    def worker_seconds(self) -> float:
        """Processor time of all workers, also of those that are gone."""
        return sum(self.used.values()) - sum(self._before.values())

    def _work(self) -> None:
        while not self._stopping.wait(0.5):
            self._look()

    def _look(self) -> None:
        pids = self.workers()
        for pid in pids:
            self.used[pid] = max(self.used.get(pid, 0.0), processor_seconds(pid))
        at = time.monotonic() - self._began
        self.samples.append(Sample(at, resident_bytes(os.getpid()), sum(map(resident_bytes, pids)), len(pids)))
