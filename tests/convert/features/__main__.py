"""Counts the features for an earlier version of the product, and prints what is not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.convert.features import Feature, missing
from tests.convert.features.every import EVERY


def reading(version: Path, feature: Feature) -> str:
    """What that version says when it reads the file; each is read by a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in").mkdir()
        (Path(folder) / "in" / feature.name).write_bytes(feature.data)
        call = {
            "tool": "read_document", "arguments": {"path": feature.name}, "workspace": f"{folder}/in",
            "memory_bytes": 1_500_000_000, "output_chars": 60_000, "now": datetime.now(UTC).isoformat(),
            "Reading": {"path": feature.name, "start_page": 1},  # what the first versions were asked
        }  # fmt: skip
        (Path(folder) / "call.json").write_text(json.dumps(call))
        path = f"{version / 'functions'}:{version / 'layers/job'}"
        command = [sys.executable, "-m", "convert.worker", folder]
        subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False, capture_output=True, timeout=120)
        answer = Path(folder) / "answer.json"
        return str(json.loads(answer.read_bytes()).get("output", "")) if answer.is_file() else ""


if __name__ == "__main__":
    readings = {each.name: reading(Path(sys.argv[1]).resolve(), each) for each in EVERY}
    gone = missing(EVERY, readings)
    sys.stdout.write("".join(f"{name}: {word}\n" for name, word in gone))
    total = sum(len(each.words) for each in EVERY)
    sys.stdout.write(f"{total - len(gone)} of {total} words in {len(EVERY)} files\n")
