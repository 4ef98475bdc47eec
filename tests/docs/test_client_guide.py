"""The guide to the client runs as it is written, from top to bottom, against a laptop cloud."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud
from tests.support.paths import ROOT

pytestmark = pytest.mark.proof

GUIDE = ROOT / "docs" / "client.md"


def snippets() -> list[tuple[int, str]]:
    """Each Python snippet, and the line that it begins on."""
    text = GUIDE.read_text(encoding="utf-8")
    found = re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [(text[: each.start(1)].count("\n"), each[1]) for each in found]


def test_every_snippet_runs(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CODEX_SWARM_URL", cloud.url)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for line, snippet in snippets():
        # Blank lines before it, so that a failure names the guide's own line.
        exec(compile("\n" * line + snippet, str(GUIDE), "exec"), names)  # noqa: S102  it is ours
    assert names["data"]
