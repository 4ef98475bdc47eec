"""Sends files for a run to work on straight to the service's storage."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from codex_swarm.connection import Connection
from codex_swarm.models import UploadFile, UploadTarget

CHUNK = 256 * 1024

Files = Sequence[str | os.PathLike[str]] | Mapping[str, str | os.PathLike[str]]
"""Files on this machine; a mapping says under which workspace path each is to be."""

Progress = Callable[[int, int], None]
"""Is told how many bytes of how many have been sent."""


def placed(files: Files) -> dict[str, Path]:
    """The files by workspace path; those of a plain list go to the root, under their own names."""
    if isinstance(files, Mapping):
        return {path: Path(file) for path, file in files.items()}
    by_name = {Path(file).name: Path(file) for file in files}
    if len(by_name) < len(files):
        raise ValueError("two files have the same name; give a mapping of workspace path -> file")
    return by_name


def promised(files: Mapping[str, Path]) -> list[UploadFile]:
    """What is going to be sent. Raises `OSError` for a file that cannot be read."""
    return [UploadFile(path=path, size=file.stat().st_size) for path, file in files.items()]


def send(
    connection: Connection, files: Mapping[str, Path], targets: Iterable[UploadTarget], on_progress: Progress | None
) -> None:
    """Send every file to its target, one after another."""
    total = sum(file.stat().st_size for file in files.values())
    sent = 0

    def read(stream: BinaryIO) -> Iterator[bytes]:
        nonlocal sent
        while chunk := stream.read(CHUNK):
            yield chunk
            sent += len(chunk)
            if on_progress is not None:
                on_progress(sent, total)

    for target in targets:
        with files[target.path].open("rb") as stream:
            connection.put_signed(target.url, target.headers, read(stream))
