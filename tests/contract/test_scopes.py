"""One table: every operation of the OpenAPI document, asked for by every kind of key that may not have it.

Through the gateway of the laptop cloud, its authorizer and its roles. A key is refused before anything is looked at;
what another tenant is answered, or a key for other projects, has nothing of the owner's in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from codex_swarm.client import CodexSwarmClient
from infra.local.cloud import REPOSITORY, LocalCloud
from swarm.records.api_keys import key_hash
from swarm.records.keys import sortable
from tests.local.clouds import Clouds
from tests.support.paths import ROOT
from tests.webhooks.receivers import receiving

pytestmark = [pytest.mark.proof, pytest.mark.timeout(300)]

DOCUMENT: Any = json.loads((ROOT / "docs" / "openapi.json").read_text())
SCOPES = ("read", "run", "manage", "import", "admin", "operator")
OPERATIONS = sorted(
    ((method, path, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()),
    # What deletes comes last: the others need something to ask for.
    key=lambda each: (each[0] == "delete", each[2]["operationId"]),
)
GUARDED = [each for each in OPERATIONS if each[2].get("security") != []]
BODIES: dict[str, Any] = {
    "create_run": {"instructions": "touch other.md"},
    "put_project": {"name": "taken over"},
    "send_message": {"text": "touch other.md"},
    # A key gives no other what it has not.
    "create_key": {"name": "another", "scopes": ["admin"]},
    "import_run": {},
}


@dataclass
class World:
    """A tenant with things to ask for, and keys of every kind."""

    cloud: LocalCloud
    ids: dict[str, str]
    keys: dict[str, str]

    def ask(self, key: str | None, method: str, path: str, name: str) -> httpx.Response:
        for part, value in self.ids.items():
            path = path.replace(f"{{{part}}}", quote(value, safe=""))
        headers = {} if key is None else {"Authorization": f"Bearer {self.keys[key]}"}
        query = {"path": "a.md", "q": "anary"} if "search" in name or name.endswith("_by_query") else {}
        query = {each: value for each, value in query.items() if ("q" if "search" in name else "path") == each}
        body = BODIES.get(name, {}) if method in ("post", "put", "patch") else None
        return httpx.request(
            method, f"{self.cloud.url}{path}", headers=headers, params=query, json=body, timeout=60, trust_env=False
        )


def put_key(cloud: LocalCloud, text: str, tenant: str, scopes: tuple[str, ...], **more: Any) -> None:
    """A key as the operator's tool stores it."""
    key_id = text.split("_")[1]
    item = {
        "PK": {"S": f"KEY#{key_id}"},
        "SK": {"S": "META"},
        "tenant_id": {"S": tenant},
        "hash": {"S": key_hash(text)},
        "scopes": {"SS": list(scopes)},
        **more,
    }
    cloud.client("dynamodb").put_item(TableName=cloud.table_name, Item=item)


@pytest.fixture(scope="module")
def world(clouds: Clouds) -> Iterator[World]:
    cloud = clouds.get(
        "keys", template=REPOSITORY / "template.yaml", require_key=True, parameters={"WebhookLoopback": "1"}
    )
    past = {"S": sortable(datetime(2026, 1, 1, tzinfo=UTC))}
    prefix = {"L": [{"S": "elsewhere-"}]}
    kinds: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
        "all": ("owner", SCOPES, {}),
        "revoked": ("owner", SCOPES, {"revoked_at": past}),
        "expired": ("owner", SCOPES, {"until": past}),
        "other tenant": ("other", SCOPES, {}),
        "other project": ("owner", SCOPES, {"projects": prefix}),
        **{f"only {scope}": ("owner", (scope,), {}) for scope in SCOPES},
        **{f"all but {scope}": ("owner", tuple(each for each in SCOPES if each != scope), {}) for scope in SCOPES},
    }
    keys = {kind: f"csk_{number:016x}_{'k' * 43}" for number, kind in enumerate(kinds)}
    for kind, (tenant, scopes, more) in kinds.items():
        put_key(cloud, keys[kind], tenant, scopes, **more)
    with CodexSwarmClient(cloud.url, keys["all"]) as client, receiving() as receiver:
        client.put_project("canary-project")
        url = f"http://127.0.0.1:{receiver.port}/"
        run = client.start_run("canary-project", "Create a file called a.md with Canary in it", callback_url=url)
        client.wait(run.run_id, timeout=90, poll=0.2, check=True)
        ids = {
            "project_id": "canary-project",
            "run_id": run.run_id,
            "artifact_id": client.get_artifacts(run.run_id)[0].id,
            "delivery_id": f"msg_{run.run_id}",
            "thread_id": run.run_id,
            "request_id": "none",
            "message_id": "none",
            "key_id": client.create_key("victim", scopes=["admin"]).id,
            "tenant_id": "owner",
            "path": "a.md",
            "name": "run.js",
        }
        yield World(cloud, ids, keys)


def test_every_operation_but_those_that_are_open_names_one_scope() -> None:
    for _, path, operation in GUARDED:
        [scheme] = operation["security"]
        [scope] = scheme["ApiKey"]
        assert scope in SCOPES, path


@pytest.mark.parametrize(
    ("method", "path", "operation"), [pytest.param(*each, id=each[2]["operationId"]) for each in GUARDED]
)
def test_a_key_that_may_not_is_refused_and_one_that_may_is_not(
    method: str, path: str, operation: Any, world: World
) -> None:
    name, [scope] = operation["operationId"], operation["security"][0]["ApiKey"]

    def ask(key: str | None) -> httpx.Response:
        return world.ask(key, method, path, name)

    def code(key: str) -> tuple[int, str]:
        answer = ask(key)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        body = answer.json() if is_json and answer.content else {}
        return answer.status_code, body.get("code", "") if isinstance(body, dict) else ""

    assert (ask(None).status_code, ask(None).json()) == (401, {"message": "Unauthorized"})
    assert (ask("revoked").status_code, ask("revoked").json()) == (403, {"message": "Forbidden"})
    assert code("expired") == (401, "key_expired")
    assert code(f"all but {scope}") == (403, "scope_missing")
    if scope != "operator":
        for stranger in ("other tenant", "other project"):
            answer = ask(stranger)
            assert answer.status_code < 500
            # That there is no such run names the run that was asked for.
            told = answer.text.replace(world.ids["run_id"], "", 1) if answer.status_code == 404 else answer.text
            assert "Canary" not in told
            assert world.ids["run_id"] not in told
            # A project of the same name is the other tenant's own; the key for other projects has none.
            assert stranger == "other tenant" or answer.status_code >= 400 or "canary-project" not in told
    status, refused = code(f"only {scope}")
    assert status < 500
    assert refused not in ("scope_missing", "project_not_allowed", "key_expired")


def test_afterwards_the_owner_still_has_what_strangers_asked_for(world: World) -> None:
    """Whatever `only ...` did was the owner's own; of the strangers nothing is there."""
    with CodexSwarmClient(world.cloud.url, world.keys["all"]) as client:
        assert "taken over" not in {
            project.name for project in client.list_projects() if project.id != "canary-project"
        }
        assert {key.name for key in client.list_keys()} <= {"victim", "another", ""}
    with CodexSwarmClient(world.cloud.url, world.keys["other project"]) as client:
        assert client.list_projects() == []
        assert client.list_runs() == []
