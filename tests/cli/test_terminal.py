"""The command line as a person meets it: in a terminal, with a laptop cloud, and as the guide tells it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from codex_swarm.cli.exits import Exit
from codex_swarm.client import CodexSwarmClient
from infra.local.cloud import LocalCloud
from tests.cli.terminal import terminal
from tests.support.paths import ROOT

pytestmark = pytest.mark.proof


@pytest.fixture
def environment(cloud: LocalCloud, config: Path) -> dict[str, str]:
    return {"CODEX_SWARM_URL": cloud.url, "CODEX_SWARM_CONFIG": str(config)}


def kept(name: str, text: str) -> None:
    """A transcript to look at, where somebody wants it."""
    if folder := os.environ.get("TRANSCRIPTS"):
        (Path(folder) / f"{name}.txt").write_text(text)


def test_a_run_is_watched_live_and_its_end_told(environment: dict[str, str], tmp_path: Path) -> None:
    words = ["run", "Create a file called plan.md with a plan. wait 2 seconds", "-p", "terminal", "--watch"]
    with terminal(words, tmp_path, environment) as seen:
        seen.wait_for("Ctrl-C stops watching")
        seen.wait_for("write_file")
        code = seen.ended()
    kept("watch", seen.raw)
    assert code == Exit.SUCCEEDED
    assert "main output" in seen.shown
    assert "plan.md (" in seen.shown
    assert "\x1b[" in seen.raw
    # The live picture was taken away, and what stays fits.
    assert all(len(line) <= 80 for line in seen.shown.rpartition("Ctrl-C stops watching")[2].splitlines())


def test_without_colour_there_is_none(environment: dict[str, str], tmp_path: Path) -> None:
    with terminal(["templates"], tmp_path, {**environment, "NO_COLOR": "1"}) as seen:
        assert seen.ended() == Exit.SUCCEEDED
    assert not re.search(r"\x1b\[(3|9|4)\d", seen.raw)


ANSWERS = {
    "y": ("cancelled", Exit.CANCELLED),
    "n": ("running", Exit.INTERRUPTED),
    "\x03": ("running", Exit.INTERRUPTED),
}


@pytest.mark.parametrize("answer", ANSWERS, ids=["yes", "no", "Ctrl-C again"])
def test_ctrl_c_asks_before_it_cancels(
    answer: str, environment: dict[str, str], client: CodexSwarmClient, tmp_path: Path
) -> None:
    status, code = ANSWERS[answer]
    run = client.start_run("terminal", "wait 60 seconds")
    with terminal(["watch", run.id], tmp_path, environment) as seen:
        seen.wait_for("The agent is working")
        seen.type("\x03")
        seen.wait_for("Cancel the run, too?")
        assert seen.ended(pressing=answer if answer == "\x03" else f"{answer}\n") == code
    assert client.get_run(run.id).status == status
    if status == "running":
        assert f"codex-swarm watch {run.id}" in seen.shown.replace("\r\n", "")
        client.cancel_run(run.id)


def snippets() -> list[str]:
    text = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.timeout(600)
def test_the_guide_works_as_it_is_written(environment: dict[str, str], tmp_path: Path) -> None:
    """Every command of the page, in one shell, but for those that install and those of a service that is not there."""
    commands = tmp_path / "bin"
    commands.mkdir()
    wrapper = commands / "codex-swarm"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m codex_swarm.cli "$@"\n')
    wrapper.chmod(0o755)
    work = tmp_path / "work"
    (work / "src").mkdir(parents=True)
    (work / "src" / "a.py").write_text("print(1)\n")
    (work / "instructions.txt").write_text("touch a.md")
    script = "set -eu\n" + "\n".join(snippets()[1:])
    script = script.replace("profiles add work ", "profiles add work --no-key ").replace(
        "runs --profile work", "profiles"
    )
    # The option asks which shell called it; this is what it puts into bash's settings.
    completion = "_CODEX_SWARM_COMPLETE=source_bash codex-swarm"
    script = re.sub(r"(?m)^codex-swarm --install-completion", completion, script)
    path = f"{commands}:{os.environ['PATH']}"
    setting = {**os.environ, **environment, "PATH": path, "PYTHONPATH": str(ROOT / "client"), "SHELL": "/bin/bash"}
    done = subprocess.run(["bash", "-c", script], cwd=work, env=setting, capture_output=True, text=True, check=False)
    kept("guide", done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (work / "plan.md").read_text().startswith("# Plan")
    assert "complete -o default -F" in done.stdout


CHANGING = [
    (r"\b[0-9a-f]{32}\b", "RUN"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "WHEN"),
    (r"\b\d+(\.\d+)? (s|ms)\b", "SECONDS"),
]
"""What differs from one time to the next."""


def lasting(text: str) -> str:
    """What of a recording is the same every time."""
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text)
    return re.sub(r"[ \t]+", " ", text)


def test_the_recording_of_the_quickstart_is_what_happens(environment: dict[str, str], tmp_path: Path) -> None:
    page = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
    (recorded,) = re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    wrapper = tmp_path / "codex-swarm"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m codex_swarm.cli "$@"\n')
    wrapper.chmod(0o755)
    setting = {
        **os.environ,
        **environment,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "client"),
        "COLUMNS": "80",
    }
    commands = re.findall(r"^\$ (.*)$", recorded, re.MULTILINE)
    script = "set -eu\n" + "\n".join(f"printf '%s\\n' {shlex.quote('$ ' + each)}\n{each}" for each in commands)
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=setting, capture_output=True, text=True, check=False
    )
    kept("quickstart", done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert lasting(done.stdout) == lasting(recorded), done.stdout
