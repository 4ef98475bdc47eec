"""Pandoc as its layer carries it: packed, unpacked once, and out of everybody's reach."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pypandoc
import pytest

from swarm_job import Limits
from tests.support.paths import ROOT

WORK = """
import json, os, sys
from pathlib import Path
from convert import work
from swarm_job import Call, Limits

descriptor = work._PANDOC
try:
    os.pwrite(descriptor, b"x", 0)
except OSError as error:
    print("sealed:", error.strerror)
limits = Limits(**json.loads(sys.argv[2]))
for number in range(2):
    call = Call(f"call_{number}", "convert_document", {"source": "a.md", "target": f"a{number}.docx"})
    print(work.work(Path(sys.argv[1]), [call], limits)[0].output)
"""
LIMITS = Limits(
    seconds=60, cpu_seconds=60, memory_bytes=1_500_000_000, file_bytes=1 << 28, workspace_bytes=1 << 28, new_files=100,
    processes=50, output_chars=5_000,
)  # fmt: skip


@pytest.mark.proof
@pytest.mark.skipif(sys.platform != "linux", reason="the layer is Linux's")
def test_a_packed_program_works_and_cannot_be_changed(tmp_path: Path) -> None:
    package = tmp_path / "layer/pypandoc"
    (package / "files").mkdir(parents=True)
    shutil.copy(pypandoc.__file__, package / "__init__.py")
    program = Path(pypandoc.__file__).with_name("files") / "pandoc"
    with program.open("rb") as whole, gzip.open(package / "files/pandoc.gz", "wb", compresslevel=1) as packed:
        shutil.copyfileobj(whole, packed)
    workspace = tmp_path / "job/workspace"
    workspace.mkdir(parents=True)
    (workspace / "a.md").write_text("# Head\n\nWords.\n")
    path = [str(tmp_path / "layer"), str(ROOT / "functions"), str(ROOT / "layers/job")]
    done = subprocess.run(
        [sys.executable, "-c", WORK, str(workspace), json.dumps(asdict(LIMITS))],
        env={"PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "sealed: Operation not permitted" in done.stdout
    assert done.stdout.count("wrote a") == 2, done.stdout
