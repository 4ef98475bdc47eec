"""Word documents as HTML: headings, text, lists, tables and the pictures within."""

from __future__ import annotations

from pathlib import Path

import mammoth

from preview.errors import CannotShow
from swarm_job.office_files import UnsafeArchive, check_office_file

MAX_PARTS = 10_000
MAX_UNPACKED = 200_000_000
"""Bytes of all parts together."""


def require_sound(document: Path) -> None:
    """Raises `CannotShow` for what no reader of office files may open."""
    try:
        check_office_file(document, max_parts=MAX_PARTS, max_unpacked=MAX_UNPACKED)
    except UnsafeArchive as error:
        raise CannotShow(f"it {error}") from error


def word(document: Path) -> bytes:
    """The document's main text. Raises `CannotShow`."""
    require_sound(document)
    try:
        with document.open("rb") as data:
            return str(mammoth.convert_to_html(data).value).encode()
    except Exception as error:
        # A library of other people at work on a document of other people's: it may raise whatever it likes.
        raise CannotShow("it is damaged, or no Word document") from error
