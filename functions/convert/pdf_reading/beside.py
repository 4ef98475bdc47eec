"""What a PDF holds beside the words of its pages: outline, attachments, values of forms, annotations, links."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pypdf.errors import PyPdfError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pypdf

_DAMAGE = (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)
_MOST = 200
"""Entries of one kind on one page, or of the outline; what is more is counted."""

_DEEPEST = 12
_NO_MARK = {"/Link", "/Widget", "/Popup"}


class Beside:
    """Reads each kind once; what is damaged is said to be."""

    def __init__(self, reader: pypdf.PdfReader) -> None:
        self._reader = reader

    def of_document(self) -> list[str]:
        """Outline and attachments."""
        lines = []
        try:
            entries = list(_outline(self._reader.outline, 0))
        except _DAMAGE:
            entries = ["[cannot be read]"]
        if entries:
            lines = ["outline:", *_shortened([f"  {entry}" for entry in entries])]
        for name, data in self.attachments().items():
            lines.append(f"attachment: {name}, {len(data):,} bytes")
        return lines

    def attachments(self) -> dict[str, bytes]:
        """Files inside the file, by name."""
        try:
            found: dict[str, bytes] = {}
            for name, versions in self._reader.attachments.items():
                for number, data in enumerate(versions):
                    found[name if not number else f"{number}-{name}"] = data
            found.update(self._attached_to_pages())
        except _DAMAGE:
            return {}
        return found

    def of_page(self, number: int) -> list[str]:
        """Form fields, annotations and links of a page, a line each."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        try:
            for note in _annotations(self._reader.pages[number - 1]):
                kind, line = _annotation(note)
                if line and line not in found[kind]:
                    found[kind].append(line)
        except _DAMAGE:
            found["damaged"].append("[some annotations of this page cannot be read]")
        return [line for lines in found.values() for line in _shortened(lines)]

    def _attached_to_pages(self) -> dict[str, bytes]:
        found = {}
        for page in self._reader.pages:
            for note in _annotations(page):
                if note.get("/Subtype") != "/FileAttachment":
                    continue
                described = note["/FS"].get_object()
                name = str(described.get("/UF") or described.get("/F") or "attachment")
                found[name] = described["/EF"].get_object()["/F"].get_object().get_data()
        return found


def _annotations(page: Any) -> Iterator[Any]:
    for reference in page.get("/Annots") or []:
        note = reference.get_object()
        if hasattr(note, "get"):
            yield note


def _annotation(note: Any) -> tuple[str, str]:
    """The kind of an annotation, and what to say of it."""
    subtype = note.get("/Subtype")
    if subtype == "/Widget":
        return "field", _field(note)
    if subtype == "/Link":
        action: Any = note.get("/A")
        address = action.get_object().get("/URI") if action is not None else None
        return "link", f"[link: {_text(address)}]" if address else ""
    words = _text(note.get("/Contents"))
    if subtype in _NO_MARK or not words:
        return "", ""
    by = f" by {_text(note.get('/T'))}" if note.get("/T") else ""
    return "annotation", f"[{str(subtype).strip('/').lower()} annotation{by}: {words}]"


def _field(note: Any) -> str:
    """`[form field NAME: VALUE]`; a field's name and value may be its parents'."""
    names: list[str] = []
    value, kind, at = None, None, note
    for _ in range(_DEEPEST):
        if at.get("/T") is not None:
            names.insert(0, _text(at["/T"]))
        value = at.get("/V") if value is None else value
        kind = at.get("/FT") if kind is None else kind
        if at.get("/Parent") is None:
            break
        at = at["/Parent"].get_object()
    if kind == "/Sig":
        return f"[form field {'.'.join(names)}: a signature]" if value is not None else ""
    shown: Any = value.get_object() if value is not None and hasattr(value, "get_object") else value
    value = ", ".join(map(_text, shown)) if isinstance(shown, list) else _text(shown).removeprefix("/")
    return f"[form field {'.'.join(names)}: {value or '(empty)'}]"


def _outline(entries: Any, depth: int) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, list):
            if depth < _DEEPEST:
                yield from _outline(entry, depth + 1)
        else:
            yield "  " * depth + _text(entry.title)


def _text(value: Any) -> str:
    return " ".join(str(value if value is not None else "").split())[:2_000]


def _shortened(lines: list[str]) -> list[str]:
    left = len(lines) - _MOST
    return lines if left <= 0 else [*lines[:_MOST], f"[and {left:,} more]"]
