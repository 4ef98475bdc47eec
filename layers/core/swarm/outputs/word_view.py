"""A patch as a page for people: what went is struck through, what came is marked, word by word.

It is made of the patch alone, so that it says what the patch says. Nothing in it is taken for markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from html import escape
from itertools import groupby

from swarm.outputs.diff import OF_TEXT

MAX_PATCH = 1_500_000
"""Characters of the patch that are shown."""

MAX_WORDS = 3_000
"""Of a changed passage; a longer one is shown as a whole, old and new."""

MAX_EFFORT = 60_000_000
"""Pairs of words that are compared for one page."""

_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0711\u0730-\u074a"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd\u0a01-\u0dff\u0e31-\u0e4e"
    "\u0eb1-\u0ece\u0f18-\u0fbc\u102b-\u103e\u1056-\u1099\u17b4-\u17d3\u200c\u200d"
)
"""Points, vowel signs and joiners, which are parts of words and no letters to `re`."""

_WORD = re.compile(rf"[\w{_MARKS}]+|\s+|[^\w\s]")
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}"
    "h2{font-size:1rem;border-bottom:1px solid #bbb;margin-top:2.5rem;overflow-wrap:anywhere}"
    ".place{color:#555;font-size:.85rem;margin:1rem 0 .25rem}"
    "p.text{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:plaintext}"
    "ins{background:#d4f5dc;text-decoration:underline}del{background:#fbdcdc}"
)


def page(patch: str) -> str:
    """The page, as a whole HTML document."""
    shown = patch[:MAX_PATCH]
    # The last line may be cut in its middle.
    body = "".join(_Page().lines(shown.split("\n")[:-1]))
    more = "" if shown == patch else "<p>This is the beginning; the patch has the rest.</p>"
    head = f'<meta charset="utf-8"><title>Changes</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}{more}</body></html>'


class _Page:
    """Goes through a patch from top to bottom."""

    def __init__(self) -> None:
        self._left = MAX_EFFORT

    def lines(self, lines: Sequence[str]) -> Iterator[str]:
        for kind, group in groupby(_marked(lines), key=lambda each: each[0]):
            texts = [text for _, text in group]
            if kind == "title":
                yield from (f'<h2 dir="auto">{escape(text)}</h2>' for text in texts)
            elif kind == "note":
                yield from (f'<p class="place">{escape(text)}</p>' for text in texts if text)
            elif kind == "same":
                yield from (f'<p class="text" dir="auto">{escape(text) or "&nbsp;"}</p>' for text in texts)
            else:
                old = "\n".join(text[1:] for text in texts if text[0] == "-")
                new = "\n".join(text[1:] for text in texts if text[0] == "+")
                yield f'<p class="text" dir="auto">{self._changed(old, new)}</p>'

    def _changed(self, old: str, new: str) -> str:
        before, after = _WORD.findall(old), _WORD.findall(new)
        effort = len(before) * len(after)
        if not before or not after or max(len(before), len(after)) > MAX_WORDS or effort > self._left:
            return "\n".join(each for each in (_del(old), _ins(new)) if each)
        self._left -= effort
        parts = []
        for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag == "equal":
                parts.append(escape("".join(before[a:b])))
            else:
                parts += [_del("".join(before[a:b])), _ins("".join(after[c:d]))]
        return "".join(parts)


def _del(text: str) -> str:
    return f"<del>{escape(text)}</del>" if text else ""


def _ins(text: str) -> str:
    return f"<ins>{escape(text)}</ins>" if text else ""


_HEAD = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@ ?(.*)")
_KINDS = {" ": "same", "-": "changed", "+": "changed"}


def _marked(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What there is to show of the patch, each with what it is: title, note, same on both sides, or changed."""
    old = new = 0
    for line in lines:
        text = line.removeprefix(OF_TEXT) if line.startswith(OF_TEXT) else line
        if old or new:
            sign = text[:1]
            old -= sign in {" ", "-"}
            new -= sign in {" ", "+"}
            yield _KINDS.get(sign, "note"), text if sign in {"-", "+"} else text[1:]
        elif head := _HEAD.fullmatch(text):
            old, new = (1 if count is None else int(count) for count in head.groups()[:2])
            yield "note", head[3] or "\u2026"
        elif line.startswith("diff --git "):
            yield "title", _name(line.removeprefix("diff --git "), " ")
        elif line.startswith(("Binary files ", "Files ")):
            yield (
                "title",
                _name(re.sub(r"^(Binary f|F)iles | differ$| are too large to compare .*$", "", line), " and "),
            )
            yield "note", "too large to compare" if line.startswith("Files") else "a file that is no text"
        elif line.startswith(OF_TEXT):
            yield "note", text.partition(": ")[2]
        elif line.startswith(("new file", "deleted file")):
            yield "note", line.partition(" mode")[0]


def _name(both: str, between: str) -> str:
    """The path in `a/path b/path`; it may have the words between in it, but stands there twice."""
    half = (len(both) - len(between)) // 2
    return both[:half].strip('"').removeprefix("a/").replace('\\"', '"')
