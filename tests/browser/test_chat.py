"""A chat in the console, as a person has it: a draft, two follow-ups, a question, an approval, a fork; and a batch."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from codex_swarm.client import CodexSwarmClient
from examples.chat import DRAFT, FOLLOW_UPS, OTHERWISE
from infra.local.cloud import LocalCloud
from tests.browser.chromium import Page
from tests.browser.console import SHOWN, STATUS, button, choice, fill, shoot, without_faults

pytestmark = pytest.mark.proof

ENDED = f"{STATUS} === 'succeeded'"
AT = "location.pathname.split('/').pop()"


@pytest.fixture
def project() -> str:
    """One that no other test has runs in."""
    return f"chat-{uuid.uuid4().hex[:8]}"


def say(page: Page, text: str) -> str:
    """Go on from a run that has ended; the id of the run that it begins."""
    before = page.evaluate(AT)
    fill(page, "message", text)
    page.click("document.getElementById('say')")
    page.wait_for(f"{AT} !== '{before}' && Boolean(document.getElementById('status')?.textContent)")
    return str(page.evaluate(AT))


def test_a_person_has_a_chat_about_a_document(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    draft = client.start_run(
        project, DRAFT, files={"notes.md": "What was said.\n"}, interactive=True, require_approval=["delete_file"]
    )
    page.open(f"{cloud.url}/ui/runs/{draft.id}")
    page.wait_for(ENDED)
    say(page, FOLLOW_UPS[0])
    page.wait_for(f"{ENDED} && {SHOWN}.includes('May by June')")
    last = say(page, FOLLOW_UPS[1])
    page.wait_for(f"{SHOWN}.includes('Which budget?') && Boolean({button('5,000 euros')})")
    shoot(page, "chat-question")
    page.click(button("5,000 euros"))
    page.click(button("Answer"))
    page.wait_for(f"{SHOWN}.includes('answered: 5,000 euros') && Boolean({button('Approve')})")
    shoot(page, "chat-approval")
    page.click(button("Approve"))
    page.wait_for(ENDED)
    without_faults(page, "chat-ended")
    files = {file.path: client.get_file_text(last, file.path) for file in client.iter_files(last)}
    assert files.keys() == {"offer.md", "budget.md"}
    assert "June" in files["offer.md"]
    page.open(f"{cloud.url}/ui/runs/{draft.id}")
    page.wait_for("Boolean(document.querySelector('#timeline .again[href$=\"turn=1\"]'))")
    page.click("document.querySelector('#timeline .again[href$=\"turn=1\"]')")
    page.wait_for("document.querySelector('[name=from_turn]')?.value === '1'")
    fill(page, "instructions", OTHERWISE)
    page.click(button("Start"))
    page.wait_for(f"location.pathname.includes('/ui/runs/') && {AT} !== '{draft.id}' && {ENDED}")
    fork = str(page.evaluate(AT))
    assert "May" in client.get_file_text(fork, "offer.md")
    shoot(page, "chat-fork")
    assert page.console == []


def test_a_batch_is_listed_with_its_runs_and_tried_again(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    items = [{"do": "touch <b>a</b>.md"}, {"do": "fail with no paper"}]
    batch = client.start_batch(project, "{{do}}", items, name="<i>Letters</i>")
    client.wait_batch(batch.id, timeout=60, poll=0.2)
    page.open(f"{cloud.url}/ui?project_id={project}")
    page.wait_for(f"{SHOWN}.includes('<i>Letters</i>') && {SHOWN}.includes('1 succeeded, 1 failed')")
    without_faults(page, "batches")
    shoot(page, "batches")
    page.click(button("Try again"))
    page.wait_for(f"{SHOWN}.includes('1 succeeded, 1 failed') && Boolean({button('Try again')})")
    page.wait_for("document.querySelectorAll('#rows tr').length === 3")
    assert client.wait_batch(batch.id, timeout=60, poll=0.2).round == 1
    page.click("[...document.querySelectorAll('#batch-rows a')][0]")
    page.wait_for("location.search.includes('batch_id=') && document.querySelectorAll('#rows tr').length === 3")
    assert page.console == []


def test_a_form_starts_a_run_for_each_line_or_row_and_keeps_a_schedule(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str, tmp_path: Path
) -> None:
    page.open(f"{cloud.url}/ui/new?project_id={project}")
    page.wait_for("document.activeElement.name === 'instructions'")
    fill(page, "instructions", "touch {{item}}.md")
    page.click(choice("batch"))
    fill(page, "items", "a\n\n  b  ")
    without_faults(page, "new-batch")
    shoot(page, "new-batch")
    page.click(button("Start all"))
    page.wait_for("location.search.includes('batch_id=') && document.querySelectorAll('#rows tr').length === 2")
    [batch] = client.list_batches(project_id=project)
    assert client.wait_batch(batch.id, timeout=60, poll=0.2).succeeded == 2

    page.open(f"{cloud.url}/ui/new?project_id={project}")
    page.wait_for("document.activeElement.name === 'instructions'")
    fill(page, "instructions", "touch {{name}}.md")
    page.click(choice("batch"))
    (tmp_path / "names.csv").write_text("name\nc\nd\ne\n", "utf-8")
    page.choose("#table", tmp_path / "names.csv")
    page.click(button("Start all"))
    page.wait_for("location.search.includes('batch_id=') && document.querySelectorAll('#rows tr').length === 3")

    page.open(f"{cloud.url}/ui/new?project_id={project}")
    page.wait_for("document.activeElement.name === 'instructions'")
    fill(page, "instructions", "touch f.md")
    page.click(choice("schedule"))
    fill(page, "schedule", "mondays")
    fill(page, "cron", "0 25 * * MON")
    fill(page, "timezone", "Europe/Berlin")
    page.click(button("Keep the schedule"))
    page.wait_for(f"{SHOWN}.includes('Bad hour')")
    fill(page, "cron", "0 9 * * MON")
    without_faults(page, "new-schedule")
    shoot(page, "new-schedule")
    page.click(button("Keep the schedule"))
    page.wait_for(f"location.search.includes('project_id=') && {SHOWN}.includes('0 9 * * MON (Europe/Berlin)')")
    assert client.get_schedule(project, "mondays").run["instructions"] == "touch f.md"


def test_a_schedule_of_the_project_is_listed_paused_and_resumed(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    client.put_project(project)
    client.put_schedule(project, "weekly", "touch a.md", cron="0 9 * * MON", timezone="Europe/Berlin")
    page.open(f"{cloud.url}/ui?project_id={project}")
    page.wait_for(f"{SHOWN}.includes('0 9 * * MON (Europe/Berlin)') && {SHOWN}.includes('active')")
    without_faults(page, "schedules")
    shoot(page, "schedules")
    page.click(button("Pause"))
    page.wait_for(f"{SHOWN}.includes('paused') && Boolean({button('Resume')})")
    assert client.get_schedule(project, "weekly").paused_because == "asked"
    page.click(button("Resume"))
    page.wait_for(f"Boolean({button('Pause')})")
    assert client.get_schedule(project, "weekly").status == "active"
    assert page.console == []
