"""Links between the pages, and the paths that the README names, lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.paths import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def links() -> list[tuple[Path, str]]:
    found = re.compile(r"\]\(((?!https?:|#)[^)#]+)")
    return [(page, link) for page in PAGES for link in found.findall(page.read_text(encoding="utf-8"))]


def test_links_lead_somewhere() -> None:
    assert len(links()) > 10
    assert [(page.name, link) for page, link in links() if not (page.parent / link).exists()] == []


def test_the_readme_names_every_page_and_fits_a_screen() -> None:
    readme = PAGES[0].read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if str(page.relative_to(ROOT)) not in readme] == []
    assert len(readme.splitlines()) < 80


def test_the_readme_shows_a_part_of_the_recording() -> None:
    """The whole of it is in the quickstart, where a test repeats it."""
    shown, recorded = (
        re.findall(r"^```console\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        for page in ("README.md", "docs/quickstart.md")
    )
    assert len(shown[0].splitlines()) > 3
    assert [line for line in shown[0].splitlines() if line not in recorded[0].splitlines()] == []


def test_the_commands_that_the_readme_gives_exist() -> None:
    script = (ROOT / "run.sh").read_text(encoding="utf-8")
    given = set(re.findall(r"\./run\.sh (\w+)", PAGES[0].read_text(encoding="utf-8")))
    assert given
    assert [command for command in given if not re.search(rf"^  {command} ", script, re.MULTILINE)] == []
