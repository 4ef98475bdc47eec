"""The console as a person meets it: in a real browser, on the laptop cloud."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import docx
import openpyxl
import pytest
from pypdf import PdfWriter

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import ProjectImport, RunImport, RunLimits, RunStatus, StepEvent
from infra.local.cloud import TENANT, LocalCloud
from swarm.workspace.objects import ProjectArea
from swarm.workspace.snapshot import FileEntry, Snapshot
from tests.browser.chromium import Page
from tests.browser.console import SHOWN, STATUS, button, fill, link, shoot, without_faults
from tests.local.clouds import Clouds, eventually

pytestmark = pytest.mark.proof

HELLO = "Create a simple markdown file called hello.md with a greeting"
MARKUP = "<img src=x onerror=\"document.title='taken over'\">"
ROWS = "document.querySelectorAll('#rows tr').length"
HITS = (
    "[...document.querySelectorAll('#hits li')].map(each =>"
    " [each.querySelector('a, button').innerText, each.querySelector('mark').innerText])"
)
USABLE = "!document.querySelector('[name=daily_usd]').disabled"
LONG_AGO = datetime(2025, 1, 13, tzinfo=UTC)


@pytest.fixture
def project() -> str:
    """One that no other test has runs in."""
    return f"console-{uuid.uuid4().hex[:8]}"


def test_runs_are_found_by_filters_and_shown_a_page_at_a_time(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    old = ProjectImport(name=MARKUP, created_at=LONG_AGO)
    for number in range(27):
        at = LONG_AGO + timedelta(minutes=number)
        run = RunImport(id=uuid.uuid4().hex, name=f"Old {number}", status=RunStatus.FAILED, created_at=at, ended_at=at)
        client.import_run(project, old, run)
    client.wait(client.start_run(project, HELLO, name=MARKUP, metadata={"customer": "acme"}).id, 60, poll=0.05)
    page.open(f"{cloud.url}/ui?project_id={project}")
    page.wait_for(f"{ROWS} === 25")
    page.click(button("Show more runs"))
    page.wait_for(f"{ROWS} === 28 && !{button('Show more runs')}")
    assert page.evaluate("document.querySelector('#rows a').innerText") == MARKUP
    assert page.evaluate("document.images.length") == 0
    page.evaluate("document.querySelector('[name=status]').value = 'succeeded'")
    page.click(button("Search"))
    page.wait_for(f"{ROWS} === 1 && location.search.includes('status=succeeded')")
    page.evaluate("document.querySelector('[name=status]').value = ''")
    fill(page, "metadata", "customer=nobody")
    page.press("Enter")
    page.wait_for(f"{SHOWN}.includes('No run is like this')")
    page.evaluate("history.back()")
    page.wait_for(f"{ROWS} === 1 && document.querySelector('[name=status]').value === 'succeeded'")
    # What happens meanwhile is shown without being asked for.
    client.wait(client.start_run(project, "touch late.md", name="Late").id, 60, poll=0.05)
    page.wait_for(f"{ROWS} === 2 && {SHOWN}.includes('Late')")
    assert page.console == []


def test_a_run_is_started_with_files_that_are_dropped_and_again_with_changes(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "list.csv").write_text("name,amount\nacme,3\n")
    (tmp_path / "notes.md").write_text("# Notes\n")
    page.open(f"{cloud.url}/ui/new")
    page.wait_for("document.activeElement?.name === 'instructions'")
    page.type("Create a file called plan.md with a plan. wait 6 seconds")
    fill(page, "project_id", project)
    page.drop(tmp_path / "folder", tmp_path / "notes.md")
    page.wait_for(f"{SHOWN}.includes('2 files') && {SHOWN}.includes('folder/list.csv')")
    page.evaluate("document.getElementById('more').open = true")
    fill(page, "metadata", "customer=acme")
    shoot(page, "new-filled")
    page.click(button("Start"))
    page.wait_for(f"location.pathname.startsWith('/ui/runs/') && {STATUS} === 'running'", 60)
    shoot(page, "running")
    page.wait_for(f"{STATUS} === 'succeeded'", 60)
    run = client.get_run(page.evaluate("location.pathname.split('/').at(-1)"))
    assert (run.project_id, run.metadata) == (project, {"customer": "acme"})
    assert [file.path for file in client.iter_files(run.id)] == ["folder/list.csv", "notes.md", "plan.md"]
    assert client.get_file_text(run.id, "folder/list.csv") == "name,amount\nacme,3\n"
    page.click(link("Start again with changes"))
    page.wait_for("document.querySelector('[name=instructions]')?.value.startsWith('Create a file called plan.md')")
    fill(page, "instructions", "touch other.md")
    page.click(button("Start"))
    page.wait_for(f"!location.pathname.endsWith({run.id!r}) && {STATUS} === 'succeeded'", 60)
    page.click(link("Go on from its files"))
    page.wait_for("document.querySelector('[name=from_run_id]')?.value")
    fill(page, "instructions", "touch third.md")
    page.click(button("Start"))
    page.wait_for(f"{STATUS} === 'succeeded' && document.querySelectorAll('#file-rows tr').length === 2", 60)
    assert "other.md" in page.evaluate(SHOWN)
    assert page.console == []


def test_a_run_that_has_ended_shows_files_changes_and_what_was_done(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str, tmp_path: Path
) -> None:
    first = client.wait(client.start_run(project, f"{HELLO}. touch b.py").id, 60, poll=0.05)
    run = client.start_run(
        project,
        "Create a file called hello.md with other words. touch d.md. run `echo 1 > c.json`",
        from_run_id=first.id,
    )
    client.wait(run.id, 60, poll=0.05)
    page.open(f"{cloud.url}/ui/runs/{run.id}")
    page.wait_for("document.querySelectorAll('.patch .added, .patch .removed').length > 9", 60)
    page.click(link("hello.md").replace("'a'", "'#file-rows button'"))
    page.wait_for("document.querySelectorAll('.pane iframe').length", 60)
    page.click(button("Keep beside"))
    page.click(link("c.json").replace("'a'", "'#file-rows button'"))
    page.wait_for(
        "document.querySelectorAll('.pane').length === 2"
        " && document.querySelector('.pane pre')?.innerText.trim() === '1'"
    )
    page.click(button("Open all"))
    page.wait_for("[...document.querySelectorAll('#timeline pre')].some(each => each.innerText.includes('echo 1'))")
    assert "Model calls" in page.evaluate(SHOWN)
    plan = client.get_run(run.id).plan
    told = page.evaluate("[...document.querySelectorAll('#plan li')].map(each => each.innerText)")
    assert len(plan) > 2
    assert all(step.title in line for step, line in zip(plan, told, strict=True))
    without_faults(page, "succeeded")
    page.click("[...document.querySelectorAll('.pane button')].find(b => b.innerText === 'Download')")
    assert saved(page, tmp_path / "hello.md") == client.get_file(run.id, "hello.md")
    page.click(button("Download patch"))
    assert b"+1" in saved(page, tmp_path / "changes.patch")
    page.click(button("Download all"))
    assert saved(page, tmp_path / f"workspace-{run.id}.zip").startswith(b"PK")
    assert page.console == []


def test_a_pdf_is_leafed_through_and_a_workbook_is_a_page(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    leaves, made, book = PdfWriter(), io.BytesIO(), io.BytesIO()
    for _ in range(3):
        leaves.add_blank_page(300, 200)
    leaves.write(made)
    sheets = openpyxl.Workbook()
    sheets.worksheets[0].append(["share", 0.5])
    sheets.save(book)
    client.put_project(project)
    upload = client.upload_files(project, {"a.pdf": made.getvalue(), "b.xlsx": book.getvalue()})
    run = client.wait(client.start_run(project, "touch c.md", uploads=[upload]).id, 60, poll=0.05)
    page.open(f"{cloud.url}/ui/runs/{run.id}")
    page.wait_for("document.querySelectorAll('#file-rows button').length > 1", 60)
    page.click(link("a.pdf").replace("'a'", "'#file-rows button'"))
    page.wait_for(f"{SHOWN}.includes('1 of 3')", 60)
    page.click(button("Next page"))
    page.wait_for("document.querySelector('.pane img')?.alt === 'Page 2 of 3 of a.pdf'", 60)
    without_faults(page, "leafed")
    page.click(button("Page before"))
    page.wait_for(f"{button('Page before')}?.disabled && {SHOWN}.includes('1 of 3')", 60)
    page.click(link("b.xlsx").replace("'a'", "'#file-rows button'"))
    page.wait_for("!!document.querySelector('.pane iframe')", 60)
    assert page.console == []


def test_words_are_found_in_the_files_of_a_run_once_they_have_been_read(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    contract = docx.Document()
    contract.add_heading("Fees", 1)
    contract.add_paragraph("\U0001f600 The fee is 25,000 a year.")
    out = io.BytesIO()
    contract.save(out)
    client.put_project(project)
    upload = client.upload_files(project, {"contract.docx": out.getvalue(), "notes.md": b"one\nThe Fee is open\n"})
    run = client.wait(client.start_run(project, "touch b.md", uploads=[upload]).id, 60, poll=0.05)
    page.open(f"{cloud.url}/ui/runs/{run.id}")
    page.wait_for("!!document.getElementById('words')?.offsetParent", 60)
    look_for(page, "the fee is")
    page.wait_for(f"{SHOWN}.includes('1 place in 3 files') && {SHOWN}.includes('Not searched: 1 file')", 60)
    assert page.evaluate(HITS) == [["notes.md", "The Fee is"]]
    page.click(button("Have them read, and search again"))
    page.wait_for(f"{SHOWN}.includes('2 places in 3 files')", 60)
    assert page.evaluate(HITS) == [["contract.docx", "The fee is"], ["notes.md", "The Fee is"]]
    assert "heading" in page.evaluate("document.querySelector('#hits .soft').innerText").lower()
    assert "Not searched" not in page.evaluate(SHOWN)
    without_faults(page, "searched")
    page.click("document.querySelector('#hits button')")
    page.wait_for("document.querySelector('.pane h3')?.innerText === 'contract.docx'")
    assert page.console == []


def test_words_are_found_in_the_files_of_a_project(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    files = {"notes.md": "The Fee is open\n"}
    run = client.wait(client.start_run(project, "read notes.md", files=files).id, 60, poll=0.05)
    page.open(f"{cloud.url}/ui")
    page.wait_for(f"{ROWS} > 0")
    assert not page.evaluate("document.getElementById('search').offsetParent")
    page.open(f"{cloud.url}/ui?project_id={project}")
    page.wait_for("!!document.getElementById('words')?.offsetParent", 60)
    look_for(page, "no such words")
    page.wait_for(f"{SHOWN}.includes('Not found in 2 files.')", 60)
    look_for(page, "the fee is")
    page.wait_for(f"{SHOWN}.includes('1 place in 2 files')", 60)
    without_faults(page, "searched-project")
    page.click("document.querySelector('#hits a')")
    page.wait_for(f"location.pathname.endsWith({run.id!r})")
    assert page.console == []


def test_documents_that_changed_are_read_and_compared_word_by_word(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    run = client.start_run(project, "Create a file called a.md with a greeting. convert a.md to a.docx")
    client.wait(run.id, 90, poll=0.1, check=True)
    page.open(f"{cloud.url}/ui/runs/{run.id}")
    page.wait_for(f"{SHOWN}.includes('not compared by their text: a.docx')", 60)
    page.click(button("Have them read, and compare them"))
    page.wait_for(
        "[...document.querySelectorAll('.patch summary')].some(each => each.innerText.includes('a.docx +'))", 60
    )
    assert "not compared" not in page.evaluate(SHOWN)
    assert page.evaluate("document.querySelectorAll('.patch').length") == 2
    page.click(button("Word by word"))
    page.wait_for("document.querySelectorAll('ins').length > 0", 60)
    assert page.console == []


def look_for(page: Page, words: str) -> None:
    page.evaluate("document.getElementById('words').select()")
    page.type(words)
    page.press("Enter")


def saved(page: Page, path: Path) -> bytes:
    """What the page has saved there, once it has. A download may begin as a navigation, which goes on as we listen."""

    def look() -> bytes | None:
        page.evaluate("null")
        return (path.read_bytes() or None) if path.exists() else None

    return eventually(look, 30)


def test_the_service_shows_its_alarms_and_what_it_measured(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    client.wait(client.start_run(project, "touch measured.md").id, 60, poll=0.05)
    page.open(f"{cloud.url}/ui/service")
    page.wait_for(f"{SHOWN}.includes('codex_swarm_runs_ended_total')")
    names = "[...document.querySelectorAll('#alarms td:first-child')].map((each) => each.textContent)"
    page.wait_for(f"{names}.includes('ApiErrors')")
    assert page.evaluate("document.querySelectorAll('#alarms tr').length") > 12
    shoot(page, "service")
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
    without_faults(page, "failed")


def test_a_run_that_a_limit_ended_is_resumed_with_a_higher_one(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    run = client.start_run(project, "touch a.md. wait 1 seconds. touch b.md", limits=RunLimits(max_turns=1))
    client.wait(run.id, 60, poll=0.05)
    page.open(f"{cloud.url}/ui/runs/{run.id}")
    page.wait_for(f"Boolean({button('Resume with higher limits')})")
    page.click(button("Resume with higher limits"))
    assert page.wait_for("document.querySelector('dialog[open] [name=max_turns]').value") == "2"
    without_faults(page, "resume")
    fill(page, "max_turns", "20")
    page.press("Enter")
    page.wait_for(f"!location.pathname.endsWith({run.id!r}) && {STATUS} === 'succeeded'", 60)
    assert client.get_run(page.evaluate("location.pathname.split('/').at(-1)")).resumed_from_run_id == run.id


def test_a_run_is_cancelled_from_the_page(cloud: LocalCloud, client: CodexSwarmClient, page: Page) -> None:
    run = client.start_run("console", f"{HELLO}. wait 60 seconds")
    page.open(f"{cloud.url}/ui/runs/{run.run_id}")
    page.wait_for(f"{STATUS} === 'running'")
    page.click(button("Cancel run"))
    page.wait_for(f"{STATUS} === 'cancelled'")
    assert client.get_run(run.run_id).status == "cancelled"
    shoot(page, "cancelled")


def test_a_conversation_goes_on_from_the_page(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    draft = client.start_run(project, "Create a file called draft.md with a plan. wait 50 seconds")
    page.open(f"{cloud.url}/ui/runs/{draft.id}")
    page.wait_for(f"{STATUS} === 'running' && Boolean({button('Send')})")
    fill(page, "message", "touch budget.csv")
    page.click("document.getElementById('later')")
    page.click(button("Send"))
    page.wait_for(f"{SHOWN}.includes('touch budget.csv followup · waiting') && Boolean({button('Take back')})")
    without_faults(page, "messages")
    page.click(button("Take back"))
    page.wait_for(f"{SHOWN}.includes('touch budget.csv followup · withdrawn')")
    fill(page, "message", f"touch {MARKUP.split(maxsplit=1)[0][1:]}.md")
    page.click("document.getElementById('later')")
    page.click(button("Send"))
    page.wait_for(f"{STATUS} === 'succeeded'")
    page.wait_for(f"{SHOWN}.includes('touch img.md steer · read')")
    fill(page, "message", "Create a file called shorter.md with a plan")
    page.click(button("Send"))
    page.wait_for(f"!location.href.includes('{draft.id}') && {STATUS} === 'succeeded'")
    page.wait_for(f"{SHOWN}.includes('goes on with {draft.id}')")
    newest, first = client.get_thread(draft.id)
    assert (newest.continues_run_id, first.id) == (draft.id, draft.id)
    assert {file.path for file in client.iter_files(newest.id)} == {"draft.md", "img.md", "shorter.md"}
    assert page.console == []


def test_a_question_and_an_approval_are_decided_on_the_page(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    asking = client.start_run(
        project,
        'ask "Which <b>budget</b>?" of "1,000" or "2,000". touch offer.md',
        interactive=True,
        require_approval=["finish"],
    )
    page.open(f"{cloud.url}/ui/runs/{asking.id}")
    page.wait_for(f"{SHOWN}.includes('To be decided') && Boolean({button('Answer')})")
    without_faults(page, "decisions")
    page.click(button("2,000"))
    page.click(button("Answer"))
    page.wait_for(f"{SHOWN}.includes('Is the work done?') && Boolean({button('Approve')})")
    page.wait_for(f"{SHOWN}.includes('answered: 2,000')")
    page.open(f"{cloud.url}/ui")
    page.wait_for(f"{SHOWN}.includes('waits for you')")
    page.open(f"{cloud.url}/ui/runs/{asking.id}")
    page.wait_for(f"Boolean({button('Approve')})")
    page.click(button("Approve"))
    page.wait_for(f"{STATUS} === 'succeeded' && {SHOWN}.includes('approved')")
    assert [each.decided_by for each in client.get_run(asking.id).requests] == ["console", "console"]
    assert page.console == []


def test_work_is_judged_by_the_criteria_of_the_form_and_the_page_shows_what_was_found(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    page.open(f"{cloud.url}/ui/new?project_id={project}")
    page.wait_for("document.activeElement?.name === 'instructions'")
    fill(page, "instructions", 'Write "# Offer" to offer.md')
    fill(page, "criteria", "offer.md mentions Budget\n\nIt is polite, and has no <b>markup</b>")
    page.click("document.querySelector('[name=no_placeholder]')")
    page.click(button("Start"))
    page.wait_for(f"location.href.includes('/ui/runs/') && {STATUS} === 'succeeded'")
    page.wait_for(f"{SHOWN}.includes('3 of 3 criteria are met, as judged in round 2 of at most 2.')")
    page.wait_for(f"{SHOWN}.includes('It is polite, and has no <b>markup</b>')")
    page.wait_for(f"{SHOWN}.includes('Judged, round 1') && {SHOWN}.includes('not met: offer.md mentions Budget')")
    without_faults(page, "acceptance")
    page.click("document.querySelector('#again')")
    page.wait_for("document.querySelector('[name=criteria]')?.value.startsWith('offer.md mentions Budget')")
    page.wait_for("document.querySelector('[name=no_placeholder]').checked")
    check = {"check": "command_succeeds", "command": "grep -c Prices offer.md; rm offer.md; exit 3"}
    run = client.start_run(project, 'Write "# Offer" to offer.md', acceptance={"criteria": [check], "max_rounds": 1})
    page.open(f"{cloud.url}/ui/runs/{run.id}")
    page.wait_for(f"{STATUS} === 'failed' && {SHOWN}.includes('not_accepted')")
    page.wait_for(f"{SHOWN}.includes('exit code 3. 0')")
    assert [file.path for file in client.iter_files(run.id)] == ["offer.md"]
    assert page.console == []


def test_a_run_is_started_again_from_a_turn_of_its_transcript(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    run = client.wait(client.start_run(project, "touch one.md. touch two.md").id, 60, poll=0.05)
    page.open(f"{cloud.url}/ui/runs/{run.id}")
    page.wait_for("Boolean(document.querySelector('#timeline .again[href$=\"turn=1\"]'))")
    without_faults(page, "transcript-turns")
    page.click("document.querySelector('#timeline .again[href$=\"turn=1\"]')")
    page.wait_for("document.querySelector('[name=from_turn]')?.value === '1'")
    fill(page, "instructions", "touch three.md")
    page.click(button("Start"))
    page.wait_for(f"location.href.includes('/ui/runs/') && {STATUS} === 'succeeded'")
    (forked,) = [each for each in client.list_runs(project) if each.id != run.id]
    assert (forked.workspace_from_turn, forked.continues_run_id) == (1, run.id)
    assert {file.path for file in client.iter_files(forked.id)} == {"one.md", "three.md"}
    assert page.console == []


def test_what_runs_cost_is_shown_by_what_one_asks_for_and_saved(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    client.wait(client.start_run(project, HELLO).id, 60, poll=0.05)
    page.open(f"{cloud.url}/ui/usage")
    page.wait_for(f"{ROWS} >= 1 && {SHOWN}.includes('None is set') && {SHOWN}.includes('Active runs')")
    fill(page, "project_id", project)
    page.evaluate("document.querySelector('[name=group_by]').value = 'project_id'")
    page.click(button("Show"))
    page.wait_for(f"{ROWS} === 1 && document.querySelector('#rows td').innerText === {project!r}")
    assert page.evaluate("document.querySelector('#total').innerText").startswith("1 run, $0.00")
    without_faults(page, "usage")
    assert page.console == []
    page.evaluate("document.querySelector('[name=from]').value = '2020-01-01'")
    page.click(button("Show"))
    page.wait_for(f"{SHOWN}.includes('366 days')")


def test_a_budget_is_set_in_the_console_for_a_project_and_is_there_when_one_comes_back(
    clouds: Clouds, page: Page, project: str
) -> None:
    priced = {"ModelPrices": json.dumps({"offline": {"input": 0, "output": 0}})}
    cloud = clouds.get("console with prices", parameters=priced)
    with CodexSwarmClient(cloud.url) as client:
        client.put_project(project)
        page.open(f"{cloud.url}/ui/usage")
        page.wait_for(f"{SHOWN}.includes('None is set')")
        owner = f"(field => {{ field.value = '{project}'; field.dispatchEvent(new Event('change')); }})"
        page.evaluate(f"{owner}(document.querySelector('[name=owner]'))")
        page.wait_for(USABLE)
        fill(page, "daily_usd", "2.5")
        page.click(button("Set the budget"))
        page.wait_for(f"{SHOWN}.includes('$0.00 of $2.50') && {SHOWN}.includes('It is set')")
        without_faults(page, "budget")
        budget = client.get_budget(project)
        assert (budget.daily_usd, budget.monthly_usd, client.get_budget().daily_usd) == (2.5, None, None)
        page.open(f"{cloud.url}/ui/usage")
        page.wait_for(f"{SHOWN}.includes('None is set')")
        page.evaluate(f"{owner}(document.querySelector('[name=owner]'))")
        page.wait_for("document.querySelector('[name=daily_usd]').value === '2.5'")
        page.evaluate("document.querySelector('[name=daily_usd]').value = ''")
        page.click(button("Set the budget"))
        page.wait_for(f"{SHOWN}.includes('None is set') && {SHOWN}.includes('It is set')")
        assert client.get_budget(project).daily_usd is None
        assert page.console == []


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
    # The page itself opens without one, and shows nothing.
    page.open(f"{cloud.url}/ui")
    page.wait_for(f"{SHOWN}.includes('wants an API key')")
    assert run.run_id not in page.evaluate("document.documentElement.outerHTML")
    without_faults(page, "key")
    page.type("not the key")
    page.click(button("Use it"))
    page.wait_for(f"{SHOWN}.includes('not accepted')")
    page.type(key)
    page.press("Enter")
    page.wait_for(f"{ROWS} >= 1")
    page.click("document.querySelector('#rows a')")
    page.wait_for("document.querySelectorAll('#file-rows button').length")
    page.click("document.querySelector('#file-rows button')")
    page.wait_for("document.querySelectorAll('.pane iframe').length", 60)
    # In this tab, and in no address: what a frame asks for goes by a token of this run.
    addresses = page.evaluate("performance.getEntriesByType('resource').map(({name}) => name).join(' ')")
    assert key not in addresses + page.evaluate(
        "location.href + [...document.querySelectorAll('[src]')].map(e => e.src)"
    )
    assert page.evaluate("[...Object.keys(localStorage), document.cookie].join('')") == ""
    page.click(button("Forget key"))
    page.wait_for(f"{SHOWN}.includes('wants an API key')")


def test_lists_and_forms_have_no_serious_fault_and_work_with_the_keyboard(
    cloud: LocalCloud, client: CodexSwarmClient, page: Page, project: str
) -> None:
    client.wait(client.start_run(project, HELLO, metadata={"customer": "acme"}).id, 60, poll=0.05)
    page.open(f"{cloud.url}/ui?project_id={project}")
    page.wait_for(f"{ROWS} === 1 && document.querySelectorAll('#project-rows tr').length")
    without_faults(page, "runs")
    page.evaluate("document.getElementById('search-for').focus()")
    page.press("Tab")
    assert page.evaluate("document.activeElement.closest('#rows') !== null")
    page.press("Enter")
    page.wait_for(f"location.pathname.startsWith('/ui/runs/') && {STATUS} === 'succeeded'")
    page.open(f"{cloud.url}/ui/new")
    page.wait_for("document.activeElement?.name === 'instructions'")
    page.evaluate("document.getElementById('more').open = true")
    without_faults(page, "new")


def test_very_many_files_and_events_are_shown_in_parts(
    cloud: LocalCloud,
    client: CodexSwarmClient,
    page: Page,
    project: str,
) -> None:
    run = RunImport(id=uuid.uuid4().hex, status=RunStatus.SUCCEEDED, created_at=LONG_AGO, ended_at=LONG_AGO)
    client.import_run(project, ProjectImport(created_at=LONG_AGO), run)
    # An import takes fewer at once, so they are put where the run has its list of files.
    empty = FileEntry(sha256=hashlib.sha256(b"").hexdigest(), size=0, type="text")
    files = Snapshot({f"many/{number:05}.txt": empty for number in range(10_000)}).encode()
    place = ProjectArea(TENANT, project).of_run(run.id, "snapshots", "imported.json.gz")
    cloud.client("s3").put_object(Bucket=cloud.bucket_name, Key=place, Body=files)
    page.open(f"{cloud.url}/ui/runs/{run.id}")
    page.wait_for(f"{SHOWN}.includes('Files (10,000)') && {SHOWN}.includes('200 of 10,000 are listed')")
    page.click(button("Show more files"))
    page.wait_for("document.querySelectorAll('#file-rows tr').length === 400")
    page.evaluate("document.getElementById('find').focus()")
    page.type("09999")
    page.wait_for("document.querySelectorAll('#file-rows tr').length === 1", 60)
    assert page.evaluate("document.querySelector('#file-rows').innerText").startswith("many/09999.txt")
    told = [
        StepEvent(step_id=f"s{number}", role="tool", content=f"did {number}\n" * 20, t=LONG_AGO, tool_name="write_file")
        for number in range(1_000)
    ]
    record = client.upload_files(project, {"steps.jsonl": "\n".join(each.model_dump_json() for each in told).encode()})
    old = RunImport(
        id=uuid.uuid4().hex, status=RunStatus.SUCCEEDED, created_at=LONG_AGO, ended_at=LONG_AGO, record=record
    )
    client.import_run(project, ProjectImport(created_at=LONG_AGO), old)
    page.open(f"{cloud.url}/ui/runs/{old.id}")
    page.wait_for("document.querySelectorAll('#timeline li[data-kind=step]').length === 1000")
    # Until all is there the page still moves under a pointer.
    page.wait_for(f"{SHOWN}.includes('1,006 events') && {SHOWN}.includes('None.')")
    # Calls are filled when they are opened, so that a thousand of them are a few elements each.
    assert page.evaluate("document.querySelectorAll('#timeline *').length") < 8_000
    page.click("document.querySelectorAll('#timeline summary')[999]")
    page.wait_for("document.querySelector('#timeline pre')?.innerText.startsWith('did 999')")
