"""What the agent is writing, as a person sees it in the browser before the turn is over."""

from __future__ import annotations

import pytest

from codex_swarm.models import RunStatus
from tests.browser.chromium import Page
from tests.browser.console import SHOWN, STATUS, button, shoot, without_faults
from tests.local.clouds import Clouds
from tests.support.half_written import LONG, writing

pytestmark = pytest.mark.proof

DRAFT = "document.getElementById('draft')"


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
