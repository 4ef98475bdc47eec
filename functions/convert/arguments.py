"""The arguments of a call, which arrive as plain JSON and may be anything, as a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convert.errors import CannotConvert
from convert.requests import Conversion, Editing, Reading, Viewing, WholeText
from convert.word.actions import ACTIONS
from convert.word.revisions import ALL, CHOICES
from swarm_job.paths import BadPath, valid_path

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_TEXT = 1_000
_LONGEST_PASSAGE = 20_000

MOST_PAGES = 4
"""Pages that one call shows as pictures."""


def conversion(arguments: Mapping[str, Any]) -> Conversion:
    """What `convert_document` is to do; raises CannotConvert for arguments of the wrong type."""
    return Conversion(
        source=_path(arguments, "source"),
        target=_path(arguments, "target"),
        reference_document=_optional_path(arguments, "reference_document"),
        table_of_contents=arguments.get("table_of_contents") is True,
        title=_text(arguments, "title"),
        author=_text(arguments, "author"),
        subject=_text(arguments, "subject"),
        date=_text(arguments, "date"),
        bibliography=_optional_path(arguments, "bibliography"),
        citation_style=_optional_path(arguments, "citation_style"),
        changes=_changes(arguments),
    )


def reading(arguments: Mapping[str, Any]) -> Reading:
    """What `read_document` is to do; raises CannotConvert for arguments of the wrong type."""
    start = 1 if arguments.get("start_page") is None else arguments["start_page"]
    if isinstance(start, bool) or not isinstance(start, int) or start < 1:
        raise CannotConvert("start_page is not a page number; pages count from 1")
    return Reading(_path(arguments, "path"), start, _changes(arguments) or ALL)


def whole_text(arguments: Mapping[str, Any]) -> WholeText:
    """What `document_text` is to do; raises CannotConvert for arguments of the wrong type."""
    return WholeText(_path(arguments, "path"))


def viewing(arguments: Mapping[str, Any]) -> Viewing:
    """What `view_pages` or `view_image` is to do; raises CannotConvert for arguments of the wrong type."""
    pages = arguments.get("pages") or []
    if not isinstance(pages, list) or not all(type(page) is int and page > 0 for page in pages):
        raise CannotConvert("pages is not a list of page numbers; pages count from 1")
    if len(pages) > MOST_PAGES:
        raise CannotConvert(f"pages names {len(pages)} pages; one call shows {MOST_PAGES}")
    return Viewing(_path(arguments, "path"), tuple(dict.fromkeys(pages)))


def editing(arguments: Mapping[str, Any]) -> Editing:
    """What `edit_document` is to do; raises CannotConvert for arguments of the wrong type, or that are not enough."""
    path, action = _path(arguments, "path"), str(arguments.get("action"))
    if action not in ACTIONS:
        raise CannotConvert(f"action is not one of {', '.join(ACTIONS)}")
    find, text = _long_text(arguments, "find"), _long_text(arguments, "text")
    if not find:
        raise CannotConvert(f"find is empty; give {ACTIONS[action]}")
    return Editing(
        path=path,
        target=_optional_path(arguments, "target") or path,
        action=action,
        find=find,
        text=text,
        author=_text(arguments, "author"),
        everywhere=arguments.get("everywhere") is True,
    )


def _long_text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name) or ""
    if not isinstance(value, str) or len(value) > _LONGEST_PASSAGE:
        raise CannotConvert(f"{name} is not a text of at most {_LONGEST_PASSAGE} characters")
    # XML has no control characters but these.
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", value.replace("\r\n", "\n"))


def _changes(arguments: Mapping[str, Any]) -> str | None:
    value = arguments.get("changes") or None
    if value is not None and value not in CHOICES:
        raise CannotConvert(f"changes is not one of {', '.join(CHOICES)}, which say what becomes of tracked changes")
    return value


def _text(arguments: Mapping[str, Any], name: str) -> str | None:
    value = arguments.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise CannotConvert(f"{name} is not a text of at most {_LONGEST_TEXT} characters")
    return value


def _optional_path(arguments: Mapping[str, Any], name: str) -> str | None:
    return None if arguments.get(name) in (None, "") else _path(arguments, name)


def _path(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str):
        raise CannotConvert(f"{name} is not a path such as docs/report.md")
    try:
        return valid_path(value.removeprefix("./"))
    except BadPath as error:
        raise CannotConvert(f"{name}: {error}; give a path relative to the workspace") from error
