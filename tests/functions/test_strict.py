"""What a request says is done, or refused by name: nothing is ignored, lost or read as something else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from swarm.records.projects import PendingCleanup
from tests.support.stack import Answer, Stack

RUN = {"project_id": "p1", "name": "n", "instructions": "touch a"}


def refused(answer: Answer, status: int, code: str) -> Any:
    assert (answer.status, answer.json["code"]) == (status, code), answer.text
    return answer.json


UNKNOWN_PARAMETERS = [
    ("/runs?foo=bar", ""),
    ("/runs?name=x", ""),
    ("/runs?projectid=p1", "project_id"),
    ("/projects?project_id=p1", ""),
    ("/webhooks/deliveries?run_id=x", ""),
    ("/webhooks/deliveries?Status=dead", "status"),
    ("/runs/x/stream?follow=1", ""),
    ("/healthz?x=", "this route takes none"),
]


def test_an_unknown_parameter_is_refused_by_name(stack: Stack, subtests: pytest.Subtests) -> None:
    for path, meant in UNKNOWN_PARAMETERS:
        with subtests.test(path):
            told = refused(stack.request("GET", path), 400, "unknown_parameter")
            assert repr(path.partition("?")[2].partition("=")[0]) in told["detail"]
            assert meant in told["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "loc", "meant"),
    [
        ("POST", "/projects/p1/runs", {**RUN, "fromRunId": "x"}, ["fromRunId"], "from_run_id"),
        ("POST", "/projects/p1/runs", {**RUN, "Instructions": "x"}, ["Instructions"], "instructions"),
        ("POST", "/projects/p1/runs", {**RUN, "limits": {"maxTurns": 3}}, ["limits", "maxTurns"], "max_turns"),
        ("POST", "/projects/p1/runs", {**RUN, "files": [{"path": "a", "text": "b"}]}, ["files", 0, "text"], "content"),
        ("POST", "/projects/p1/uploads", {"file": []}, ["file"], "files"),
        ("PUT", "/projects/p1", {"taskType": "code"}, ["taskType"], "task_type"),
        ("POST", "/webhooks/secret/rotate", {"overlap": 1}, ["overlap"], "overlap_seconds"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_an_unknown_field_is_refused_and_the_nearest_named(
    stack: Stack, method: str, path: str, body: Any, loc: list[str | int], meant: str
) -> None:
    stack.project()
    told = refused(stack.request(method, path, body), 422, "invalid_request")
    assert [fault["loc"] for fault in told["errors"]] == [["body", *loc]]
    assert meant in told["detail"]
    assert stack.request("GET", "/runs").json == []


def test_what_the_existing_client_sends_is_taken(stack: Stack) -> None:
    project = {"id": "p1", "name": "n", "task_type": "code", "domain_config": {"any": ["json"]}}
    assert stack.request("PUT", "/projects/p1", project).status == 201
    run = {**RUN, "task_type": "code", "reference_run_id": None, "from_run_id": None}
    assert stack.request("POST", "/projects/p1/runs", run).status == 201


@pytest.mark.parametrize("number", ["1e999", "-1e999", "Infinity", "NaN", "1" * 5_000], ids=lambda text: text[:9])
def test_what_no_json_has_is_refused(stack: Stack, number: str) -> None:
    body = f'{{"domain_config": {{"deep": [{number}]}}}}'.encode()
    refused(stack.request("PUT", "/projects/p1", raw=body), 400, "invalid_json")
    assert stack.request("GET", "/projects").json == []


def test_a_byte_order_mark_is_passed_over(stack: Stack) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"name": "n"}).encode()
    assert stack.request("PUT", "/projects/p1", raw=body).json["name"] == "n"


def test_head_is_answered_as_get_is_without_a_body(stack: Stack) -> None:
    run_id = stack.finish("touch a.md")
    for path in ("/healthz", "/openapi.json", f"/runs/{run_id}", f"/runs/{run_id}/workspace/files/a.md"):
        got, head = stack.request("GET", path), stack.request("HEAD", path)
        assert (head.status, head.content, head.headers["content-type"]) == (200, b"", got.headers["content-type"])
    assert stack.request("HEAD", "/runs/unknown").status == 404


PARTS = [
    ("bytes=0-3", 206, "bytes 0-3/10"),
    ("bytes=7-", 206, "bytes 7-9/10"),
    ("bytes=-2", 206, "bytes 8-9/10"),
    ("bytes=-99", 206, "bytes 0-9/10"),
    ("bytes=9-99", 206, "bytes 9-9/10"),
    ("bytes=10-", 416, None),
    ("bytes=-0", 416, None),
    ("bytes=5-3", 200, None),
    ("bytes=0-1,4-5", 200, None),
    ("bytes=-", 200, None),
    ("lines=1-2", 200, None),
]


def test_a_part_of_a_file_can_be_had(stack: Stack, subtests: pytest.Subtests) -> None:
    files = [{"path": "a.bin", "content": "0123456789"}]
    run_id = stack.finish("Create a file called b.md with a greeting", files=files)
    [kept] = [each for each in stack.run(run_id)["artifacts"] if each["path"] == "b.md"]
    path = f"/runs/{run_id}/workspace/files/a.bin"
    for asked, status, told in PARTS:
        with subtests.test(asked):
            answer = stack.request("GET", path, headers={"Range": asked})
            assert (answer.status, answer.headers.get("content-range")) == (status, told)
            if told:
                first, last = map(int, told.removeprefix("bytes ").partition("/")[0].split("-"))
                assert answer.content == b"0123456789"[first : last + 1]
            if status == 416:
                refused(answer, 416, "range_not_satisfiable")
    assert stack.request("GET", path, headers={"Range": "bytes=0-3", "If-Range": '"x"'}).status == 200
    output = f"/runs/{run_id}/artifacts/{kept['id']}/download"
    assert stack.request("GET", output, headers={"range": "bytes=0-1"}).content == b"# "
    shown = [
        stack.request("GET", f"{output}{query}").headers["content-disposition"] for query in ("", "?disposition=inline")
    ]
    assert [each.partition(";")[0] for each in shown] == ["attachment", "inline"]


IDS = ["\u20ac", "\U0001f4a1", "\U0001f469\u200d\U0001f4bb", '"', "#1", "a b", "50%", "\u0645\u0634\u0631"]


@pytest.mark.parametrize("project_id", IDS, ids=ascii)
def test_any_printable_character_may_be_in_a_projects_id(stack: Stack, project_id: str) -> None:
    assert stack.request("PUT", f"/projects/{project_id}", {"id": project_id}).status == 201
    assert stack.request("GET", f"/projects/{project_id}").json["id"] == project_id
    assert stack.request("POST", f"/projects/{project_id}/runs", {"instructions": "touch a"}).status == 201


@pytest.mark.parametrize("project_id", ["a\tb", "a\nb", "\u202ex", "a\u200bb"], ids=ascii)
def test_an_id_with_a_character_that_is_not_seen_is_refused(stack: Stack, project_id: str) -> None:
    refused(stack.request("PUT", f"/projects/{project_id}", {}), 400, "invalid_id")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_is_left_out_stays_and_null_sets_back(stack: Stack, method: str) -> None:
    whole = {"name": "n", "task_type": "research", "domain_config": {"a": 1}, "callback_url": "https://example.com/h"}
    assert stack.request("PUT", "/projects/p1", whole).status == 201
    renamed = stack.request(method, "/projects/p1", {"name": "other"}).json
    assert {name: renamed[name] for name in whole} == {**whole, "name": "other"}
    cleared = stack.request(method, "/projects/p1", dict.fromkeys(whole)).json
    expected = {"name": "p1", "task_type": "code", "domain_config": None, "callback_url": None}
    assert {name: cleared[name] for name in whole} == expected


def test_only_a_project_that_there_is_can_be_patched(stack: Stack) -> None:
    refused(stack.request("PATCH", "/projects/p1", {"name": "n"}), 404, "project_not_found")
    assert stack.request("GET", "/projects").json == []


def test_a_reference_that_is_unknown_or_of_another_project_is_refused(stack: Stack) -> None:
    theirs = stack.finish("touch a.md", "p2")
    others = stack.finish("touch a.md", tenant="tenant-b")
    stack.project("p1")
    for unknown in ("nope", others):
        answer = stack.request("POST", "/projects/p1/runs", {**RUN, "reference_run_id": unknown})
        refused(answer, 404, "run_not_found")
    answer = stack.request("POST", "/projects/p1/runs", {**RUN, "reference_run_id": theirs})
    refused(answer, 400, "reference_not_allowed")
    assert stack.request("GET", "/runs?project_id=p1").json == []


def test_the_files_of_a_run_that_is_still_going_are_not_taken(stack: Stack) -> None:
    stack.project()
    source = stack.start("touch a.md")
    body = {**RUN, "from_run_id": source}
    refused(stack.request("POST", "/projects/p1/runs", body), 409, "run_still_active")
    stack.drive(source)
    assert stack.request("POST", "/projects/p1/runs", body).status == 201


def upload(stack: Stack, *paths: str) -> str:
    files = [{"path": path, "size": 1} for path in paths]
    answer = stack.request("POST", "/projects/p1/uploads", {"files": files})
    assert answer.status == 201, answer.text
    return str(answer.json["upload_id"])


def inline(*paths: str) -> list[dict[str, str]]:
    return [{"path": path, "content": "x"} for path in paths]


CONTRADICTIONS: dict[str, Any] = {
    "a file and a folder": lambda _: {"files": inline("a", "a/b")},
    "the same, far apart": lambda _: {"files": inline("a/b/c/d", "z", "a/b")},
    "one path twice": lambda _: {"files": inline("a", "a")},
    "one path in two forms of Unicode": lambda _: {"files": inline("u\u0308", "\u00fc")},
    "two uploads of one path": lambda stack: {"uploads": [upload(stack, "a"), upload(stack, "a")]},
    "an upload and a file": lambda stack: {"uploads": [upload(stack, "a")], "files": inline("a")},
    "an upload inside a file": lambda stack: {"uploads": [upload(stack, "a/b")], "files": inline("a")},
    "a file where the source has a folder": lambda stack: {
        "from_run_id": stack.finish("touch a/b.md"), "files": inline("a"),
    },
    "a folder where the source has a file": lambda stack: {
        "from_run_id": stack.finish("touch a.md"), "files": inline("a.md/b"),
    },
}  # fmt: skip


@pytest.mark.parametrize("made", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_inputs_that_contradict_each_other_are_refused_at_once(stack: Stack, made: Any) -> None:
    stack.project()
    body = {**RUN, **made(stack)}
    before = len(stack.request("GET", "/runs").json)
    refused(stack.request("POST", "/projects/p1/runs", body), 400, "contradictory_inputs")
    assert len(stack.request("GET", "/runs").json) == before


def test_more_uploads_than_a_run_takes_are_refused(stack: Stack) -> None:
    stack.project()
    asked = stack.request("POST", "/projects/p1/runs", {**RUN, "uploads": ["0" * 32] * 3_000})
    told = refused(asked, 422, "invalid_request")
    assert [fault["loc"] for fault in told["errors"]] == [["body", "uploads"]]


def test_an_upload_that_is_named_twice_is_taken_once(stack: Stack) -> None:
    stack.project()
    one = upload(stack, "a")
    assert stack.request("POST", "/projects/p1/runs", {**RUN, "uploads": [one, one]}).status == 201
    (run,) = stack.request("GET", "/runs").json
    assert stack.backend.runs.get("tenant-a", run["id"]).uploads == (one,)
    refused(stack.request("POST", "/projects/p1/runs", {**RUN, "uploads": [one] * 3_000}), 422, "invalid_request")


def test_a_key_means_another_run_once_its_project_was_made_again(stack: Stack) -> None:
    headers = {"idempotency-key": "k"}
    first = stack.request("POST", f"/projects/{stack.project()}/runs", RUN, headers=headers).json["id"]
    stack.drive(first)
    assert stack.request("DELETE", "/projects/p1").status == 202
    stack.backend.projects.release(PendingCleanup("tenant-a", "p1", datetime.now(UTC) - timedelta(days=1)))
    stack.backend.tenants.reopen("tenant-a", "p1")
    stack.project()
    second = stack.request("POST", "/projects/p1/runs", RUN, headers=headers).json["id"]
    assert second != first
    stack.drive(second)
    assert stack.run(second)["status"] == "succeeded"


def test_a_queued_run_has_its_instructions_from_the_beginning(stack: Stack) -> None:
    stack.project()
    queued = stack.run(stack.start("touch a.md"))["system_instructions"]
    assert queued.endswith("\n\ntouch a.md")
    assert len(queued) > 500


def test_what_a_browser_executes_is_an_attachment_at_its_url(stack: Stack) -> None:
    run_id = stack.finish("touch a.md", files=inline("a.html", "a.svg", "a.xml", "a.js", "a.mjs"))
    listed = stack.request("GET", f"/runs/{run_id}/workspace/files").json["files"]
    inside = {file["path"] for file in listed if "response-content-disposition=inline" in file["url"]}
    saved = {file["path"] for file in listed if "response-content-disposition=attachment" in file["url"]}
    assert (inside, saved) == ({"a.md"}, {"a.html", "a.svg", "a.xml", "a.js", "a.mjs"})


def test_an_artifact_downloads_as_an_attachment_under_its_name(stack: Stack) -> None:
    run_id = stack.finish("Create a file called \u062e\u0637\u0629.md with a greeting")
    for artifact in stack.request("GET", f"/runs/{run_id}/artifacts").json:
        answer = stack.request("GET", f"/runs/{run_id}/artifacts/{artifact['id']}/download")
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
