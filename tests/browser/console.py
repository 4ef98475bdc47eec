"""What tests of the console share: elements by what people read, pictures to look at, and what axe says of a page."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.chromium import Page
from tests.support.paths import ROOT

STATUS = "document.getElementById('status').textContent"
SHOWN = "document.body.innerText"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDE, PHONE = (1100, 900), (360, 780)

SERIOUS = """(async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  const bad = found.violations.filter(({impact}) => impact === "serious" || impact === "critical");
  return bad.map(({id, help, nodes}) => `${id}: ${help}: ${nodes.map(({html}) => html.slice(0, 160)).join(" ; ")}`);
})()"""


def button(text: str, within: str = "document") -> str:
    """The visible button with this text."""
    return f"[...{within}.querySelectorAll('button')].find(b => b.innerText === {text!r} && b.offsetParent)"


def link(text: str) -> str:
    """The visible link with this text."""
    return f"[...document.querySelectorAll('a')].find(a => a.innerText === {text!r} && a.offsetParent)"


def choice(value: str) -> str:
    """The box or radio button of this value."""
    return f"document.querySelector('input[value={value}]')"


def fill(page: Page, field: str, text: str) -> None:
    """Write into the field of this name."""
    page.evaluate(f"document.querySelector('[name={field}]').select()")
    page.type(text)


def shoot(page: Page, name: str) -> None:
    """Pictures of the whole page in both schemes, wide and as a phone shows it, where somebody wants them."""
    folder = os.environ.get("SCREENSHOTS")
    if not folder:
        return
    for width, height in (WIDE, PHONE):
        for scheme in ("light", "dark"):
            page.prefer(scheme)
            page.resize(width, height)
            # As high as the page, because what is off the screen is not drawn.
            page.resize(width, max(height, page.evaluate("document.documentElement.scrollHeight")))
            page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            page.screenshot(Path(folder) / f"{name}-{width}-{scheme}.png")
    page.resize(*WIDE)


def without_faults(page: Page, name: str) -> None:
    """No serious finding of axe, in both schemes and sizes, and nothing that has to be scrolled sideways."""
    if not AXE.is_file():
        pytest.skip("no axe-core (npm ci, or ./run.sh check)")
    shoot(page, name)
    page.evaluate(AXE.read_text(encoding="utf-8") + "; null")
    for (width, height), scheme in ((WIDE, "light"), (PHONE, "dark")):
        page.resize(width, height)
        page.prefer(scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert page.evaluate(SERIOUS) == [], (name, scheme)
    page.resize(*WIDE)
