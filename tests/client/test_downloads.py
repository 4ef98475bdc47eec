"""Files come inline or by a redirect to the storage, and appear on disk only when complete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import NotFound, TransportError
from tests.client.conftest import Clock
from tests.client.fake_api import Answer, FakeApi, refused, serving, told

BIG = "/runs/run-1/workspace/file?path=data%2Fbig.bin"


@pytest.fixture
def storage() -> Iterator[FakeApi]:
    with serving() as storage:
        yield storage


def test_a_redirect_is_followed_without_the_key(api: FakeApi, client: CodexSwarmClient, storage: FakeApi) -> None:
    api.on("GET", BIG, Answer(307, headers={"Location": f"{storage.url}/bucket/blob?X-Amz-Signature=abc"}))
    storage.on("GET", "/bucket/blob?X-Amz-Signature=abc", Answer(body=b"big"))
    assert client.get_file("run-1", "data/big.bin") == b"big"
    assert "Authorization" in api.received[0].headers
    assert "Authorization" not in storage.received[0].headers


def test_a_download_follows_too(api: FakeApi, client: CodexSwarmClient, storage: FakeApi, tmp_path: Path) -> None:
    api.on("GET", BIG, Answer(307, headers={"Location": f"{storage.url}/blob"}))
    storage.on("GET", "/blob", Answer(body=b"big" * 100_000))
    written = client.download_file("run-1", "data/big.bin", tmp_path)
    assert written == tmp_path / "big.bin"
    assert written.read_bytes() == b"big" * 100_000
    assert "Authorization" not in storage.received[0].headers


def test_only_reading_follows_a_redirect(api: FakeApi, client: CodexSwarmClient, storage: FakeApi) -> None:
    api.on("POST", "/runs/run-1/cancel", Answer(307, headers={"Location": f"{storage.url}/elsewhere"}))
    with pytest.raises(Exception, match="307"):
        client.cancel_run("run-1")
    assert storage.received == []


def test_a_download_replaces_what_was_there(api: FakeApi, client: CodexSwarmClient, tmp_path: Path) -> None:
    api.on("GET", "/runs/run-1/workspace/file?path=a.md", Answer(body=b"new"))
    target = tmp_path / "mine.md"
    target.write_bytes(b"old")
    assert client.download_file("run-1", "a.md", target) == target
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(Answer(body=b"half", missing=4), TransportError, id="broken-off"),
        pytest.param(refused(404, "file_not_found"), NotFound, id="unknown"),
    ],
)
def test_a_failed_download_leaves_everything_as_it_was(
    api: FakeApi, client: CodexSwarmClient, tmp_path: Path, answer: Answer, kind: type[Exception]
) -> None:
    api.on("GET", "/runs/run-1/workspace/file?path=a.md", answer)
    (tmp_path / "a.md").write_bytes(b"old")
    with pytest.raises(kind):
        client.download_file("run-1", "a.md", tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.md": b"old"}


def test_a_patch_is_text_whatever_is_in_it(api: FakeApi, client: CodexSwarmClient) -> None:
    patch = "diff --git a/\u00fc.md b/\u00fc.md\n+\u2603\r\n"
    api.on("GET", "/runs/run-1/diff?format=patch&from_turn=1", Answer(body=patch.encode()))
    assert client.get_patch("run-1", from_turn=1) == patch


def test_a_preview_says_what_it_is(api: FakeApi, client: CodexSwarmClient) -> None:
    answer = Answer(body=b"\x89PNG", headers={"Content-Type": "image/png", "X-Page-Count": "7"})
    api.on("GET", "/runs/run-1/workspace/preview?path=docs%2Fa+b.pdf&page=2", answer)
    assert client.get_preview("run-1", "docs/a b.pdf", page=2) == ("image/png", b"\x89PNG", 7)


def test_an_archive_is_waited_for(
    api: FakeApi, client: CodexSwarmClient, storage: FakeApi, clock: Clock, tmp_path: Path
) -> None:
    building = told({"status": "building"}, 202, Retry_After="3")
    ready = Answer(307, headers={"Location": f"{storage.url}/zip"})
    api.on("GET", "/runs/run-1/workspace/archive", building, building, ready)
    storage.on("GET", "/zip", Answer(body=b"PK" * 100_000))
    assert client.download_archive("run-1", tmp_path) == tmp_path / "run-1.zip"
    assert (tmp_path / "run-1.zip").stat().st_size == 200_000
    assert clock.naps == [3.0, 3.0]


def test_an_archive_is_not_waited_for_for_ever(api: FakeApi, client: CodexSwarmClient, tmp_path: Path) -> None:
    api.on("GET", "/runs/run-1/workspace/archive", told({"status": "building"}, 202, Retry_After="30"))
    with pytest.raises(TransportError, match="not ready within 20 s"):
        client.download_archive("run-1", tmp_path / "a.zip", timeout=20)
    assert list(tmp_path.iterdir()) == []
