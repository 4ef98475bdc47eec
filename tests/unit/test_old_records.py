"""Records that earlier versions wrote load with safe defaults. The files under tests/records are never edited."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from moto import mock_aws
from pydantic import TypeAdapter

from codex_swarm.models import RunEvent, RunStatus
from swarm.aws import clients
from swarm.outputs.stream import as_json
from swarm.records.projects import Projects
from swarm.records.runlog import DynamoRunLog
from swarm.records.runs import Runs, decode, encode
from swarm.records.table import Table
from swarm.runs.entries import Entry
from swarm.runs.fold import apply
from swarm.runs.run import Run
from swarm.workspace.objects import MemoryObjects
from tests.support.paths import ROOT
from tests.support.stack import template_table

VERSIONS = sorted((ROOT / "tests" / "records").iterdir())
FILES = [file for version in VERSIONS for file in sorted(version.glob("*.json")) if file.stem != "project"]
RUNS = [(file.parent, file.stem) for file in FILES]


def frozen(version: Any, name: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads((version / f"{name}.json").read_text())
    return items


def stored(items: list[dict[str, Any]]) -> tuple[Runs, DynamoRunLog]:
    clients.dynamodb().create_table(TableName="table", **template_table())
    for item in items:
        clients.dynamodb().put_item(TableName="table", Item=item)
    table = Table(clients.dynamodb(), "table")
    log = DynamoRunLog(table, MemoryObjects())
    return Runs(table, log), log


@pytest.mark.parametrize(("version", "name"), RUNS, ids=[f"{version.name}-{name}" for version, name in RUNS])
def test_an_old_run_and_its_log_load(version: Any, name: str) -> None:
    items = frozen(version, name)
    (meta,) = (item for item in items if item["SK"]["S"] == "META")
    with mock_aws():
        runs, log = stored(items)
        run = runs.get("tenant-a", meta["PK"]["S"].rpartition("#")[2])
        assert run.status is RunStatus(name)
        assert (run.summary is not None) == run.status.final
        folded: Run | None = None
        for entry in log.read(run.key):
            folded = apply(folded, entry)
        # What a later version derives besides, an old item does not have; all that it has is what the log says.
        known = json.loads(meta["body"]["S"])
        assert {name: getattr(folded, name) for name in known} == {name: getattr(run, name) for name in known}
        assert decode(encode(run)) == run


@pytest.mark.parametrize(("version", "name"), RUNS, ids=[f"{version.name}-{name}" for version, name in RUNS])
def test_an_old_log_tells_what_it_told(version: Any, name: str) -> None:
    bodies = [json.loads(item["body"]["S"]) for item in frozen(version, name) if item["SK"]["S"] != "META"]
    told = [{"type": event["type"], **event["fields"]} for body in bodies for event in body["events"]]
    entries = TypeAdapter(list[Entry]).validate_python(bodies)
    assert [json.loads(as_json(event)) for entry in entries for event in entry.events] == told


def test_the_old_logs_have_an_event_of_every_type() -> None:
    kinds = set(re.findall(r'\\"type\\":\\"(\w+)\\",\\"fields', "".join(file.read_text() for file in FILES)))
    # These came with later versions.
    assert kinds | {"plan", "message", "request", "decision", "child", "acceptance"} == {
        kind.model_fields["type"].default for kind in get_args(get_args(RunEvent)[0])
    }


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_an_old_project_loads(version: Any) -> None:
    with mock_aws():
        stored(frozen(version, "project"))
        project = Projects(Table(clients.dynamodb(), "table")).get("tenant-a", "p1")
        assert project.created_at.tzinfo is not None
