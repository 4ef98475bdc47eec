"""The one place that decides whether a text can be the path of a workspace file."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

from swarm.errors import InvalidPath

MAX_PATH_BYTES = 1_000
MAX_NAME_BYTES = 255
RESERVED_ROOTS = frozenset({".git", ".swarm"})
"""Folders at the root that are nobody's to write: version control, and what this service may keep there."""

_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, and what is not seen but changes how a name is read: bidirectional controls, tags, zero widths."""

_JOINERS = frozenset("\u200c\u200d")
"""Invisible, and yet part of how Persian, Indic scripts and emoji are written."""

_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE)
"""Names that Windows gives to devices, whatever their suffix."""

_GIT = re.compile(r"\.git|git~[0-9]+", re.IGNORECASE)
"""A repository's own folder, also by its short name on Windows: hooks and configuration in it are executed."""


def valid_path(raw: str) -> str:
    """The path in Unicode NFC, relative, with `/` between names. Raises `InvalidPath` for anything else.

    A name that percent-decodes to a way out (`%2e%2e`) is refused too: some client on the way may decode it.
    """
    path = unicodedata.normalize("NFC", raw)
    if not path.strip():
        raise InvalidPath("the path is empty")
    if any(unicodedata.category(each) in _FORBIDDEN_CATEGORIES and each not in _JOINERS for each in path):
        raise InvalidPath("the path has a control character")
    if "\\" in path:
        raise InvalidPath("the path has a backslash")
    if path.startswith("/") or _DRIVE.match(path):
        raise InvalidPath("the path is absolute")
    if len(path.encode()) > MAX_PATH_BYTES:
        raise InvalidPath(f"the path is longer than {MAX_PATH_BYTES} bytes")
    names = path.split("/")
    for name in names:
        _check_name(name)
    if names[0].lower() in RESERVED_ROOTS:
        raise InvalidPath(f"{names[0]} is reserved")
    return path


def _check_name(name: str) -> None:
    decoded = unquote(unquote(name))
    if name in {"", "."} or decoded in {".", ".."}:
        raise InvalidPath("the path has an empty name, '.' or '..' in it")
    if decoded != name and ("/" in decoded or "\\" in decoded or "\0" in decoded):
        raise InvalidPath("the path hides a separator in percent-encoding")
    if name.endswith((".", " ")):
        raise InvalidPath("a name in the path ends with a dot or a space, which Windows leaves out")
    if ":" in name or _DEVICE.fullmatch(name):
        raise InvalidPath(f"{name[:40]} names a device or a stream on Windows")
    if _GIT.fullmatch("".join(each for each in name if each not in _JOINERS)):
        raise InvalidPath(f"{name} is a repository's own folder")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise InvalidPath(f"a name in the path is longer than {MAX_NAME_BYTES} bytes")
