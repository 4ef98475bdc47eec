"""What a document holds, counted from its raw file, and compared with what came out of the converter.

The raw file is read here and in the modules beside this one, each for a family of formats, and never by way of the
converter: what the converter does not know cannot be forgotten twice. A piece of content whose words did not come out
becomes a note that names its kind, its number and its place.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import cast


class Content(StrEnum):
    """The kinds of content, by the words that notes and `docs/conversions.md` use. The order is that of the notes."""

    TEXT = "passage of text"
    MAIL_HEADER = "header of a mail"
    CELL = "cell"
    TABLE = "table"
    INSERTED = "inserted text"
    DELETED = "deleted text"
    FORMATTING = "tracked change of formatting"
    COMMENT = "comment"
    ANNOTATION = "annotation"
    HEADER = "header"
    FOOTER = "footer"
    FOOTNOTE = "footnote"
    ENDNOTE = "endnote"
    SPEAKER_NOTES = "speaker notes"
    TEXT_BOX = "text box"
    CAPTION = "caption"
    CHART = "chart"
    DIAGRAM = "diagram"
    FORMULA = "formula"
    SYMBOL = "symbol"
    RUBY = "ruby text"
    NUMBER = "number of a clause"
    FIELD = "field"
    FORM_VALUE = "form value"
    CONTENT_CONTROL = "content control"
    INCLUDED = "included document"
    PICTURE = "picture"
    LINKED_PICTURE = "linked picture"
    LINK = "link"
    BOOKMARK = "bookmark"
    OUTLINE = "outline"
    EMBEDDED = "embedded file"
    ATTACHMENT = "attachment"
    HIDDEN_TEXT = "hidden text"
    HIDDEN_SHEET = "hidden sheet"
    HIDDEN_ROW = "hidden row"
    HIDDEN_COLUMN = "hidden column"
    HIDDEN_SLIDE = "hidden slide"
    MACRO = "macro"
    RAW = "raw markup"


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of content. `text` are words that have to come out; an item without any is only counted."""

    kind: Content
    place: str
    text: str = ""


Take = Callable[..., Iterable[Item]]
"""Every item of the file at a path; the other argument is its name, for errors. Raises CannotConvert."""

_TAKERS: Mapping[str, str] = MappingProxyType(
    {
        "docx": "convert.inventory.word",
        "pptx": "convert.inventory.slides",
        "xlsx": "convert.inventory.workbook",
        "xls": "convert.inventory.xls",
        "pdf": "convert.inventory.pdf",
        "ods": "convert.inventory.opendocument",
        "odt": "convert.inventory.opendocument",
        "rtf": "convert.inventory.rtf",
        "html": "convert.inventory.web",
        "epub": "convert.inventory.web",
        "ipynb": "convert.inventory.notebook",
        "jats": "convert.inventory.jats",
        "mail": "convert.inventory.mail",
    }
)
"""Name of a format -> the module whose function `take` reads its raw files."""

_TURNS: Mapping[Content, int] = MappingProxyType({Content.TEXT: 0, Content.NUMBER: 2})
"""Who takes words first: the text itself. Numbers are so short that they are found in anything that is left."""

_LETTERS = re.compile(r"[A-Za-z0-9]+")
_SHOWN_ITEMS = 5
_SHOWN_CHARACTERS = 120

# Scripts that put no spaces between words: there a word is a character, so that a mark between two parts nothing.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(
    f"[{_UNSPACED}]|[0-9]+(?:[.,:][0-9]+)+|[^\\W_{_UNSPACED}]+|[^\\w\\s!-/:-@\\[-`{{-~\u00a0-\u00bf\u2000-\u206f]"
)


def inventory(place: Path, name: str, format_name: str, changes: str = "all") -> list[Item]:
    """What the raw file holds; nothing for a format that is only text. Raises CannotConvert.

    `changes` says how the tracked changes of a Word file are decided: what is gone counts for no number of a clause.
    """
    module = _TAKERS.get(format_name)
    if module is None:
        return []
    take = cast("Take", import_module(module).take)
    return list(take(place, name, changes) if format_name == "docx" else take(place, name))


