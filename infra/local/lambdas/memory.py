"""How much memory workers use, with all that they started, as far as the system tells (Linux's /proc; elsewhere 0)."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    session: int
    resident: int


def overgrown(limits: Mapping[int, int]) -> dict[int, list[int]]:
    """The trees of those workers that are over their limits; `limits` are bytes by process id.

    A tree is a worker, its session, and what descends from it. Resident memory that processes share is counted for
    each; only where that is too much is it asked who has which part of it.
    """
    children: dict[int, list[_Process]] = defaultdict(list)
    sessions: dict[int, list[_Process]] = defaultdict(list)
    for process in _processes():
        children[process.parent].append(process)
        sessions[process.session].append(process)
    over = {}
    for worker, limit in limits.items():
        tree = _tree(worker, children, sessions)
        if sum(each.resident for each in tree) > limit and sum(map(_share, tree)) > limit:
            over[worker] = [each.pid for each in tree]
    return over


def _processes() -> Iterable[_Process]:
    page = os.sysconf("SC_PAGE_SIZE")
    for stat in PROC.glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            # pid (name) state ppid pgrp session ... rss; the name may hold anything, so read from its end.
            fields = stat.read_text().rpartition(")")[2].split()
            yield _Process(int(stat.parent.name), int(fields[1]), int(fields[3]), int(fields[21]) * page)


def _tree(
    worker: int, children: Mapping[int, list[_Process]], sessions: Mapping[int, list[_Process]]
) -> list[_Process]:
    found = {each.pid: each for each in sessions.get(worker, [])}
    waiting = list(found.values())
    while waiting:
        for each in children.get(waiting.pop().pid, []):
            if each.pid not in found:
                found[each.pid] = each
                waiting.append(each)
    return list(found.values())


def _share(process: _Process) -> int:
    """What the process has alone, and its part of what it shares; all of it where the system does not say."""
    with suppress(OSError, ValueError, StopIteration):
        lines = (PROC / str(process.pid) / "smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) * 1024
    return process.resident
