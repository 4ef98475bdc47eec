"""Runs go when they are no longer kept, files when nothing refers to them; never what is still needed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from prepare.app import handler as prepare
from swarm.aws import clients
from swarm.errors import CorruptObject
from swarm.records.backend import area_of
from swarm.retention.cleaning import Cleared, clean
from swarm.retention.sweeping import MARGIN, SETTLED, sweep
from swarm.runs.run import Run
from swarm.workspace.document_texts import READER, DocumentText, DocumentTexts, text_key
from swarm.workspace.inventory import ObjectInventory, Version
from swarm.workspace.objects import ProjectArea
from tests.support.lambda_context import lambda_context
from tests.support.stack import Stack

AREA = ProjectArea("tenant-a", "p1")
KEPT = timedelta(days=90)


@pytest.fixture(autouse=True)
def _as_the_template_says(stack: Stack) -> None:
    clients.s3().put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})


def never() -> bool:
    return False


def later(by: timedelta) -> datetime:
    return datetime.now(UTC) + by


def garbage(stack: Stack, data: bytes = b"garbage") -> str:
    """A blob that nothing refers to, such as a crash leaves."""
    key = AREA.blob(hashlib.sha256(data).hexdigest())
    stack.backend.objects.put(key, data)
    return key


def blobs(stack: Stack) -> set[str]:
    return set(stack.backend.inventory.keys(AREA.blobs))


def run_of(stack: Stack, run_id: str) -> Run:
    return stack.backend.runs.get("tenant-a", run_id)


def files_of(stack: Stack, run_id: str) -> dict[str, bytes]:
    """Every file of the workspace, as it downloads."""
    listed = stack.request("GET", f"/runs/{run_id}/workspace/files").json["files"]
    found = {}
    for file in listed:
        answer = stack.request("GET", f"/runs/{run_id}/workspace/files/{file['path']}")
        assert answer.status == 200, answer.text
        found[file["path"]] = answer.content
    return found


def round_of(stack: Stack, now: datetime) -> Cleared:
    return clean(stack.backend, now, lambda: 600.0)


def test_only_what_no_snapshot_names_is_swept(stack: Stack) -> None:
    # The first version of a.md is only in the snapshot of an earlier turn.
    first = stack.finish("Create a file called a.md with one. Create a file called a.md with two. touch b.md")
    second = stack.finish("Create a file called c.md with a greeting", from_run_id=first)
    before, files = blobs(stack), [files_of(stack, run_id) for run_id in (first, second)]
    unused = garbage(stack)
    assert sweep(stack.backend, AREA, later(2 * MARGIN), never) == 1
    assert blobs(stack) == before
    assert unused not in blobs(stack)
    assert [files_of(stack, run_id) for run_id in (first, second)] == files
    assert len(before) == 4


def test_a_text_goes_with_its_document_or_with_the_reader_that_made_it(stack: Stack) -> None:
    run = run_of(stack, stack.finish("touch a.md"))
    used = stack.backend.files_of(run).files["a.md"].sha256
    kept, earlier = text_key(AREA, used), f"{AREA.texts}{used}-{READER - 1}.json.gz"
    for key in (kept, earlier, text_key(AREA, "0" * 64)):
        stack.backend.objects.put(key, b"text")
    assert sweep(stack.backend, AREA, later(MARGIN - timedelta(minutes=1)), never) == 0
    assert sweep(stack.backend, AREA, later(2 * MARGIN), never) == 2
    assert set(stack.backend.inventory.keys(AREA.texts)) == {kept}


def test_texts_that_are_packed_go_with_the_first_document_that_goes(stack: Stack) -> None:
    run = run_of(
        stack, stack.finish("Create a file called a.md with one. Create a file called b.md with two. touch c.md")
    )
    used = [entry.sha256 for entry in stack.backend.files_of(run).files.values()]
    texts = DocumentTexts(stack.backend.objects, AREA)
    texts.put_together((sha256, DocumentText(words=1)) for sha256 in used)
    texts.put_together((sha256, DocumentText(words=1)) for sha256 in [*used[:2], "0" * 64])
    [kept] = [key for key in stack.backend.inventory.keys(AREA.texts) if "0" * 12 not in key]
    earlier = kept.replace(f"packs/{READER}-", f"packs/{READER - 1}-")
    stack.backend.objects.put(earlier, b"texts")
    assert sweep(stack.backend, AREA, later(MARGIN - timedelta(minutes=1)), never) == 0
    assert sweep(stack.backend, AREA, later(2 * MARGIN), never) == 2
    assert list(stack.backend.inventory.keys(AREA.texts)) == [kept]
    assert texts.missing(used) == set()
    assert texts.missing(["0" * 64]) == {"0" * 64}


def test_what_is_new_is_not_swept(stack: Stack) -> None:
    stack.finish("touch a.md")
    unused = garbage(stack)
    assert sweep(stack.backend, AREA, later(MARGIN - timedelta(minutes=1)), never) == 0
    assert unused in blobs(stack)


def test_other_projects_are_not_swept(stack: Stack) -> None:
    others = [ProjectArea("tenant-a", "p10"), ProjectArea("tenant-b", "p1")]
    for area in others:
        stack.backend.objects.put(area.blob("0" * 64), b"theirs")
    sweep(stack.backend, AREA, later(2 * MARGIN), never)
    assert all(list(stack.backend.inventory.keys(area.blobs)) for area in others)


def test_a_snapshot_that_cannot_be_read_stops_the_sweep(stack: Stack) -> None:
    run = run_of(stack, stack.finish("touch a.md"))
    unused = garbage(stack)
    assert run.snapshot
    stack.backend.objects.put(run.snapshot, b"damaged")
    with pytest.raises(CorruptObject):
        sweep(stack.backend, AREA, later(2 * MARGIN), never)
    assert unused in blobs(stack)


def test_without_the_time_to_mark_everything_nothing_is_swept(stack: Stack) -> None:
    for _ in range(2):
        stack.finish("touch a.md")
    unused = garbage(stack)
    assert sweep(stack.backend, AREA, later(2 * MARGIN), lambda: True) is None
    assert unused in blobs(stack)


class Interrupting(ObjectInventory):
    """The project's objects, as somebody sees them who is interrupted by others: while he marks, looks, or deletes."""

    def __init__(self, at: str, interruption: Callable[[], None]) -> None:
        super().__init__(clients.s3(), "bucket")
        self._at = at
        self._interruption = interruption

    def keys(self, prefix: str) -> Iterator[str]:
        found = list(super().keys(prefix))
        yield from found[: len(found) // 2]
        self._meanwhile("marking")
        yield from found[len(found) // 2 :]

    def versions(self, prefix: str) -> Iterator[Version]:
        self._meanwhile("looking")
        found = list(super().versions(prefix))
        self._meanwhile("deleting")
        yield from found

    def _meanwhile(self, at: str) -> None:
        if at == self._at:
            self._at = ""
            self._interruption()


@pytest.mark.parametrize("at", ["marking", "looking", "deleting"])
def test_two_clones_while_garbage_is_collected_lose_nothing(stack: Stack, at: str) -> None:
    source = stack.finish("Create a file called a.md with a greeting. touch b.md")
    unused = garbage(stack)
    clones: list[str] = []

    def clone_twice() -> None:
        with ThreadPoolExecutor(2) as pool:
            wanted = ("touch c.md", "Create a file called a.md with another greeting")
            clones.extend(pool.map(lambda text: stack.start(text, from_run_id=source), wanted))
        for run_id in clones:
            stack.drive(run_id)
        clones.append(stack.finish("touch d.md", from_run_id=clones[0]))

    interrupted = replace(stack.backend, inventory=Interrupting(at, clone_twice))
    # So late that everything that was stored before, and meanwhile, is old.
    assert sweep(interrupted, AREA, before_anything_else(stack), never) == 1
    assert [sorted(files_of(stack, run_id)) for run_id in clones] == [
        ["a.md", "b.md", "c.md"],
        ["a.md", "b.md"],
        ["a.md", "b.md", "c.md", "d.md"],
    ]
    assert unused not in blobs(stack)


def before_anything_else(stack: Stack) -> datetime:
    """The latest time for which what was stored so far is old, and what is stored from now on is not."""
    newest = max(version.stored_at for version in stack.backend.inventory.versions(AREA.blobs))
    return newest + MARGIN + timedelta(microseconds=1)


def test_bytes_that_are_stored_again_while_they_are_swept_stay(stack: Stack) -> None:
    stack.finish("touch a.md")
    unused = garbage(stack, b"# Again\n")

    def again() -> None:
        garbage(stack, b"# Again\n")

    interrupted = replace(stack.backend, inventory=Interrupting("deleting", again))
    assert sweep(interrupted, AREA, later(2 * MARGIN), never) == 1
    assert stack.backend.objects.get(unused) == b"# Again\n"


def test_a_run_is_kept_as_long_as_promised_and_no_longer(stack: Stack) -> None:
    run_id = stack.finish("Create a file called a.md with a greeting")
    round_of(stack, later(KEPT - timedelta(minutes=1)))
    assert stack.run(run_id)["status"] == "succeeded"
    assert round_of(stack, later(KEPT + timedelta(minutes=1))).runs == 0
    assert stack.request("GET", f"/runs/{run_id}").status == 404
    assert stack.request("GET", "/runs").json == []
    # Whoever had read it before still finds its files.
    assert blobs(stack)
    assert round_of(stack, later(KEPT + SETTLED)).runs == 0
    assert round_of(stack, later(KEPT + 2 * SETTLED)).runs == 1
    assert list(stack.backend.inventory.keys(AREA.run())) == []
    assert round_of(stack, later(KEPT + 2 * SETTLED)).files == 0
    assert round_of(stack, later(KEPT + 2 * SETTLED + MARGIN)).files > 0
    assert blobs(stack) == set()
    assert items() == ["T#tenant-a META", "T#tenant-a#P#p1 META"]
    assert list(stack.backend.projects.pending_cleanups(later(10 * KEPT))) == []


def test_a_deleted_run_is_gone_at_once_and_its_files_soon_after(stack: Stack) -> None:
    source = stack.finish("Create a file called a.md with a greeting")
    clone = stack.finish("touch b.md", from_run_id=source)
    active = stack.request("POST", "/projects/p1/runs", {"instructions": "touch c.md"}).json["id"]
    refused = stack.request("DELETE", f"/runs/{active}")
    assert (refused.status, refused.json["code"]) == (409, "run_in_use")
    assert stack.request("DELETE", f"/runs/{source}").status == 204
    for path in ("", "/steps", "/workspace/files", "/events"):
        assert stack.request("GET", f"/runs/{source}{path}").status == 404
    assert stack.request("DELETE", f"/runs/{source}").status == 404
    assert source not in [run["id"] for run in stack.request("GET", "/runs").json]
    assert round_of(stack, later(timedelta())).runs == 0
    assert round_of(stack, later(2 * SETTLED)).runs == 1
    assert list(stack.backend.inventory.keys(AREA.run(source))) == []
    assert stack.request("GET", f"/runs/{clone}/workspace/files/a.md").status == 200
    assert stack.request("GET", f"/runs/{active}").json["status"] == "queued"


def test_nobody_deletes_the_run_of_another_tenant(stack: Stack) -> None:
    run_id = stack.finish("touch a.md")
    others = stack.request("DELETE", f"/runs/{run_id}", tenant="tenant-b")
    never = stack.request("DELETE", f"/runs/{'0' * 32}", tenant="tenant-b")
    assert (others.status, others.text.replace(run_id, "0" * 32)) == (404, never.text)
    assert stack.run(run_id)["status"] == "succeeded"


def items() -> list[str]:
    found = clients.dynamodb().scan(TableName="table")["Items"]
    keys = (f"{item['PK']['S']} {item['SK']['S']}" for item in found)
    # What runs cost is kept on purpose.
    return sorted(key for key in keys if "#USAGE#" not in key)


def test_what_a_run_that_goes_shares_with_one_that_stays_is_kept(stack: Stack) -> None:
    old = run_of(stack, stack.finish("Create a file called a.md with a greeting"))
    clone = stack.finish("touch b.md", from_run_id=old.run_id)
    files = files_of(stack, clone)
    # The old one ended long ago; the clone has only just.
    aged = replace(old, ended_at=datetime.now(UTC) - KEPT, created_at=datetime.now(UTC) - KEPT, version=old.version + 1)
    stack.backend.runs.store(aged)
    round_of(stack, later(timedelta(minutes=1)))
    assert round_of(stack, later(2 * SETTLED)).runs == 1
    assert round_of(stack, later(2 * SETTLED + MARGIN)).failed == 0
    assert files_of(stack, clone) == files
    assert sorted(files) == ["a.md", "b.md"]


def test_an_active_run_is_never_too_old(stack: Stack) -> None:
    stack.project()
    run_id = stack.start("touch a.md")
    prepare({"tenant_id": "tenant-a", "project_id": "p1", "run_id": run_id}, lambda_context())
    for _ in range(2):
        assert round_of(stack, later(3 * KEPT)) == Cleared()
    stack.drive(run_id)
    assert stack.run(run_id)["status"] == "succeeded"
    assert area_of(run_of(stack, run_id).key) == AREA


def test_one_project_in_disorder_does_not_keep_the_others_waiting(stack: Stack) -> None:
    run = run_of(stack, stack.finish("touch a.md"))
    assert run.snapshot
    stack.backend.objects.put(run.snapshot, b"damaged")
    stack.finish("touch a.md", "p2")
    for project in ("p1", "p2"):
        stack.backend.projects.sweep_later("tenant-a", project, datetime.now(UTC))
    cleared = round_of(stack, later(2 * MARGIN))
    assert cleared.failed == 1
    assert [cleanup.project_id for cleanup in stack.backend.projects.pending_cleanups(later(2 * MARGIN))] == ["p1"]
