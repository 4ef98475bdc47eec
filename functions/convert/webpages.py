"""Web pages made ready for pandoc, which drops what people fill in and what is shown from elsewhere.

What a page hides from its readers is left out; the inventory names it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser

_CONCERNED = re.compile(
    r"<(textarea|input|select|iframe|embed|audio|video|object|area)\b|\bhidden\b|display\s*:\s*none", re.IGNORECASE
)
_INVISIBLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_NEVER_HIDDEN = frozenset("area base br col embed hr img input link meta source track wbr html body".split())
"""Elements without content; and the page, which scripts show once they have run."""
_SHOWN_FROM = {"iframe": "src", "embed": "src", "audio": "src", "video": "src", "object": "data"}
_UNSEEN = {"hidden", "password", "submit", "reset", "button", "image", "file"}
_TICKED, _OPEN = "\N{BALLOT BOX WITH X}", "\N{BALLOT BOX}"


def prepared(text: str) -> str:
    """The page with values of its fields as text, and a link in the place of what it embeds."""
    if not _CONCERNED.search(text):
        return text
    page = _Page()
    page.feed(text)
    page.close()
    return "".join(page.parts)


def _is_hidden(tag: str, given: Mapping[str, str]) -> bool:
    """Whether an element says by itself that nobody is to see it; what scripts and style sheets say is not known."""
    return tag not in _NEVER_HIDDEN and ("hidden" in given or _INVISIBLE.search(given.get("style", "")) is not None)


class _Page(HTMLParser):
    """Copies a page, and writes something else for the elements that concern us."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._field: list[str] | None = None
        self._name = ""
        self._options: list[tuple[bool, list[str]]] = []
        self._in_select = False
        # Tag of the hidden element that is open, how many of that tag are, and where what it holds began.
        self._hidden: tuple[str, int, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self._begin(tag, given)
        match tag:
            case "textarea":
                self._field, self._name = [], given.get("name", "")
            case "input":
                self.parts.append(_value(given, checked="checked" in given))
            case "select":
                self._in_select, self._options, self._name = True, [], given.get("name", "")
            case "option" | "optgroup" if self._in_select:
                if tag == "option":
                    self._options.append(("selected" in given, []))
            case "area" if given.get("href"):
                self.parts.append(f'<a href="{escape(given["href"])}">{escape(given.get("alt") or given["href"])}</a> ')
            case _:
                if (source := given.get(_SHOWN_FROM.get(tag, ""), "")) and not source.startswith("data:"):
                    about = given.get("title") or source
                    self.parts.append(f'<a href="{escape(source)}">[embedded {tag}: {escape(about)}]</a> ')
                if tag not in _SHOWN_FROM:
                    self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._field is not None:
            words = "<br>".join("".join(self._field).strip().splitlines())
            self.parts.append(_form_field("field", self._name, words) if words else "")
            self._field = None
        elif tag == "select" and self._in_select:
            self._in_select = False
            marked = (f"{_TICKED if chosen else _OPEN} {''.join(words).strip()}" for chosen, words in self._options)
            self.parts.append(_form_field("choice", self._name, ", ".join(marked)))
        elif tag not in _SHOWN_FROM and not (self._in_select and tag in {"option", "optgroup"}):
            self.parts.append(f"</{tag}>")
        self._end(tag)

    def _begin(self, tag: str, given: Mapping[str, str]) -> None:
        if self._hidden and self._hidden[0] == tag:
            self._hidden = (tag, self._hidden[1] + 1, self._hidden[2])
        elif not self._hidden and _is_hidden(tag, given):
            self._hidden = (tag, 1, len(self.parts))

    def _end(self, tag: str) -> None:
        """Drop what a hidden element holds. One that is never closed hides nothing: else half of a page could go."""
        if self._hidden and self._hidden[0] == tag:
            _, depth, start = self._hidden
            self._hidden = (tag, depth - 1, start) if depth > 1 else None
            if not self._hidden:
                del self.parts[start:]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        self._text(data)

    def handle_entityref(self, name: str) -> None:
        self._text(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._text(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.parts.append(f"<!{decl}>")

    def unknown_decl(self, data: str) -> None:
        self.parts.append(f"<![{data}]>")

    def _text(self, text: str) -> None:
        if self._field is not None:
            self._field.append(text)
        elif self._in_select:
            if self._options:
                self._options[-1][1].append(text)
        else:
            self.parts.append(text)


def _value(given: dict[str, str], *, checked: bool) -> str:
    kind = given.get("type", "text").lower()
    if kind in {"checkbox", "radio"}:
        return f"{_TICKED if checked else _OPEN} "
    return (
        ""
        if kind in _UNSEEN or not given.get("value")
        else _form_field("field", given.get("name", ""), escape(given["value"]))
    )


def _form_field(kind: str, name: str, words: str) -> str:
    return f" [{kind}{' ' * bool(name)}{escape(name)}: {words}] "
