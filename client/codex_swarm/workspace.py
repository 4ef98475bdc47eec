"""A run's workspace in a folder: what of it is there already, and where the rest goes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from codex_swarm.errors import UnexpectedAnswer
from codex_swarm.models import WorkspaceFile
from codex_swarm.saving import PartialFile, copy, local_files, sha256_of

PARTIAL = ".codex-swarm-partial"
"""The folder, inside that of the workspace, that keeps what was cut off, until a later call goes on with it."""

Progress = Callable[[int, int], None]
"""Is told how many bytes of how many are done."""


@dataclass(frozen=True, slots=True)
class Download:
    """A workspace that is in a folder now, and what was done for it."""

    folder: Path
    paths: list[str]
    """Every file of the workspace, relative to the folder."""
    fetched: int
    """Contents that were fetched; the others were in the folder or the cache."""


class Folder:
    """A folder that is to hold a workspace, and, where there is one, the cache that it shares with others."""

    def __init__(self, path: str | os.PathLike[str], cache: str | os.PathLike[str] | None) -> None:
        with local_files():
            self.path = Path(path)
            self._cache = None if cache is None else Path(cache)
            self.path.mkdir(parents=True, exist_ok=True)

    def lacks(self, files: Iterable[WorkspaceFile]) -> list[list[WorkspaceFile]]:
        """The files that are neither there nor in the cache, those of one content together.

        Takes from the cache what is there. Raises `UnexpectedAnswer` for a path that would leave the folder.
        """
        contents: dict[str, list[WorkspaceFile]] = {}
        for file in files:
            if not self._is_there(file) and not self._take(file):
                contents.setdefault(file.sha256 or file.path, []).append(file)
        return list(contents.values())

    def partial(self, file: WorkspaceFile) -> PartialFile:
        """What a call before this one may have fetched of the file."""
        if file.sha256 is None:
            return PartialFile.beside(self._place(file.path, make=True))
        return PartialFile(self.path / PARTIAL / file.sha256)

    def accept(self, fetched: PartialFile, files: list[WorkspaceFile]) -> bool:
        """Gives the content its names, if it is the right one; else it is thrown away."""
        fetched.close()
        expected = files[0].sha256
        if expected is not None and sha256_of(fetched.path) != expected:
            fetched.discard()
            return False
        first, *others = (self._place(file.path, make=True) for file in files)
        for other in others:
            copy(fetched.path, other)
        if self._cache is not None and expected is not None and not self._kept(expected).is_file():
            copy(fetched.path, self._kept(expected))
        fetched.move_to(first)
        return True

    def remove(self, path: str, sha256: str | None) -> None:
        """Removes a file that still has these bytes."""
        place = self._place(path)
        with local_files():
            if not place.is_symlink() and place.is_file() and sha256_of(place) == sha256:
                place.unlink()

    def tidy(self) -> None:
        """Removes the place of partial files, when nothing is in it."""
        with suppress(OSError):
            (self.path / PARTIAL).rmdir()

    def _place(self, path: str, *, make: bool = False) -> Path:
        parts = path.split("/")
        foreign = sys.platform == "win32" and any(character in path for character in "\\:")
        if foreign or "\0" in path or any(part in {"", ".", ".."} for part in parts) or parts[0] == PARTIAL:
            raise UnexpectedAnswer(f"the workspace lists a path that cannot be written here: {path!r:.200}")
        target = self.path.joinpath(*parts)
        with local_files():
            if not target.parent.resolve().is_relative_to(self.path.resolve()):
                raise UnexpectedAnswer(f"a link in the folder leads {path!r:.200} out of it")
            if make:
                target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _is_there(self, file: WorkspaceFile) -> bool:
        place = self._place(file.path)
        if file.sha256 is None or place.is_symlink() or not place.is_file():
            return False
        return place.stat().st_size == file.size_bytes and sha256_of(place) == file.sha256

    def _take(self, file: WorkspaceFile) -> bool:
        if self._cache is None or file.sha256 is None or not self._kept(file.sha256).is_file():
            return False
        kept = self._kept(file.sha256)
        if sha256_of(kept) != file.sha256:
            with local_files():
                kept.unlink(missing_ok=True)
            return False
        copy(kept, self._place(file.path, make=True))
        return True

    def _kept(self, sha256: str) -> Path:
        if self._cache is None:
            raise ValueError("there is no cache")
        return self._cache / sha256[:2] / sha256
