"""The committed OpenAPI document is what the handlers say, and it is valid."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import validate

from api import openapi
from api.app import app
from tests.support.paths import ROOT

COMMITTED = ROOT / "docs" / "openapi.json"

CONTRACT = """
GET /healthz
PUT /projects/{project_id}
GET /projects
POST /projects/{project_id}/runs
GET /runs
GET /runs/{run_id}
GET /runs/{run_id}/steps
GET /runs/{run_id}/artifacts
GET /runs/{run_id}/artifacts/{artifact_id}/download
GET /runs/{run_id}/diff
GET /runs/{run_id}/workspace/files
GET /runs/{run_id}/workspace/files/{path}
GET /runs/{run_id}/workspace/file
GET /runs/{run_id}/workspace/preview
POST /runs/{run_id}/cancel
GET /runs/{run_id}/stream
GET /patterns/{run_id}
GET /ui/runs/{run_id}
"""


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(openapi.document(app))


def test_the_committed_document_is_up_to_date() -> None:
    assert COMMITTED.read_text() == openapi.document(app), "run ./run.sh openapi and commit docs/openapi.json"


def test_the_document_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


@pytest.mark.parametrize("route", CONTRACT.split("\n")[1:-1])
def test_every_route_of_the_contract_is_described(document: Any, route: str) -> None:
    method, path = route.split(" ")
    operation = document["paths"][path][method.lower()]
    assert operation["summary"]
    assert operation["responses"]["4XX"] == {"$ref": "#/components/responses/Refused"}


def test_only_health_the_document_itself_and_pages_without_data_are_open(document: Any) -> None:
    operations = [(path, op) for path, item in document["paths"].items() for op in item.values()]
    pages = {"/ui", "/ui/new", "/ui/usage", "/ui/service", "/ui/runs/{run_id}", "/ui/assets/{name}"}
    assert {path for path, op in operations if op.get("security") == []} == {"/healthz", "/openapi.json", *pages}
    assert document["security"] == [{"ApiKey": []}]


def test_operation_ids_are_unique(document: Any) -> None:
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(set(ids)) == len(ids)


def test_every_operation_names_the_scope_that_it_needs_unless_it_is_open() -> None:
    document = json.loads(openapi.document(app))
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert "security" in operation, f"{path}: declare its scope, as security=READ"
            assert (operation["security"] == []) is (path in openapi.OPEN)
