"""Office files are zip archives: what is in one is counted before anything unpacks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.errors import CannotConvert
from swarm_job.office_files import UnsafeArchive, check_office_file

if TYPE_CHECKING:
    from pathlib import Path

MAX_PARTS = 10_000
MAX_UNPACKED = 300_000_000
"""Bytes of all parts together."""


def check_archive(place: Path, name: str) -> None:
    """Raise CannotConvert for what is no sound zip, holds too much, or defines XML entities or document types."""
    try:
        check_office_file(place, max_parts=MAX_PARTS, max_unpacked=MAX_UNPACKED)
    except UnsafeArchive as error:
        raise CannotConvert(f"{name} {error}") from error
