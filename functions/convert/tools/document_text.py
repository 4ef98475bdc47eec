"""Makes all text of a document, with the place of every line, to be kept and searched."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from convert.arguments import path_in
from convert.tool import Answer, Context, Tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAME = "document_text"

TEXT = "text.json"
"""In the scratch folder, what comes of it."""


_TABLES = ("convert.tables", "convert.inventory.workbook", "convert.inventory.drawings")
_SLOW = {
    ".pdf": ("convert.pdf_reading.pages", "convert.inventory.pdf"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".ods", ".xlsb"), _TABLES),
}


def modules_for(paths: Iterable[str]) -> list[str]:
    """What it takes to read these documents, and is slow to import."""
    suffixes = {PurePosixPath(path).suffix.lower() for path in paths}
    slow = {module for suffix in suffixes for module in _SLOW.get(suffix, ())}
    return ["convert.document_text", "convert.inventory.word", *sorted(slow)]


@dataclass(frozen=True, slots=True)
class WholeText:
    """All text of a document, with the place of every line."""

    path: str


def whole_text(arguments: Mapping[str, Any]) -> WholeText:
    """Whose text is to be made."""
    return WholeText(path_in(arguments, "path"))


def kept_text(request: WholeText, context: Context) -> Answer:
    """Nothing to say: the text lies in the scratch folder."""
    from convert.document_text import document_text

    text = document_text(context.workspace, request.path, context.pandoc)
    # Half a surrogate pair is text to Python and to no one else.
    (context.scratch / TEXT).write_bytes(json.dumps(text, ensure_ascii=False).encode(errors="replace"))
    return Answer("read")


TOOL = Tool(request=whole_text, answer=kept_text, keeps_text=True)
