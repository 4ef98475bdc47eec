"""Typst, run on files of one folder: it reads nothing outside, and knows no packages."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typst

from convert.errors import CannotConvert
from convert.typeset.fonts import all_fonts, scripts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

_STANDARDS: tuple[tuple[list[Any], str], ...] = (
    (["a-2a", "ua-1"], "PDF/A-2a and PDF/UA-1"),
    (["a-2u"], "PDF/A-2u"),
    ([], ""),
)
"""What a PDF is made to, the strictest first: for archives and readers of the screen, for archives, neither."""

_UNSHOWN = re.compile(r"the text `\"(.*?)\"` could not be displayed")


@dataclass(slots=True)
class Typeset:
    """How a PDF came out: the standard that it keeps, and the characters that no font has."""

    standard: str = ""
    unshown: set[str] = field(default_factory=set)

    def notes(self) -> list[str]:
        """What to say of characters that are not shown."""
        if not self.unshown:
            return []
        return [f"empty boxes stand for characters that no font has ({scripts(self.unshown)}); docx and html show them"]


def confined(root: Path) -> dict[str, Any]:
    """Arguments that keep typst in the folder."""
    nowhere = str(root / "no-packages")
    return {"root": str(root), "package_path": nowhere, "package_cache_path": nowhere}


def typeset(
    main: Path,
    result: Path,
    images: Mapping[str, str],
    inputs: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Typeset:
    """Set one typst file; `inputs` is what its layout finds as `sys.inputs`, `now` the time that the PDF tells.

    `images` are references -> files.

    Raises CannotConvert when it does not compile.
    """
    done = Typeset()
    compiler = typst.Compiler(
        input=str(main),
        font_paths=all_fonts(),
        ignore_system_fonts=True,
        sys_inputs={name: json.dumps(value) for name, value in (inputs or {}).items()},
        **confined(main.parent),
    )
    for standards, name in _STANDARDS:
        try:
            compiler.compile(output=str(result), format="pdf", pdf_standards=standards, timestamp=now)
        except typst.TypstError as error:
            done.unshown |= _unshown(error.diagnostic)
            if not standards:
                raise CannotConvert(f"the PDF cannot be set: {_in_its_authors_words(error, images)}") from error
        else:
            done.standard = name
            break
    return done


def _unshown(diagnostic: str) -> set[str]:
    found = set()
    for text in _UNSHOWN.findall(diagnostic):
        found |= set(re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), text))
    # A joiner or a mark without a base is told by what it joins.
    return {character for character in found if character.isprintable() and not character.isspace()} or found


def _in_its_authors_words(error: typst.TypstError, images: Mapping[str, str]) -> str:
    text = " ".join([error.message, *error.hints])
    shown: Sequence[str] = [reference for reference, name in images.items() if name in error.diagnostic]
    if re.search(r"decode|image", text) and len(shown) == 1:
        text += f" (image {shown[0][:100]})"
    return text[:500]
