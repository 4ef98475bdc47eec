"""The run console as a file: one style, one script, nothing from elsewhere, and no data as markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "functions" / "api" / "console" / "run.html"


class Elements(HTMLParser):
    """Every element of a page with its attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def elements(page: str) -> list[tuple[str, dict[str, str | None]]]:
    return Elements(page).found


def test_a_policy_can_name_its_style_and_its_script(
    page: str, elements: list[tuple[str, dict[str, str | None]]]
) -> None:
    tags = [tag for tag, _ in elements]
    assert (tags.count("style"), tags.count("script")) == (1, 1)
    assert len(re.findall(r"<(?:style|script)\b", page)) == 2
    assert not [attributes for _, attributes in elements if "style" in attributes]
    assert not [name for _, attributes in elements for name in attributes if name.startswith("on")]


def test_it_asks_nobody_but_the_service(page: str, elements: list[tuple[str, dict[str, str | None]]]) -> None:
    links = [attributes.get(name) for _, attributes in elements for name in ("src", "href") if name in attributes]
    assert links == ["data:,"]
    assert not re.search(r"https?://|@import|url\(", page)


def test_what_a_run_says_is_never_markup(page: str) -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", page)


def test_every_control_has_a_name(page: str, elements: list[tuple[str, dict[str, str | None]]]) -> None:
    labelled = {attributes.get("for") for tag, attributes in elements if tag == "label"}
    inputs = [attributes["id"] for tag, attributes in elements if tag == "input"]
    assert set(inputs) <= labelled
    named = {attributes["aria-labelledby"] for tag, attributes in elements if tag == "section"}
    assert named <= {attributes.get("id") for _, attributes in elements}


def test_every_element_that_the_script_looks_up_exists(
    page: str, elements: list[tuple[str, dict[str, str | None]]]
) -> None:
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'\$\("([^"]+)"\)', page)) <= set(ids)
