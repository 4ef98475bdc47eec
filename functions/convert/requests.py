"""What a call asks for, its paths valid and its texts of a reasonable length."""

from __future__ import annotations

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Viewing:
    """Pages of a pdf to show, counted from 1, or an image. Without pages the first few are meant."""

    path: str
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Text to read from a document, from this page (or part) on, counted from 1, with these tracked changes."""

    path: str
    start_page: int
    changes: str = "all"


@dataclass(frozen=True, slots=True)
class WholeText:
    """All text of a document, with the place of every line."""

    path: str


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
