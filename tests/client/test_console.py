"""The console as files: scripts and styles of its own, nothing from elsewhere, and no data as markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "functions" / "api" / "console"
PAGES = sorted(FOLDER.glob("*.html"))
ASSETS = sorted((FOLDER / "assets").iterdir())

Attributes = dict[str, str | None]


class Elements(HTMLParser):
    """Every element of a page with its attributes, in order; for labels also which controls stand in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, Attributes]] = []
        self.labelled: list[Attributes] = []
        self._in_label = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if self._in_label:
            self.labelled.append(dict(attrs))
        self._in_label = self._in_label or tag == "label"

    def handle_endtag(self, tag: str) -> None:
        self._in_label = self._in_label and tag != "label"


def scripts_of(name: str) -> str:
    """A page's script, with everything that it imports."""
    text = (FOLDER / "assets" / name).read_text(encoding="utf-8")
    return text + "".join(scripts_of(each) for each in re.findall(r'from "\./([\w.]+)"', text))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_has_nothing_that_its_policy_would_have_to_allow(path: Path) -> None:
    elements = Elements(path.read_text(encoding="utf-8")).found
    loaded = [
        attributes
        for tag, attributes in elements
        if tag in {"script", "style"} or attributes.get("rel") == "stylesheet"
    ]
    assert [attributes.get("nonce") for attributes in loaded] == ["{nonce}", "{nonce}"]
    names = {name for _, attributes in elements for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}
    addresses = [str(attributes[name]) for _, attributes in elements for name in ("src", "href") if name in attributes]
    assert [each for each in addresses if not each.startswith(("{assets}", "{base}", "data:,"))] == []


@pytest.mark.parametrize("path", ASSETS, ids=lambda path: path.name)
def test_an_asset_asks_nobody_else_and_makes_no_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"https?://|@import|url\(", text)
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|localStorage", text
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_control_and_section_has_a_name(path: Path) -> None:
    page = Elements(path.read_text(encoding="utf-8"))
    shown = [each for tag, each in page.found if tag in {"input", "select", "textarea"} and "hidden" not in each]
    assert shown == [each for each in page.labelled if "name" in each or each.get("type") in {"checkbox", "search"}]
    named = {each["aria-labelledby"] for tag, each in page.found if tag == "section"}
    assert named <= {each.get("id") for _, each in page.found}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_element_that_the_script_looks_up_exists(path: Path) -> None:
    ids = [each["id"] for _, each in Elements(path.read_text(encoding="utf-8")).found if "id" in each]
    assert len(ids) == len(set(ids))
    script = scripts_of(path.with_suffix(".js").name)
    made = set(re.findall(r'\bid: "([\w-]+)"', script))
    assert set(re.findall(r'\$\("([^"]+)"\)', script)) <= {*ids, *made}
