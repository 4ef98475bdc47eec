"""Files go straight to the storage, without the key, and in full."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import ApiError
from codex_swarm.models import RunLimits
from tests.client.bodies import run
from tests.client.fake_api import FakeApi, Received, serving, told
from tests.client.fake_api import refused as refusal


def upload(storage: FakeApi, **sizes: int) -> dict[str, object]:
    files = [
        {
            "path": path,
            "url": f"{storage.url}/bucket/{number}?X-Amz-Signature=1",
            "headers": {"content-length": str(size), "content-type": "text/markdown"},
            "expires_at": "2026-01-01T00:00:00Z",
        }
        for number, (path, size) in enumerate(sizes.items())
    ]
    return {"upload_id": "up-1", "files": files}


def lower(request: Received) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def test_files_are_promised_and_sent_with_progress(api: FakeApi, client: CodexSwarmClient, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"x" * 300_000)
    (tmp_path / "b.md").write_bytes(b"yy")
    with serving() as storage:
        storage.on("PUT", "/bucket/0?X-Amz-Signature=1", told({}))
        storage.on("PUT", "/bucket/1?X-Amz-Signature=1", told({}))
        api.on("POST", "/projects/demo/uploads", told(upload(storage, **{"a.md": 300_000, "in/b.md": 2}), 201))
        seen: list[tuple[int, int]] = []
        files = {"a.md": tmp_path / "a.md", "in/b.md": tmp_path / "b.md"}
        assert client.upload_files("demo", files, on_progress=lambda sent, total: seen.append((sent, total))) == "up-1"
        promised = api.received[0].json()["files"]
        assert [(each["path"], each["size"]) for each in promised] == [("a.md", 300_000), ("in/b.md", 2)]
        assert promised[1]["sha256"] == hashlib.sha256(b"yy").hexdigest()
        assert sorted(len(request.body) for request in storage.received) == [2, 300_000]
        assert all(lower(request)["content-type"] == "text/markdown" for request in storage.received)
        assert all("authorization" not in lower(request) for request in storage.received)
    assert seen[-1] == (300_002, 300_002)
    assert [sent for sent, _ in seen] == sorted(sent for sent, _ in seen)


def test_a_list_of_files_goes_to_the_root_under_their_names(
    api: FakeApi, client: CodexSwarmClient, tmp_path: Path
) -> None:
    (tmp_path / "empty.md").touch()
    with serving() as storage:
        storage.on("PUT", "/bucket/0?X-Amz-Signature=1", told({}))
        api.on("POST", "/projects/demo/uploads", told(upload(storage, **{"empty.md": 0}), 201))
        client.upload_files("demo", [tmp_path / "empty.md"])
        assert lower(storage.received[0])["content-length"] == "0"


def test_two_files_of_one_name_are_refused_before_anything_is_sent(api: FakeApi, client: CodexSwarmClient) -> None:
    with pytest.raises(ValueError, match="mapping"):
        client.upload_files("demo", ["a/x.md", "b/x.md"])
    assert api.received == []


def test_a_refusal_of_the_storage_is_an_error(api: FakeApi, client: CodexSwarmClient, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"x")
    with serving() as storage:
        storage.on("PUT", "/bucket/0?X-Amz-Signature=1", refusal(403, "SignatureDoesNotMatch"))
        api.on("POST", "/projects/demo/uploads", told(upload(storage, **{"a.md": 1}), 201))
        with pytest.raises(ApiError) as caught:
            client.upload_files("demo", [tmp_path / "a.md"])
    assert caught.value.status == 403


def test_a_run_takes_uploads_texts_and_limits(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("POST", "/projects/demo/runs", told(run(), 201))
    api.on("POST", "/runs/run-1/resume", told(run(), 201))
    client.start_run("demo", "Go", uploads=["up-1"], files={"a.md": "text"}, limits=RunLimits(max_turns=3))
    client.resume_run("run-1", RunLimits(max_turns=9))
    started, resumed = (request.json() for request in api.received)
    assert started["uploads"] == ["up-1"]
    assert started["files"] == [{"path": "a.md", "content": "text"}]
    assert started["limits"] == {"max_turns": 3}
    assert resumed == {"limits": {"max_turns": 9}}
