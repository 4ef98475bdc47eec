"""Uploads and downloads go on after trouble, and a workspace in a folder is fetched once."""

from __future__ import annotations

import hashlib
import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codex_swarm.errors import (
    ApiError,
    CodexSwarmError,
    InvalidArgument,
    LocalFileError,
    TransportError,
    UnexpectedAnswer,
)
from tests.client import bodies
from tests.client.conftest import Clock
from tests.client.fake_api import HANG_UP, Answer, FakeApi, Received, refused, serving, stored, told

FILES = "/runs/run-1/workspace/files"
FILE = "/runs/run-1/workspace/file"
SLOW_DOWN = Answer(503, b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>")
EXPIRED = Answer(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
BIG = bytes(range(256)) * 2_000


@pytest.fixture
def storage() -> Iterator[FakeApi]:
    with serving() as storage:
        yield storage


def listed(storage: FakeApi, contents: dict[str, bytes]) -> Answer:
    """A listing of these files, which the storage holds under their hashes."""
    files = []
    for path, data in contents.items():
        sha256 = hashlib.sha256(data).hexdigest()
        url = f"{storage.url}/{sha256}?X-Amz-Signature=1"
        files.append({"path": path, "size_bytes": len(data), "type": "text", "sha256": sha256, "url": url})
    return told({"run_id": "run-1", "total_files": len(files), "files": files, "next_cursor": None})


def holding(storage: FakeApi, contents: dict[str, bytes], **kept: Any) -> None:
    for data in contents.values():
        storage.on("GET", f"/{hashlib.sha256(data).hexdigest()}?X-Amz-Signature=1", stored(data, **kept))


def held(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


CONTENTS = {
    "plan.md": b"# Plan\n",
    "data/big.bin": BIG,
    "data/same.bin": BIG,
    "\u0645\u0644\u0641.txt": b"x",
    "empty": b"",
}


def test_a_workspace_is_fetched_once(api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path) -> None:
    api.on("GET", FILES, listed(storage, CONTENTS))
    holding(storage, CONTENTS)
    (tmp_path / "mine.txt").write_text("stays")
    seen: list[tuple[int, int]] = []
    got = either.download_workspace("run-1", tmp_path, on_progress=lambda done, total: seen.append((done, total)))
    assert held(tmp_path) == {**CONTENTS, "mine.txt": b"stays"}
    assert (sorted(got.paths), got.fetched) == (sorted(CONTENTS), 4)
    assert seen[-1] == (len(BIG) + 8, len(BIG) + 8)
    asked = len(storage.received)
    assert asked == 3
    assert "authorization" not in {name.lower() for request in storage.received for name in request.headers}
    assert either.download_workspace("run-1", tmp_path).fetched == 0
    assert len(storage.received) == asked


def test_only_what_has_changed_is_fetched(api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path) -> None:
    api.on("GET", FILES, listed(storage, CONTENTS))
    holding(storage, CONTENTS)
    either.download_workspace("run-1", tmp_path)
    (tmp_path / "plan.md").write_bytes(b"# Plam\n")
    assert either.download_workspace("run-1", tmp_path).fetched == 1
    assert held(tmp_path) == CONTENTS


def test_what_was_cut_off_goes_on_where_it_was(api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path) -> None:
    api.on("GET", FILES, listed(storage, {"big.bin": BIG}))
    address = f"/{hashlib.sha256(BIG).hexdigest()}?X-Amz-Signature=1"
    storage.on("GET", address, stored(BIG, cut=300_000), SLOW_DOWN, stored(BIG, cut=100_000), stored(BIG))
    either.download_workspace("run-1", tmp_path)
    assert held(tmp_path) == {"big.bin": BIG}
    assert [request.headers.get("Range") for request in storage.received] == [
        None,
        "bytes=212000-",
        "bytes=212000-",
        "bytes=412000-",
    ]


def test_a_later_call_goes_on_where_the_first_was_cut_off(
    api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path
) -> None:
    api.on("GET", FILES, listed(storage, {"big.bin": BIG}))
    address = f"/{hashlib.sha256(BIG).hexdigest()}?X-Amz-Signature=1"
    storage.on("GET", address, stored(BIG, cut=300_000), HANG_UP)
    with pytest.raises(TransportError):
        either.download_workspace("run-1", tmp_path)
    assert "big.bin" not in held(tmp_path)
    storage.received.clear()
    storage.on("GET", address, stored(BIG))
    either.download_workspace("run-1", tmp_path)
    assert held(tmp_path) == {"big.bin": BIG}
    assert [request.headers.get("Range") for request in storage.received] == ["bytes=212000-"]


def test_an_address_that_has_expired_is_asked_for_again(
    api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path
) -> None:
    api.on("GET", FILES, listed(storage, {"a b.md": b"text"}))
    storage.on("GET", f"/{hashlib.sha256(b'text').hexdigest()}?X-Amz-Signature=1", EXPIRED)
    api.on("GET", f"{FILE}?path=a+b.md", Answer(body=b"text"))
    either.download_workspace("run-1", tmp_path)
    assert held(tmp_path) == {"a b.md": b"text"}


def test_bytes_of_another_hash_never_get_the_name(api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path) -> None:
    api.on("GET", FILES, listed(storage, {"a.md": b"right"}))
    storage.on("GET", f"/{hashlib.sha256(b'right').hexdigest()}?X-Amz-Signature=1", Answer(body=b"wrong"))
    with pytest.raises(TransportError, match="changed"):
        either.download_workspace("run-1", tmp_path)
    assert held(tmp_path) == {}


def test_a_cache_is_shared_between_folders(api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path) -> None:
    api.on("GET", FILES, listed(storage, CONTENTS))
    holding(storage, CONTENTS)
    cache = tmp_path / "cache"
    either.download_workspace("run-1", tmp_path / "one", cache=cache)
    storage.received.clear()
    assert either.download_workspace("run-1", tmp_path / "two", cache=cache).fetched == 0
    assert held(tmp_path / "two") == CONTENTS
    assert storage.received == []
    (next(path for path in cache.rglob("*") if path.is_file() and path.stat().st_size > 1_000)).write_bytes(b"broken")
    assert either.download_workspace("run-1", tmp_path / "three", cache=cache).fetched == 1
    assert held(tmp_path / "three") == CONTENTS


@pytest.mark.parametrize("path", ["../out.md", "/etc/out.md", "a/../../out.md", "link/out.md", "a//b", "nul\x00"])
def test_no_path_leaves_the_folder(api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path, path: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    api.on("GET", FILES, listed(storage, {path: b"x"}))
    holding(storage, {path: b"x"})
    with pytest.raises(UnexpectedAnswer, match=r"path|link"):
        either.download_workspace("run-1", folder)
    assert not list(tmp_path.rglob("out.md"))


def test_a_folder_that_cannot_be_written_is_told(api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file")
    api.on("GET", FILES, listed(storage, {"a/b.md": b"x"}))
    holding(storage, {"a/b.md": b"x"})
    with pytest.raises(LocalFileError):
        either.download_workspace("run-1", tmp_path)


def test_the_first_failure_of_many_ends_the_call(api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path) -> None:
    contents = {f"{number}.txt": bytes([number]) for number in range(30)}
    api.on("GET", FILES, listed(storage, contents))
    storage.otherwise = refused(410, "gone")
    with pytest.raises(ApiError, match="gone"):
        either.download_workspace("run-1", tmp_path, parallel=2)
    assert len(storage.received) <= 4


def test_a_mirror_follows_the_workspace_while_the_run_goes(
    api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path
) -> None:
    first, then = {"a.md": b"one", "gone.md": b"1", "edited.md": b"2"}, {"a.md": b"two", "b/c.md": b"new"}
    api.on("GET", "/runs/run-1", *map(told, [bodies.running(30), bodies.running(50), bodies.run()]))
    api.on("GET", FILES, listed(storage, first), refused(404, "file_not_found"), listed(storage, then))
    holding(storage, first | then)
    holding(storage, {"a.md": b"one"})
    seen: list[int] = []

    def on_change(got: Any) -> None:
        seen.append(got.fetched)
        (tmp_path / "edited.md").write_bytes(b"mine now")

    run = either.mirror("run-1", tmp_path, on_change=on_change)
    assert run.status == "succeeded"
    assert held(tmp_path) == {**then, "edited.md": b"mine now"}
    assert seen == [3, 2]


def test_a_single_file_goes_on_after_a_cut(api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path) -> None:
    api.on("GET", f"{FILE}?path=big.bin", Answer(307, headers={"Location": f"{storage.url}/blob"}))
    storage.on("GET", "/blob", stored(BIG, cut=300_000), HANG_UP, stored(BIG))
    assert either.download_file("run-1", "big.bin", tmp_path).read_bytes() == BIG
    assert storage.received[-1].headers["Range"] == "bytes=212000-"


def test_a_file_that_changes_under_way_is_fetched_from_its_beginning(
    api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path
) -> None:
    api.on("GET", f"{FILE}?path=a.bin", Answer(307, headers={"Location": f"{storage.url}/blob"}))
    storage.on("GET", "/blob", stored(BIG, cut=300_000), stored(BIG[::-1], etag='"2"'))
    assert either.download_file("run-1", "a.bin", tmp_path).read_bytes() == BIG[::-1]


def test_a_turn_may_be_named_for_every_reader(api: FakeApi, either: Any, storage: FakeApi, tmp_path: Path) -> None:
    api.on("GET", f"{FILES}?turn=2", listed(storage, {"a.md": b"x"}))
    api.on("GET", f"{FILE}?path=a.md&turn=2", Answer(body=b"x", headers={"Content-Type": "text/html"}))
    api.on(
        "GET",
        "/runs/run-1/workspace/preview?path=a.md&turn=2",
        Answer(body=b"x", headers={"Content-Type": "text/html"}),
    )
    api.on("GET", "/runs/run-1/workspace/archive?turn=2", Answer(body=b"PK"))
    holding(storage, {"a.md": b"x"})
    assert [file.path for file in either.iter_files("run-1", turn=2)] == ["a.md"]
    assert either.get_file_text("run-1", "a.md", turn=2) == "x"
    assert either.download_file("run-1", "a.md", tmp_path, turn=2).read_bytes() == b"x"
    assert either.get_preview("run-1", "a.md", turn=2).content == b"x"
    assert either.download_archive("run-1", tmp_path, turn=2).read_bytes() == b"PK"
    assert either.download_workspace("run-1", tmp_path / "all", turn=2).paths == ["a.md"]


# Uploads


class Opening:
    """A service that opens an upload for whatever is promised, and the storage that takes it."""

    def __init__(self, api: FakeApi, storage: FakeApi) -> None:
        self.storage = storage
        api.on("POST", "/projects/demo/uploads", self.opened)
        self.promised: list[dict[str, Any]] = []

    def opened(self, request: Received) -> Answer:
        self.promised = request.json()["files"]
        targets = []
        for number, file in enumerate(self.promised):
            headers = {"content-length": str(file["size"]), "content-type": "text/plain"}
            url = f"{self.storage.url}/{number}?X-Amz-Signature=1"
            path = unicodedata.normalize("NFC", file["path"])
            targets.append({"path": path, "url": url, "headers": headers, "expires_at": "2030-01-01T00:00:00Z"})
        return told({"upload_id": "up-1", "files": targets}, 201)

    @property
    def taken(self) -> dict[str, bytes]:
        """What arrived last, by the path that was promised."""
        sent = {request.target[1:].partition("?")[0]: request.body for request in self.storage.received}
        return {file["path"]: sent[str(number)] for number, file in enumerate(self.promised)}


@pytest.fixture
def opening(api: FakeApi, storage: FakeApi) -> Opening:
    storage.otherwise = Answer()
    return Opening(api, storage)


def test_an_upload_that_arrived_unheard_is_not_sent_for_ever(either: Any, opening: Opening, storage: FakeApi) -> None:
    """A signed URL stores once: the attempt after one that was cut off is told that there is something already."""
    storage.on("PUT", "/0?X-Amz-Signature=1", HANG_UP, Answer(412, b"<Error><Code>PreconditionFailed</Code></Error>"))
    assert either.upload_files("demo", {"a.md": b"x"}) == "up-1"
    assert len(storage.received) == 2


class FormFile:
    """As frameworks hand over a file of a form."""

    def __init__(self, filename: str | None, data: bytes) -> None:
        self.filename = filename
        self.file = io.BytesIO(data)
        self.file.seek(0, io.SEEK_END)


class Pipe(io.RawIOBase):
    """Bytes that can be read once."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._data.readinto(buffer)


def test_files_come_from_wherever_they_are(either: Any, opening: Opening, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"from disk")
    given = {
        "disk.md": tmp_path / "a.md",
        "text-path.md": str(tmp_path / "a.md"),
        "bytes.bin": b"\x00\xff",
        "open.bin": io.BytesIO(BIG),
        "form.docx": FormFile("plan.docx", b"PK"),
        "pipe.bin": Pipe(BIG),
        "\u0645\u0644\u0641.txt": b"arabic",
        "u\u0308.txt": b"as macOS writes it",
        "empty.txt": b"",
    }
    seen: list[tuple[int, int]] = []
    either.upload_files("demo", given, on_progress=lambda sent, total: seen.append((sent, total)))
    assert opening.taken == {
        "disk.md": b"from disk",
        "text-path.md": b"from disk",
        "bytes.bin": b"\x00\xff",
        "open.bin": BIG,
        "form.docx": b"PK",
        "pipe.bin": BIG,
        "\u0645\u0644\u0641.txt": b"arabic",
        "u\u0308.txt": b"as macOS writes it",
        "empty.txt": b"",
    }
    assert all(hashlib.sha256(opening.taken[file["path"]]).hexdigest() == file["sha256"] for file in opening.promised)
    total = sum(map(len, opening.taken.values()))
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)


def test_one_file_may_be_given_alone(either: Any, opening: Opening, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"alone")
    for alone in (str(tmp_path / "a.md"), tmp_path / "a.md", FormFile("a.md", b"alone")):
        either.upload_files("demo", alone)
        assert opening.taken == {"a.md": b"alone"}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param([], id="none"),
        pytest.param(b"bytes", id="bytes-without-a-name"),
        pytest.param([io.BytesIO(b"x")], id="stream-without-a-name"),
        pytest.param(FormFile(None, b"x"), id="form-without-a-name"),
        pytest.param({"a.md": io.StringIO("text")}, id="text-stream"),
        pytest.param({"a.md": 5}, id="number"),
        pytest.param({5: b"x"}, id="number-as-path"),
        pytest.param(["a/x.md", "b/x.md"], id="same-name"),
        pytest.param(dict.fromkeys(["a", "b"], io.BytesIO(b"x")), id="same-stream"),
        pytest.param(["/no/such/file.md"], id="missing"),
        pytest.param("a\x00b", id="nul"),
    ],
)
def test_what_cannot_be_uploaded_is_refused_before_anything_is_sent(api: FakeApi, either: Any, files: Any) -> None:
    with pytest.raises((InvalidArgument, LocalFileError)):
        either.upload_files("demo", files)
    assert api.received == []


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(HANG_UP, id="reset"),
        pytest.param(SLOW_DOWN, id="slow-down"),
        pytest.param(Answer(400, b"<Error><Code>RequestTimeout</Code></Error>"), id="too-slow"),
        pytest.param(Answer(500, b"<Error><Code>InternalError</Code></Error>"), id="internal"),
    ],
)
def test_a_file_is_sent_again_after_trouble(either: Any, opening: Opening, storage: FakeApi, trouble: Answer) -> None:
    storage.on("PUT", "/0?X-Amz-Signature=1", trouble, trouble, Answer())
    seen: list[tuple[int, int]] = []
    either.upload_files("demo", {"a.bin": io.BytesIO(BIG)}, on_progress=lambda *told: seen.append(told))
    assert opening.taken == {"a.bin": BIG}
    assert len(storage.received) == 3
    assert seen[-1] == (len(BIG), len(BIG))
    assert seen == sorted(seen)


def test_a_refusal_of_the_storage_is_told_in_its_words(either: Any, opening: Opening, storage: FakeApi) -> None:
    storage.on("PUT", "/0?X-Amz-Signature=1", EXPIRED)
    with pytest.raises(ApiError, match="Request has expired") as caught:
        either.upload_files("demo", {"a.md": b"x"})
    assert (caught.value.status, caught.value.code) == (403, "AccessDenied")
    assert len(storage.received) == 1


def test_a_project_that_is_not_there_yet_is_made(api: FakeApi, either: Any, opening: Opening) -> None:
    project = {"id": "demo", "created_at": "2025-01-13T10:00:00Z"}
    api.on("PUT", "/projects/demo", told(project, 201))
    api.on("POST", "/projects/demo/uploads", refused(404, "project_not_found"), opening.opened)
    assert either.upload_files("demo", {"a.md": b"x"}) == "up-1"
    assert api.asked() == ["POST /projects/demo/uploads", "PUT /projects/demo", "POST /projects/demo/uploads"]


def test_a_file_that_shrinks_meanwhile_is_told(api: FakeApi, either: Any, opening: Opening, tmp_path: Path) -> None:
    place = tmp_path / "a.bin"
    place.write_bytes(BIG)

    def shrinking(request: Received) -> Answer:
        place.write_bytes(b"short")
        return opening.opened(request)

    api.on("POST", "/projects/demo/uploads", shrinking)
    with pytest.raises(CodexSwarmError, match="shorter"):
        either.upload_files("demo", place)


def test_parallel_is_bounded(either: Any, clock: Clock) -> None:
    for wrong in (0, -1, 1_000, True, "4"):
        with pytest.raises(InvalidArgument, match="parallel"):
            either.upload_files("demo", {"a.md": b"x"}, parallel=wrong)
