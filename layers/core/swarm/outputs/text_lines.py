"""What two texts of a document differ in: lines as people read them, and the place of each change."""

from __future__ import annotations

import re

from swarm.outputs.hunks import Lines, compare
from swarm.workspace.document_texts import DocumentText

_HEAD = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


def compare_texts(old: DocumentText | None, new: DocumentText | None, most_effort: int) -> tuple[Lines, int]:
    """The difference, with the place behind the head of each hunk, and the effort it took (`swarm.outputs.hunks`)."""
    before, after = ([f"{line}\n" for _, line in text.lines] if text else [] for text in (old, new))
    found, spent = compare(before, after, most_effort, anchored=True)
    return Lines(found.insertions, found.deletions, _placed(found.hunks, old, new)), spent


def _placed(hunks: str, old: DocumentText | None, new: DocumentText | None) -> str:
    lines = hunks.split("\n")
    for number, line in enumerate(lines):
        if not (head := _HEAD.fullmatch(line)):
            continue
        same = next(count for count, each in enumerate(lines[number + 1 :]) if not each.startswith(" "))
        removed = lines[number + 1 + same].startswith("-")
        text, first = (old, head[1]) if removed else (new, head[2])
        place = text.lines[int(first) - 1 + same][0] if text else ""
        lines[number] = f"{line} {place}".rstrip()
    return "\n".join(lines)
