"""What two texts differ in, line by line: the counts, and the hunks of a unified patch.

The format is GNU diff's (https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html), as
`patch` and `git apply` read it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

CONTEXT_LINES = 3

_POPULAR_FROM = 200
"""From so many lines on difflib leaves out lines that make up more than one in a hundred."""

_ANCHORING = 200
"""The effort that a line takes where anchors are looked for, whether or not it is one."""

Opcodes = Sequence[tuple[str, int, int, int, int]]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that a change adds and takes away, and its hunks."""

    insertions: int
    deletions: int
    hunks: str


def split(text: str) -> list[str]:
    """The lines with their ends. Only a line feed ends one: `patch` knows no other."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def effort(old: Sequence[str], new: Sequence[str]) -> int:
    """An upper bound of the pairs of lines that difflib looks at; some 40 ns each at worst."""
    popular = len(new) // 100 + 1 if len(new) >= _POPULAR_FROM else len(new)
    counted = Counter(new)
    pairs = sum(times for line in old if (times := counted[line]) <= popular)
    return (len(old) + pairs) * min(len(old), len(new))


def compare(old: Sequence[str], new: Sequence[str], most_effort: int, *, anchored: bool = False) -> tuple[Lines, int]:
    """The difference, and the effort it took. What would take more than `most_effort` is replaced as a whole.

    With `anchored` the lines that both have once divide what would, and passages between them are compared one by one.
    """
    matcher, spent = _matched(old, new, most_effort, anchored=anchored)
    changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    hunks = "".join(_hunk(old, new, group) for group in matcher.get_grouped_opcodes(CONTEXT_LINES))
    return Lines(sum(code[4] - code[3] for code in changed), sum(code[2] - code[1] for code in changed), hunks), spent


class _Matcher(SequenceMatcher[str]):
    """difflib's, told what is the same at both ends, and where asked what lies between."""

    def __init__(self, opcodes: Opcodes) -> None:
        super().__init__()
        self._found = list(opcodes)

    def get_opcodes(self) -> list[tuple[str, int, int, int, int]]:  # type: ignore[override]
        return list(self._found)


def _matched(old: Sequence[str], new: Sequence[str], most_effort: int, *, anchored: bool) -> tuple[_Matcher, int]:
    most = min(len(old), len(new))
    head = next((n for n in range(most) if old[n] != new[n]), most)
    tail = next((n for n in range(most - head) if old[-1 - n] != new[-1 - n]), most - head)
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    needed = effort(*middle)
    inner: Opcodes = [("replace", 0, len(middle[0]), 0, len(middle[1]))]
    if needed <= most_effort:
        inner = SequenceMatcher(None, *middle).get_opcodes()
    elif anchored and (needed := _ANCHORING * sum(map(len, middle))) <= most_effort:
        inner, more = _between_anchors(*middle, most_effort - needed)
        needed += more
    else:
        needed = 0
    found = [("equal", 0, head, 0, head)] if head else []
    found += [(tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in inner if a < b or c < d]
    if tail:
        found.append(("equal", len(old) - tail, len(old), len(new) - tail, len(new)))
    return _Matcher(found), needed


def _between_anchors(old: Sequence[str], new: Sequence[str], most_effort: int) -> tuple[Opcodes, int]:
    """Opcodes and effort, with the lines between two anchors compared for themselves, as far as the effort goes."""
    codes: list[tuple[str, int, int, int, int]] = []
    spent = a = c = 0
    for b, d in [*_anchors(old, new), (len(old), len(new))]:
        inner: Opcodes = [("replace", 0, b - a, 0, d - c)]
        if a < b and c < d and not set(old[a:b]).isdisjoint(new[c:d]):
            needed = effort(old[a:b], new[c:d])
            if spent + needed <= most_effort:
                spent += needed
                inner = SequenceMatcher(None, old[a:b], new[c:d]).get_opcodes()
        codes += [(tag, i + a, j + a, k + c, m + c) for tag, i, j, k, m in inner if i < j or k < m]
        if b < len(old) and d < len(new):
            codes.append(("equal", b, b + 1, d, d + 1))
        a, c = b + 1, d + 1
    return _merged(codes), spent


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Lines that either side has once, as many of them as come in the same order: those of a patience diff.

    The longest increasing subsequence, by patience sorting (https://bramcohen.livejournal.com/73318.html).
    """
    once_old, once_new = Counter(old), Counter(new)
    places = {line: number for number, line in enumerate(new) if once_new[line] == 1}
    pairs = [(number, places[line]) for number, line in enumerate(old) if once_old[line] == 1 and line in places]
    ends: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        pile = bisect_left(ends, place)
        before.append(tops[pile - 1] if pile else -1)
        ends[pile : pile + 1] = [place]
        tops[pile : pile + 1] = [number]
    found = []
    at = tops[-1] if tops else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


def _merged(codes: Sequence[tuple[str, int, int, int, int]]) -> Opcodes:
    """The same with neighbours of one kind as one: equal lines, or whatever change of all its lines."""
    found: list[tuple[str, int, int, int, int]] = []
    for tag, a, b, c, d in codes:
        first, third = a, c
        if found and (found[-1][0] == "equal") == (tag == "equal"):
            _, first, _, third, _ = found.pop()
        kind = "equal" if tag == "equal" else "delete" if third == d else "insert" if first == b else "replace"
        found.append((kind, first, b, third, d))
    return found


def _hunk(old: Sequence[str], new: Sequence[str], group: Opcodes) -> str:
    first, last = group[0], group[-1]
    lines = [f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n"]
    for tag, a, b, c, d in group:
        if tag == "equal":
            lines += _marked(" ", old[a:b])
        else:
            lines += _marked("-", old[a:b])
            lines += _marked("+", new[c:d])
    return "".join(lines)


def _range(start: int, stop: int) -> str:
    length = stop - start
    # An empty range is named by the line before it.
    beginning = start + 1 if length else start
    return str(beginning) if length == 1 else f"{beginning},{length}"


def _marked(mark: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"
