"""What a run changed, file by file, in the words of `git diff --stat`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from codex_swarm.models import DiffFile, DiffSummary
from swarm.filetypes import is_binary_type
from swarm.workspace.snapshot import Change, FileEntry

MAX_COUNTED_FILES = 2_000
MAX_COUNTED_BYTES = 512 * 1024
"""Lines are counted in this many files of at most this size; the others are listed with their sizes."""

Read = Callable[[FileEntry], bytes]

_LETTERS = {"added": "A", "modified": "M", "deleted": "D"}
_STAT_WIDTH = 40


@dataclass(frozen=True, slots=True)
class LineCount:
    """Lines that one change adds and takes away; None for both where the file is not text."""

    change: Change
    insertions: int | None
    deletions: int | None


def summarise(run_id: str, changes: Sequence[Change], read: Read) -> DiffSummary:
    """The summary of all changes. `read` gives the bytes of a stored file."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        counts = list(pool.map(lambda change: _count(change, read), changes[:MAX_COUNTED_FILES]))
    counts += [LineCount(change, None, None) for change in changes[MAX_COUNTED_FILES:]]
    return DiffSummary(
        branch=f"run/{run_id}",
        files=[DiffFile(path=change.path, status=_LETTERS[change.status]) for change in changes],
        shortstat=_shortstat(counts),
        stat="\n".join(_stat_line(count) for count in counts),
    )


def _count(change: Change, read: Read) -> LineCount:
    old, new = _lines(change, change.before, read), _lines(change, change.after, read)
    if old is None or new is None:
        return LineCount(change, None, None)
    insertions = deletions = 0
    for tag, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            deletions += old_to - old_from
            insertions += new_to - new_from
    return LineCount(change, insertions, deletions)


def _lines(change: Change, entry: FileEntry | None, read: Read) -> list[str] | None:
    if entry is None:
        return []
    if entry.size > MAX_COUNTED_BYTES or is_binary_type(change.path):
        return None
    try:
        return read(entry).decode().splitlines()
    except UnicodeDecodeError:
        return None


def _shortstat(counts: Iterable[LineCount]) -> str:
    counts = list(counts)
    insertions = sum(count.insertions or 0 for count in counts)
    deletions = sum(count.deletions or 0 for count in counts)
    parts = [_plural(len(counts), "file") + " changed"]
    if insertions:
        parts.append(_plural(insertions, "insertion") + "(+)")
    if deletions:
        parts.append(_plural(deletions, "deletion") + "(-)")
    return ", ".join(parts)


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _stat_line(count: LineCount) -> str:
    change = count.change
    if count.insertions is None or count.deletions is None:
        before, after = (entry.size if entry else 0 for entry in (change.before, change.after))
        return f"{change.path} | Bin {before} -> {after} bytes"
    lines = count.insertions + count.deletions
    scale = min(1.0, _STAT_WIDTH / lines) if lines else 1.0
    bar = "+" * round(count.insertions * scale) + "-" * round(count.deletions * scale)
    return f"{change.path} | {lines} {bar}".rstrip()
