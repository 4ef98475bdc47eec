"""Looking for words in the files of runs, page by page; what was not searched is named, and can be read."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from pydantic import TypeAdapter

from swarm.outputs import search as searching
from swarm.outputs.search import Place, search
from swarm.workspace.document_texts import DocumentText, DocumentTexts
from swarm.workspace.objects import MemoryObjects, ProjectArea
from swarm.workspace.snapshot import FileEntry
from tests.outputs.runs import holding
from tests.support.lambdas import Failed, Refused, answering
from tests.support.stack import Answer, Stack
from tests.support.stack import stack as deployed

AREA = ProjectArea("tenant-a", "p1")
CONTRACT = DocumentText(
    name="document.docx",
    kind="docx",
    words=9,
    lines=(("heading Loan", "# Loan"), ("clause 4.2", "4.2 The **Bor**rower pays a penalty\u00a0fee."), ("", "")),
)
SCAN = DocumentText(name="document.pdf", kind="pdf", pages=1, lines=(("page 1", ""),), scans=(1,), scanned=1)
LOCKED = DocumentText(name="document.docx", problem="document.docx is protected by a password; ask for a copy without")


def keep(stack: Stack, data: bytes, text: DocumentText) -> None:
    DocumentTexts(stack.backend.objects, AREA).put(hashlib.sha256(data).hexdigest(), text)


def found(stack: Stack, run_id: str, query: str, **more: object) -> Any:
    asked = "".join(f"&{name}={value}" for name, value in more.items())
    answer = stack.request("GET", f"/runs/{run_id}/workspace/search?q={query}{asked}")
    assert answer.status == 200, answer.text
    return answer.json


def test_words_are_found_with_their_places_and_what_was_not_searched_is_named(stack: Stack) -> None:
    files = {
        "c/one.docx": b"one",
        "c/locked.docx": b"locked",
        "c/new.docx": b"new",
        "scan.pdf": b"scan",
        "notes.md": b"\xef\xbb\xbfPenalty  fee\r\n" + b"x" * 5_000 + b" penalty fee " + b"y" * 5_000,
        "photo.png": b"",
        "data.bin": b"\0",
    }
    run_id = holding(stack, files)
    for path, text in (("c/one.docx", CONTRACT), ("c/locked.docx", LOCKED), ("scan.pdf", SCAN)):
        keep(stack, files[path], text)
    answer = found(stack, run_id, "PENALTY fee")
    hits = {(hit["path"], hit["place"]): hit for hit in answer["hits"]}
    assert list(hits) == [("c/one.docx", "clause 4.2"), ("notes.md", "line 1"), ("notes.md", "line 2")]
    for hit in hits.values():
        assert hit["snippet"][hit["start"] : hit["end"]].lower().split() == ["penalty", "fee"]
        assert len(hit["snippet"]) <= 302
    told = {each["path"]: (each["reason"], each["unread"]) for each in answer["not_searched"]}
    assert told == {
        "c/locked.docx": ("protected by a password; ask for a copy without", False),
        "c/new.docx": ("its text has not been read yet", True),
        "scan.pdf": ("1 of 1 pages are scans without text: 1", False),
        "photo.png": ("an image", False),
        "data.bin": ("binary (.bin)", False),
    }
    assert (answer["not_searched_total"], answer["next_cursor"]) == (5, None)
    assert (answer["searched"], answer["total_files"]) == (4, 8)
    assert found(stack, run_id, "nowhere")["hits"] == []


def test_pages_together_are_all_hits_each_once(stack: Stack) -> None:
    run_id = holding(stack, {f"{name}.txt": b"tree\n" * 7 for name in "abc"})
    hits: list[tuple[str, str]] = []
    cursor = ""
    while True:
        page = found(stack, run_id, "tree", limit=4, **({"cursor": cursor} if cursor else {}))
        hits += [(hit["path"], hit["place"]) for hit in page["hits"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert hits == [(f"{name}.txt", f"line {line}") for name in "abc" for line in range(1, 8)]


def test_a_project_is_searched_from_its_newest_run_on_and_equal_files_once(stack: Stack) -> None:
    first = holding(stack, {"same.md": b"tree", "mine.md": b"an old tree"})
    second = holding(stack, {"same.md": b"tree", "mine.md": b"a new tree"})
    answer = stack.request("GET", "/projects/p1/search?q=tree&limit=2").json
    following = stack.request("GET", f"/projects/p1/search?q=tree&cursor={answer['next_cursor']}").json
    told = [(hit["run_id"], hit["path"]) for hit in answer["hits"] + following["hits"]]
    assert told == [(second, "mine.md"), (second, "same.md"), (first, "mine.md")]
    assert (answer["runs"], following["next_cursor"]) == (2, None)


def test_what_is_asked_wrongly_is_refused(stack: Stack) -> None:
    run_id = holding(stack, {})
    refused = {
        f"/runs/{run_id}/workspace/search": (422, "invalid_request"),
        f"/runs/{run_id}/workspace/search?q=  ": (400, "invalid_request"),
        f"/runs/{run_id}/workspace/search?q={'x' * 201}": (422, "invalid_request"),
        f"/runs/{run_id}/workspace/search?q=x&cursor=x": (400, "invalid_cursor"),
        f"/runs/{run_id}/workspace/search?q=x&cursor=WzFd": (400, "invalid_cursor"),
        "/runs/nope/workspace/search?q=x": (404, "run_not_found"),
        "/projects/nope/search?q=x": (404, "project_not_found"),
    }
    answers = {path: stack.request("GET", path) for path in refused}
    assert {path: (answer.status, answer.json["code"]) for path, answer in answers.items()} == refused


def test_another_tenant_finds_nothing_and_reads_nothing(stack: Stack) -> None:
    run_id = holding(stack, {"a.txt": b"tree"})
    asked = (("GET", f"/runs/{run_id}/workspace/search?q=tree"), ("POST", f"/runs/{run_id}/workspace/texts"))
    for method, path in (*asked, ("GET", "/projects/p1/search?q=tree")):
        assert stack.request(method, path, tenant="tenant-b").status == 404


def test_a_page_is_bounded_in_time_files_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryObjects()
    data = b"tree"
    entry = FileEntry(hashlib.sha256(data).hexdigest(), len(data), "text")
    store.put(AREA.blob(entry.sha256), data)
    places = [Place("r", f"{number:04}.txt", entry) for number in range(1_100)]
    ticks = iter(range(1_000))

    def page(start: int, limit: int = 2_000, *, slow: bool = False) -> searching.SearchPage:
        clock = (lambda: float(next(ticks))) if slow else (lambda: 0.0)
        return search(store, AREA, places, "tree", start=(start, 0), limit=limit, clock=clock)

    assert page(0).next == (searching.MAX_FILES, 0)
    assert page(1_000).next is None
    assert page(0, slow=True).next == (searching.SECONDS + 1, 0)
    monkeypatch.setattr(searching, "MAX_BYTES", 10)
    assert page(0).next == (2, 0)


class Reader:
    """A deployment whose convert function delivers texts that a test chooses, by the bytes of documents."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.texts: dict[bytes, DocumentText] = {}
        self.jobs: list[Any] = []

    def read(self, event: Any) -> object:
        job = json.loads(self._stored(event["job_url"]))
        self.jobs.append(job)
        outcomes, members = [], {}
        by_path = {file["path"]: file for file in job["files"]}
        for call in job["calls"]:
            file = by_path[call["arguments"]["path"]]
            text = self.texts.get(self._stored(file["url"]))
            outcomes.append({"call_id": call["call_id"], "ok": text is not None, "output": "error: it ran out of time"})
            if text is not None:
                members[f"texts/{file['sha256']}"] = TypeAdapter(DocumentText).dump_json(text)
        members["texts/" + "0" * 64] = TypeAdapter(DocumentText).dump_json(CONTRACT)
        members["results.json"] = json.dumps(outcomes).encode()
        self.stack.backend.objects.put(job["result"]["fields"]["key"], _tar(members))
        return {}

    def _stored(self, url: str) -> bytes:
        return self.stack.backend.objects.get(unquote(urlsplit(url).path).removeprefix("/bucket/"))

    def ask(self, run_id: str, query: str = "") -> Answer:
        return self.stack.request("POST", f"/runs/{run_id}/workspace/texts{query}")


