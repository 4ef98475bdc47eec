"""Fields of a call's arguments, which arrive as plain JSON and may be anything. All raise CannotConvert."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convert.errors import CannotConvert
from convert.word.revisions import CHOICES
from swarm_job.paths import BadPath, valid_path

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_TEXT = 1_000
_LONGEST_PASSAGE = 20_000
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def path_in(arguments: Mapping[str, Any], name: str) -> str:
    """A path of the workspace."""
    value = arguments.get(name)
    if not isinstance(value, str):
        raise CannotConvert(f"{name} is not a path such as docs/report.md")
    try:
        return valid_path(value.removeprefix("./"))
    except BadPath as error:
        raise CannotConvert(f"{name}: {error}; give a path relative to the workspace") from error


def optional_path_in(arguments: Mapping[str, Any], name: str) -> str | None:
    """A path of the workspace, or None where there is none."""
    return None if arguments.get(name) in (None, "") else path_in(arguments, name)


def text_in(arguments: Mapping[str, Any], name: str) -> str | None:
    """A line or two; None where there is none."""
    value = arguments.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise CannotConvert(f"{name} is not a text of at most {_LONGEST_TEXT} characters")
    return value


def language_in(arguments: Mapping[str, Any]) -> str | None:
    """A language tag (https://www.rfc-editor.org/info/bcp47); None where there is none."""
    tag = text_in(arguments, "language")
    if tag is not None and not _TAG.fullmatch(tag):
        raise CannotConvert("language is not a tag such as de or de-CH")
    return tag


def long_text_in(arguments: Mapping[str, Any], name: str) -> str:
    """A passage that XML can hold; empty where there is none."""
    value = arguments.get(name) or ""
    if not isinstance(value, str) or len(value) > _LONGEST_PASSAGE:
        raise CannotConvert(f"{name} is not a text of at most {_LONGEST_PASSAGE} characters")
    # XML has no control characters but these.
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", value.replace("\r\n", "\n"))


def changes_in(arguments: Mapping[str, Any]) -> str | None:
    """What becomes of tracked changes; None where nothing is said."""
    value = arguments.get("changes") or None
    if value is not None and value not in CHOICES:
        raise CannotConvert(f"changes is not one of {', '.join(CHOICES)}, which say what becomes of tracked changes")
    return value
