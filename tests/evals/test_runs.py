"""Evals from their command to the table: with the offline model, and with a provider that answers well or badly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codex_swarm.client import CodexSwarmClient
from evals import __main__ as command
from evals.offline import MISSED, surprises
from evals.report import Report, as_json, table
from evals.runs import Attempt, attempts
from evals.tasks import TASKS
from infra.local.cloud import LocalCloud
from tests.evals.answers import writing
from tests.provider.script import Reply, call, calls, finishes
from tests.provider.server import Received, ScriptedProvider

GOOD, BAD = "good-model", "bad-model"
PRICES = json.dumps({name: {"input": 1.0, "cached": 0.1, "output": 10.0} for name in (GOOD, BAD)})


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_the_offline_model_comes_to_what_is_written_down(cloud: LocalCloud) -> None:
    told: list[Attempt] = []
    with CodexSwarmClient(cloud.url) as client:
        done = attempts(client, TASKS, 1, 4, told.append)
        assert [project.id for project in client.list_projects() if project.id.startswith("evals-")] == []
    assert done == told
    assert surprises(done) == []
    assert set(MISSED) == {task.name for task in TASKS}
    assert all(attempt.run_id and attempt.turns and attempt.prompt for attempt in done)
    # Of each type, one task or more fits together to its end.
    assert {attempt.task for attempt in done if attempt.passed} == {
        name for name, missed in MISSED.items() if not missed
    }


def test_a_change_of_the_offline_model_is_noticed() -> None:
    name = "one name in a contract"
    assert surprises([Attempt(name, "document_processing")]) == []
    [better] = surprises([Attempt("minutes", "document_writing")])
    assert "now passes minutes.docx has the facts" in better
    [worse] = surprises([Attempt(name, "document_processing", {"no scratch files": "left behind: a"})])
    assert worse == f"{name}: now fails no scratch files: left behind: a"


def answer(received: Received) -> Reply:
    """Leaves the right answer to whichever task it is, in two turns; the bad model leaves a line instead."""
    said = json.dumps(received.body["input"])
    [task] = [task for task in TASKS if task.type == "writing" and json.dumps(task.instructions)[1:-1] in said]
    if '"function_call_output"' in said:
        return finishes("Done.")
    files = writing.RIGHT[task.name].files if received.body["model"] == GOOD else {"short.md": b"I will.\n"}
    if task.name == writing.HOUSE:
        files = {"announcement.md": "\n\n".join(writing.ANNOUNCED).encode()}
    texts = {path: data.decode() for path, data in files.items() if data is not None}
    return calls(*(call("write_file", path=path, content=text) for path, text in texts.items()))


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedProvider]:
    with ScriptedProvider(answer) as serving:
        monkeypatch.setenv("OPENAI_API_KEY", serving.api_key)
        monkeypatch.setenv("OPENAI_BASE_URL", serving.base_url)
        monkeypatch.setenv("MODEL_PRICES", PRICES)
        yield serving


@pytest.mark.proof
@pytest.mark.timeout(300)
def test_two_models_stand_side_by_side_with_their_spread(
    provider: ScriptedProvider, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "evals.json"
    asked = ["--only", "writing", "--tries", "2", "--json", str(kept)]
    assert command.main([*asked, "--model", GOOD, "--against", BAD]) == 0
    printed = capsys.readouterr().out.splitlines()
    row = next(line for line in printed if "shorter, with everything" in line)
    # Passed, turns, thousands of tokens (240 of them), cents, seconds; once for each model.
    shown = re.findall(r"(\d/\d) +(\d+) +(\d+) +([\d.]+) ", row)
    assert shown == [("2/2", "2", "0", "0.001"), ("0/2", "2", "0", "0.001")]
    assert any("100 to 75" in line or "75 % passed, 75 to 75 % in 2 tries" in line for line in printed)
    assert any(
        "the bad model" not in line and "short.md has 40 to 110 words: short.md has 2 words" in line for line in printed
    )
    found: list[Any] = json.loads(kept.read_bytes())["reports"]
    assert [(report["model"], report["pass_rate"]) for report in found] == [(GOOD, 0.75), (BAD, 0.0)]
    assert len(found[0]["attempts"]) == 8
    # And what was kept stands beside what is found another time.
    again = [Report.read(kept), Report.read(kept)]
    assert any(line.split()[:1] == ["all"] and line.split()[1] == "6/8" for line in table(again))


def test_an_earlier_report_stands_beside_one_type_of_task_with_that_type_only(tmp_path: Path) -> None:
    kept = tmp_path / "evals.json"
    kept.write_text(as_json([Report.of("m", [Attempt("one", "research"), Attempt("two", "writing")])]))
    assert [each.type for each in Report.read(kept, "research").attempts] == ["research"]
    assert len(Report.read(kept).attempts) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--url", "http://127.0.0.1:9", "--model", "m"],
        ["--tries", "0"],
        ["--only", "poetry"],
        ["--json", "/nowhere/a.json"],
    ],
    ids=["a deployment has its own model", "no try at all", "no such type", "nowhere to leave it"],
)
def test_what_makes_no_sense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        command.main(arguments)
    assert refused.value.code == 2


@pytest.mark.parametrize(
    "content", ["", "{}", '{"reports": [{"model": "m"}]}', "no JSON"], ids=["", "{}", "half", "none"]
)
def test_a_file_that_is_no_report_is_named(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tmp_path / "before.json"
    before.write_text(content)
    assert command.main(["--against", str(before)]) == 2
    assert f"{before} is no report" in capsys.readouterr().err


def test_a_service_that_does_not_answer_is_a_failed_attempt() -> None:
    with CodexSwarmClient("http://127.0.0.1:9", retries=0) as client:
        done = attempts(client, TASKS[:1], 1, 1, lambda _: None)
    assert list(done[0].faults) == ["the run can be started and watched"]
    assert "0 % passed" in "\n".join(table([Report.of("m", done)]))
    assert json.loads(as_json([Report.of("m", done)]))["reports"][0]["pass_rate"] == 0
