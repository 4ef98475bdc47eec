"""What the earlier version kept is read, whatever form its database has, and nothing of it is changed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from codex_swarm.errors import InvalidArgument
from codex_swarm.migration.earlier import EarlierInstallation
from codex_swarm.models import RunStatus, TaskType
from tests.migration.earlier import FORMS, installation


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_its_runs_and_defaults_for_the_rest(form: str, tmp_path: Path) -> None:
    places = installation(tmp_path, form, ["run-a", "run-b"])
    before = hashlib.sha256(places["database"].read_bytes()).hexdigest()
    office, empty = EarlierInstallation(**places).projects()
    first = next(run for run in office.runs if run.id == "run-a")
    assert (office.id, empty.id, empty.runs) == ("Büro & Co", "empty", [])
    assert office.project.created_at == datetime(2025, 1, 2, 3, 4, 5, 678901, UTC)
    assert {run.id: run.status for run in office.runs} == {
        "run-a": RunStatus.SUCCEEDED,
        "run-b": RunStatus.SUCCEEDED,
        "run-a-busy": None,
        "no id/at all": RunStatus.FAILED,
    }
    assert sorted(first.files()) == ["bad\\name.txt", "data/كتاب.csv", "plan.md"]
    assert first.task_type is (TaskType.CODE if form == "first" else TaskType.WRITING)
    assert first.instructions == ("Run 0" if form == "first" else "Write the plan")
    assert [step.role for step in first.steps] == ([] if form == "first" else ["user", "assistant"])
    if form == "newest":
        assert first.steps[0].tool_args == "{not json"
        assert first.pattern is not None
        assert first.pattern.variables["file"].example == "plan.md"
        outputs = {output.id: output.file for output in first.artifacts}
        assert outputs == {
            "run-a-a": (tmp_path / "artifacts/run-a/out.md").resolve(),
            "run-a-gone": None,
            "run-a-out": None,
        }
    assert hashlib.sha256(places["database"].read_bytes()).hexdigest() == before


def test_what_is_no_database_of_it_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("hello")
    for name, says in (("none.db", "there is no database"), ("text.db", "is no database of the earlier version")):
        with pytest.raises(InvalidArgument, match=says):
            EarlierInstallation(tmp_path / name, tmp_path, tmp_path)
