"""Tracked changes of a Word file: who made which, and the text with all of them accepted or rejected (17.13.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from convert.inventory import counted
from convert.ooxml import child

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ACCEPT, REJECT, ALL = "accept", "reject", "all"
CHOICES = (ACCEPT, REJECT, ALL)

_INSERTED, _DELETED = {"w:ins", "w:moveTo"}, {"w:del", "w:moveFrom"}
_FORMATTING = frozenset(
    f"w:{name}Change" for name in "rPr pPr tblPr tblPrEx tblGrid trPr tcPr sectPr numbering".split()
)
_NAMES = {"w:ins": "insertion", "w:del": "deletion", "w:moveFrom": "move", "w:cellIns": "insertion",
          "w:cellDel": "deletion", **dict.fromkeys(_FORMATTING, "change of formatting")}  # fmt: skip
_TRACES = frozenset(
    ("w:ins w:del w:moveFrom w:moveTo w:moveFromRangeStart w:moveFromRangeEnd w:moveToRangeStart w:moveToRangeEnd"
     " w:cellIns w:cellDel w:cellMerge").split()
)  # fmt: skip
"""What is left of changes that are decided: marks on the ends of paragraphs, on rows and cells, and around moves."""
_OLD = {"w:delText": "w:t", "w:delInstrText": "w:instrText"}
_SHOWN_AUTHORS = 10
_LONGEST_NAME = 80


def revision_notes(
    roots: Iterable[Element], changes: str, shown: str = "shown as {++inserted++} and {--deleted--}"
) -> list[str]:
    """A line on the tracked changes of these parts: how many of which, by whom, and what became of them."""
    found: Counter[tuple[str, str]] = Counter()
    for root in roots:
        for each in root.iter():
            if name := _NAMES.get(each.tag):
                found[(each.get("w:author") or "somebody")[:_LONGEST_NAME], name] += 1
    if not found:
        return []
    authors = list(dict.fromkeys(author for author, _ in found))
    by = [_by(author, found) for author in authors[:_SHOWN_AUTHORS]]
    if left := len(authors) - len(by):
        by.append(f"others by {left} more authors")
    became = {ACCEPT: "accepted", REJECT: "rejected", ALL: shown}[changes]
    return [f"tracked changes: {'; '.join(by)}; all of them are {became}"]


def _by(author: str, found: Counter[tuple[str, str]]) -> str:
    numbers = [counted(number, name) for (who, name), number in found.items() if who == author]
    return f"{', '.join(numbers)} by {author}"


def resolve(root: Element, changes: str) -> None:
    """Accept or reject every tracked change below the root, in place; with `all` they stay."""
    if changes == ALL:
        return
    _resolve(root, changes == ACCEPT)
    for each in list(root.iter()):
        if any(part.tag in _TRACES for part in each):
            each[:] = [part for part in each if part.tag not in _TRACES]


def _resolve(element: Element, accept: bool) -> None:
    kept: list[Element] = []
    for each in list(element):
        for part in _resolved(each, accept):
            # A paragraph whose mark is gone goes on in the next one.
            if part.tag == "w:p" and kept and kept[-1].tag == "w:p" and _mark_is_gone(kept[-1], accept):
                kept[-1] = _joined(kept[-1], part)
            elif part.tag == "w:tbl" and kept and _is_gone(kept[-1], accept):
                kept[-1] = part
            else:
                kept.append(part)
    element[:] = kept


def _resolved(element: Element, accept: bool) -> Sequence[Element]:
    tag = element.tag
    if tag in (_DELETED if accept else _INSERTED) and len(element):
        return []
    if tag == "w:tr" and child(element, "w:trPr", "w:del" if accept else "w:ins") is not None:
        return []
    if tag == "w:tc" and child(element, "w:tcPr", "w:cellDel" if accept else "w:cellIns") is not None:
        return []
    if tag in _FORMATTING:
        return []
    if not accept:
        element.tag = _OLD.get(tag, tag)
        _restore(element)
    _resolve(element, accept)
    return list(element) if tag in _INSERTED | _DELETED and len(element) else [element]


def _restore(element: Element) -> None:
    """Properties become again what they were before their change; marks of the paragraph stay."""
    change = child(element, f"{element.tag}Change")
    old = child(change, element.tag)
    if change is None or old is None:
        return
    marks = [each for each in element if element.tag == "w:pPr" and each.tag in {"w:rPr", "w:sectPr"}]
    element[:] = [*old, *marks]


def _mark_is_gone(paragraph: Element, accept: bool) -> bool:
    mark = child(paragraph, "w:pPr", "w:rPr")
    return mark is not None and any(each.tag in (_DELETED if accept else _INSERTED) for each in mark)


def _is_gone(element: Element, accept: bool) -> bool:
    """Whether nothing stays of a paragraph, neither text nor its end."""
    return element.tag == "w:p" and _mark_is_gone(element, accept) and all(each.tag == "w:pPr" for each in element)


def _joined(earlier: Element, later: Element) -> Element:
    """The later paragraph, with the content of the earlier in front; its own properties stay."""
    start = 1 if len(later) and later[0].tag == "w:pPr" else 0
    for offset, each in enumerate(each for each in earlier if each.tag != "w:pPr"):
        later.insert(start + offset, each)
    return later
