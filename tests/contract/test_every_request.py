"""Requests that the OpenAPI document allows, and such as it does not: every answer is one that it describes.

Two tenants: one asks, with its own ids and with those of the other, of which no answer knows anything.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunStatus
from infra.local.cloud import LocalCloud
from tests.local.clouds import Clouds, eventually
from tests.support.paths import ROOT

pytestmark = [pytest.mark.proof, pytest.mark.timeout(300)]

SECONDS = 110.0
"""For all operations together; each is asked for once at least, and as often as `EXAMPLES` says while there is time."""

EXAMPLES = {GenerationMode.POSITIVE: 15, GenerationMode.NEGATIVE: 10}
DOCUMENT: Any = json.loads((ROOT / "docs" / "openapi.json").read_text())
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [SCHEMA[path][method] for path, methods in DOCUMENT["paths"].items() for method in methods]
# What deletes comes last: the others need something to ask for.
ORDERED = sorted(OPERATIONS, key=lambda operation: (operation.method == "delete", operation.method == "post"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
HEADERS = {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Authorization", "Origin"}
"""Whatever is in them, the laptop's front or the gateway answers, not the service."""


@dataclass
class Tenant:
    """Somebody with a key, a project, runs and an upload."""

    key: str
    client: CodexSwarmClient
    ids: Mapping[str, list[str]]

    @property
    def words(self) -> set[str]:
        """What nobody else may ever read."""
        return {each for name, known in self.ids.items() for each in known if name != "path"}


def tenant(cloud: LocalCloud, name: str) -> Tenant:
    key, project = secrets.token_urlsafe(24), f"{name}-{secrets.token_hex(4)}"
    digest = hashlib.sha256(key.encode()).hexdigest()
    item = {"PK": {"S": f"KEY#{digest}"}, "SK": {"S": "META"}, "tenant_id": {"S": name}}
    cloud.client("dynamodb").put_item(TableName=cloud.table_name, Item=item)
    client = CodexSwarmClient(cloud.url, key)
    client.put_project(project)
    upload = client.upload_files(project, {"given.md": b"# Given"})
    run = client.start_run(project, "Create a file called a.md with a greeting", uploads=[upload])
    client.wait(run.run_id, timeout=90, poll=0.2, check=True)
    waiting = client.start_run(project, "wait 600 seconds")
    eventually(lambda: client.get_run(waiting.run_id).status is RunStatus.RUNNING, 60)
    artifacts = client.get_artifacts(run.run_id)
    ids = {
        "project_id": [project],
        "run_id": [run.run_id, waiting.run_id],
        "artifact_id": [artifact.id for artifact in artifacts],
        "delivery_id": [f"msg_{run.run_id}"],
        "upload_id": [upload],
        "path": ["a.md", "given.md"],
    }
    return Tenant(key, client, ids)


@pytest.fixture(scope="module")
def tenants(clouds: Clouds) -> Iterator[tuple[Tenant, Tenant]]:
    """Who asks, and the other, who has in the end what there was in the beginning."""
    cloud = clouds.real()
    asking, other = tenant(cloud, "asking"), tenant(cloud, "other")
    with asking.client, other.client:
        before = everything_of(other)
        yield asking, other
        assert everything_of(other) == before
        for owner in (asking, other):
            for run in owner.client.list_runs(status=["queued", "running"]):
                owner.client.cancel_run(run.run_id)


@pytest.fixture(scope="module")
def ends() -> float:
    return time.monotonic() + SECONDS


def everything_of(owner: Tenant) -> object:
    """What stays as it is, whatever others ask."""
    run, waiting = owner.ids["run_id"]
    return (
        [project.model_dump_json() for project in owner.client.list_projects()],
        owner.client.get_run(run).model_dump_json(),
        owner.client.get_run(waiting).status is RunStatus.CANCELLED,
        [file.sha256 for file in owner.client.list_files(run).files],
        owner.client.get_webhook_secret(),
        len(owner.client.list_runs()),
    )


@pytest.mark.parametrize(
    ("operation", "mode"),
    [
        pytest.param(operation, mode, id=f"{operation.label} {mode.value}")
        for operation in ORDERED
        for mode in EXAMPLES
        # What takes nothing can be asked for in one way only; so can a page, which takes every name and query.
        if mode is GenerationMode.POSITIVE
        or ([*operation.path_parameters, *operation.query, *operation.body] and not operation.path.startswith("/ui"))
    ],
)
def test_every_answer_is_one_that_is_described(
    operation: Any, mode: GenerationMode, tenants: tuple[Tenant, Tenant], ends: float
) -> None:
    asking, other = tenants
    names = {parameter.name for parameter in operation.path_parameters}
    answers: list[int] = []

    @settings(
        max_examples=EXAMPLES[mode],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def ask(case: Any, data: st.DataObject) -> None:
        if answers and time.monotonic() > ends:
            return
        for name in names & asking.ids.keys():
            known = data.draw(st.sampled_from([*asking.ids[name], *other.ids[name], None]))
            case.path_parameters[name] = known or case.path_parameters[name]
        headers = {name: value for name, value in (case.headers or {}).items() if name.title() not in HEADERS}
        case.headers = headers
        answer = case.call(
            base_url=asking.client.base_url,
            headers={"Authorization": f"Bearer {asking.key}"},
            allow_redirects=False,
            timeout=60,
        )
        answers.append(answer.status_code)
        case.validate_response(answer, checks=CHECKS)
        said = f"{answer.headers} {answer.text}"
        asked = f"{case.path_parameters} {case.query} {case.body}"
        assert [each for each in other.words if each in said and each not in asked] == []

    ask()
    assert answers
