"""Changes one thing in a Word file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.arguments import long_text_in, optional_path_in, path_in, text_in
from convert.errors import CannotConvert
from convert.tool import Answer, Context, Tool
from convert.word.actions import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Editing:
    """One change to a Word file, left where it is or saved as `target`.

    `find` is text that it says, or the name of a field or property; `text` is what `action` does with it. With an
    `author` the change is tracked. `everywhere` changes each place where the text stands, else there must be one.
    """

    path: str
    target: str
    action: str
    find: str
    text: str
    author: str | None
    everywhere: bool


def editing(arguments: Mapping[str, Any]) -> Editing:
    """What is to be changed."""
    path, action = path_in(arguments, "path"), str(arguments.get("action"))
    if action not in ACTIONS:
        raise CannotConvert(f"action is not one of {', '.join(ACTIONS)}")
    find, text = long_text_in(arguments, "find"), long_text_in(arguments, "text")
    if not find:
        raise CannotConvert(f"find is empty; give {ACTIONS[action]}")
    return Editing(
        path=path,
        target=optional_path_in(arguments, "target") or path,
        action=action,
        find=find,
        text=text,
        author=text_in(arguments, "author"),
        everywhere=arguments.get("everywhere") is True,
    )


def edited(request: Editing, context: Context) -> Answer:
    """The changed file, and what was changed."""
    from convert.archives import check_archive
    from convert.contents import source_format
    from convert.formats import DOCX
    from convert.word.editing import edit
    from convert.workspace import file_in

    place, result = file_in(context.workspace, request.path), context.scratch / "result"
    form, _ = source_format(place, request.path)
    if form is not DOCX:
        raise CannotConvert(f"{request.path} is no Word file; text files are changed with edit_file")
    check_archive(place, request.path)
    return Answer(edit(request, place, result, context.now), {request.target: result.name})


TOOL = Tool(request=editing, answer=edited)