def letters(texts: Iterable[str]) -> str:
    """Letters and digits of a formula, whose signs pandoc writes by their names in TeX; each of the texts is a word."""
    return " ".join(_LETTERS.findall(" ".join(texts)))


def lost(items: Iterable[Item], text: str, counts: Mapping[Content, int] | None = None) -> list[Item]:
    """The items that did not come out.

    `text` is all that the reader gets, as text. Each word of it stands for one word of one item, so a header is not
    found in a paragraph that says the same. `counts` are how many pieces of a kind came out, with words or without.
    """
    came, left = _Words(text), Counter(counts or {})
    missing: list[Item] = []
    wordless: list[Item] = []
    said = set[str]()
    for item in sorted(items, key=lambda item: _TURNS.get(item.kind, 1)):
        words = " ".join(item.text.split())
        # A picture's description that says what its caption does is not said twice.
        is_said = item.kind in (Content.PICTURE, Content.CAPTION) and words in said
        if not words:
            wordless.append(item)
        elif is_said or came.take(item.text, whole=item.kind is Content.NUMBER):
            left[item.kind] -= 1
            said.add(words)
        else:
            missing.append(item)
    for item in wordless:
        left[item.kind] -= 1
        if left[item.kind] < 0:
            missing.append(item)
    return missing


def notes(missing: Iterable[Item]) -> list[str]:
    """A sentence for each kind: how many, where, and their words."""
    kinds: defaultdict[Content, list[Item]] = defaultdict(list)
    for item in missing:
        kinds[item.kind].append(item)
    return [_note(kind, kinds[kind]) for kind in Content if kind in kinds]


def counted(number: int, kind: str) -> str:
    """A number and the kind in singular or plural: `2 comments`, `1 passage of text`."""
    first, rest = kind.split(" ", 1) if re.match(r"\w+ of ", kind) else (kind, "")
    plural = first if number == 1 or first.endswith(("text", "notes", "markup")) else _plural(first)
    return f"{number:,} {plural} {rest}".strip()


def _plural(noun: str) -> str:
    return noun + ("es" if noun.endswith(("x", "s")) else "s")


def _note(kind: Content, items: Sequence[Item]) -> str:
    shown = [_shown(item) for item in items[:_SHOWN_ITEMS]]
    left = len(items) - len(shown)
    more = [f"and {left:,} more"] if left else []
    verb = "is" if len(items) == 1 else "are"
    return f"{counted(len(items), kind)} {verb} left out: {'; '.join([*shown, *more])}"


def _shown(item: Item) -> str:
    words = " ".join(item.text.split())
    cut = words[:_SHOWN_CHARACTERS] + "..." * (len(words) > _SHOWN_CHARACTERS)
    return f'{item.place}: "{cut}"' if words else item.place


class _Words:
    """The words of a text, each of which can be taken once."""

    def __init__(self, text: str) -> None:
        found = _WORD.findall(text)
        self._there, self._taken = Counter(found), Counter[str]()
        self._joined = "".join(found)
        self._anywhere: dict[str, int] = {}

    def take(self, text: str, *, whole: bool) -> bool:
        """Take every word of the text; where one is missing, take none. `whole` words are not parts of others."""
        wanted = Counter(_WORD.findall(text))
        for word, number in wanted.items():
            total = self._taken[word] + number
            if total > self._there[word] and (whole or total > self._within_words(word)):
                return False
        self._taken.update(wanted)
        return True

    def _within_words(self, word: str) -> int:
        """How often it stands anywhere: formatting inside of a word may cut it, or join it to the next."""
        if word not in self._anywhere:
            self._anywhere[word] = self._joined.count(word)
        return self._anywhere[word]
