"""What people are shown of an answer that is being written: its text, and the file that a call of it writes."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_core import from_json

from codex_swarm.models import DeltaEvent

_CONTENTS = ("content", "patch")
_SUMMARY = "summary"


def draft_of(text: str, arguments: Sequence[str]) -> DeltaEvent:
    """The draft of a turn: what it says, and path and content of the last call that writes a file, as far as it is.

    `arguments` are those of the turn's calls, the last of which may end anywhere. The summary of a call of `finish` is
    something said.
    """
    path, content = None, ""
    for each in arguments:
        given = _so_far(each)
        written = next((given[name] for name in _CONTENTS if isinstance(given.get(name), str)), None)
        if isinstance(written, str):
            named = given.get("path")
            path, content = (named if isinstance(named, str) else None), written
        if isinstance(said := given.get(_SUMMARY), str):
            text = f"{text}\n\n{said}".strip()
    return DeltaEvent(text=text, path=path, content=content)


def _so_far(arguments: str) -> dict[str, object]:
    try:
        given = from_json(arguments, allow_partial="trailing-strings")
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}
