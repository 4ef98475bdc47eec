"""The wire models: tolerant of age on both sides, exact where the contract is."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, JsonValue, ValidationError

from codex_swarm import models
from codex_swarm.models import ProjectPut, ProjectRead, RunCreate, RunRead, RunStatus, Wire, WorkspaceFile
from tests.client import bodies

OLD_RUN = {
    "id": "run-1",
    "project_id": "demo",
    "name": "Hello",
    "created_at": "2024-11-02T08:00:00",
    "status": "succeeded",
}
WIRE_MODELS = [value for value in vars(models).values() if isinstance(value, type) and issubclass(value, Wire)]


def test_a_run_of_an_older_service_loads_with_safe_defaults() -> None:
    run = RunRead.model_validate(OLD_RUN)
    assert (run.progress, run.had_errors, run.errors, run.artifacts) == (0, False, [], [])
    assert (run.machine_summary, run.usage.cost_usd, run.task_type) == (None, None, "code")
    assert run.created_at == datetime(2024, 11, 2, 8, tzinfo=UTC)


def test_fields_of_a_newer_service_are_ignored() -> None:
    body = bodies.run(mood="good", machine_summary=bodies.summary(colour="blue"), task_type="invented_later")
    run = RunRead.model_validate(body)
    assert run.task_type == "invented_later"
    assert not hasattr(run, "mood")


def test_a_run_says_its_id_under_both_names() -> None:
    run = RunRead.model_validate(OLD_RUN)
    assert run.run_id == run.id == "run-1"
    assert run.model_dump()["run_id"] == "run-1"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("2025-01-13T10:00:00Z", id="utc"),
        pytest.param("2025-01-13T12:00:00+02:00", id="offset"),
        pytest.param("2025-01-13T10:00:00", id="naive"),
    ],
)
def test_times_are_written_in_utc_with_z(given: str) -> None:
    run = RunRead.model_validate(bodies.run(created_at=given))
    assert run.model_dump(mode="json")["created_at"] == "2025-01-13T10:00:00Z"


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(None, id="null"),
        pytest.param(False, id="false"),
        pytest.param(10**20, id="large-number"),
        pytest.param("1", id="digits-in-a-text"),
        pytest.param([1, 1.5, "x", {"a": None}], id="array"),
        pytest.param({"z": 1, "a": {"ü": [True]}}, id="object"),
    ],
)
def test_domain_config_round_trips_exactly(config: JsonValue) -> None:
    body = {"id": "p", "name": "P", "created_at": "2025-01-13T10:00:00Z", "domain_config": config}
    returned = ProjectRead.model_validate_json(ProjectRead.model_validate(body).model_dump_json()).domain_config
    assert returned == config
    assert type(returned) is type(config)


@pytest.mark.parametrize("status", RunStatus, ids=str)
def test_the_last_three_statuses_are_final(status: RunStatus) -> None:
    assert status.final == (status in {"succeeded", "failed", "cancelled"})


@pytest.mark.parametrize(
    ("model", "body"),
    [
        pytest.param(RunCreate, {"name": "no instructions"}, id="run-without-instructions"),
        pytest.param(RunCreate, {"instructions": "x", "task_type": "cooking"}, id="run-of-unknown-type"),
        pytest.param(ProjectPut, {"name": "P", "task_type": "cooking"}, id="project-of-unknown-type"),
        pytest.param(RunRead, bodies.run(progress=101), id="progress-over-100"),
        pytest.param(RunRead, bodies.run(status="lost"), id="unknown-status"),
    ],
)
def test_what_the_contract_excludes_is_refused(model: type[BaseModel], body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(body)


def test_ids_and_names_may_be_left_to_the_path_and_the_service() -> None:
    assert RunCreate(instructions="x").model_dump(exclude_defaults=True) == {"instructions": "x"}
    assert ProjectPut().model_dump(exclude_defaults=True) == {}


def test_models_are_immutable() -> None:
    file = WorkspaceFile(path="a.md", size_bytes=1, type="markdown")
    with pytest.raises(ValidationError, match="frozen"):
        file.path = "b.md"  # type: ignore[misc]


@pytest.mark.parametrize("model", WIRE_MODELS, ids=lambda model: model.__name__)
def test_every_model_describes_itself(model: type[BaseModel]) -> None:
    assert model.model_json_schema(mode="serialization")["description"]


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        pytest.param("codex_swarm.models", "httpx httpx_sse boto3 botocore swarm", id="models-need-pydantic-only"),
        pytest.param("draftpunk_client", "boto3 botocore aws_lambda_powertools openai swarm", id="client-without-aws"),
    ],
)
def test_imports_without(module: str, absent: str) -> None:
    blocked = "; ".join(f"sys.modules[{name!r}] = None" for name in absent.split())
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", f"import sys; {blocked}; import {module}"], check=True, env=environment)
