"""Files that a run begins with: uploaded beforehand, or sent along."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

import pytest

from swarm.aws import clients
from tests.support.stack import Stack

TEXT = b"# Contract\n\nThe term is two years.\n"


def opened(stack: Stack, *files: dict[str, Any], project: str = "p1") -> Any:
    stack.project(project)
    answer = stack.request("POST", f"/projects/{project}/uploads", {"files": list(files)})
    assert answer.status == 201, answer.text
    return answer.json


def put(stack: Stack, upload: Any, number: int, data: bytes) -> None:
    """Store the bytes as the presigned PUT would."""
    key = f"t/tenant-a/p/p1/uploads/{upload['upload_id']}/{number}"
    assert key in upload["files"][number]["url"]
    clients.s3().put_object(Bucket="bucket", Key=key, Body=data)


def test_an_upload_becomes_the_first_files_of_a_run(stack: Stack) -> None:
    sha256 = hashlib.sha256(TEXT).hexdigest()
    upload = opened(
        stack,
        {"path": "in/contract.md", "size": len(TEXT), "sha256": sha256},
        {"path": "in/data.csv", "size": 4},
    )
    put(stack, upload, 0, TEXT)
    put(stack, upload, 1, b"a,b\n")
    run_id = stack.finish("touch done.md", uploads=[upload["upload_id"]])
    listing = stack.request("GET", f"/runs/{run_id}/workspace/files").json
    assert [file["path"] for file in listing["files"]] == ["done.md", "in/contract.md", "in/data.csv"]
    assert stack.request("GET", f"/runs/{run_id}/workspace/files/in/contract.md").content == TEXT
    # What a run was given is not what it made.
    assert stack.request("GET", f"/runs/{run_id}/diff").json["summary"]["files"] == [{"path": "done.md", "status": "A"}]


def test_an_uploads_url_takes_exactly_what_was_promised(stack: Stack) -> None:
    (target,) = opened(stack, {"path": "a.md", "size": 5})["files"]
    assert target["headers"] == {
        "content-length": "5",
        "content-type": "text/markdown; charset=utf-8",
        "if-none-match": "*",
        "x-amz-tagging": "keep=day",
    }
    signed = "%3B".join(sorted([*target["headers"], "host"]))
    assert f"X-Amz-SignedHeaders={signed}&" in target["url"]


@pytest.mark.parametrize(
    ("stored", "promised"),
    [(None, {"size": 5}), (b"1234", {"size": 5}), (b"12345", {"size": 5, "sha256": "0" * 64})],
    ids=["never sent", "another size", "other bytes"],
)
def test_a_run_whose_upload_is_not_as_promised_fails_and_says_so(
    stack: Stack, stored: bytes | None, promised: dict[str, Any]
) -> None:
    upload = opened(stack, {"path": "a.md", **promised})
    if stored is not None:
        put(stack, upload, 0, stored)
    run = stack.run(stack.finish("touch b.md", uploads=[upload["upload_id"]]))
    assert (run["status"], run["errors"][0]["error_type"]) == ("failed", "invalid_input")
    assert "a.md" in run["errors"][0]["message"]
    assert run["machine_summary"]["execution_attempted"] is False


def test_files_sent_along_are_there(stack: Stack) -> None:
    run_id = stack.finish("touch b.md", files=[{"path": "notes/\u00fc.md", "content": "\u2603"}])
    assert stack.request("GET", f"/runs/{run_id}/workspace/files/notes/\u00fc.md").text == "\u2603"


@pytest.mark.parametrize("path", ["what? why!/100% \u00fc+#&=;.md", "plain.md"], ids=["any character", "plain"])
def test_a_file_is_named_in_the_query(path: str, stack: Stack) -> None:
    run_id = stack.finish("touch b.md", files=[{"path": path, "content": "\u2603"}])
    asked = f"?path={quote(path, safe='')}"
    assert stack.request("GET", f"/runs/{run_id}/workspace/file{asked}").text == "\u2603"
    assert stack.request("GET", f"/runs/{run_id}/workspace/file{asked}&turn=0").text == "\u2603"
    saved = stack.request("GET", f"/runs/{run_id}/workspace/file{asked}&disposition=attachment")
    assert saved.headers["content-disposition"].startswith("attachment")
    missing = stack.request("GET", f"/runs/{run_id}/workspace/file?path=c.md")
    assert (missing.status, missing.json["code"]) == (404, "file_not_found")


def test_inputs_go_over_a_cloned_workspace(stack: Stack) -> None:
    first = stack.finish("Create a file called a.md with a greeting")
    second = stack.finish("touch b.md", from_run_id=first, files=[{"path": "a.md", "content": "mine"}])
    assert stack.request("GET", f"/runs/{second}/workspace/files/a.md").text == "mine"
    assert stack.request("GET", f"/runs/{first}/workspace/files/a.md").text != "mine"


REFUSED = {
    "no files": ([], 400, "invalid_request"),
    "too many": ([{"path": f"{n}", "size": 1} for n in range(501)], 400, "invalid_request"),
    "same path": ([{"path": "a", "size": 1}] * 2, 400, "contradictory_inputs"),
    "traversal": ([{"path": "../a", "size": 1}], 403, "invalid_path"),
    "too large": ([{"path": "a", "size": 50 * 1024 * 1024 + 1}], 413, "too_large"),
    "negative": ([{"path": "a", "size": -1}], 422, "invalid_request"),
    "no hash": ([{"path": "a", "size": 1, "sha256": "xyz"}], 422, "invalid_request"),
}


@pytest.mark.parametrize(("files", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_an_upload_that_cannot_be_is_refused(stack: Stack, files: list[Any], status: int, code: str) -> None:
    stack.project()
    answer = stack.request("POST", "/projects/p1/uploads", {"files": files})
    assert (answer.status, answer.json["code"]) == (status, code), answer.text


@pytest.mark.parametrize("upload_id", ["0" * 32, "../x", "x" * 3_000], ids=["unknown", "traversal", "long"])
def test_a_run_with_an_unknown_upload_is_refused(stack: Stack, upload_id: str) -> None:
    stack.project()
    body = {"instructions": "touch a", "uploads": [upload_id]}
    answer = stack.request("POST", "/projects/p1/runs", body)
    assert (answer.status, answer.json["code"]) == (404, "upload_not_found")
    assert stack.request("GET", "/runs").json == []


def test_an_upload_of_another_project_is_unknown(stack: Stack) -> None:
    upload = opened(stack, {"path": "a.md", "size": 1})
    stack.project("p2")
    answer = stack.request("POST", "/projects/p2/runs", {"instructions": "touch a", "uploads": [upload["upload_id"]]})
    assert answer.json["code"] == "upload_not_found"


def test_too_much_sent_along_is_refused(stack: Stack) -> None:
    stack.project()
    body = {"instructions": "touch a", "files": [{"path": "a", "content": "x" * 512_001}]}
    assert stack.request("POST", "/projects/p1/runs", body).json["code"] == "too_large"
