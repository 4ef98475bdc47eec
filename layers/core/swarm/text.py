"""Long texts cut in the middle, with a note of what is missing: no one result may fill a conversation."""

from __future__ import annotations

from collections.abc import Sequence

MAX_OUTPUT = 30_000
"""Characters of one tool's output that the model gets to see, notes included."""

_NOTE = 200
"""Characters kept free for the note."""


def clip(text: str, limit: int = MAX_OUTPUT) -> str:
    """The text, or its two ends around a note that says how many characters are left out."""
    if len(text) <= limit:
        return text
    half = (limit - _NOTE) // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"


def clip_lines(lines: Sequence[str], first: int, limit: int = MAX_OUTPUT) -> str:
    """The lines joined, or those of the two ends around a note that names the missing ones by number.

    `first` is the number of the first line. Lines too long for that are cut between characters.
    """
    if sum(map(len, lines)) + len(lines) <= limit:
        return "\n".join(lines)
    room = (limit - _NOTE) // 2
    head, tail = _fitting(lines, room), _fitting(lines[::-1], room)
    if not head or not tail:
        return clip("\n".join(lines), limit)
    start, end = first + head, first + len(lines) - tail - 1
    note = f"[... lines {start} to {end} left out; read from start_line {start} to end_line {end} ...]"
    return "\n".join([*lines[:head], note, *lines[len(lines) - tail :]])


def _fitting(lines: Sequence[str], room: int) -> int:
    """How many lines from the start fit into that many characters."""
    for number, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            return number
    return len(lines)
