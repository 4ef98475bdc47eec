"""A workspace as a zip file: the right bytes, the same every time, and no request that takes too long."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from archive.app import handler as pack
from swarm.aws import clients
from swarm.outputs import archive
from swarm.records.backend import backend
from swarm.workspace.multipart import PART_BYTES, ObjectWriter
from swarm.workspace.snapshot import Snapshot
from tests.outputs.runs import holding, rewrite
from tests.support.lambda_context import lambda_context
from tests.support.lambdas import answering
from tests.support.paths import ROOT
from tests.support.stack import Answer, Stack
from tests.support.stack import stack as deployed

FILES = {
    "docs/with space \u00fc.md": b"one\n" * 1_000,
    "a/b/c/deep.txt": b"deep",
    "picture.png": b"\x89PNG" + bytes(range(256)),
    "empty": b"",
}


def located(stack: Stack, answer: Answer) -> bytes:
    """What the answer's Location leads to."""
    return stack.backend.objects.get(unquote(urlsplit(answer.headers["location"]).path).removeprefix("/bucket/"))


def test_the_zip_holds_every_file_under_its_path_and_is_made_once(stack: Stack) -> None:
    run_id = holding(stack, FILES)
    answer = stack.request("GET", f"/runs/{run_id}/workspace/archive")
    assert answer.status == 307
    data = located(stack, answer)
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert found.testzip() is None
        assert {name: found.read(name) for name in found.namelist()} == {**FILES, "main.md": b""}
        assert found.namelist() == sorted(found.namelist())
    assert answer.json["size_bytes"] == len(data)
    assert answer.json["total_files"] == len(FILES) + 1
    asked = parse_qs(urlsplit(answer.json["url"]).query)
    assert asked["response-content-disposition"] == [f'attachment; filename="workspace-{run_id}.zip"']
    assert asked["response-content-type"] == ["application/zip"]
    with stack.recorded() as calls:
        again = stack.request("GET", f"/runs/{run_id}/workspace/archive")
    assert Counter(calls) == Counter(["dynamodb.GetItem", "s3.GetObject", "s3.HeadObject"])
    assert urlsplit(again.json["url"]).path == urlsplit(answer.json["url"]).path


def test_the_same_files_give_the_same_bytes_and_those_of_a_turn_are_an_archive_of_their_own(stack: Stack) -> None:
    run_id = holding(stack, FILES)
    answers = [stack.request("GET", f"/runs/{run}/workspace/archive") for run in (run_id, holding(stack, FILES))]
    assert located(stack, answers[0]) == located(stack, answers[1])
    answer = stack.request("GET", f"/runs/{run_id}/workspace/archive?turn=0")
    assert zipfile.ZipFile(io.BytesIO(located(stack, answer))).namelist() == []
    assert stack.request("GET", f"/runs/{run_id}/workspace/archive?turn=9").json["code"] == "turn_not_found"


def test_a_run_that_has_not_begun_has_an_empty_one(stack: Stack) -> None:
    stack.project()
    answer = stack.request("GET", f"/runs/{stack.start('touch a.md')}/workspace/archive")
    assert zipfile.ZipFile(io.BytesIO(located(stack, answer))).namelist() == []


class Large:
    """A run whose workspace is packed by the function; `orders` are what it was sent and has not done."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.orders: list[Any] = []
        self.run_id = holding(stack, {f"{n:04}.md": b"text\n" for n in range(archive.MAX_AWAITED_FILES)})

    def ask(self) -> Answer:
        return self.stack.request("GET", f"/runs/{self.run_id}/workspace/archive")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Iterator[Large]:
    with deployed(monkeypatch, ARCHIVE_FUNCTION="archive") as fresh:
        found = Large(fresh)
        with answering({"archive": found.orders.append}):
            yield found


@pytest.mark.proof
def test_a_large_workspace_is_packed_by_a_function_and_asked_for_again(large: Large) -> None:
    answer = large.ask()
    assert (answer.status, answer.headers["retry-after"]) == (202, "3")
    assert answer.json["status"] == "building"
    assert large.ask().status == 202
    (order,) = large.orders
    pack(order, lambda_context())
    answer = large.ask()
    assert answer.status == 307
    assert len(zipfile.ZipFile(io.BytesIO(located(large.stack, answer))).namelist()) == archive.MAX_AWAITED_FILES + 1


@pytest.mark.proof
def test_a_packing_that_died_is_begun_again_after_a_while(large: Large) -> None:
    assert large.ask().status == 202
    run = large.stack.backend.runs.get("tenant-a", large.run_id)
    files = large.stack.backend.files_of(run)
    later = datetime.now(UTC) + archive.PATIENCE + timedelta(seconds=5)
    assert archive.ready(large.stack.backend, run.key, files, run.snapshot, later) is None
    assert len(large.orders) == 2


@pytest.mark.proof
def test_an_archive_larger_than_a_part_is_written_in_parts(stack: Stack) -> None:
    """Random bytes do not shrink, so this one takes three parts."""
    data = b"".join((n * 2654435761 % 2**32).to_bytes(4, "big") for n in range(PART_BYTES // 2))
    run_id = holding(stack, {"a.png": data, "b.png": data[: PART_BYTES // 2]})
    with stack.recorded() as calls:
        answer = stack.request("GET", f"/runs/{run_id}/workspace/archive")
    assert Counter(calls)["s3.UploadPart"] == 3
    with zipfile.ZipFile(io.BytesIO(located(stack, answer))) as found:
        assert found.read("a.png") == data


def test_an_object_that_was_not_completed_is_not_there(stack: Stack) -> None:
    writer = ObjectWriter(clients.s3(), "bucket", "t/x")
    writer.write(b"x" * (PART_BYTES + 1))
    assert clients.object_stat("bucket", "t/x") is None
    writer.complete()
    stored = clients.object_stat("bucket", "t/x")
    assert stored is not None
    assert stored.size == PART_BYTES + 1


def test_files_that_changed_are_another_archive(stack: Stack) -> None:
    run = backend().runs.get("tenant-a", holding(stack, {}))
    key = archive.key_of(run.key, backend().files_of(run))
    rewrite(stack, run, {"b.md": b"x"})
    assert archive.key_of(run.key, backend().files_of(run)) != key
    assert key.startswith(f"t/tenant-a/p/p1/runs/{run.run_id}/archives/")


def test_the_sample_event_is_one_that_the_function_takes(stack: Stack) -> None:
    sample = json.loads((ROOT / "events/archive.json").read_text())
    stack.backend.objects.put(sample["snapshot"], Snapshot().encode())
    assert pack(sample, lambda_context()) == {"size": 22}
