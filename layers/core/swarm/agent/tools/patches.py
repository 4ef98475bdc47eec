"""Patches in the format that models are trained on (V4A of `apply_patch`), read and applied to texts.

    *** Begin Patch
    *** Add File: new.txt          lines that begin with +
    *** Delete File: old.txt
    *** Update File: a.py          hunks; perhaps *** Move to: b.py first
    @@ def f():                    a line to look for first; several narrow it down
     context
    -old
    +new
    *** End of File                the hunk is at the end
    *** End Patch

The format is that of https://cookbook.openai.com/examples/gpt4-1_prompting_guide (apply_patch).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from swarm.agent.tools.passages import Place, line_end_at, nearest, places_of, with_line_ends
from swarm.errors import ToolFailure

_BEGIN, _END, _EOF = "*** Begin Patch", "*** End Patch", "*** End of File"
_MOVE = "*** Move to: "
_KINDS = {"*** Add File: ": "add", "*** Delete File: ": "delete", "*** Update File: ": "update"}


@dataclass
class Hunk:
    """One place of a file: lines to look for first, then lines that go out and lines that come in their place."""

    anchors: list[str] = field(default_factory=list)
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    at_end: bool = False


@dataclass
class FileChange:
    """What a patch does with one file. `content` is that of a new file, `hunks` are those of one that is changed."""

    kind: str
    path: str
    target: str | None = None
    content: str = ""
    hunks: list[Hunk] = field(default_factory=list)


def changes_in(patch: str) -> list[FileChange]:
    """What the patch asks for, in its order. Raises `ToolFailure` with the line that does not fit the format."""
    lines = patch.replace("\r\n", "\n").strip("\n").split("\n")
    # Models wrap patches into a shell's here-document or a fence now and then.
    start = next((number for number, line in enumerate(lines) if line.strip() == _BEGIN), None)
    if start is None:
        raise ToolFailure(f"the patch has to begin with the line {_BEGIN!r}")
    changes: list[FileChange] = []
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        if line.strip() == _END:
            break
        header = next((header for header in _KINDS if line.startswith(header)), None)
        if header:
            changes.append(FileChange(_KINDS[header], line.removeprefix(header).strip()))
        elif line.strip() and not (changes and _taken(changes[-1], line)):
            raise ToolFailure(f"line {number} of the patch is not understood: {line[:100]!r}")
        elif not line.strip() and changes and changes[-1].hunks:
            # An empty line is one of the context whose blank was lost.
            _take_into_hunk(changes[-1], line)
    if not changes:
        raise ToolFailure("the patch changes no file")
    if empty := [change.path for change in changes if change.kind == "update" and not (change.hunks or change.target)]:
        raise ToolFailure(f"the patch says nothing of what to change in {empty[0]}")
    return changes


def _taken(change: FileChange, line: str) -> bool:
    """Whether the line belongs to this file's change."""
    if change.kind == "add" and line.startswith("+"):
        change.content += f"{line[1:]}\n"
    elif change.kind != "update":
        return False
    elif line.startswith(_MOVE):
        change.target = line.removeprefix(_MOVE).strip()
    elif line.startswith("@@"):
        _take_anchor(change, line.removeprefix("@@").strip())
    elif line.strip() == _EOF and change.hunks:
        change.hunks[-1].at_end = True
    elif line[:1] in {" ", "-", "+"}:
        _take_into_hunk(change, line)
    else:
        return False
    return True


def _take_anchor(change: FileChange, anchor: str) -> None:
    if not change.hunks or change.hunks[-1].old or change.hunks[-1].new:
        change.hunks.append(Hunk())
    change.hunks[-1].anchors += [anchor] if anchor else []


def _take_into_hunk(change: FileChange, line: str) -> None:
    if not change.hunks:
        change.hunks.append(Hunk())
    hunk, text = change.hunks[-1], line[1:]
    if not line.startswith("+"):
        hunk.old.append(text)
    if not line.startswith("-"):
        hunk.new.append(text)


def patched(text: str, change: FileChange) -> str:
    """The text with every hunk applied, each behind the one before. Raises `ToolFailure` where one does not fit."""
    position = 0
    for number, hunk in enumerate(change.hunks, start=1):
        which, before = f"hunk {number} of {change.path}", position
        for anchor in hunk.anchors:
            position = _behind(text, anchor, position, which)
        old, new = _without_blank_ends(hunk)
        if not old:
            # Nothing to look for: behind the anchor, or at the end.
            place = Place(position, position) if hunk.anchors and not hunk.at_end else Place(len(text), len(text))
            lead = "\n" if place.start and not text[: place.start].endswith("\n") else ""
            inserted = with_line_ends(f"{lead}{_block(new)}", line_end_at(text, place))
        else:
            place = _place(text, hunk, old, (before, position), which)
            ends = "\n" if text[place.start : place.end].endswith("\n") else ""
            inserted = with_line_ends("\n".join(new) + (ends if new else ""), line_end_at(text, place))
        text = f"{text[: place.start]}{inserted}{text[place.end :]}"
        position = place.start + len(inserted)
    return text


def _without_blank_ends(hunk: Hunk) -> tuple[Sequence[str], Sequence[str]]:
    """The hunk's lines without empty context at its end, which is often only the patch's own spacing."""
    old, new = list(hunk.old), list(hunk.new)
    while len(old) > 1 and old and new and not old[-1] and not new[-1]:
        old.pop()
        new.pop()
    return old, new


def _block(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _behind(text: str, anchor: str, position: int, which: str) -> int:
    """Behind the line that is, or holds, the anchor."""
    for start, end in _lines(text, position):
        if text[start:end].strip() == anchor.strip():
            return end
    for start, end in _lines(text, position):
        if anchor.strip() in text[start:end]:
            return end
    raise ToolFailure(f"{which}: no line {anchor[:100]!r} is found behind the hunk before{_hint(text, anchor)}")


def _lines(text: str, position: int) -> Iterator[tuple[int, int]]:
    while position < len(text):
        end = text.find("\n", position) + 1 or len(text)
        yield position, end
        position = end


def _place(text: str, hunk: Hunk, old: Sequence[str], behind: tuple[int, int], which: str) -> Place:
    """Where these whole lines stand: behind the anchors, or where they include them, behind the hunk before."""
    found = [place for place in places_of(text, "\n".join(old)) if _whole_lines(text, place)]
    found = [Place(place.start, _with_line_end(text, place.end)) for place in found if place.start >= behind[0]]
    if hunk.at_end:
        found = [place for place in found if not text[place.end :].strip()] or found
    if places := [place for place in found if place.start >= behind[1]]:
        return places[0]
    if len(found) == 1:
        return found[0]
    wanted = max(old, key=lambda line: len(line.strip()))
    raise ToolFailure(f"{which}: its lines are not found{_hint(text, wanted)}. Read the file, and copy context exactly")


def _whole_lines(text: str, place: Place) -> bool:
    begins = place.start == 0 or text[place.start - 1] == "\n" or text[: place.start] == "\ufeff"
    return begins and (place.end == len(text) or text.startswith(("\n", "\r\n"), place.end))


def _with_line_end(text: str, end: int) -> int:
    return end + next((len(ending) for ending in ("\r\n", "\n") if text.startswith(ending, end)), 0)


def _hint(text: str, wanted: str) -> str:
    close = nearest(text, wanted)
    return f"; the nearest is {close}" if close else ""
