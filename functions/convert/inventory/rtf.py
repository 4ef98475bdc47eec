"""What a rich text holds, by its destinations (RTF 1.9): the groups whose first word says what their text is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from convert.inventory import Content, Item
from convert.rtf import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KINDS = {
    "header": Content.HEADER, "headerl": Content.HEADER, "headerr": Content.HEADER, "headerf": Content.HEADER,
    "footer": Content.FOOTER, "footerl": Content.FOOTER, "footerr": Content.FOOTER, "footerf": Content.FOOTER,
    "footnote": Content.FOOTNOTE, "annotation": Content.COMMENT, "shptxt": Content.TEXT_BOX, "pict": Content.PICTURE,
    "object": Content.EMBEDDED, "fldinst": Content.FIELD, "deleted": Content.DELETED, "revised": Content.INSERTED,
    "v": Content.HIDDEN_TEXT, "bkmkstart": Content.BOOKMARK, "atnauthor": None,
}  # fmt: skip
# Tables of the file and what only programs read; their text is no text of the document.
_SILENT = frozenset(
    "fonttbl colortbl stylesheet info listtable listoverridetable revtbl rsidtbl generator xmlnstbl themedata filetbl"
    " colorschememapping datastore latentstyles pgdsctbl bkmkend listtext pntext objdata objclass blipuid sn sv shpinst"
    " nonshppict atnid atnref atndate atntime atnparent private mmathPr wgrffmtfilter".split()
)
_ENDS = {"par", "cell", "row", "line", "tab", "page", "sect", "nestcell"}


@dataclass(slots=True)
class _Group:
    kind: Content | None = Content.TEXT
    silent: bool = False
    parts: list[str] = field(default_factory=list)


def take(place: Path, name: str) -> Iterator[Item]:
    """Every item of the document. `name` is not needed: any bytes are some rich text."""
    stack, number, author = [_Group()], 0, ""
    for each in tokens(place.read_bytes().rstrip(b"\0")):
        group = stack[-1]
        if each.kind == "group" and each.text == "{":
            stack.append(replace(group))
        elif each.kind == "group" and len(stack) > 1:
            stack.pop()
            if group.parts is not stack[-1].parts:
                text = " ".join("".join(group.parts).split())
                author = text if group.kind is None else author
                yield from _item(group, text, author, number)
        elif each.kind == "word":
            _begin(group, each.text, each.number)
            if each.text in _ENDS and not group.silent:
                group.parts.append("\n")
                if group.kind is Content.TEXT and each.text == "par":
                    number += 1
                    yield from _paragraph(group, number)
        elif each.kind == "text" and not group.silent:
            group.parts.append(each.text)
    yield from _paragraph(stack[0], number + 1)


def _begin(group: _Group, word: str, number: int | None) -> None:
    if word in _SILENT:
        group.silent = True
    elif word in _KINDS and number != 0 and (group.kind is not _KINDS[word] or word in {"pict", "footnote"}):
        group.kind, group.silent, group.parts = _KINDS[word], False, []


def _paragraph(group: _Group, number: int) -> Iterator[Item]:
    text = " ".join("".join(group.parts).split())
    group.parts.clear()
    if text:
        yield Item(Content.TEXT, f"paragraph {number}", text)


def _item(group: _Group, text: str, author: str, number: int) -> Iterator[Item]:
    place = f"near paragraph {number + 1}"
    if group.kind is Content.PICTURE:
        yield Item(Content.PICTURE, place, "image")
    elif group.kind is Content.FIELD:
        if text.upper().startswith("HYPERLINK"):
            yield Item(Content.LINK, place, text.split(maxsplit=1)[-1].strip('" '))
    elif group.kind is Content.COMMENT:
        yield Item(Content.COMMENT, place, f"{author} {text}".strip())
    elif group.kind is not None and text and not (group.kind is Content.BOOKMARK and text.startswith("_")):
        yield Item(group.kind, place, text)
