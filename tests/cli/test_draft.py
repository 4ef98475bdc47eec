"""What the agent is writing, as a person sees it in a terminal before the turn is over, and a program does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from codex_swarm.cli.exits import Exit
from codex_swarm.models import RunStatus
from infra.local.cloud import LocalCloud
from tests.cli.terminal import Terminal, terminal
from tests.local.clouds import Clouds, eventually
from tests.support.half_written import LONG, writing
from tests.support.paths import ROOT

pytestmark = pytest.mark.proof


def environment(cloud: LocalCloud, config: Path) -> dict[str, str]:
    return {"CODEX_SWARM_URL": cloud.url, "CODEX_SWARM_CONFIG": str(config)}


def shows_the_draft(seen: Terminal) -> None:
    """Text, path and the last lines that have come, while the turn is under way."""
    seen.wait_for("I write it.")
    seen.wait_for("writing    report.md")
    picture = seen.shown.rpartition("writing    report.md")[2]
    lines = [line.strip() for line in picture.splitlines() if line.strip().startswith("line ")]
    assert lines
    # The last of them may be cut in its middle.
    assert all(f"{line}\n" in LONG for line in lines[:-1])
    assert "write_file" not in seen.shown


def lasting(seen: Terminal) -> str:
    """What stays when the live picture has been taken away."""
    return seen.raw.rpartition("Ctrl-C stops watching")[2]


def test_run_shows_what_is_being_written_until_it_is_a_step(clouds: Clouds, config: Path, tmp_path: Path) -> None:
    with writing(clouds) as (cloud, client, released):
        words = ["run", "Write a long report.", "-p", "drafts", "--watch"]
        with terminal(words, tmp_path, environment(cloud, config)) as seen:
            shows_the_draft(seen)
            released.set()
            assert seen.ended() == Exit.SUCCEEDED
        assert "report.md (" in seen.shown
        assert "writing    report.md" not in lasting(seen)
        [run] = client.list_runs("drafts")
        assert client.get_file_text(run.id, "report.md") == LONG


def test_watch_shows_it_to_whoever_comes_later_and_takes_it_back_when_the_run_is_cancelled(
    clouds: Clouds, config: Path, tmp_path: Path
) -> None:
    with writing(clouds) as (cloud, client, _):
        run = client.start_run("drafts", "Write a long report.", "writing")
        with terminal(["watch", run.id], tmp_path, environment(cloud, config)) as seen:
            shows_the_draft(seen)
            client.cancel_run(run.id)
            assert seen.ended() == Exit.CANCELLED
        assert "line " not in lasting(seen)
        assert client.get_run(run.id).status is RunStatus.CANCELLED


def test_what_is_not_a_terminal_gets_no_draft_and_costs_none(clouds: Clouds, config: Path) -> None:
    with writing(clouds) as (cloud, client, released):
        run = client.start_run("drafts", "Write a long report.", "writing")
        printed = watched_by_a_program(cloud, config, run.id, released)
        assert "line 1" not in printed
        assert "report.md" in printed
        assert client.get_run(run.id).status is RunStatus.SUCCEEDED


def watched_by_a_program(cloud: LocalCloud, config: Path, run_id: str, released: Event) -> str:
    """What `codex-swarm watch` prints into a pipe; the answer goes on once the watcher has seen the run's beginning."""
    with subprocess.Popen(
        [sys.executable, "-m", "codex_swarm.cli", "watch", run_id],
        env={**os.environ, "PYTHONPATH": str(ROOT / "client"), **environment(cloud, config), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        assert child.stdout is not None
        first = eventually(child.stdout.readline)
        released.set()
        rest = child.stdout.read()
        assert child.wait(60) == Exit.SUCCEEDED
    return first + rest
