"""How commands end: a code for each kind of end, one line for people, one object for programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from codex_swarm.cli import main
from codex_swarm.cli.exits import Exit
from tests.cli.conftest import Cli
from tests.client.fake_api import Answer, FakeApi, refused
from tests.support.paths import ROOT

ENDS = {
    "key": (refused(401, "unauthenticated"), Exit.KEY),
    "forbidden": (refused(403, "forbidden"), Exit.KEY),
    "unknown": (refused(404, "run_not_found"), Exit.NOT_FOUND),
    "conflict": (refused(409, "conflict"), Exit.REFUSED),
    "limits": (refused(400, "invalid_request"), Exit.REFUSED),
    "away": (refused(503, "unavailable", Retry_After="900"), Exit.UNREACHABLE),
    "another service": (Answer(200, b"<html>"), Exit.UNREACHABLE),
}


@pytest.mark.parametrize("end", ENDS)
def test_each_kind_of_refusal_has_a_code_of_its_own(end: str, here: Cli, api: FakeApi) -> None:
    answer, code = ENDS[end]
    api.on("GET", "/runs/run-1", answer)
    done = here("show", "run-1")
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("codex-swarm: ")
    assert "Traceback" not in done.err


def test_with_json_an_error_is_json_too(here: Cli, api: FakeApi) -> None:
    api.on("GET", "/runs/run-1", refused(404, "run_not_found", "no run run-1"))
    done = here("--json", "show", "run-1")
    assert json.loads(done.err) == {"error": {"detail": "no run run-1", "code": "run_not_found"}}


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["run", "  "],
        ["show"],
        ["nonsense"],
        ["run", "x", "--template", "nonsense"],
        ["run", "x", "--file", "nowhere.md"],
        ["run", "x", "--upload", "nowhere"],
        ["run", "x", "-m", "novalue"],
        ["cleanup"],
        ["cleanup", "--older-than", "soon"],
        ["cleanup", "--older-than", "3d", "--status", "running"],
        ["projects", "delete", "demo"],
        ["runs", "--since", "5"],
        ["show", "run-1", "--url", "ftp://x"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_sends_nothing(words: list[str], here: Cli, api: FakeApi) -> None:
    done = here(*words)
    assert done.code == (Exit.FAILED if "nowhere.md" in words else Exit.USAGE)
    assert done.err
    assert api.received == []


def test_what_to_do_may_come_in_by_a_pipe(here: Cli, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.write(write, "Schreib über Käse — كتب\n".encode())
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        here("run", "-", "-p", "demo")
    assert api.received[0].json()["instructions"] == "Schreib über Käse — كتب\n"


def test_nobody_listening_is_no_disaster(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import sys; from codex_swarm.cli import main; sys.exit(main(['templates']))"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT / "client"), "PYTHONIOENCODING": "ascii"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout
        assert child.stderr
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode in {0, 141}


def test_without_its_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)
    assert main(["runs"]) == 2
    assert "pip install 'codex-swarm[cli]'" in capsys.readouterr().err


def test_every_exit_code_is_documented() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text()
    rows = [f"| {code.value} | {code.meaning} |" for code in Exit]
    assert [row for row in rows if row not in page] == []


@pytest.mark.parametrize("page", ["commands.md", "keys.md", "limits.md", "offline.md", "architecture.svg"])
def test_pages_that_are_made_are_those_of_the_code(page: str, tmp_path: Path) -> None:
    fresh = tmp_path / page
    command = [sys.executable, "-m", "infra.pages", Path(page).stem, str(fresh)]
    subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/client:{ROOT}/layers/core:{ROOT}/functions:{ROOT}"},
        check=True,
    )
    assert fresh.read_text() == (ROOT / "docs" / page).read_text(), "write it again: ./run.sh pages"
