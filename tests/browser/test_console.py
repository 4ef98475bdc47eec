"""The run console as a person meets it: in a real browser, on the laptop cloud."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from codex_swarm.client import CodexSwarmClient
from infra.local.cloud import LocalCloud
from tests.browser.chromium import Page
from tests.local.clouds import Clouds, eventually

pytestmark = pytest.mark.proof

HELLO = "Create a simple markdown file called hello.md with a greeting"
MARKUP = "<img src=x onerror=\"document.title='taken over'\">"

STATUS = "document.getElementById('status').textContent"
SHOWN = "document.body.innerText"


def button(text: str) -> str:
    """The visible button with this text."""
    return f"[...document.querySelectorAll('button')].find(b => b.innerText === {text!r} && b.offsetParent)"


def shoot(page: Page, name: str) -> None:
    """Pictures to look at, where somebody wants them."""
    if folder := os.environ.get("SCREENSHOTS"):
        for scheme in ("light", "dark"):
            page.prefer(scheme)
            page.screenshot(Path(folder) / f"{name}-{scheme}.png")


@pytest.fixture
def client(cloud: LocalCloud) -> Iterator[CodexSwarmClient]:
    with CodexSwarmClient(cloud.url) as connected:
        yield connected


def test_a_run_is_watched_to_its_end_and_its_file_downloaded(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, tmp_path: Path
) -> None:
    run = client.start_run("console", f"{HELLO}. wait 3 seconds", "document_writing", "A greeting")
    page.open(f"{cloud.url}/ui/runs/{run.run_id}")
    page.wait_for(f"{STATUS} === 'running'")
    assert page.wait_for(button("Cancel run") + "?.innerText") == "Cancel run"
    shoot(page, "running")
    page.wait_for(f"{STATUS} === 'succeeded'")
    assert page.evaluate("document.querySelector('h1').innerText") == "A greeting"
    assert page.evaluate("document.getElementById('progress').value") == 100
    assert not page.evaluate(f"Boolean({button('Cancel run')})")
    page.wait_for(f"{SHOWN}.includes('Files (1)') && {SHOWN}.includes('Workspace ready')")
    page.wait_for("document.querySelectorAll('#timeline li').length > 5")
    shoot(page, "succeeded")
    page.click("document.querySelector('#file-rows button')")
    saved = tmp_path / "hello.md"
    eventually(lambda: saved.exists() or None)
    assert eventually(lambda: saved.read_bytes() or None) == client.get_file(run.run_id, "hello.md")
    assert page.console == []


def test_a_failure_says_what_to_do(cloud: LocalCloud, client: CodexSwarmClient, page: Page) -> None:
    run = client.start_run("console", f"touch kept.txt. fail with the disk is full {MARKUP}", name=MARKUP)
    client.wait(run.run_id, 60, poll=0.05)
    page.open(f"{cloud.url}/ui/runs/{run.run_id}")
    page.wait_for(f"{STATUS} === 'failed' && {SHOWN}.includes('What went wrong')")
    page.wait_for("document.querySelectorAll('#timeline li').length > 5")
    shown = page.evaluate(SHOWN)
    assert "the disk is full" in shown
    assert "kept.txt" in shown
    # What a run says is shown as it is, and is never part of the page.
    assert page.evaluate("document.querySelector('h1').innerText") == MARKUP
    assert page.evaluate("document.images.length") == 0
    shoot(page, "failed")
    page.resize(390, 844)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, "failed-phone")
    assert page.console == []


def test_a_run_is_cancelled_from_the_page(cloud: LocalCloud, client: CodexSwarmClient, page: Page) -> None:
    run = client.start_run("console", f"{HELLO}. wait 60 seconds")
    page.open(f"{cloud.url}/ui/runs/{run.run_id}")
    page.wait_for(f"{STATUS} === 'running'")
    page.click(button("Cancel run"))
    page.wait_for(f"{STATUS} === 'cancelled'")
    assert client.get_run(run.run_id).status == "cancelled"
    shoot(page, "cancelled")


def test_an_unknown_run_is_said_to_be_unknown(cloud: LocalCloud, page: Page) -> None:
    page.open(f"{cloud.url}/ui/runs/{'0' * 32}")
    page.wait_for(f"{SHOWN}.includes('no run {'0' * 32}')")
    shoot(page, "unknown")


def test_where_a_key_is_wanted_the_page_asks_for_it_and_keeps_it_in_the_tab(clouds: Clouds, page: Page) -> None:
    cloud = clouds.get("locked", require_key=True)
    key = cloud.development_key
    with CodexSwarmClient(cloud.url, key) as client:
        run = client.start_run("console", HELLO)
        client.wait(run.run_id, 60, poll=0.05)
    # The page itself is behind the key too: whoever opens it sends one, as a proxy does.
    page.open(f"{cloud.url}/ui/runs/{run.run_id}", Authorization=f"Bearer {key}")
    page.wait_for(f"{SHOWN}.includes('wants an API key')")
    shoot(page, "key")
    page.type("not the key")
    page.click(button("Use it"))
    page.wait_for(f"{SHOWN}.includes('not accepted')")
    page.type(key)
    page.click(button("Use it"))
    page.wait_for(f"{STATUS} === 'succeeded'")
    assert page.evaluate("[...Object.keys(localStorage), document.cookie].join('')") == ""
