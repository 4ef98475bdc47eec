"""The examples against a service that speaks the contract: what they show, and how they exit."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from examples import draftpunk_example
from tests.client import bodies
from tests.client.fake_api import Answer, FakeApi, refused, told

CURL = Path(draftpunk_example.__file__).parent / "curl.sh"
FILES = "/runs/run-1/workspace/files"
FILE = "/runs/run-1/workspace/file"
QUEUED = bodies.run(status="queued", progress=0, machine_summary=None, artifacts=[])


def start(api: FakeApi, *states: dict[str, Any]) -> None:
    """Scripts a run that goes through the states."""
    api.on("POST", "/projects/draftpunk-demo/runs", told(QUEUED, 201))
    api.on("GET", "/runs/run-1", *map(told, states))
    api.on("GET", FILES, told(bodies.listing("hello.md", "notes/[x].md")))
    api.on("GET", f"{FILE}?path=hello.md", Answer(body=b"# Hello\n\nWelcome, *reader*.\n"))


def test_a_run_is_shown_from_start_to_document(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    start(api, bodies.running(20), bodies.run(machine_summary=bodies.summary(notes="made offline")))
    assert draftpunk_example.main(["--url", api.url, "--instructions", "Say [hello]"]) == 0
    shown = capsys.readouterr().out
    for part in ("run-1", "Say [hello]", "[ 20%] running", "[100%] succeeded", "made offline", "notes/[x].md"):
        assert part in shown
    assert "Welcome, reader." in shown
    assert api.received[0].json()["task_type"] == "document_writing"


def test_a_document_does_nothing_to_the_terminal(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    start(api, bodies.run(machine_summary=bodies.summary(notes="\x1b[2J")))
    api.on("GET", FILES, told(bodies.listing("hello.md", "\x1b[31m.md")))
    api.on("GET", f"{FILE}?path=hello.md", Answer(body=b"# Hello \x1b]0;mine\x07 \x9b2J\xc2\x9b31m"))
    assert draftpunk_example.main(["--url", api.url]) == 0
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\x9b"} & set(shown)


def test_a_failure_tells_what_to_do(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    start(api, bodies.failed())
    assert draftpunk_example.main(["--url", api.url]) == 1
    shown = capsys.readouterr().out
    assert "the provider did not answer" in shown
    assert "Start the run again." in shown


def test_a_run_that_takes_too_long_is_cancelled(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    start(api, bodies.running(30))
    api.on("POST", "/runs/run-1/cancel", told({"status": "cancelled", "process_killed": True}))
    assert draftpunk_example.main(["--url", api.url, "--timeout", "0"]) == 3
    assert api.asked()[-1] == "POST /runs/run-1/cancel"
    assert "30%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(
            refused(503, "not_configured", "OPENAI_API_KEY is not set"), "OPENAI_API_KEY", id="not-configured"
        ),
        pytest.param(refused(401, "unauthorized", "no key"), "no key", id="no-key"),
    ],
)
def test_a_refusal_is_shown(api: FakeApi, capsys: pytest.CaptureFixture[str], answer: Answer, said: str) -> None:
    api.on("POST", "/projects/draftpunk-demo/runs", answer)
    assert draftpunk_example.main(["--url", api.url]) == 4
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(("end", "code"), [(bodies.run(), 0), (bodies.failed(), 1)], ids=["succeeded", "failed"])
def test_curl_is_enough(api: FakeApi, end: dict[str, Any], code: int) -> None:
    api.on("PUT", "/projects/test", told({"id": "test", "created_at": "2025-01-13T10:00:00Z"}, 201))
    api.on("POST", "/projects/test/runs", told(QUEUED, 201))
    api.on("GET", "/runs/run-1", told(end))
    api.on("GET", FILES, told(bodies.listing("hello.md")))
    api.on("GET", f"{FILE}?path=hello.md", Answer(body=b"# Hello\n"))
    done = subprocess.run([str(CURL), api.url], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert ("# Hello" in done.stdout) == (code == 0)
    assert all("Authorization" not in request.headers for request in api.received)
