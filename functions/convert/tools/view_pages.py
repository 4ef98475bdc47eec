"""Shows pages of a pdf, or an image, as pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.arguments import path_in
from convert.errors import CannotConvert
from convert.tool import Answer, Context, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_PAGES = 4
"""Pages that one call shows as pictures."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """Pages of a pdf to show, counted from 1, or an image. Without pages the first few are meant."""

    path: str
    pages: tuple[int, ...] = ()


def viewing(arguments: Mapping[str, Any]) -> Viewing:
    """What is to be looked at."""
    pages = arguments.get("pages") or []
    if not isinstance(pages, list) or not all(type(page) is int and page > 0 for page in pages):
        raise CannotConvert("pages is not a list of page numbers; pages count from 1")
    if len(pages) > MOST_PAGES:
        raise CannotConvert(f"pages names {len(pages)} pages; one call shows {MOST_PAGES}")
    return Viewing(path_in(arguments, "path"), tuple(dict.fromkeys(pages)))


def shown(request: Viewing, context: Context) -> Answer:
    """The pictures, and what they are of."""
    from convert.viewing import view

    seen = view(request, context.workspace, context.scratch)
    return Answer(seen.text, pictures=seen.pictures)


TOOL = Tool(request=viewing, answer=shown, shows_pictures=True)
