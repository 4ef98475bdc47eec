"""Recorded text made fit to be shown on one line."""

from __future__ import annotations

_READ = 4_000


def one_line(text: str, limit: int) -> str:
    """The beginning of the text in at most `limit` characters: whitespace collapsed, invisible characters gone.

    Characters that nobody sees (zero width, direction marks, tags) can carry words that only a model reads.
    """
    seen = "".join(character for character in text.lstrip()[:_READ] if character.isprintable() or character.isspace())
    line = " ".join(seen.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
