"""What web pages hold, and the chapters of electronic books, which are web pages too."""

from __future__ import annotations

import math
import re
import zipfile
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from convert.inventory import Content, Item
from swarm_job.charset import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SILENT = {"script", "style", "head", "template", "svg", "math", "noscript", "rt", "rp", "title"}
_EMPTY = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_UNSAID = {"doc-noteref", "doc-backlink", "noteref", "backlink", "aria-hidden=true"}
"""What links say of themselves that lead from a note to its place and back, or that nobody is read: all made anew."""
_NEVER_HIDDEN = _EMPTY | {"html", "body"}
_BLOCKS = frozenset(
    "p div h1 h2 h3 h4 h5 h6 li td th tr table ul ol dl dt dd pre blockquote section article header footer main nav"
    " aside figure figcaption caption form fieldset legend details summary address hr body br textarea select option"
    " iframe object embed audio video canvas button".split()
)
_FROM = {"iframe": "src", "embed": "src", "audio": "src", "video": "src", "source": "src", "object": "data"}
_UNSEEN = {"hidden", "password", "submit", "reset", "button", "image", "file"}
_HIDES = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CHAPTERS = (".xhtml", ".html", ".htm")


def take(place: Path, name: str) -> Iterator[Item]:
    """Every item of a page, or of a book's chapters. `name` is not needed: any text is some page."""
    if not zipfile.is_zipfile(place):
        yield from page(decoded(place.read_bytes()).characters, "the page")
        return
    with zipfile.ZipFile(place) as archive:
        for part in archive.namelist():
            if part.lower().endswith(_CHAPTERS):
                text = archive.read(part).decode("utf-8", "replace")
                # The table of contents is made of the headings that follow.
                if 'epub:type="toc"' not in text:
                    yield from page(text, part.rpartition("/")[2])


def page(text: str, place: str) -> Iterator[Item]:
    """Every item of a page's text."""
    reader = _read(text, _Reader(place))
    if reader.is_open:  # the last hidden element has no end, so it is not taken for one
        reader = _read(text, _Reader(place, most_hidden=reader.hidden - 1))
    yield from reader.items


def _read(text: str, reader: _Reader) -> _Reader:
    # The parser looks for the end of each tag that it sees begin, to the end of the text where there is none.
    end = text.rfind(">") + 1
    reader.feed(text[:end])
    reader.close()
    reader.handle_data(text[end:])
    reader.flush()
    return reader


class _Reader(HTMLParser):
    def __init__(self, place: str, *, most_hidden: float = math.inf) -> None:
        super().__init__(convert_charrefs=True)
        self.items: list[Item] = []
        self._place, self._parts = place, list[str]()
        self._kind: Content | None = Content.TEXT
        self._silent: list[str] = []
        self.hidden = 0
        # The tag of the hidden element that is open, and how many of that tag are.
        self._most_hidden, self._hidden, self._depth = most_hidden, "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self._begin(tag, given)
        if self._silent or self._hidden:
            return
        if tag in {"textarea", "option"}:
            self._kind = Content.FORM_VALUE
        elif tag == "figcaption":
            self._kind = Content.CAPTION
        elif tag == "input" and given.get("type", "text").lower() not in _UNSEEN and given.get("value", "on") != "on":
            self._add(Content.FORM_VALUE, given["value"])
        elif tag == "img" and given.get("alt"):
            self._add(Content.PICTURE, given["alt"])
        elif tag in {"a", "area"} and " " not in given.get("href", " ").strip():
            self._add(Content.LINK, given.get("href", ""))
        elif (source := given.get(_FROM.get(tag, ""), "")) and not source.startswith("data:"):
            self._add(Content.EMBEDDED, source)

    @property
    def is_open(self) -> bool:
        """Whether an element that hides what it holds was not closed."""
        return bool(self._hidden)

    def _begin(self, tag: str, given: Mapping[str, str]) -> None:
        about = {given.get("role"), given.get("epub:type"), f"aria-hidden={given.get('aria-hidden')}"}
        if (tag == "a" and not _UNSAID.isdisjoint(about)) or (tag in _SILENT and tag not in _EMPTY):
            self._silent.append(tag)
        hides = "hidden" in given or _HIDES.search(given.get("style", "")) is not None
        if tag in _BLOCKS or hides:
            self.flush()
        if tag == self._hidden:
            self._depth += 1
        elif hides and not self._hidden and self.hidden < self._most_hidden and tag not in _NEVER_HIDDEN:
            self.hidden += 1
            self._hidden, self._depth = tag, 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS or tag == self._hidden:
            self.flush()
            self._kind = Content.TEXT
        if tag == self._hidden:
            self._depth -= 1
            self._hidden = tag if self._depth else ""
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT:
            self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(data)

    def flush(self) -> None:
        """Make an item of the words so far."""
        if words := " ".join("".join(self._parts).split()):
            self._add(Content.HIDDEN_TEXT if self._hidden else self._kind or Content.TEXT, words)
        self._parts.clear()

    def _add(self, kind: Content, text: str) -> None:
        if text.strip():
            self.items.append(Item(kind, self._place, text.strip()))
