"""Files of this machine that go along with a run: which, and under which names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from codex_swarm.errors import InvalidArgument
from codex_swarm.saving import local_files

AN_UPLOAD = 500
"""Files that the service takes in one upload."""

LEFT_OUT = frozenset({".git", "node_modules", "__pycache__", ".venv"})
"""Folders inside a folder that are made again where they are needed."""


def texts(paths: Iterable[Path]) -> dict[str, str]:
    """Small text files by their own names. Raises `InvalidArgument`, `LocalFileError`."""
    found: dict[str, str] = {}
    for path in paths:
        with local_files():
            content = path.read_bytes()
        if path.name in found:
            raise InvalidArgument(f"two files are called {path.name}; put them into a folder and --upload that")
        try:
            found[path.name] = content.decode()
        except UnicodeDecodeError:
            raise InvalidArgument(f"{path} is no text in UTF-8; send it with --upload") from None
    return found


def files_of(paths: Iterable[Path]) -> dict[str, Path]:
    """Files, and those in folders, by their workspace paths: `src` is `src/...`, and `.` is what is in it.

    Links that lead out of a folder are left out, and so are folders such as `.git`. Raises `InvalidArgument`.
    """
    found: dict[str, Path] = {}
    for path in paths:
        with local_files():
            if not path.exists():
                raise InvalidArgument(f"there is no {path} to upload")
            listed = dict(_in_folder(path)) if path.is_dir() else {path.name: path}
        if not listed:
            raise InvalidArgument(f"{path} has no file in it")
        if twice := found.keys() & listed.keys():
            raise InvalidArgument(f"two files would be {min(twice)} in the workspace; upload a folder of both")
        found |= listed
    return found


def _in_folder(folder: Path) -> Iterator[tuple[str, Path]]:
    root = folder.resolve()
    prefix = "" if folder == Path() else f"{root.name}/"
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if LEFT_OUT.isdisjoint(inside.parts) and path.is_file() and path.resolve().is_relative_to(root):
            yield prefix + inside.as_posix(), path


def batches(files: dict[str, Path]) -> Iterator[dict[str, str | Path]]:
    """The files in as many uploads as they need."""
    left = iter(files.items())
    while batch := dict(islice(left, AN_UPLOAD)):
        yield {**batch}
