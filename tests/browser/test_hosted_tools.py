"""Tools that the provider runs, as a person chooses them in the console and sees what they brought back."""

from __future__ import annotations

import pytest

from codex_swarm.client import CodexSwarmClient
from tests.browser.chromium import Page
from tests.browser.console import SHOWN, STATUS, button, fill, link, shoot, without_faults
from tests.local.clouds import Clouds

pytestmark = pytest.mark.proof

BOX = "document.querySelector('#hosted input[value=web_search]')"


def test_a_run_searches_the_web_and_shows_what_it_cites(clouds: Clouds, page: Page) -> None:
    cloud = clouds.get("hosted", parameters={"HostedTools": "web_search"})
    page.open(f"{cloud.url}/ui/new")
    page.wait_for(f"document.activeElement?.name === 'instructions' && !!{BOX}?.offsetParent")
    page.type('Search the web for "heat pumps". Create a file called a.md with a summary')
    fill(page, "project_id", "hosted")
    page.click(BOX)
    without_faults(page, "new-hosted")
    page.click(button("Start"))
    page.wait_for(f"location.pathname.startsWith('/ui/runs/') && {STATUS} === 'succeeded'", 60)
    page.wait_for("document.querySelector('#timeline').textContent.includes('searched the web for heat pumps')", 60)
    assert page.evaluate(f"{link('Offline example: heat pumps')}.href") == "https://offline.example/heat-pumps"
    assert "1 that the provider did" in page.evaluate(SHOWN)
    shoot(page, "hosted-run")
    without_faults(page, "hosted-run")
    page.click(link("Start again with changes"))
    page.wait_for(f"document.querySelector('[name=instructions]')?.value && {BOX}?.checked")
    assert page.console == []


def test_a_project_that_forbids_them_says_so_when_the_run_is_started(clouds: Clouds, page: Page) -> None:
    cloud = clouds.get("hosted", parameters={"HostedTools": "web_search"})
    with CodexSwarmClient(cloud.url) as client:
        client.put_project("without", hosted_tools=())
        assert client.get_project("without").hosted_tools == []
    page.open(f"{cloud.url}/ui/new")
    page.wait_for(f"document.activeElement?.name === 'instructions' && !!{BOX}?.offsetParent")
    page.type('Search the web for "heat pumps"')
    fill(page, "project_id", "without")
    page.click(BOX)
    page.click(button("Start"))
    page.wait_for(f"{SHOWN}.includes('project without forbids it')")
