"""Text out of bytes: marks and declarations are obeyed, UTF-8 is known by sight, the rest is guessed, and said so."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What a label means to browsers is often more than what it names (https://encoding.spec.whatwg.org/#names-and-labels).
_LABELS = {
    **dict.fromkeys(("ascii", "us-ascii", "latin1", "latin-1", "iso-8859-1", "iso8859-1"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("iso-8859-11", "tis-620", "windows-874", "dos-874"), "cp874"),
    **dict.fromkeys(("gb2312", "gbk", "gb_2312-80", "x-gbk", "chinese"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms_kanji"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601", "korean", "windows-949"), "cp949"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5", "cn-big5"), "big5hkscs"),
    **dict.fromkeys(("macintosh", "mac", "x-mac-roman"), "mac_roman"),
    "x-mac-cyrillic": "mac_cyrillic",
    "iso-8859-8-i": "iso8859_8",
    "x-euc-jp": "euc_jp",
}
_DECLARED = re.compile(
    rb"""<\?xml[^>]*?\bencoding\s*=\s*["']([\w.:-]+)|<meta[^>]+?\bcharset\s*=\s*["']?\s*([\w.:-]+)"""
    rb"""|\\usepackage\[([\w-]+)\]\{inputenc\}|^@charset\s+"([\w.:-]+)""",
    re.IGNORECASE,
)
_BEGINNING = 4_096
_SAMPLE = 16_384
_ASCII = bytes(range(0x80))
_TELLING = 3
"""Fewer bytes beyond ASCII than this tell no script; most files with so few are Western."""


class NotText(ValueError):
    """The bytes are no text in any encoding."""


@dataclass(frozen=True, slots=True)
class Text:
    """Characters, and a sentence on how they were read. `note` is empty when nothing was guessed and nothing lost."""

    characters: str
    encoding: str
    note: str = ""


def decoded(data: bytes, declared: str | None = None) -> Text:
    """The text that the bytes are; raises NotText.

    In this order: a byte order mark, UTF-8, the encoding that the caller or the text itself (HTML, XML, LaTeX)
    declares, UTF-8 with a few bytes damaged, and chardet's guess.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _with_note(data[len(mark) :].decode(encoding, errors="replace"), encoding)
    # Some programs fill a last block with zeros.
    bare = data.rstrip(b"\0")
    return _without_mark(bare if bare and b"\0" not in bare else data, declared or _declaration(data))


def _without_mark(data: bytes, named: str | None) -> Text:
    codec = _codec(named) if named else None
    if b"\0" in data and codec is None:
        return _guessed(data)
    utf8, untrue = _strict(data, "utf-8"), f"it says {named}, which it is not; " if named else ""
    if codec not in {None, "utf-8"} and (utf8 is None or data.isascii()):
        obeyed = data.decode(str(codec), errors="replace")
        few = obeyed.count("\N{REPLACEMENT CHARACTER}") * 100 <= len(obeyed)
        return _with_note(obeyed, str(codec)) if few else _guessed(data, untrue)
    if utf8 is not None:
        differs = codec not in {None, "utf-8"} and not data.isascii()
        return Text(utf8, "utf-8", f"it says {named} and is UTF-8; read as UTF-8" if differs else "")
    mended = data.decode("utf-8", errors="replace")
    beyond_ascii = len(mended) - len(mended.encode("ascii", "ignore"))
    if mended.count("\N{REPLACEMENT CHARACTER}") * 2 <= beyond_ascii:
        return _with_note(mended, "utf-8")
    return _guessed(data, untrue)


def _with_note(text: str, encoding: str) -> Text:
    if "\0" in text:
        raise NotText
    lost = text.count("\N{REPLACEMENT CHARACTER}")
    if not lost:
        return Text(text, encoding)
    line = text.count("\n", 0, text.index("\N{REPLACEMENT CHARACTER}")) + 1
    places = "place is" if lost == 1 else "places are"
    return Text(text, encoding, f"{lost:,} {places} damaged and read as \ufffd, the first in line {line:,}")


def _guessed(data: bytes, why: str = "") -> Text:
    import chardet  # noqa: PLC0415 - slow to load, and not in every function that loads this module

    found = chardet.detect(data if b"\0" in data else _telling(data))["encoding"]
    if len(data.translate(None, _ASCII)) < _TELLING and b"\0" not in data and _strict(data, "cp1252") is not None:
        found = "Windows-1252"
    if found is None:
        raise NotText
    text = _with_note(data.decode(found, errors="replace"), found)
    guess = f"{why or 'its encoding is not declared; '}read as {found}, a guess"
    return Text(text.characters, found, f"{guess}; {text.note}" if text.note else guess)


def _telling(data: bytes) -> bytes:
    """The lines that are not all ASCII, as many as it takes: the others say nothing, and looking takes time."""
    lines: list[bytes] = []
    size = 0
    for line in data.splitlines(keepends=True):
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size > _SAMPLE:
                break
    return b"".join(lines)[: 2 * _SAMPLE] or data


def _declaration(data: bytes) -> str | None:
    found = _DECLARED.search(data[:_BEGINNING])
    return next((name.decode("ascii") for name in found.groups() if name), None) if found else None


def _codec(label: str) -> str | None:
    """Python's name of an encoding of text; None for what it does not know."""
    name = label.strip().lower()
    try:
        codec = codecs.lookup(_LABELS.get(name, name)).name
        b"a".decode(codec, errors="replace")  # some codecs are of other things than text
    except (LookupError, UnicodeError):
        return None
    # What could be read up to its declaration is not in units of two or four bytes.
    return None if codec.startswith(("utf-16", "utf-32")) else codec


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
