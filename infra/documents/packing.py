"""What reference documents are made of, and the archives that they are: the same bytes each time."""

from __future__ import annotations

import io
import subprocess
import zipfile
from typing import TYPE_CHECKING

from convert.program import pandoc_file

if TYPE_CHECKING:
    from collections.abc import Mapping

_MADE = (2026, 1, 1, 0, 0, 0)
_FIRST = "mimetype"
"""Of OpenDocument stands first and is not packed (part 2, 3.3)."""


def of_pandoc(name: str) -> bytes:
    """A reference document as pandoc brings it along."""
    done = subprocess.run([str(pandoc_file()), "--print-default-data-file", name], capture_output=True, check=True)
    return done.stdout


def archive(parts: Mapping[str, bytes]) -> bytes:
    """A zip with a date of its own, so that the same parts are the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in sorted(parts, key=lambda part: part != _FIRST):
            packing = zipfile.ZIP_STORED if name == _FIRST else zipfile.ZIP_DEFLATED
            packed.writestr(zipfile.ZipInfo(name, _MADE), parts[name], packing, 9)
    return out.getvalue()
