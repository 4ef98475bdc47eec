"""Whether a text can be the path of a workspace file. The trusted reader decides again, by the same rules."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

MAX_PATH_BYTES = 1_000
MAX_NAME_BYTES = 255
RESERVED_ROOTS = frozenset({".git", ".swarm"})
"""Folders at the root that are never handed back."""

_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
"""Invisible, and yet part of how Persian, Indic scripts and emoji are written."""

_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE)
"""Names that Windows gives to devices, whatever their suffix."""

_GIT = re.compile(r"\.git|git~[0-9]+", re.IGNORECASE)
"""A repository's own folder, also by its short name on Windows: hooks and configuration in it are executed."""


class BadPath(Exception):
    """The text cannot be a path; the message says why."""


def valid_path(raw: str) -> str:
    """The path in Unicode NFC, relative, with `/` between names. Raises `BadPath` for anything else."""
    path = inner_path(raw)
    if any(unicodedata.category(each) == "Cf" and each not in _JOINERS for each in path):
        raise BadPath("its name has a character that is not seen")
    for name in path.split("/"):
        _check_portable(name)
    return path


def inner_path(raw: str) -> str:
    """As `valid_path`, but whatever its names mean elsewhere: earlier versions stored such files, and jobs get them."""
    path = unicodedata.normalize("NFC", raw)
    if any(unicodedata.category(each) in _FORBIDDEN_CATEGORIES for each in path):
        raise BadPath("its name has a control character or is not UTF-8")
    if not path.strip():
        raise BadPath("the path is empty")
    if "\\" in path:
        raise BadPath("its name has a backslash")
    if path.startswith("/") or _DRIVE.match(path):
        raise BadPath("the path is absolute")
    if len(path.encode()) > MAX_PATH_BYTES:
        raise BadPath(f"its path is longer than {MAX_PATH_BYTES} bytes")
    names = path.split("/")
    for name in names:
        _check_name(name)
    if names[0].lower() in RESERVED_ROOTS:
        raise BadPath(f"{names[0]} is reserved")
    return path


def _check_name(name: str) -> None:
    decoded = unquote(unquote(name))
    if name in {"", "."} or decoded in {".", ".."}:
        raise BadPath("the path has an empty name, '.' or '..' in it")
    if decoded != name and ("/" in decoded or "\\" in decoded or "\0" in decoded):
        raise BadPath("its name hides a separator in percent-encoding")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise BadPath(f"its name is longer than {MAX_NAME_BYTES} bytes")


def _check_portable(name: str) -> None:
    if name.endswith((".", " ")):
        raise BadPath("its name ends with a dot or a space, which Windows leaves out")
    if ":" in name or _DEVICE.fullmatch(name):
        raise BadPath(f"{name[:40]} names a device or a stream on Windows")
    if _GIT.fullmatch("".join(each for each in name if each not in _JOINERS)):
        raise BadPath(f"{name} is a repository's own folder")
