"""Draws one document in a process of its own, which a hostile one may bring down and nothing else.

Run as `python -m preview.render FOLDER KIND`: reads `document` there, and leaves `answer` or, where it cannot be
shown, `problem`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from preview.errors import CannotShow

DOCUMENT, ANSWER, PROBLEM = "document", "answer", "problem"

KINDS: Mapping[str, tuple[str, str]] = {
    "markdown": ("preview.texts", "markdown"),
    "csv": ("preview.texts", "table"),
    "docx": ("preview.word", "word"),
    "pdf": ("preview.pictures", "first_page"),
    "image": ("preview.pictures", "thumbnail"),
}
"""Module and function of each kind: a process loads what its own document needs, and nothing else."""


def main(folder: Path, kind: str) -> None:
    """Leaves one of the two files."""
    module, function = KINDS[kind]
    draw: Callable[[Path], bytes] = getattr(import_module(module), function)
    try:
        (folder / ANSWER).write_bytes(draw(folder / DOCUMENT))
    except CannotShow as problem:
        (folder / PROBLEM).write_text(str(problem))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
