"""The example for the web, as a person meets it: a page of one origin that watches runs of a service on another."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import uvicorn
from standardwebhooks.webhooks import Webhook

from codex_swarm import CodexSwarmClient
from examples.web.server import app
from infra.local.cloud import LocalCloud
from tests.browser.chromium import Page
from tests.local.clouds import eventually

pytestmark = pytest.mark.proof

STATUS = "document.getElementById('status').textContent"


@contextmanager
def served() -> Iterator[str]:
    """The application on a free port, under another name than the service has."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started or None)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://localhost:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def application(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("CODEX_SWARM_URL", cloud.url)
    with served() as url:
        yield url


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(Path(folder) / f"web-{name}.png")


def write(page: Page, field: str, text: str, button: str) -> None:
    page.wait_for("document.readyState === 'complete'")
    page.evaluate(f"document.getElementById({field!r}).focus()")
    page.type(text)
    page.click(f"[...document.querySelectorAll('button')].find(b => b.innerText === {button!r})")


def test_a_document_is_written_watched_shown_and_changed(application: str, page: Page) -> None:
    page.open(application)
    write(page, "wish", "Create a file called plan.md with a plan for the week. wait 2 seconds", "Write it")
    page.wait_for(f"{STATUS} === 'running'", 60)
    page.wait_for("document.querySelectorAll('#log li').length > 1", 60)
    page.wait_for(f"{STATUS} === 'succeeded'", 60)
    page.wait_for("document.getElementById('preview').dataset.shown === current", 60)
    shoot(page, "written")
    assert page.evaluate("document.getElementById('progress').value") == 100
    first = page.evaluate("current")
    write(page, "more", "Create a file called shorter.md with less", "Change it")
    page.wait_for(f"current !== {first!r} && {STATUS} === 'succeeded'", 60)
    page.wait_for("document.querySelectorAll('#earlier li').length >= 2", 60)
    shoot(page, "changed")
    with CodexSwarmClient(os.environ["CODEX_SWARM_URL"]) as client:
        changed = client.get_run(page.evaluate("current"))
        assert changed.workspace_from_run_id == first
        assert {file.path for file in client.iter_files(changed.id)} >= {"plan.md", "shorter.md"}
    # Nothing was blocked: not the events of another origin, and not the document in its frame.
    assert page.console == []


UPLOAD = """async (api, made) => {
  const file = new File(["from the page"], "notes.md");
  const headers = {"Content-Type": "application/json"};
  const files = JSON.stringify({files: [{path: file.name, size: file.size}]});
  const asked = await fetch(`${api}${made.path}?token=${made.token}`, {method: "POST", headers, body: files});
  const [target] = (await asked.json()).files;
  const {"content-length": _, ...given} = target.headers;
  const sent = await fetch(target.url, {method: "PUT", headers: given, body: file});
  return [asked.status, sent.status];
}"""


def test_a_page_of_another_origin_uploads_with_a_token(application: str, cloud: LocalCloud, page: Page) -> None:
    with CodexSwarmClient(cloud.url) as client:
        client.put_project("uploading")
        made = client.create_upload_token("uploading", origins=[application]).model_dump_json()
        page.open(application)
        assert page.evaluate(f"({UPLOAD})({cloud.url!r}, {made})") == [201, 200]
        run = client.start_run("uploading", "touch a.md", uploads=[json.loads(made)["upload_id"]])
        client.wait(run.id, timeout=60, poll=0.1, check=True)
        assert client.get_file_text(run.id, "notes.md") == "from the page"
    assert page.console == []


def test_what_goes_wrong_is_told(application: str, page: Page) -> None:
    page.open(application)
    write(page, "wish", "touch a.md. fail with the disk is full", "Write it")
    page.wait_for(f"{STATUS}.includes('the disk is full')", 60)
    shoot(page, "failed")
    assert page.evaluate("document.getElementById('change').hidden")


def test_a_form_that_is_sent_twice_makes_one_document(application: str) -> None:
    files = {"files": ("notes.md", b"# Notes\n")}
    answers = [
        httpx.post(f"{application}/documents", data={"wish": "touch a.md", "key": "form-1"}, files=files, timeout=60)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]


def test_only_messages_of_the_service_are_believed(application: str, cloud: LocalCloud) -> None:
    body = (
        '{"type": "run.succeeded", "timestamp": "2026-01-01T00:00:00Z",'
        ' "data": {"run_id": "r", "project_id": "p", "status": "succeeded"}}'
    )
    with CodexSwarmClient(cloud.url) as client:
        secret = client.get_webhook_secret().secret
    now = datetime.now(UTC)
    signed = {
        "webhook-id": "msg_r",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_r", now, body),
    }
    hook = f"{application}/hooks/codex-swarm"
    assert httpx.post(hook, content=body, headers=signed, timeout=30).status_code == 204
    assert httpx.post(hook, content=body + " ", headers=signed, timeout=30).status_code == 401


def test_a_run_of_another_application_is_none_of_this_one(application: str, cloud: LocalCloud) -> None:
    with CodexSwarmClient(cloud.url) as client:
        foreign = client.start_run("another-application", "touch a.md").id
    for path in ("", "/access"):
        assert httpx.get(f"{application}/documents/{foreign}{path}", timeout=30).status_code == 404
