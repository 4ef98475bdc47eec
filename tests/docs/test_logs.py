"""docs/operations/logs.md: every line that functions write on purpose is in it, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "operations" / "logs.md").read_text("utf-8")
LEVELS = {"info": "INFO", "warning": "WARNING", "error": "ERROR", "exception": "ERROR"}


def written() -> Iterator[tuple[str, str]]:
    """Message and level of each call of the log."""
    for folder in ("layers/core/swarm", "functions"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                match node:
                    case ast.Call(
                        func=ast.Attribute(value=ast.Name(id="log"), attr=level),
                        args=[ast.Constant(value=str() as text), *_],
                    ) if level in LEVELS:
                        yield text, LEVELS[level]


def test_every_line_is_documented_with_its_level() -> None:
    rows = re.findall(r"^\| (`.+?`) \| (INFO|WARNING|ERROR) \|", PAGE, re.MULTILINE)
    told = {(message, level) for cell, level in rows for message in re.findall(r"`([^`]+)`", cell)}
    assert told == set(written())
    assert len(told) > 20
