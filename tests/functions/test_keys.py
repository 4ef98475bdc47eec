"""API keys from their making to their end, with the authorizer in front as it is deployed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from authorizer.app import _table
from authorizer.app import handler as authorizer
from swarm.aws import clients
from swarm.records.api_keys import NOTED_EVERY, ApiKeys, key_hash
from swarm.records.issued_keys import MAX_KEYS
from tests.support.lambda_context import lambda_context
from tests.support.stack import Answer, Stack

ADMIN = {"tenant_id": "tenant-a", "may": "read run manage import admin"}
EVENT = {"routeKey": "ANY /{proxy+}", "headers": {}}


def verdict(text: str) -> dict[str, Any]:
    event = {**EVENT, "headers": {"authorization": f"Bearer {text}"}}
    found = authorizer(event, lambda_context())
    return dict(found["context"]) if found["isAuthorized"] else {}


def ask(stack: Stack, text: str, method: str, path: str, body: object = None) -> Answer:
    """A request with a key, as the gateway lets it through; 403 where it does not."""
    found = verdict(text)
    return stack.request(method, path, body, authorizer=found) if found else Answer(403, {}, b"{}")


def created(stack: Stack, tenant: str = "tenant-a", **wanted: object) -> Any:
    body = {"name": "ci", **wanted}
    answer = stack.request("POST", "/keys", body, authorizer={**ADMIN, "tenant_id": tenant})
    assert (answer.status, answer.headers["cache-control"]) == (201, "no-store"), answer.text
    return answer.json


def stored() -> str:
    return json.dumps(clients.dynamodb().scan(TableName="table")["Items"])


@pytest.fixture(autouse=True)
def fresh_authorizer() -> None:
    _table.cache_clear()


def test_a_key_opens_what_its_scopes_say_and_only_its_hash_is_stored(stack: Stack) -> None:
    made = created(stack, scopes=["read"])
    assert made["key"].startswith(f"{made['prefix']}_")
    assert ask(stack, made["key"], "GET", "/projects").status == 200
    refused = ask(stack, made["key"], "PUT", "/projects/p1", {"name": "p1"})
    assert (refused.status, refused.json["code"]) == (403, "scope_missing")
    assert made["key"] not in stored()
    assert key_hash(made["key"]) in stored()
    assert verdict(made["key"][:-1] + ("A" if made["key"][-1] != "A" else "B")) == {}


def test_a_key_is_made_for_the_tenant_of_whoever_makes_it_and_for_no_other(stack: Stack) -> None:
    named = stack.request("POST", "/keys", {"name": "x", "tenant_id": "tenant-b"}, authorizer=ADMIN)
    assert named.status == 422
    theirs = created(stack, tenant="tenant-b")
    for method, path in (("GET", ""), ("POST", "/rotate"), ("POST", "/revoke")):
        found = stack.request(method, f"/keys/{theirs['id']}{path}", {} if method == "POST" else None, authorizer=ADMIN)
        never = stack.request(method, f"/keys/{'0' * 16}{path}", {} if method == "POST" else None, authorizer=ADMIN)
        assert (found.status, found.json["code"]) == (404, "key_not_found")
        assert found.text.replace(theirs["id"], "0" * 16) == never.text
    assert stack.request("GET", "/keys", authorizer=ADMIN).json == []
    assert verdict(theirs["key"])["tenant_id"] == "tenant-b"


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        pytest.param({"scopes": ["admin"], "projects": ["a-"]}, 400, id="admin-of-some-projects"),
        pytest.param({"scopes": ["operator"]}, 422, id="operator"),
        pytest.param({"scopes": []}, 422, id="no-scope"),
        pytest.param({"projects": ["a/b"]}, 400, id="no-prefix-of-an-id"),
        pytest.param({"expires_at": "2020-01-01T00:00:00Z"}, 400, id="expired-already"),
        pytest.param({"expires_at": "9999-01-01T00:00:00Z"}, 400, id="in-8000-years"),
        pytest.param({"name": " "}, 400, id="blank-name"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(wanted: dict[str, Any], status: int, stack: Stack) -> None:
    assert stack.request("POST", "/keys", {"name": "ci", **wanted}, authorizer=ADMIN).status == status
    assert stored() == "[]"


def test_a_key_gives_no_other_what_it_has_not(stack: Stack) -> None:
    keeper = created(stack, scopes=["admin", "read"])["key"]
    runs = created(stack, scopes=["read", "run"])
    for wanted in ({}, {"scopes": ["import"]}, {"scopes": ["admin", "run"]}):
        refused = ask(stack, keeper, "POST", "/keys", {"name": "more", **wanted})
        assert (refused.status, refused.json["code"]) == (403, "scope_missing")
    # Its new text would do what the key does.
    refused = ask(stack, keeper, "POST", f"/keys/{runs['id']}/rotate", {})
    assert (refused.status, "run" in refused.json["detail"]) == (403, True)
    assert len(stack.request("GET", "/keys", authorizer=ADMIN).json) == 2
    assert verdict(runs["key"])["may"] == "read run"
    assert ask(stack, keeper, "POST", "/keys", {"name": "reader", "scopes": ["read"]}).status == 201
    assert ask(stack, keeper, "POST", f"/keys/{runs['id']}/revoke").status == 200


def test_a_key_for_some_projects_sees_those_and_no_others(stack: Stack) -> None:
    mine, other = stack.project("وثائق-1"), stack.project("p2")
    run, hidden = stack.start("touch a.md", mine), stack.start("touch a.md", other)
    key = created(stack, projects=["وثائق"])["key"]
    assert [each["id"] for each in ask(stack, key, "GET", "/projects").json] == [mine]
    assert [each["id"] for each in ask(stack, key, "GET", "/runs").json] == [run]
    assert ask(stack, key, "GET", f"/runs/{run}").status == 200
    never = ask(stack, key, "GET", f"/runs/{'0' * 32}").text
    assert ask(stack, key, "GET", f"/runs/{hidden}").text.replace(hidden, "0" * 32) == never
    assert ask(stack, key, "POST", f"/runs/{hidden}/cancel").json["code"] == "run_not_found"
    assert ask(stack, key, "GET", f"/threads/{hidden}").json["code"] == "thread_not_found"
    for method, path in (("GET", "/runs?project_id=p2"), ("GET", "/projects/p2"), ("GET", "/webhooks/secret")):
        assert ask(stack, key, method, path).json["code"] == "project_not_allowed"
    assert ask(stack, key, "PUT", "/projects/p3", {"name": "p3"}).status == 403
    assert stack.request("GET", "/projects/p3").status == 404


def test_pages_of_a_key_for_some_projects_go_on_over_what_it_does_not_see(stack: Stack) -> None:
    for number in range(9):
        stack.project(f"{'mine' if number % 3 == 0 else 'other'}-{number}")
    key, found, path = created(stack, projects=["mine-"])["key"], [], "/projects?limit=1"
    while path:
        page = ask(stack, key, "GET", path)
        found += [each["id"] for each in page.json]
        cursor = page.headers.get("x-next-cursor")
        path = f"/projects?limit=1&cursor={cursor}" if cursor else ""
    assert found == ["mine-0", "mine-3", "mine-6"]


def test_after_a_rotation_both_texts_are_good_for_a_while(stack: Stack) -> None:
    made, keys, now = created(stack), ApiKeys(_table()), datetime.now(UTC)
    body = {"overlap_seconds": 3_600}
    # Of the first rotation the answer was lost: what is deployed stays good all the same.
    texts = [made["key"]]
    texts += [stack.request("POST", f"/keys/{made['id']}/rotate", body, authorizer=ADMIN).json["key"] for _ in range(2)]
    assert len(set(texts)) == 3
    assert all(verdict(text) for text in texts)
    later = now + timedelta(hours=2)
    assert [keys.find(text, later) is not None for text in texts] == [False, False, True]
    leaked = stack.request("POST", f"/keys/{made['id']}/rotate", {"overlap_seconds": 0}, authorizer=ADMIN).json
    assert leaked["previous_valid_until"] is None
    assert [bool(verdict(text)) for text in [*texts, leaked["key"]]] == [False, False, False, True]
    assert verdict(leaked["key"])["may"] == "manage read run"


def test_a_revoked_key_opens_nothing_whichever_text_of_it_and_stays_revoked(stack: Stack) -> None:
    made = created(stack)
    newer = stack.request("POST", f"/keys/{made['id']}/rotate", {}, authorizer=ADMIN).json["key"]
    first = stack.request("POST", f"/keys/{made['id']}/revoke", authorizer=ADMIN).json
    again = stack.request("POST", f"/keys/{made['id']}/revoke", authorizer=ADMIN).json
    assert first["revoked_at"] == again["revoked_at"] is not None
    assert (verdict(made["key"]), verdict(newer)) == ({}, {})
    refused = stack.request("POST", f"/keys/{made['id']}/rotate", {}, authorizer=ADMIN)
    assert (refused.status, refused.json["code"]) == (409, "key_revoked")
    [listed] = stack.request("GET", "/keys", authorizer=ADMIN).json
    assert listed["revoked_at"] == first["revoked_at"]


def test_a_key_that_expired_is_told_so(stack: Stack) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    made = created(stack, expires_at=until.isoformat())
    assert ask(stack, made["key"], "GET", "/runs").status == 200
    clients.dynamodb().update_item(
        TableName="table",
        Key={"PK": {"S": f"KEY#{made['id']}"}, "SK": {"S": "META"}},
        UpdateExpression="SET #until = :past",
        ExpressionAttributeNames={"#until": "until"},
        ExpressionAttributeValues={":past": {"S": "2026-01-01T00:00:00.000000Z"}},
    )
    refused = ask(stack, made["key"], "GET", "/runs")
    assert (refused.status, refused.json["code"]) == (401, "key_expired")


def test_the_last_use_is_written_once_an_hour(stack: Stack) -> None:
    made, keys, now = created(stack), ApiKeys(_table()), datetime.now(UTC)

    def use(at: datetime) -> int:
        found = keys.find(made["key"], at)
        assert found is not None
        with stack.recorded() as calls:
            keys.note_use(found, at)
        return len(calls)

    assert [use(now), use(now), use(now + NOTED_EVERY - timedelta(seconds=1)), use(now + NOTED_EVERY)] == [1, 0, 0, 1]
    shown = stack.request("GET", f"/keys/{made['id']}", authorizer=ADMIN).json
    assert datetime.fromisoformat(shown["last_used_at"]) == now + NOTED_EVERY


def test_a_key_of_an_earlier_version_may_what_it_might_and_can_be_revoked(stack: Stack) -> None:
    text = "a key of an earlier version"
    item: Any = {"PK": {"S": f"KEY#{key_hash(text)}"}, "SK": {"S": "META"}, "tenant_id": {"S": "tenant-a"}}
    clients.dynamodb().put_item(TableName="table", Item={**item, "scopes": {"SS": ["import"]}})
    assert verdict(text)["may"] == "import manage read run"
    [listed] = stack.request("GET", "/keys", authorizer=ADMIN).json
    assert (listed["id"], listed["prefix"], listed["created_at"]) == (key_hash(text), "", None)
    refused = stack.request("POST", f"/keys/{listed['id']}/rotate", {}, authorizer=ADMIN)
    assert (refused.status, refused.json["code"]) == (409, "not_rotatable")
    assert stack.request("POST", f"/keys/{listed['id']}/revoke", authorizer=ADMIN).status == 200
    assert verdict(text) == {}


def test_a_verdict_that_an_earlier_version_gave_still_counts(stack: Stack) -> None:
    earlier = {"tenant_id": "tenant-a", "scopes": "import"}
    assert stack.request("GET", "/runs", authorizer=earlier).status == 200
    assert stack.request("GET", "/keys", authorizer=earlier).json["code"] == "scope_missing"


def test_a_tenant_has_so_many_good_keys_at_most(stack: Stack) -> None:
    made = created(stack)
    key = {"PK": {"S": f"KEY#{made['id']}"}, "SK": {"S": "META"}}
    item = clients.dynamodb().get_item(TableName="table", Key=key)["Item"]
    for number in range(1, MAX_KEYS):
        another = {"PK": {"S": f"KEY#{number:016x}"}, "GSI2SK": {"S": f"{item['created_at']['S']}#{number:016x}"}}
        clients.dynamodb().put_item(TableName="table", Item={**item, **another})
    refused = stack.request("POST", "/keys", {"name": "one more"}, authorizer=ADMIN)
    assert (refused.status, refused.json["code"]) == (409, "too_many_keys")
    [first, *_] = stack.request("GET", "/keys?limit=1", authorizer=ADMIN).json
    stack.request("POST", f"/keys/{first['id']}/revoke", authorizer=ADMIN)
    assert stack.request("POST", "/keys", {"name": "one more"}, authorizer=ADMIN).status == 201
