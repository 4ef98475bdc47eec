"""The guides for applications run as they are written, from top to bottom, against a laptop cloud."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud
from swarm.runs.error_types import ErrorType
from tests.support.paths import ROOT

GUIDES = [
    ROOT / "docs" / name
    for name in ("client.md", "DRAFTPUNK_INTEGRATION.md", "cookbook.md", "quickstart.md", "swarm.md")
]


def snippets(guide: Path) -> list[tuple[int, str]]:
    """Each Python snippet, and the line that it begins on."""
    text = guide.read_text(encoding="utf-8")
    found = re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [(text[: each.start(1)].count("\n"), each[1]) for each in found]


@pytest.mark.proof
@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_every_snippet_runs(guide: Path, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CODEX_SWARM_URL", cloud.url)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    given = snippets(guide)
    assert given
    for line, snippet in given:
        # Blank lines before it, so that a failure names the guide's own line.
        exec(compile("\n" * line + snippet, str(guide), "exec"), names)  # noqa: S102  it is ours


def test_the_integration_guide_has_words_for_every_failure() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S.*?) \|", GUIDES[1].read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name, _ in rows if name != "error_type"] == [error.value for error in ErrorType]


def test_the_cookbook_has_ten_recipes() -> None:
    headings = re.findall(r"^## (\d+)\. ", GUIDES[2].read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [str(number) for number in range(1, 11)]
