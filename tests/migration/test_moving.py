"""An earlier installation on a laptop cloud: everything once, what cannot be taken by name, and nothing twice."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from codex_swarm.cli import main
from codex_swarm.client import CodexSwarmClient
from infra.local.cloud import LocalCloud
from tests.migration.earlier import installation

pytestmark = pytest.mark.proof


def migrated(capsys: pytest.CaptureFixture[str], url: str, places: dict[str, Path], *more: str) -> Any:
    """The exit code, and what the command says."""
    words = [word for name, place in places.items() for word in (f"--{name}", str(place))]
    code = main(["migrate", *words, "--to", url, "--json", *more])
    return code, json.loads(capsys.readouterr().out)


def test_an_installation_is_taken_over_once(
    cloud: LocalCloud, client: CodexSwarmClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = uuid.uuid4().hex, str(uuid.uuid4())
    places = installation(tmp_path, "newest", [first, second])
    left = {f"{first}-busy", "no id/at all"}
    code, tried = migrated(capsys, cloud.url, places, "--dry-run")
    assert (code, tried["runs"], set(tried["left"])) == (1, 2, left)
    assert client.list_runs("Büro & Co") == []
    code, done = migrated(capsys, cloud.url, places)
    assert (code, done["projects"], done["runs"], done["artifacts"], done["steps"]) == (1, 2, 2, 1, 4)
    assert set(done["left"]) == left
    assert any("bad\\\\name.txt" in remark for remark in done["remarks"][first])
    assert sum("its bytes are gone" in remark for remark in done["remarks"][first]) == 2
    run = client.get_run(first)
    assert (run.created_at.isoformat(), run.status, run.had_errors) == ("2025-01-13T10:00:00+00:00", "succeeded", True)
    assert client.get_file_text(second, "plan.md") == f"# Plan of {second}\n"
    assert [file.path for file in client.iter_files(first)] == ["data/كتاب.csv", "plan.md"]
    assert client.get_artifact(first, f"{first}-a") == b"# Out\n"
    assert client.get_pattern(first).summary == "wrote a plan"
    assert [step.content for step in client.get_steps(first)] == ["Write the plan", "Done."]
    assert client.get_project("Büro & Co").created_at.year == 2025
    code, again = migrated(capsys, cloud.url, places)
    assert (again["runs"], again["files"], again["already_here"]) == (0, 0, 2)
    assert client.get_run(first) == run
    follow = client.wait(client.follow_up(first, "touch more.md").id, 60, check=True)
    assert {file.path for file in client.iter_files(follow.id)} == {"data/كتاب.csv", "plan.md", "more.md"}
