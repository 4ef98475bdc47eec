"""Draws one document in a process of its own, which a hostile one may bring down and nothing else.

Run as `python -m preview.render FOLDER KIND PAGE`: reads `document` there, and leaves `answer` or, where it cannot be
shown, `problem`; of a document of pages also `pages`, how many they are, without an answer where PAGE is behind them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from preview.errors import CannotShow

DOCUMENT, ANSWER, PROBLEM, PAGES = "document", "answer", "problem", "pages"

KINDS: Mapping[str, tuple[str, str]] = {
    "markdown": ("preview.texts", "markdown"),
    "csv": ("preview.texts", "table"),
    "text": ("preview.texts", "plain"),
    "html": ("preview.texts", "web"),
    "docx": ("preview.word", "word"),
    "xlsx": ("preview.workbook", "workbook"),
    "pptx": ("preview.slides", "slides"),
    "pdf": ("preview.pictures", "page_of"),
    "image": ("preview.pictures", "thumbnail"),
}
"""Module and function of each kind: a process loads what its own document needs, and nothing else."""


OF_PAGES = frozenset({"pdf"})
"""Kinds that are drawn page by page."""


def main(folder: Path, kind: str, page: int) -> None:
    """Leaves those files."""
    module, function = KINDS[kind]
    draw = getattr(import_module(module), function)
    try:
        if kind in OF_PAGES:
            answer, pages = draw(folder / DOCUMENT, page)
            (folder / PAGES).write_text(str(pages))
        else:
            answer = draw(folder / DOCUMENT)
        if answer is not None:
            (folder / ANSWER).write_bytes(answer)
    except CannotShow as problem:
        (folder / PROBLEM).write_text(str(problem))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
