"""What the process of a call left to be read, which anybody may have written: its document may be hostile."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swarm_job.folders import open_regular
from swarm_job.paths import BadPath, inner_path

ANSWER = "answer.json"
"""In the scratch folder, `convert.tool.Answer` as JSON."""

MAX_BYTES = 64 << 20
"""Of an answer: eight pictures take less."""


class Unreadable(Exception):
    """It is not what a worker writes."""


@dataclass(frozen=True, slots=True)
class Said:
    """The answer of a worker; `files` as path of the workspace -> name in the scratch folder."""

    ok: bool
    output: str
    files: Mapping[str, str] = field(default_factory=dict)
    pictures: Sequence[str] = ()


def said(scratch: Path) -> Said | None:
    """What the worker said, None where it said nothing. Raises `Unreadable`."""
    try:
        with open_regular(scratch / ANSWER) as answer:
            data = answer.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unreadable(f"its answer cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise Unreadable("its answer is too long")
    try:
        return _checked(json.loads(data))
    except (ValueError, TypeError, KeyError, RecursionError, BadPath) as error:
        raise Unreadable("its answer is malformed") from error


def _checked(told: Any) -> Said:
    files = {inner_path(path): _name(name) for path, name in dict(told["files"]).items()}
    pictures = [str(picture) for picture in told.get("pictures", ())]
    if not isinstance(told["output"], str):
        raise TypeError("the output is no text")
    return Said(told["ok"] is True, told["output"], files, pictures)


def _name(name: str) -> str:
    # A way out of the folder would lead to what other calls have made.
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise ValueError("a file is not in the folder")
    return name


def is_regular(file: Path) -> bool:
    """Whether this is a file itself, and no link, pipe or folder."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except OSError:
        return False
