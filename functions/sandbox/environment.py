"""What a command finds: a shell, Python with the data stack, folders of its own, and no trace of who runs it."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from sandbox import settings

LAYERS = Path("/opt/python")
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def environment(place: Path) -> dict[str, str]:
    """The whole environment of every command of a job, and the folders that it names, made in `place`."""
    folders = {name: place / name for name in ("home", "tmp", "bin")}
    for folder in folders.values():
        folder.mkdir(mode=0o700)
    _name_python(folders["bin"])
    variables = {
        "PATH": f"{folders['bin']}:{Path(sys.executable).parent}:{_SYSTEM_PATH}",
        "HOME": str(folders["home"]),
        "TMPDIR": str(folders["tmp"]),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        # Bytecode beside the sources would come back as files of the run.
        "PYTHONDONTWRITEBYTECODE": "1",
        # A program that is killed keeps what it had printed.
        "PYTHONUNBUFFERED": "1",
    }
    if LAYERS.is_dir():
        variables["PYTHONPATH"] = str(LAYERS)
    if settings.LIBRARY_PATH:
        variables["LD_LIBRARY_PATH"] = settings.LIBRARY_PATH
    return variables


def shell() -> str:
    """bash, or sh where there is none."""
    return shutil.which("bash", path=_SYSTEM_PATH) or "/bin/sh"


def _name_python(folder: Path) -> None:
    # Not every installation has it under both names, and a link would take it out of its virtual environment.
    for name in ("python", "python3"):
        wrapper = folder / name
        wrapper.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        wrapper.chmod(0o700)
