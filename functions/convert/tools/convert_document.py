"""Makes one document from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.arguments import changes_in, language_in, optional_path_in, path_in, text_in
from convert.tool import Answer, Context, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Conversion:
    """One document to make from another. Paths are relative to the workspace; None is not asked for."""

    source: str
    target: str
    reference_document: str | None
    table_of_contents: bool
    title: str | None
    author: str | None
    subject: str | None
    date: str | None
    bibliography: str | None
    citation_style: str | None
    changes: str | None = None
    template: str | None = None
    language: str | None = None


def conversion(arguments: Mapping[str, Any]) -> Conversion:
    """What is to be converted."""
    return Conversion(
        source=path_in(arguments, "source"),
        target=path_in(arguments, "target"),
        reference_document=optional_path_in(arguments, "reference_document"),
        table_of_contents=arguments.get("table_of_contents") is True,
        title=text_in(arguments, "title"),
        author=text_in(arguments, "author"),
        subject=text_in(arguments, "subject"),
        date=text_in(arguments, "date"),
        bibliography=optional_path_in(arguments, "bibliography"),
        citation_style=optional_path_in(arguments, "citation_style"),
        changes=changes_in(arguments),
        template=text_in(arguments, "template"),
        language=language_in(arguments),
    )


def converted(request: Conversion, context: Context) -> Answer:
    """The files that were made, and what could not be taken over."""
    from convert.conversion import convert

    made = convert(request, context.workspace, context.pandoc, context.now)
    files = {path: str(place.relative_to(context.scratch)) for path, place in made.files.items()}
    return Answer(made.as_output(request), files)


TOOL = Tool(request=conversion, answer=converted)
