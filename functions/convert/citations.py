"""Bibliography and citation style, looked at before pandoc's citation processor opens them outside of its sandbox."""

from __future__ import annotations

import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from xml.parsers import expat

from convert.errors import CannotConvert
from convert.workspace import file_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from convert.tools.convert_document import Conversion

_BIBLIOGRAPHIES = frozenset({".bib", ".bibtex", ".json", ".yaml", ".yml", ".ris"})


def citing(request: Conversion, workspace: Path, scratch: Path) -> list[str]:
    """Options for pandoc; none without a bibliography."""
    if request.bibliography is None:
        if request.citation_style:
            raise CannotConvert("citation_style needs a bibliography")
        return []
    suffix = PurePosixPath(request.bibliography).suffix.lower()
    if suffix not in _BIBLIOGRAPHIES:
        raise CannotConvert(f"{request.bibliography} is no bibliography; known are {' '.join(sorted(_BIBLIOGRAPHIES))}")
    entries = f"bibliography{suffix}"
    shutil.copyfile(file_in(workspace, request.bibliography), scratch / entries)
    options = ["--citeproc", "--bibliography", entries]
    if request.citation_style:
        style = file_in(workspace, request.citation_style).read_bytes()
        _check_style(style, request.citation_style)
        (scratch / "style.csl").write_bytes(style)
        options += ["--csl", "style.csl"]
    return options


def _check_style(style: bytes, name: str) -> None:
    """A dependent style names its parent by URL, and pandoc would fetch it."""

    def opened(tag: str, attributes: Mapping[str, str]) -> None:
        if tag.rsplit(":", maxsplit=1)[-1] == "link" and attributes.get("rel", "").strip() == "independent-parent":
            raise CannotConvert(f"{name} only points to another style; put that one into the workspace and name it")

    def defined(*_: object) -> None:
        raise CannotConvert(f"{name} defines XML entities; a citation style needs none")

    parser = expat.ParserCreate()
    parser.StartElementHandler = opened
    parser.EntityDeclHandler = defined
    try:
        parser.Parse(style, True)
    except expat.ExpatError as error:
        raise CannotConvert(f"{name} is no CSL style: {error}") from error
