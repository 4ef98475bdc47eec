"""Rich text (RTF 1.9) made ready for pandoc, which knows one code page: every character written as itself.

A character beyond ASCII is bytes in the code page of its font (`\\fcharset`) or of the document (`\\ansicpg`), or a
number (`\\u`) with a replacement behind it for older readers, as long as `\\uc` says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    rb"(?P<group>[{}])|\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<symbol>.)"
    rb"|(?P<line>[\r\n]+)|(?P<text>[^{}\\\r\n]+)",
    re.DOTALL,
)
_OF_FONT = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5hkscs", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
"""`\\fcharset` -> encoding. 0 and 1 are what the document says."""

_OF_DOCUMENT = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
_OF_PAGE = {932: "cp932", 936: "gb18030", 949: "cp949", 950: "big5hkscs", 10_000: "mac_roman", 65_001: "utf-8"}
_UNICODE = 1 << 16


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of rich text: `kind` is group, word, symbol, line or text; characters are decoded to text."""

    kind: str
    text: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class _State:
    font: int = -1
    skipped: int = 1
    in_fonts: bool = False


def tokens(data: bytes) -> Iterator[Token]:
    """The document's pieces in their order, its characters as themselves."""
    reader = _Reader()
    for found in _TOKEN.finditer(_without_pictures(data)):
        yield from reader.take(found)
    yield from reader.characters()


def prepared(data: bytes) -> str:
    """The document with its characters as themselves, for a reader of Unicode."""
    parts: list[str] = []
    after_word = False
    for each in tokens(data.rstrip(b"\0")):
        if each.kind == "word":
            parts.append(f"\\{each.text}{'' if each.number is None else each.number}")
        elif each.kind == "symbol":
            parts.append(f"\\{each.text}")
        else:
            text = each.text if each.kind != "text" else re.sub(r"[\\{}]", r"\\\g<0>", each.text)
            parts.append(" " * (after_word and each.kind == "text") + text)
        after_word = each.kind == "word"
    return "".join(parts)


class _Reader:
    def __init__(self) -> None:
        self._state, self._stack = _State(), list[_State]()
        self._page, self._default_font, self._fonts = "cp1252", 0, dict[int, str]()
        self._bytes, self._units = bytearray(), list[int]()
        self._left = 0  # of a replacement that is not to be shown

    def take(self, found: re.Match[bytes]) -> Iterator[Token]:
        """The pieces that are complete with this one."""
        text = bytes([int(found["byte"], 16)]) if found["byte"] is not None else found["text"]
        if text is not None:
            shown, self._left = text[self._left :], max(self._left - len(text), 0)
            if shown and self._units:
                yield from self.characters()
            self._bytes += shown
        elif found["word"] == b"u":
            if self._bytes:
                yield from self.characters()
            self._units.append(int(found["number"] or b"0") % _UNICODE)
            self._left = self._state.skipped
        elif found["line"] is None:
            yield from self.characters()
            yield from self._control(found)

    def characters(self) -> Iterator[Token]:
        """What has been gathered so far, as text."""
        if self._units:
            units = "".join(map(chr, self._units)).encode("utf-16-le", "surrogatepass")
            yield Token("text", units.decode("utf-16-le", "replace"))
            self._units = []
        if self._bytes:
            font = self._state.font if self._state.font >= 0 else self._default_font
            yield Token("text", self._bytes.decode(self._fonts.get(font, self._page), "replace"))
            self._bytes = bytearray()

    def _control(self, found: re.Match[bytes]) -> Iterator[Token]:
        self._left = 0
        if found["group"] == b"{":
            self._stack.append(self._state)
        elif found["group"] == b"}":
            self._state = self._stack.pop() if self._stack else _State()
        if found["group"] is not None:
            yield Token("group", found["group"].decode())
            return
        if found["symbol"] is not None:
            yield Token("symbol", found["symbol"].decode("latin-1"))
            return
        word, number = found["word"].decode(), int(found["number"]) if found["number"] is not None else None
        self._heed(word, number or 0)
        if word not in {"uc", "ansicpg", *_OF_DOCUMENT}:
            yield Token("word", word, number)

    def _heed(self, word: str, number: int) -> None:
        match word:
            case "ansicpg":
                self._page = _OF_PAGE.get(number, f"cp{number}") if _known(number) else self._page
            case "mac" | "pc" | "pca":
                self._page = _OF_DOCUMENT[word]
            case "deff":
                self._default_font = number
            case "f":
                self._state = replace(self._state, font=number)
            case "plain":
                self._state = replace(self._state, font=-1)
            case "uc":
                self._state = replace(self._state, skipped=min(max(number, 0), 16))
            case "fonttbl":
                self._state = replace(self._state, in_fonts=True)
            case "fcharset" if self._state.in_fonts and number in _OF_FONT:
                self._fonts[self._state.font] = _OF_FONT[number]


def _known(page: int) -> bool:
    try:
        b"a".decode(_OF_PAGE.get(page, f"cp{page}"))
    except LookupError:
        return False
    return True


def _without_pictures(data: bytes) -> bytes:
    """Binary data behind `\\bin` has no place in text; pictures are mostly written in hexadecimal digits."""
    out, at = [], 0
    for found in re.finditer(rb"\\bin(\d{1,9}) ?", data):
        if found.start() >= at:
            out.append(data[at : found.start()])
            at = found.end() + int(found[1])
    return b"".join([*out, data[at:]])
