"""How much memory workers use, with all that they started, as far as the system tells (Linux's /proc; elsewhere 0)."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
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


def overgrown(limits: Mapping[int, int], forking: Container[int] = ()) -> dict[int, list[int]]:
    """The trees of those workers that are over their limits; `limits` are bytes by process id.

    A tree is a worker, its session, and what descends from it, but for processes that are `forking` workers: what they
    forked has trees of its own. Resident memory that processes share is counted for each; only where that is too much
    is it asked who has which part of it.
    """
    children: dict[int, list[_Process]] = defaultdict(list)
    sessions: dict[int, list[_Process]] = defaultdict(list)
    for process in _processes():
        if process.pid not in forking:
            children[process.parent].append(process)
        sessions[process.session].append(process)
    over = {}
    for worker, limit in limits.items():
        tree = _tree(worker, children, sessions)
        if sum(each.resident for each in tree) > limit and sum(map(_share, tree)) > limit:
            over[worker] = [each.pid for each in tree]
    return over


def _processes() -> Iterable[_Process]:
    # Of all processes, twice a second: `pathlib` would take three times as long.
    page = os.sysconf("SC_PAGE_SIZE")
    with suppress(FileNotFoundError), os.scandir(PROC) as folders:
        for name in [folder.name for folder in folders if folder.name.isdecimal()]:
            with suppress(OSError, ValueError, IndexError), open(f"{PROC}/{name}/stat", "rb") as stat:  # noqa: PTH123
                # pid (name) state ppid pgrp session ... rss; the name may hold anything, so read from its end.
                fields = stat.read().rpartition(b")")[2].split(None, 22)
                yield _Process(int(name), int(fields[1]), int(fields[3]), int(fields[21]) * page)


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
