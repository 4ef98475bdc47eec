"""Gives the text of a document, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.arguments import changes_in, path_in
from convert.errors import CannotConvert
from convert.tool import Answer, Context, Tool
from convert.word.revisions import ALL

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Reading:
    """Text to read from a document, from this page (or part) on, counted from 1, with these tracked changes."""

    path: str
    start_page: int
    changes: str = ALL


def reading(arguments: Mapping[str, Any]) -> Reading:
    """What is to be read."""
    start = 1 if arguments.get("start_page") is None else arguments["start_page"]
    if isinstance(start, bool) or not isinstance(start, int) or start < 1:
        raise CannotConvert("start_page is not a page number; pages count from 1")
    return Reading(path_in(arguments, "path"), start, changes_in(arguments) or ALL)


def text(request: Reading, context: Context) -> Answer:
    """The text, under lines that say what the document is."""
    from convert.reading import read

    return Answer(read(request, context.workspace, context.pandoc, context.output_chars))


TOOL = Tool(request=reading, answer=text)
