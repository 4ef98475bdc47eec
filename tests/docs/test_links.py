"""Links between the pages, and the paths that the README names, lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(((?!https?:|#)[^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_names_every_page_and_fits_a_screen() -> None:
    readme = PAGES[0].read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if f"docs/{page.name}" not in readme] == []
    assert len(readme.splitlines()) < 80


def test_the_commands_that_the_readme_gives_exist() -> None:
    script = (ROOT / "run.sh").read_text(encoding="utf-8")
    given = set(re.findall(r"\./run\.sh (\w+)", PAGES[0].read_text(encoding="utf-8")))
    assert given
    assert [command for command in given if not re.search(rf"^  {command} ", script, re.MULTILINE)] == []
