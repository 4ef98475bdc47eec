"""Bad input gets a clear error, the right status, and leaves nothing behind."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.stack import Answer, Stack

RUN = {"project_id": "p1", "name": "n", "instructions": "touch a"}


def refused(answer: Answer, status: int, code: str) -> Any:
    assert (answer.status, answer.json["code"]) == (status, code), answer.text
    assert isinstance(answer.json["detail"], str)
    assert answer.json["detail"]
    assert "Traceback" not in answer.text
    return answer.json


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0"], ids=["space", "tab", "no-break space"])
def test_a_blank_project_id_is_refused(stack: Stack, blank: str) -> None:
    answer = stack.request("PUT", f"/projects/{blank}", {"id": blank, "name": "n"})
    assert answer.status in {400, 404}
    refused(stack.request("POST", "/projects/ /runs", {**RUN, "project_id": " "}), 400, "invalid_id")


@pytest.mark.parametrize("body_id", ["", "  "], ids=["empty", "blank"])
def test_a_blank_project_id_in_the_body_is_refused(stack: Stack, body_id: str) -> None:
    refused(stack.request("PUT", "/projects/p1", {"id": body_id, "name": "n"}), 400, "invalid_id")
    stack.project("p1")
    refused(stack.request("POST", "/projects/p1/runs", {**RUN, "project_id": body_id}), 400, "invalid_id")


def test_an_empty_project_id_is_no_route(stack: Stack) -> None:
    refused(stack.request("PUT", "/projects/", {"id": "", "name": "n"}), 404, "unknown_route")


def test_ids_that_differ_are_refused(stack: Stack) -> None:
    refused(stack.request("PUT", "/projects/p1", {"id": "p2", "name": "n"}), 400, "id_mismatch")
    stack.project("p1")
    refused(stack.request("POST", "/projects/p1/runs", {**RUN, "project_id": "p2"}), 400, "id_mismatch")


def test_a_run_in_an_unknown_project_is_refused(stack: Stack) -> None:
    refused(stack.request("POST", "/projects/p1/runs", RUN), 404, "project_not_found")


UNKNOWN_RUN_ROUTES = [
    ("GET", ""),
    ("GET", "/steps"),
    ("GET", "/artifacts"),
    ("GET", "/artifacts/art-1/download"),
    ("GET", "/diff"),
    ("GET", "/workspace/files"),
    ("GET", "/workspace/files/a.md"),
    ("GET", "/stream"),
    ("POST", "/cancel"),
]


def test_an_unknown_run_and_another_tenants_run_get_the_same_answer(stack: Stack, subtests: pytest.Subtests) -> None:
    hidden = stack.finish("touch a.md", tenant="tenant-b")
    unknown = "0" * 32
    for method, rest in UNKNOWN_RUN_ROUTES:
        with subtests.test(rest or "/"):
            theirs = stack.request(method, f"/runs/{hidden}{rest}")
            nobodys = stack.request(method, f"/runs/{unknown}{rest}")
            refused(theirs, 404, "run_not_found")
            assert theirs.content == nobodys.content.replace(unknown.encode(), hidden.encode())
            assert theirs.headers == nobodys.headers


def test_another_tenants_project_and_pattern_are_unknown(stack: Stack) -> None:
    hidden = stack.finish("touch a.md", "theirs", tenant="tenant-b")
    body = {**RUN, "project_id": "theirs"}
    refused(stack.request("POST", "/projects/theirs/runs", body), 404, "project_not_found")
    refused(stack.request("GET", f"/patterns/{hidden}"), 404, "run_not_found")
    assert stack.request("GET", "/runs?project_id=theirs").json == []
    assert stack.request("GET", "/projects").json == []


def test_an_unknown_file_and_artifact_are_404(stack: Stack) -> None:
    run_id = stack.finish("touch a.md")
    refused(stack.request("GET", f"/runs/{run_id}/workspace/files/b.md"), 404, "file_not_found")
    refused(stack.request("GET", f"/runs/{run_id}/artifacts/art-none/download"), 404, "artifact_not_found")


def test_a_wrong_task_type_is_named(stack: Stack) -> None:
    stack.project("p1")
    told = refused(stack.request("POST", "/projects/p1/runs", {**RUN, "task_type": "cooking"}), 422, "invalid_request")
    assert "task_type" in told["errors"][0]["loc"]
    assert stack.request("GET", "/runs?project_id=p1").json == []


INVALID_BODIES = {
    "no json": b"{nope",
    "empty object": b"{}",
    "an array": b"[]",
    "nothing": b"",
    "not a number": b'{"instructions": NaN}',
    "no text": b"\xff\xfe",
    "nested too deep": b"[" * 100_000,
    "lone surrogate": b'{"instructions": "\\ud800"}',
    "instructions of another type": b'{"instructions": 5}',
}


def test_an_invalid_body_is_refused(stack: Stack, subtests: pytest.Subtests) -> None:
    stack.project("p1")
    for what, body in INVALID_BODIES.items():
        with subtests.test(what):
            answer = stack.request("POST", "/projects/p1/runs", raw=body)
            assert answer.status in {400, 422}, answer.text
            refused(answer, answer.status, answer.json["code"])
            assert stack.request("GET", "/runs").json == []


def test_blank_instructions_are_refused(stack: Stack) -> None:
    stack.project("p1")
    refused(stack.request("POST", "/projects/p1/runs", {**RUN, "instructions": " \n"}), 400, "invalid_request")


def test_oversized_bodies_are_refused(stack: Stack) -> None:
    stack.project("p1")
    long = {**RUN, "instructions": "x" * 70_000}
    refused(stack.request("POST", "/projects/p1/runs", long), 413, "too_large")
    huge = json.dumps({**RUN, "extra": "x" * 1_000_001}).encode()
    refused(stack.request("POST", "/projects/p1/runs", raw=huge), 413, "too_large")


OUTSIDE = [
    "../secret",
    "a/../../secret",
    "..",
    "/etc/passwd",
    "%2e%2e/secret",
    "%2e%2e%2fsecret",
    "..%2fsecret",
    "%252e%252e%252fsecret",
    "..\\secret",
    "C:/secret",
    "a\0b",
    ".git/config",
    "x" * 3_000,
]


def test_a_path_out_of_the_workspace_is_forbidden(stack: Stack, subtests: pytest.Subtests) -> None:
    run_id = stack.finish("touch a.md")
    for path in OUTSIDE:
        with subtests.test(path[:30]):
            refused(stack.request("GET", f"/runs/{run_id}/workspace/files/{path}"), 403, "invalid_path")
            named = stack.request("GET", f"/runs/{run_id}/workspace/file?path={quote(path, safe='')}")
            refused(named, 403, "invalid_path")


@pytest.mark.parametrize("run_id", ["x" * 3_000, "..", "a b", "\u2603"], ids=["long", "dots", "space", "snowman"])
def test_a_hostile_run_id_is_unknown(stack: Stack, run_id: str) -> None:
    assert stack.request("GET", f"/runs/{run_id}").status == 404


@pytest.mark.parametrize("project_id", ["x" * 3_000, "..", "\0", "a\\b"], ids=["long", "dots", "nul", "backslash"])
def test_a_hostile_project_id_is_refused(stack: Stack, project_id: str) -> None:
    answer = stack.request("PUT", f"/projects/{project_id}", {"name": "n"})
    assert 400 <= answer.status < 500
    assert stack.request("GET", "/projects").json == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("POST", "/projects/p1/runs", {"instructions": "a\0b"}, id="instructions"),
        pytest.param("POST", "/projects/p1/runs", {"instructions": "a", "name": "\0"}, id="name"),
        pytest.param("POST", "/projects/p1/runs", {"instructions": "a", "metadata": {"a": "\0"}}, id="note"),
        pytest.param(
            "POST", "/projects/p1/runs", {"instructions": "a", "files": [{"path": "a", "content": "\0"}]}, id="file"
        ),
        pytest.param("PUT", "/projects/p1", {"name": "\0"}, id="project"),
    ],
)
def test_a_nul_is_no_text(stack: Stack, method: str, path: str, body: dict[str, Any]) -> None:
    stack.request("PUT", "/projects/p1", {"name": "n"})
    told = refused(stack.request(method, path, body), 422, "invalid_request")
    assert "NUL" in told["detail"]


def test_cancelling_a_finished_run_says_how_it_ended(stack: Stack) -> None:
    run_id = stack.finish("touch a.md")
    told = refused(stack.request("POST", f"/runs/{run_id}/cancel"), 400, "run_already_ended")
    assert "succeeded" in told["detail"]


def test_cloning_from_another_project_is_refused(stack: Stack) -> None:
    source = stack.finish("touch a.md", "p1")
    stack.project("p2")
    body = {**RUN, "project_id": "p2", "from_run_id": source}
    refused(stack.request("POST", "/projects/p2/runs", body), 400, "clone_not_allowed")
    body["from_run_id"] = "unknown"
    refused(stack.request("POST", "/projects/p2/runs", body), 404, "run_not_found")


def test_an_unknown_route_is_404_and_a_wrong_method_405(stack: Stack) -> None:
    refused(stack.request("GET", "/nowhere"), 404, "unknown_route")
    answer = stack.request("DELETE", "/healthz")
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_bad_page_is_refused(stack: Stack, subtests: pytest.Subtests) -> None:
    run_id = stack.finish("touch a.md")
    for query in ("limit=0", "limit=x", "limit=999999", "cursor=%25", "cursor=____"):
        with subtests.test(query):
            answer = stack.request("GET", f"/runs/{run_id}/workspace/files?{query}")
            code, status = ("invalid_cursor", 400) if query.startswith("cursor") else ("invalid_request", 422)
            refused(answer, status, code)


def test_a_request_without_a_tenant_is_unauthenticated(stack: Stack) -> None:
    refused(stack.request("GET", "/runs", tenant=None), 401, "unauthenticated")
    assert stack.request("GET", "/healthz", tenant=None).json == {"status": "ok"}
