"""Where pandoc is: a file of its package, or packed there, as in the layer, where it would take two thirds of the room.

Packed, it is unpacked once for each warm function, into memory that is sealed: nothing that a document brings about can
change what the next one is worked on with. A file in /tmp could not promise that, since all processes are one user.
"""

from __future__ import annotations

import fcntl
import gzip
import os
import shutil
from functools import cache
from importlib.util import find_spec
from pathlib import Path


def pandoc_file() -> Path | None:
    """The program as a file; None where it is packed."""
    file = _folder() / "pandoc"
    return file if file.is_file() else None


@cache
def pandoc_in_memory() -> int:
    """A descriptor of the program, unpacked from beside where its file would be. Linux only, as Lambda is."""
    descriptor = os.memfd_create("pandoc", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with gzip.open(_folder() / "pandoc.gz") as packed, os.fdopen(descriptor, "wb", closefd=False) as program:
        shutil.copyfileobj(packed, program, 1 << 20)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    return descriptor


def _folder() -> Path:
    package = find_spec("pypandoc")
    if package is None or package.origin is None:
        raise RuntimeError("the package that carries pandoc is not installed")
    return Path(package.origin).with_name("files")