def _tar(members: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return made.getvalue()


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    with deployed(monkeypatch, CONVERT_FUNCTION="convert") as stack:
        found = Reader(stack)
        with answering({"convert": found.read}):
            yield found


def test_documents_are_read_when_somebody_asks_and_found_after(reader: Reader) -> None:
    run_id = holding(reader.stack, {"a.docx": b"one", "copy.docx": b"one", "b.pdf": b"scan", "x.txt": b"tree"})
    reader.texts = {b"one": CONTRACT, b"scan": SCAN}
    assert [each["path"] for each in found(reader.stack, run_id, "penalty")["not_searched"]] == [
        "a.docx",
        "b.pdf",
        "copy.docx",
    ]
    answer = reader.ask(run_id)
    assert answer.status == 200, answer.text
    assert answer.json == {"run_id": run_id, "read": ["a.docx", "b.pdf"], "not_read": [], "next_cursor": None}
    (job,) = reader.jobs
    assert {file["sha256"] for file in job["files"]} == {hashlib.sha256(data).hexdigest() for data in reader.texts}
    assert job["limits"]["seconds"] < 25
    hits = found(reader.stack, run_id, "penalty")["hits"]
    assert [(hit["path"], hit["place"]) for hit in hits] == [("a.docx", "clause 4.2"), ("copy.docx", "clause 4.2")]
    assert reader.ask(run_id).json["read"] == []
    assert len(reader.jobs) == 1


def test_a_text_that_nobody_asked_for_is_not_taken(reader: Reader) -> None:
    run_id = holding(reader.stack, {"a.docx": b"one"})
    reader.texts = {b"one": CONTRACT}
    reader.ask(run_id)
    texts = DocumentTexts(reader.stack.backend.objects, AREA)
    assert texts.get(hashlib.sha256(b"one").hexdigest()) == CONTRACT
    assert texts.get("0" * 64) is None


def test_documents_that_cannot_be_read_are_passed_over_with_the_reason(reader: Reader) -> None:
    files = {f"{name}.docx": name.encode() for name in "abcd"}
    run_id = holding(reader.stack, files)
    reader.texts = dict.fromkeys((b"b", b"d"), CONTRACT)
    read: list[str] = []
    failed: dict[str, str] = {}
    query = ""
    for _ in files:
        page = reader.ask(run_id, query).json
        read += page["read"]
        failed |= {each["path"]: each["reason"] for each in page["not_read"]}
        if page["next_cursor"] is None:
            break
        query = f"?cursor={page['next_cursor']}"
    assert (read, failed) == (["b.docx", "d.docx"], dict.fromkeys(("a.docx", "c.docx"), "it ran out of time"))


def test_both_versions_of_a_changed_document_are_read_though_one_took_all_the_time(reader: Reader) -> None:
    first = holding(reader.stack, {"c.docx": b"old"})
    run_id = holding(reader.stack, {"c.docx": b"new", "d.docx": b"added"}, "second.md", from_run_id=first)
    # As they come, by their hashes: what is behind the first has no time left.
    in_time = min(b"old", b"new", key=lambda data: hashlib.sha256(data).hexdigest())
    reader.texts = {in_time: CONTRACT}
    cursor = reader.ask(run_id, "?changes=true").json["next_cursor"]
    reader.texts = dict.fromkeys((b"old", b"new", b"added"), CONTRACT)
    for _ in range(4):
        if cursor is None:
            break
        cursor = reader.ask(run_id, f"?changes=true&cursor={cursor}").json["next_cursor"]
    assert cursor is None
    texts = DocumentTexts(reader.stack.backend.objects, AREA)
    assert all(texts.get(hashlib.sha256(data).hexdigest()) for data in reader.texts)


def test_many_changed_documents_are_read_with_both_versions(reader: Reader) -> None:
    """A request takes twenty, which may end between the two of one path."""
    names = [f"{number:02}.docx" for number in range(15)]
    first = holding(reader.stack, {name: f"old {name}".encode() for name in names})
    changed = {"0.docx": b"added", **{name: f"new {name}".encode() for name in names}}
    run_id = holding(reader.stack, changed, "second.md", from_run_id=first)
    every = [b"added", *(f"{version} {name}".encode() for name in names for version in ("old", "new"))]
    reader.texts = dict.fromkeys(every, CONTRACT)
    cursor = reader.ask(run_id, "?changes=true").json["next_cursor"]
    while cursor is not None:
        cursor = reader.ask(run_id, f"?changes=true&cursor={cursor}").json["next_cursor"]
    texts = DocumentTexts(reader.stack.backend.objects, AREA)
    assert all(texts.get(hashlib.sha256(data).hexdigest()) for data in every)
    assert len(reader.jobs) == 2


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [
        pytest.param(Refused("TooManyRequestsException"), 429, "previews_busy", id="no environment"),
        pytest.param(Failed("out of memory"), 503, "reading_failed", id="failed"),
        pytest.param({}, 503, "reading_failed", id="delivered nothing"),
    ],
)
def test_where_nothing_can_be_read_just_now_that_is_said(
    monkeypatch: pytest.MonkeyPatch, trouble: Any, status: int, code: str
) -> None:
    def answer(_: Any) -> Any:
        if isinstance(trouble, Exception):
            raise trouble
        return trouble

    with deployed(monkeypatch, CONVERT_FUNCTION="convert") as stack, answering({"convert": answer}):
        run_id = holding(stack, {"a.docx": b"one"})
        refused = stack.request("POST", f"/runs/{run_id}/workspace/texts")
        assert (refused.status, refused.json["code"]) == (status, code)
        assert "memory" not in refused.text
