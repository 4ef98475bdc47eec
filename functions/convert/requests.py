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
    changes: str = "accept"


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
