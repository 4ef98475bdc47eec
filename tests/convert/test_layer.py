"""The documents layer: all that the function imports is in it, and what is cut from it is not missed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typst

from layers.documents.shrink import shrunk
from requirements import locks
from tests.support.paths import ROOT
from tests.template.test_layers import AS_IN_LAMBDA

MODULES = [
    "convert.app", "convert.worker", "convert.conversion", "convert.reading", "convert.viewing", "convert.word.editing",
    "convert.tables", "convert.pdf_reading.pages", "convert.inventory.word",
    "convert.inventory.pdf",
]  # fmt: skip


def test_the_function_imports_with_its_layers_alone() -> None:
    pinned = locks.pins(ROOT / "layers/documents/requirements.txt")
    subprocess.run(
        [sys.executable, "-c", AS_IN_LAMBDA, "convert", " ".join(pinned), *MODULES],
        env={"PYTHONPATH": f"{ROOT / 'functions'}:{ROOT / 'layers/job'}"},
        check=True,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the library that is shrunk is Linux's")
def test_the_typesetter_works_without_its_tables_for_debuggers(tmp_path: Path) -> None:
    package = tmp_path / "typst"
    shutil.copytree(Path(typst.__file__).parent, package)
    (library,) = package.glob("*.so")
    whole = library.read_bytes()
    library.write_bytes(shrunk(whole))
    assert len(whole) - library.stat().st_size > 5_000_000
    program = "import typst; assert typst.compile(b'= Head', format='pdf').startswith(b'%PDF'); print(typst.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(tmp_path)}, check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith(str(package))


def test_only_libraries_are_shrunk() -> None:
    with pytest.raises(ValueError, match="ELF"):
        shrunk(b"MZ and so on")
