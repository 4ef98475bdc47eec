"""What the agent is writing, as a person sees it in the browser and in a terminal before the turn is over."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunStatus
from infra.local.cloud import LocalCloud
from tests.browser.chromium import Page
from tests.browser.console import SHOWN, STATUS, button, shoot, without_faults
from tests.local.clouds import Clouds
from tests.provider.script import call, calls, finishes, held_in_the_middle
from tests.provider.server import ScriptedProvider

pytestmark = pytest.mark.proof

LONG = "".join(f"line {number}\n" for number in range(300))
WRITES = calls(call("write_file", path="report.md", content=LONG), text="I write it.")
MIDDLE = 60_000
"""Bytes of the stream of `WRITES`, of which it has some 90,000."""
DRAFT = "document.getElementById('draft')"


@contextmanager
def writing(clouds: Clouds) -> Iterator[tuple[LocalCloud, CodexSwarmClient, Event]]:
    """A laptop cloud whose provider stays in the middle of its answer until the event is set."""
    released = Event()
    script = [held_in_the_middle(WRITES, released, MIDDLE), finishes("Wrote report.md.")]
    try:
        with ScriptedProvider(script) as provider:
            cloud = clouds.get(
                f"draft-{uuid.uuid4().hex}",
                offline=False,
                api_key=provider.api_key,
                parameters={"OpenAIBaseUrl": provider.base_url, "OpenAIModel": "test-model"},
            )
            with CodexSwarmClient(cloud.url) as client:
                yield cloud, client, released
    finally:
        released.set()


def test_the_page_shows_what_is_being_written_until_it_is_a_step(clouds: Clouds, page: Page) -> None:
    with writing(clouds) as (cloud, client, released):
        run = client.start_run("drafts", "Write a long report.", "writing")
        page.open(f"{cloud.url}/ui/runs/{run.id}")
        page.wait_for(f"{DRAFT}?.hidden === false && {SHOWN}.includes('Being written report.md')", 60)
        assert page.evaluate("document.getElementById('draft-text').innerText") == "I write it."
        assert page.evaluate("document.getElementById('draft-content').innerText").strip() in LONG
        without_faults(page, "draft")
        released.set()
        page.wait_for(f"{STATUS} === 'succeeded' && {DRAFT}.hidden", 60)
        assert client.get_file_text(run.id, "report.md") == LONG
        assert page.console == []


def test_what_was_being_written_is_withdrawn_when_the_run_is_cancelled(clouds: Clouds, page: Page) -> None:
    with writing(clouds) as (cloud, client, _):
        run = client.start_run("drafts", "Write a long report.", "writing")
        page.open(f"{cloud.url}/ui/runs/{run.id}")
        page.wait_for(f"{DRAFT}?.hidden === false", 60)
        page.evaluate("window.confirm = () => true")
        page.click(button("Cancel run"))
        page.wait_for(f"{STATUS} === 'cancelled' && {DRAFT}.hidden", 60)
        shoot(page, "draft-withdrawn")
        assert client.get_run(run.id).status is RunStatus.CANCELLED
        assert "line 1" not in page.evaluate(SHOWN)
