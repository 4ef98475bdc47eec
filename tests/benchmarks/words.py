"""Counts which expected words come out of `read_document`, for a folder of documents.

usage: python -m tests.benchmarks.words FOLDER

The folder holds documents and `expect.json`: name of the file -> {name of the feature: word}. Each file is read as the
convert function reads it, in this process and without its limits. A word counts when it is in the text or in a note.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from convert.worker import answer

_MEMORY = 2_000_000_000
_MOST_CHARACTERS = 60_000


def said(workspace: Path, name: str) -> str:
    """What reading the file gives, from its first part on."""
    with tempfile.TemporaryDirectory() as scratch:
        call = {
            "tool": "read_document",
            "arguments": {"path": name},
            "workspace": str(workspace),
            "memory_bytes": _MEMORY,
            "output_chars": _MOST_CHARACTERS,
            "now": "2026-01-01T00:00:00+00:00",
        }
        return str(answer(call, Path(scratch)).output)


def main(folder: Path) -> None:
    """A line for each file that lacks a word, and the sum."""
    expected: dict[str, dict[str, str]] = json.loads((folder / "expect.json").read_bytes())
    out = 0
    for name, features in expected.items():
        text = said(folder, name)
        lost = [feature for feature, word in features.items() if word not in text]
        out += len(features) - len(lost)
        if lost:
            print(f"{name}: {', '.join(lost)}")
    print(f"{out} of {sum(map(len, expected.values()))} words come out")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
