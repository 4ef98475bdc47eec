"""Articles of journals in JATS (ANSI/NISO Z39.96), looked at before pandoc reads them."""

from __future__ import annotations

import re

from convert.errors import CannotConvert

ROOT = re.compile(rb"<(?:\w+:)?article[\s>]")
"""The element that an article begins with."""

_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*(\[)?[^>]*>")

_WHOLE_NAME = re.compile(r"<string-name>([^<]*)</string-name>")

_ROWS_ALONE = re.compile(r"(<table\b[^>]*>)(\s*<tr\b(?:(?!</?t(?:able|body|head)\b).)*)</table>", re.DOTALL)

_NUMBERED = re.compile(r"(<sec\b[^>]*>\s*)<label>([^<]*)</label>\s*(<title\b[^>]*>)")
_CAPTIONED = re.compile(
    r"(<(?:fig|table-wrap)\b[^>]*>\s*)<label>([^<]*)</label>\s*(<caption\b[^>]*>\s*<(?:p|title)\b[^>]*>)"
)
_WITHOUT_CAPTION = re.compile(r"(<(?:fig|table-wrap)\b[^>]*>\s*)<label>([^<]*)</label>(?!\s*<caption)")
_POINT = re.compile(r"(<list-item\b[^>]*>\s*)<label>([^<]*)</label>\s*(<p\b[^>]*>)")


def checked(text: str, name: str) -> str:
    """The article without its document type, which names files; raises CannotConvert where it defines entities."""
    found = _DOCTYPE.search(text)
    if "<!ENTITY" in text or (found and found[1]):
        raise CannotConvert(f"{name} defines entities or a document type of its own; ask for it without")
    text = text[: found.start()] + text[found.end() :] if found else text
    # Pandoc writes names in one piece and reads those in parts; of a table it reads rows that stand in a body.
    # It knows no labels either, by which texts refer to sections, points and figures.
    for labelled in (_NUMBERED, _CAPTIONED):
        text = labelled.sub(r"\1\3\2 ", text)
    text = _POINT.sub(_numbered_point, text)
    text = _WITHOUT_CAPTION.sub(r"\1<caption><p>\2</p></caption>", text)
    text = _WHOLE_NAME.sub(r"<name><surname>\1</surname></name>", text)
    return _ROWS_ALONE.sub(r"\1<tbody>\2</tbody></table>", text)


def _numbered_point(found: re.Match[str]) -> str:
    """A point of a list with its number as text; a bullet is none."""
    label = found[2].strip()
    return f"{found[1]}{found[3]}{label} " if any(map(str.isalnum, label)) else found[0]
