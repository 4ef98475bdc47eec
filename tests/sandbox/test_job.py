"""A job, from the signed address to the archive: what is fetched, what is handed back, and what is refused."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

import pytest

from tests.support.handler_process import Handler
from tests.support.job_server import JobServer


@pytest.fixture
def run_id() -> str:
    """A run that no other test has used: what one run left is not for another."""
    return uuid.uuid4().hex


def test_what_is_new_changed_or_gone_comes_back(sandbox: Handler, bucket: JobServer, run_id: str) -> None:
    given = {"same.txt": b"same", "sub/old.txt": b"old", "gone.txt": b"gone", "moved.txt": b"moved"}
    event = bucket.commands(
        "echo new > sub/old.txt; rm gone.txt; mv moved.txt there.txt",
        "mkdir -p a/b && echo deep > a/b/c.md; touch same.txt; cat same.txt",
        files=given,
        run_id=run_id,
    )
    assert sandbox(event) == {"job_id": event["job_id"], "calls": 2}
    done = bucket.delivered(event)
    assert done.files == {"sub/old.txt": b"new\n", "there.txt": b"moved", "a/b/c.md": b"deep\n"}
    assert done.deleted == ["gone.txt", "moved.txt"]
    assert [result["files"] for result in done.results] == [["sub/old.txt", "there.txt"], ["a/b/c.md"]]
    assert done.result("call_2")["output"] == "same"


def test_the_archive_is_plain_files_in_a_set_order(sandbox: Handler, bucket: JobServer, run_id: str) -> None:
    name = "ä" * 100 + ".txt"
    event = bucket.commands(f"echo x > {name}; chmod 777 {name}; : > empty", run_id=run_id)
    sandbox(event)
    members = bucket.delivered(event).members
    assert [member.name for member in members] == ["results.json", "deleted.json", "files/empty", f"files/{name}"]
    assert all(member.isreg() and not member.issparse() for member in members)
    assert [member.mode for member in members] == [0o644, 0o644, 0o644, 0o755]
    assert {(member.uid, member.gid, member.uname) for member in members} == {(0, 0, "")}


def test_the_execute_bit_of_a_file_comes_with_it_and_goes_back(
    sandbox: Handler, bucket: JobServer, run_id: str
) -> None:
    script = b"#!/bin/sh\necho made\n"
    files = {"tool.sh": script, "plain.sh": script, "stays.sh": script}
    event = bucket.commands(
        "./tool.sh; ./plain.sh; chmod -x tool.sh; chmod +x plain.sh",
        files=files,
        executable=["tool.sh", "stays.sh"],
        run_id=run_id,
    )
    sandbox(event)
    done = bucket.delivered(event)
    assert done.output.startswith("made\n")
    assert "Permission denied" in done.output
    modes = {member.name: member.mode for member in done.members}
    assert {name: mode for name, mode in modes.items() if name.startswith("files/")} == {
        "files/plain.sh": 0o755,
        "files/tool.sh": 0o644,
    }


def test_a_folder_that_is_left_empty_is_named(sandbox: Handler, bucket: JobServer, run_id: str) -> None:
    event = bucket.commands(
        "mkdir -p out/charts full && touch full/a.txt", "rm b/c.txt", files={"b/c.txt": b"c"}, run_id=run_id
    )
    sandbox(event)
    done = bucket.delivered(event)
    reason = "it is an empty folder, and only files are kept: put one into it"
    assert done.result("call_1")["output"] == f"\n[not kept: out/charts/: {reason}]"
    assert done.result("call_2")["output"] == f"\n[not kept: b/: {reason}]"
    assert (done.files, done.deleted) == ({"full/a.txt": b""}, ["b/c.txt"])


def test_a_job_without_changes_says_so(sandbox: Handler, bucket: JobServer, run_id: str) -> None:
    event = bucket.commands("true", files={"a": b"1"}, run_id=run_id)
    sandbox(event)
    done = bucket.delivered(event)
    assert (done.files, done.deleted) == ({}, [])
    assert done.results == [
        {
            "call_id": "call_1",
            "ok": True,
            "output": "",
            "exit_code": 0,
            "seconds": done.result()["seconds"],
            "timed_out": False,
            "notes": {"defences": done.result()["notes"]["defences"]},
            "files": [],
            "pictures": [],
        }
    ]


def test_files_of_the_same_run_are_fetched_once(sandbox: Handler, bucket: JobServer, run_id: str) -> None:
    files = {f"{number}.txt": f"number {number}".encode() for number in range(30)}
    for _ in range(2):
        sandbox(bucket.commands("cat *.txt", files=files, run_id=run_id))
    assert sum(path.startswith("/blobs/") for path in bucket.asked) == 30
    sandbox(bucket.commands("cat *.txt", files=files, run_id=f"{run_id}-other"))
    assert sum(path.startswith("/blobs/") for path in bucket.asked) == 60


def test_git_is_the_workspaces_own_business(sandbox: Handler, bucket: JobServer, run_id: str) -> None:
    event = bucket.commands("mkdir .git .swarm; echo x > .git/config; echo x > .swarm/y; echo x > z", run_id=run_id)
    sandbox(event)
    assert bucket.delivered(event).files == {"z": b"x\n"}
    assert bucket.delivered(event).output == ""


def test_names_come_back_in_unicodes_normal_form(sandbox: Handler, bucket: JobServer, run_id: str) -> None:
    event = bucket.commands("echo x > $'a\\xcc\\x88.txt'; echo y > $'\\xc3\\xa4'", run_id=run_id)
    sandbox(event)
    assert bucket.delivered(event).files == {"ä.txt": b"x\n", "ä": b"y\n"}


def test_what_is_over_the_limit_is_left_out_and_named(sandbox: Handler, bucket: JobServer, run_id: str) -> None:
    event = bucket.commands(
        "mv given renamed; echo small > small",
        "true",
        files={"given": bytes(2000)},
        run_id=run_id,
        limits={"file_bytes": 1000},
    )
    sandbox(event)
    done = bucket.delivered(event)
    assert done.files == {"small": b"small\n"}
    assert done.result("call_1")["output"] == "\n[not kept: renamed: it is larger than 1,000 bytes]"
    assert done.result("call_2")["output"] == ""


@pytest.mark.parametrize("failing", [[503], [500, 503], [429]], ids=str)
def test_what_may_pass_is_tried_again(failing: list[int], sandbox: Handler, bucket: JobServer, run_id: str) -> None:
    bucket.failing += failing
    event = bucket.commands("echo fine", run_id=run_id)
    sandbox(event)
    assert bucket.delivered(event).output == "fine\n"


def spoil(event: dict[str, Any], bucket: JobServer, change: dict[str, Any]) -> dict[str, Any]:
    path = "/jobs/" + event["job_id"]
    bucket.objects[path] = json.dumps({**json.loads(bucket.objects[path]), **change}).encode()
    return event


def source(**changes: Any) -> dict[str, Any]:
    return {
        "path": "a",
        "sha256": hashlib.sha256(b"").hexdigest(),
        "size": 0,
        "url": "https://bucket.test/a",
        **changes,
    }


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"schema": 2}, id="schema"),
        pytest.param({"job_id": "another"}, id="another-job"),
        pytest.param({"files": [source(path="../a")]}, id="dots"),
        pytest.param({"files": [source(path="/a")]}, id="absolute"),
        pytest.param({"files": [source(path="a\0")]}, id="nul"),
        pytest.param({"files": [source(), source()]}, id="twice"),
        pytest.param({"files": [source(sha256="../../../etc/passwd")]}, id="hash"),
        pytest.param({"files": [source(size=-1)]}, id="size"),
        pytest.param({"files": [source(url="file:///etc/passwd")]}, id="file-url"),
        pytest.param({"files": [source(url="http://bucket.test/a")]}, id="plain-http"),
        pytest.param({"limits": {}}, id="no-limits"),
        pytest.param({"calls": [{"call_id": "c", "tool": "t", "arguments": []}]}, id="arguments"),
        pytest.param({"result": {"url": "ftp://bucket.test", "fields": {}}}, id="ftp-result"),
    ],
)
def test_a_job_that_cannot_be_is_refused(
    change: dict[str, Any], sandbox: Handler, bucket: JobServer, run_id: str
) -> None:
    event = spoil(bucket.commands("true", run_id=run_id), bucket, change)
    with pytest.raises(RuntimeError, match="SchemaUnknown" if "schema" in change else "JobRefused"):
        sandbox(event)
    assert bucket.deliveries == {}


@pytest.mark.parametrize("status", [307, 403, 404], ids=["redirect", "expired", "missing"])
def test_a_file_that_is_not_there_ends_the_job_without_its_address(
    status: int, sandbox: Handler, bucket: JobServer, run_id: str
) -> None:
    addresses = {
        307: f"{bucket.url}/moved/blobs/x?X-Amz-Signature=sesame",
        403: f"{bucket.url}/blobs/x",
        404: f"{bucket.url}/blobs/x?X-Amz-Signature=sesame",
    }
    event = spoil(bucket.commands("true", run_id=run_id), bucket, {"files": [source(url=addresses[status])]})
    with pytest.raises(RuntimeError, match=f"Unreachable: GET failed: status {status}") as raised:
        sandbox(event)
    assert "127.0.0.1" not in str(raised.value)
    assert "sesame" not in str(raised.value)


def test_bytes_with_another_hash_are_not_used(sandbox: Handler, bucket: JobServer, run_id: str) -> None:
    event = bucket.commands("cat a", files={"a": b"right"}, run_id=run_id)
    bucket.objects[f"/blobs/{hashlib.sha256(b'right').hexdigest()}"] = b"wrong"
    with pytest.raises(RuntimeError, match="Unreachable: a is not what its hash says"):
        sandbox(event)
