"""Merging two changed versions of a text by its lines, as diff3 does.

Khanna, Kunal and Pierce, "A Formal Investigation of Diff3" (FSTTCS 2007): lines that neither version changed split the
texts into chunks; a chunk that only one of the two changed, or both alike, is merged, and any other is a conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

MAX_LINES = 20_000
"""Of each version. The comparison takes time by the product of their lengths at worst."""


def merged(base: str, ours: str, theirs: str) -> str | None:
    """The text with the changes of both; None where they changed the same lines, or are too long to be compared."""
    texts = [text.splitlines(keepends=True) for text in (base, ours, theirs)]
    if max(map(len, texts)) > MAX_LINES:
        return None
    before, one, other = texts
    lines: list[str] = []
    at = at_one = at_other = 0
    for start, start_one, start_other, length in _stable(before, one, other):
        chunk = _chunk(before[at:start], one[at_one:start_one], other[at_other:start_other])
        if chunk is None:
            return None
        lines += [*chunk, *before[start : start + length]]
        at, at_one, at_other = start + length, start_one + length, start_other + length
    return "".join(lines)


def _chunk(before: Sequence[str], one: Sequence[str], other: Sequence[str]) -> Sequence[str] | None:
    if one == before:
        return other
    return one if other in (before, one) else None


def _stable(before: Sequence[str], one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where lines stand that neither version changed, in all three, and how many; in order, with the end of the texts.

    The matching blocks of each version with the base, as far as they overlap in the base.
    """
    blocks = SequenceMatcher(None, before, one, autojunk=False).get_matching_blocks()
    other_blocks = SequenceMatcher(None, before, other, autojunk=False).get_matching_blocks()
    place = other_place = 0
    while place < len(blocks) and other_place < len(other_blocks):
        block, other_block = blocks[place], other_blocks[other_place]
        start = max(block.a, other_block.a)
        end, other_end = block.a + block.size, other_block.a + other_block.size
        if (length := min(end, other_end) - start) > 0:
            yield start, block.b + start - block.a, other_block.b + start - other_block.a, length
        if end < other_end:
            place += 1
        else:
            other_place += 1
    yield len(before), len(one), len(other), 0
