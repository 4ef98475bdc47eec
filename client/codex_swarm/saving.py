"""Bytes that come in a stream, and files that appear only when they are complete."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx


class Preview(NamedTuple):
    """What can be seen of a file: HTML or a picture, by its media type."""

    media_type: str
    content: bytes


def save(answer: httpx.Response, target: Path) -> Path:
    """Writes the answer's body to `target`, over what is there; returns where."""
    with TemporaryDirectory(dir=target.parent) as folder:
        incomplete = Path(folder, target.name)
        with incomplete.open("wb") as file:
            file.writelines(answer.iter_bytes())
        incomplete.replace(target)
    return target
