"""With a token a page makes one upload: of so many files and bytes, for a while, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from authorizer.app import handler as authorize
from swarm.aws import clients
from swarm.errors import UploadAlreadyOpened
from swarm.lifecycle.inputs import PromisedFile, open_upload
from swarm.records.tokens import UploadToken
from swarm.workspace.objects import ProjectArea
from tests.support.lambda_context import lambda_context
from tests.support.moments import Moment, at_call, each_moment
from tests.support.stack import Answer, Stack

PAGE = "https://app.example.com"
AREA = ProjectArea("tenant-a", "p1")
ONE = [{"path": "notes.md", "size": 3}]


@pytest.fixture
def made(stack: Stack) -> dict[str, Any]:
    stack.project()
    asked = {"origins": [PAGE], "max_files": 2, "max_bytes": 10}
    answer = stack.request("POST", "/projects/p1/uploads/tokens", asked)
    assert answer.status == 201, answer.text
    token: dict[str, Any] = answer.json
    return token


def browse(stack: Stack, path: str, token: str, body: object = None, method: str = "POST") -> Answer:
    """As API Gateway does: it asks the authorizer, and hands on what that says."""
    key = f"{method} /shared/uploads/{{upload_id}}" if path.startswith("/shared/uploads/") else "ANY /{proxy+}"
    key = "GET /shared/{proxy+}" if method == "GET" else key
    asked: dict[str, Any] = {"routeKey": key, "headers": {}, "queryStringParameters": {"token": token}}
    verdict = authorize(asked, lambda_context())
    if not verdict["isAuthorized"]:
        return Answer(403, {}, b'{"message":"Forbidden"}')
    headers, given = {"origin": PAGE}, verdict["context"]
    return stack.request(method, f"{path}?token={token}", body, headers=headers, tenant=None, authorizer=given)


def test_a_page_makes_the_upload_and_a_run_takes_it(stack: Stack, made: dict[str, Any]) -> None:
    asked = browse(stack, made["path"], made["token"], method="OPTIONS")
    assert (asked.status, asked.headers["access-control-allow-headers"]) == (204, "content-type")
    assert asked.headers["access-control-allow-origin"] == PAGE
    opened = browse(stack, made["path"], made["token"], {"files": ONE})
    assert opened.status == 201, opened.text
    assert opened.headers["access-control-allow-origin"] == PAGE
    assert opened.json["upload_id"] == made["upload_id"]
    [target] = opened.json["files"]
    assert "content-length" in target["headers"]
    key = f"t/tenant-a/p/p1/uploads/{made['upload_id']}/0"
    assert f"{key}?" in target["url"]
    clients.s3().put_object(Bucket="bucket", Key=key, Body=b"abc", ContentType=target["headers"]["content-type"])
    run_id = stack.finish("touch a.md", uploads=[made["upload_id"]])
    assert stack.run(run_id)["status"] == "succeeded"
    assert stack.request("GET", f"/runs/{run_id}/workspace/files/notes.md").content == b"abc"


def test_one_token_is_one_upload(stack: Stack, made: dict[str, Any]) -> None:
    first, again = (browse(stack, made["path"], made["token"], {"files": ONE}) for _ in range(2))
    assert first.json["upload_id"] == again.json["upload_id"]
    assert stack.request("GET", "/usage").json["uploads"]["used"] == 1
    other = browse(stack, made["path"], made["token"], {"files": [{"path": "b.md", "size": 3}]})
    assert (other.status, other.json["code"]) == (409, "upload_already_opened")


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        pytest.param([{"path": f"{n}.md", "size": 1} for n in range(3)], 413, "too_large", id="too many"),
        pytest.param([{"path": "a.md", "size": 11}], 413, "too_large", id="too large"),
        pytest.param([{"path": "../a.md", "size": 1}], 403, "invalid_path", id="outside"),
        pytest.param([], 400, "invalid_request", id="none"),
    ],
)
def test_what_a_link_does_not_take_is_refused_in_words(
    stack: Stack, made: dict[str, Any], files: object, status: int, code: str
) -> None:
    refused = browse(stack, made["path"], made["token"], {"files": files})
    assert (refused.status, refused.json["code"]) == (status, code)
    assert stack.request("GET", "/usage").json["uploads"]["used"] == 0


def test_it_opens_nothing_else(stack: Stack, made: dict[str, Any], subtests: pytest.Subtests) -> None:
    run_id = stack.finish("touch a.md")
    second = stack.request("POST", "/projects/p1/uploads/tokens", {}).json
    for method, path in (
        ("POST", second["path"]),
        ("OPTIONS", second["path"]),
        ("GET", f"/shared/runs/{run_id}/stream"),
        ("GET", f"/shared{made['path']}"),
        ("GET", "/shared/projects/p1"),
    ):
        with subtests.test(f"{method} {path}"):
            assert 400 <= browse(stack, path, made["token"], {"files": ONE}, method).status < 500
    # It is no key, and a key is no token.
    with_key = stack.request("POST", made["path"], {"files": ONE})
    assert (with_key.status, with_key.json["code"]) == (404, "upload_not_found")
    watching = stack.request("POST", f"/runs/{run_id}/tokens", {"scope": "files"}).json["token"]
    assert browse(stack, made["path"], watching, {"files": ONE}).status == 403


def test_a_late_link_says_so_in_words(stack: Stack) -> None:
    stack.project()
    late = UploadToken("tenant-a", "p1", "a" * 32, 1, 1, datetime.now(UTC) - timedelta(seconds=1), [PAGE])
    answer = browse(stack, f"/shared/uploads/{late.upload_id}", stack.backend.tokens.issue_for_upload(late), {})
    assert (answer.status, answer.json["code"]) == (401, "token_expired")
    assert "expired" in answer.json["detail"]
    assert answer.headers["access-control-allow-origin"] == PAGE


def test_nobody_makes_one_for_another_tenants_project(stack: Stack, made: dict[str, Any]) -> None:
    others = stack.request("POST", "/projects/p1/uploads/tokens", {}, tenant="tenant-b")
    assert (others.status, others.json["code"]) == (404, "project_not_found")
    assert made["token"] not in str(clients.dynamodb().scan(TableName="table")["Items"])


@pytest.mark.parametrize("others", [ONE, [{"path": "b.md", "size": 7}]], ids=["same-files", "other-files"])
def test_two_requests_at_once_with_one_token_are_one_upload_and_count_once(
    stack: Stack, others: list[dict[str, Any]]
) -> None:
    stack.project()

    def meets(number: int) -> Moment:
        before = stack.request("GET", "/usage").json
        token = stack.request("POST", "/projects/p1/uploads/tokens", {"origins": [PAGE]}).json
        opened: list[int] = []

        def second() -> None:
            # Not by a request: a process answers one at a time.
            files = [PromisedFile(**each) for each in others]
            with suppress(UploadAlreadyOpened):
                found = open_upload(stack.backend, AREA, files, datetime.now(UTC), token["upload_id"])
                opened.append(sum(int(each.headers["content-length"]) for each in found.urls))

        with at_call(number, second) as moment:
            answer = browse(stack, token["path"], token["token"], {"files": ONE})
        if answer.status == 201:
            opened.append(sum(int(each["headers"]["content-length"]) for each in answer.json["files"]))
        else:
            assert answer.json["code"] == "upload_already_opened", moment.calls
        [size] = set(opened)
        usage = stack.request("GET", "/usage").json
        assert usage["uploads"]["used"] == before["uploads"]["used"] + 1, moment.calls
        assert usage["stored_bytes"]["used"] == before["stored_bytes"]["used"] + size, moment.calls
        return moment

    assert each_moment(meets) > 4
