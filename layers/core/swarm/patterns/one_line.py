"""Recorded text made fit to be shown on one line."""

from __future__ import annotations

from html import escape

_READ = 4_000


def one_line(text: str, limit: int) -> str:
    """The beginning of the text in at most `limit` characters: whitespace collapsed, invisible characters gone.

    Characters that nobody sees (zero width, direction marks, tags) can carry words that only a model reads.
    """
    seen = "".join(character for character in text.lstrip()[:_READ] if character.isprintable() or character.isspace())
    line = " ".join(seen.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def quoted(text: str, limit: int) -> str:
    """The text on one line, between double quotes that it cannot leave."""
    line = escape(one_line(text, limit), quote=False).replace('"', "&quot;")
    return f'"{line}"'
