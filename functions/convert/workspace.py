"""The files that a conversion may see: regular ones inside the workspace, and nothing else of the machine."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from convert.errors import CannotConvert


def file_in(workspace: Path, path: str) -> Path:
    """Where the file lies; raises CannotConvert unless it is a regular file, reached through no link."""
    place = workspace
    for part in PurePosixPath(path).parts:
        place = place / part
        if part == ".." or place.is_symlink():
            raise CannotConvert(f"{path} is not a file of the workspace")
    if not place.is_file():
        raise CannotConvert(f"there is no file {path} in the workspace; list_files shows what there is")
    return place


def beside(document: str, reference: str) -> str | None:
    """The workspace path that a document means by a relative reference; None when it points outside."""
    if reference.startswith("/"):
        return None
    parts = list(PurePosixPath(document).parent.parts)
    for part in PurePosixPath(reference).parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return None
    return "/".join(parts) or None


def reference_from(document: str, path: str) -> str:
    """How a document refers to another file of the workspace; the inverse of `beside`."""
    here, there = PurePosixPath(document).parent.parts, PurePosixPath(path).parts
    shared = 0
    while shared < min(len(here), len(there) - 1) and here[shared] == there[shared]:
        shared += 1
    return "/".join([".."] * (len(here) - shared) + list(there[shared:]))
