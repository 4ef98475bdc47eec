"""A browser's token opens parts of one run for a while, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from authorizer.app import handler as authorize
from swarm.aws import clients
from swarm.ids import RunKey
from tests.support.lambda_context import lambda_context
from tests.support.stack import Answer, Stack

PAGE = "https://app.example.com"


def issued(stack: Stack, run_id: str, **asked: Any) -> str:
    answer = stack.request("POST", f"/runs/{run_id}/tokens", asked)
    assert answer.status == 201, answer.text
    assert answer.json["path"] == f"/shared/runs/{run_id}"
    return str(answer.json["token"])


def browse(stack: Stack, path: str, token: str, origin: str | None = None) -> Answer:
    """As API Gateway does: it asks the authorizer, and hands on what that says."""
    asked: dict[str, Any] = {
        "version": "2.0",
        "type": "REQUEST",
        # Watching has a route of its own.
        "routeKey": f"GET /shared/{'runs/{run_id}/stream' if path.endswith('/stream') else '{proxy+}'}",
        "rawPath": f"/shared{path}",
        "headers": {},
        "queryStringParameters": {"token": token},
        "requestContext": {"http": {"method": "GET"}},
    }
    verdict = authorize(asked, lambda_context())
    if not verdict["isAuthorized"]:
        return Answer(403, {}, b'{"message":"Forbidden"}')
    headers = {"origin": origin} if origin else {}
    shared = f"/shared{path}?token={token}"
    return stack.request("GET", shared, headers=headers, tenant=None, authorizer=verdict["context"])


@pytest.fixture
def run_id(stack: Stack) -> str:
    return stack.finish("Create a file called a.md with a greeting")


WATCHED = ["/stream", "/events"]
READ = ["/workspace/files", "/workspace/files/a.md", "/workspace/archive", "/diff", "/artifacts"]
NAMED = ["/workspace/file", "/workspace/preview"]


def test_each_scope_opens_what_it_says(stack: Stack, run_id: str) -> None:
    watch, files = issued(stack, run_id), issued(stack, run_id, scope="files")
    for path in WATCHED:
        assert browse(stack, f"/runs/{run_id}{path}", watch).status == 200
        assert browse(stack, f"/runs/{run_id}{path}", files).status == 200
    for path in READ:
        assert browse(stack, f"/runs/{run_id}{path}", files).status in {200, 307}
    for path in NAMED:
        # Without the name of a file they are opened, and refused by the route itself.
        assert browse(stack, f"/runs/{run_id}{path}", files).json["code"] == "invalid_request"
    for path in READ + NAMED:
        refused = browse(stack, f"/runs/{run_id}{path}", watch)
        assert (refused.status, refused.json["code"]) == (403, "not_in_scope")


def test_nothing_else_of_the_run_is_open(stack: Stack, run_id: str, subtests: pytest.Subtests) -> None:
    other = stack.finish("touch b.md")
    token = issued(stack, run_id, scope="files")
    own = (
        *("", "/", "/steps", "/cancel", "/tokens", "x/stream", "/stream/", "/streamx", "/workspace"),
        *("/workspace/filesx", f"/../{other}/stream", f"/workspace/files/../../../{other}/stream", "/workspace/files/"),
    )
    foreign = (f"/runs/{other}/stream", "/runs", "/projects", "/webhooks/secret", f"/patterns/{run_id}")
    for path in (*(f"/runs/{run_id}{rest}" for rest in own), *foreign):
        with subtests.test(path):
            assert 400 <= browse(stack, path, token).status < 500


def test_a_token_is_no_key_and_a_key_is_no_token(stack: Stack, run_id: str) -> None:
    token = issued(stack, run_id)
    asked: dict[str, Any] = {
        "version": "2.0",
        "type": "REQUEST",
        "routeKey": "ANY /{proxy+}",
        "rawPath": f"/shared/runs/{run_id}/stream",
        "headers": {"authorization": f"Bearer {token}"},
        "queryStringParameters": {"token": token},
        "requestContext": {"http": {"method": "POST"}},
    }
    assert authorize(asked, lambda_context()) == {"isAuthorized": False, "context": {}}
    for wrong in ("", "nonsense", "x" * 3_000, "\u0645"):
        assert browse(stack, f"/runs/{run_id}/stream", wrong).status == 403
    # With a key the address is none, whatever the method.
    for method in ("GET", "POST"):
        assert stack.request(method, f"/shared/runs/{run_id}/stream").status == 404


def test_only_the_hash_of_a_token_is_stored(stack: Stack, run_id: str) -> None:
    token = issued(stack, run_id)
    assert token not in str(clients.dynamodb().scan(TableName="table")["Items"])


def test_a_late_link_says_so_in_words(stack: Stack, run_id: str) -> None:
    key = RunKey(tenant_id="tenant-a", project_id="p1", run_id=run_id)
    token = stack.backend.tokens.issue(key, "watch", datetime.now(UTC) - timedelta(seconds=1), [])
    late = browse(stack, f"/runs/{run_id}/stream", token)
    assert (late.status, late.json["code"]) == (401, "token_expired")
    assert "expired" in late.json["detail"]


def test_the_token_of_a_deleted_run_opens_nothing(stack: Stack, run_id: str) -> None:
    token = issued(stack, run_id)
    stack.request("DELETE", f"/runs/{run_id}")
    assert browse(stack, f"/runs/{run_id}/stream", token).status == 404


def test_a_link_has_a_browser_save_the_file(stack: Stack, run_id: str) -> None:
    shown = stack.request("GET", f"/runs/{run_id}/workspace/files/a.md")
    saved = stack.request("GET", f"/runs/{run_id}/workspace/files/a.md?disposition=attachment")
    assert shown.headers["content-disposition"] == "inline; filename*=UTF-8''a.md"
    assert (saved.status, saved.headers["content-disposition"]) == (200, "attachment; filename*=UTF-8''a.md")
    odd = stack.request("GET", f"/runs/{run_id}/workspace/files/a.md?disposition=no")
    assert (odd.status, odd.json["code"]) == (422, "invalid_request")


def test_nobody_makes_a_token_of_another_tenants_run(stack: Stack, run_id: str) -> None:
    others = stack.request("POST", f"/runs/{run_id}/tokens", {}, tenant="tenant-b")
    assert (others.status, others.json["code"]) == (404, "run_not_found")


def test_only_pages_that_it_was_made_for_may_read_and_frame(stack: Stack, run_id: str) -> None:
    token = issued(stack, run_id, scope="files", origins=[PAGE, "http://localhost:3000"])
    shown = browse(stack, f"/runs/{run_id}/workspace/preview/a.md", token, PAGE)
    listed = browse(stack, f"/runs/{run_id}/workspace/files", token, PAGE)
    for answer in (shown, listed):
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["referrer-policy"] == "no-referrer"
    evil = browse(stack, f"/runs/{run_id}/workspace/files", token, "https://evil.example")
    assert "access-control-allow-origin" not in evil.headers
    plain = browse(stack, f"/runs/{run_id}/workspace/files/a.md", token)
    assert f"frame-ancestors 'self' {PAGE} http://localhost:3000" in plain.headers["content-security-policy"]
    assert "sandbox" in plain.headers["content-security-policy"]


IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "scope": {"scope": "all"},
    "too short": {"seconds": 5},
    "too long": {"seconds": 90_000},
    "star": {"origins": ["*"]},
    "policy": {"origins": ["https://a.example; script-src *"]},
    "path": {"origins": ["https://a.example/path"]},
    "many": {"origins": ["https://a.example"] * 6},
}


def test_what_a_token_cannot_be_is_refused(stack: Stack, run_id: str, subtests: pytest.Subtests) -> None:
    for what, asked in IMPOSSIBLE.items():
        with subtests.test(what):
            answer = stack.request("POST", f"/runs/{run_id}/tokens", asked)
            assert (answer.status, answer.json["code"]) in {(400, "invalid_request"), (422, "invalid_request")}
