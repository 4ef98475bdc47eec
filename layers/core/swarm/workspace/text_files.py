"""Whether bytes are text, and the lines of a text as tools number them."""

from __future__ import annotations

from pathlib import PurePosixPath

from swarm.workspace.file_types import file_type

_LOOKED_AT = 8_192


def as_text(data: bytes) -> str | None:
    """The text, or None when the bytes are no UTF-8 text. A NUL early on means binary, as git has it."""
    if b"\0" in data[:_LOOKED_AT]:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def searchable(data: bytes) -> str | None:
    """The text to search in: also of files in UTF-16 that say so, and in the code page of Windows; None for binary."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[:_LOOKED_AT]:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def lines_of(text: str) -> list[str]:
    """Lines as editors count them: a last newline ends a line and begins none."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def described(path: str) -> str:
    """What the name says that the file is, such as `image (.png)`."""
    suffix = PurePosixPath(path).suffix
    return f"{file_type(path)} ({suffix})" if suffix else file_type(path)
