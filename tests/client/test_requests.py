"""Each method asks for the right thing and returns it typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import BadRequest, NotFound, TransportError
from codex_swarm.models import RunRead, TaskType
from tests.client import bodies
from tests.client.fake_api import HANG_UP, Answer, FakeApi, refused, told

PROJECT = {
    "id": "demo",
    "name": "Demo",
    "task_type": "code",
    "domain_config": None,
    "created_at": "2025-01-13T10:00:00Z",
}
STEP = {"id": "s-1", "run_id": "run-1", "t": "2025-01-13T10:00:01Z", "role": "user", "content": "Hi"}
DIFF = {
    "artifact_id": "art-2",
    "summary": {
        "branch": "main",
        "files": [{"path": "a.md", "status": "A"}],
        "shortstat": "1 file changed",
        "stat": "a.md | 1 +",
    },
}
PATTERN = {
    "id": "pat-run-1",
    "source_run_id": "run-1",
    "name": "Hello",
    "summary": "Greets.",
    "steps": [{"instruction": "Write hello.md", "intent": "write"}],
    "variables": {"tone": {"type": "tone", "example": "warm"}},
}

Call = Callable[[CodexSwarmClient], Any]


@pytest.mark.parametrize(
    ("call", "target", "answer", "seen"),
    [
        pytest.param(lambda c: c.health().status, "/healthz", {"status": "ok"}, "ok", id="health"),
        pytest.param(lambda c: c.list_projects()[0].name, "/projects", [PROJECT], "Demo", id="projects"),
        pytest.param(lambda c: c.get_project("a b").name, "/projects/a%20b", PROJECT, "Demo", id="project"),
        pytest.param(
            lambda c: c.list_patterns("demo")[0].summary, "/projects/demo/patterns", [PATTERN], "Greets.", id="patterns"
        ),
        pytest.param(
            lambda c: c.list_runs(
                status="failed",
                task_type="writing",
                created_after=datetime(2026, 1, 2, tzinfo=UTC),
                created_before=datetime(2026, 2, 3, tzinfo=UTC),
                metadata={"a": "b,c", "d": "="},
            ),
            "/runs?status=failed&task_type=writing&created_after=2026-01-02T00%3A00%3A00%2B00%3A00"
            "&created_before=2026-02-03T00%3A00%3A00%2B00%3A00&metadata=a%3Db%2Cc&metadata=d%3D%3D",
            [],
            [],
            id="some-runs",
        ),
        pytest.param(lambda c: c.get_run("run-1").usage.model_calls, "/runs/run-1", bodies.run(), 2, id="run"),
        pytest.param(lambda c: c.list_runs()[0].id, "/runs", [bodies.run()], "run-1", id="runs"),
        pytest.param(lambda c: c.list_runs("a b"), "/runs?project_id=a+b", [], [], id="runs-of-a-project"),
        pytest.param(lambda c: c.get_steps("run-1")[0].role, "/runs/run-1/steps", [STEP], "user", id="steps"),
        pytest.param(
            lambda c: c.get_diff("run-1", from_turn=0, to_turn=2).summary.shortstat,
            "/runs/run-1/diff?from_turn=0&to_turn=2",
            DIFF | {"artifact_id": None},
            "1 file changed",
            id="diff-of-turns",
        ),
        pytest.param(
            lambda c: c.list_files("run-1", turn=1).total_files,
            "/runs/run-1/workspace/files?turn=1",
            {"run_id": "run-1", "total_files": 0, "files": []},
            0,
            id="files-of-a-turn",
        ),
        pytest.param(
            lambda c: c.get_artifacts("run-1")[0].bytes,
            "/runs/run-1/artifacts",
            [bodies.artifact()],
            8,
            id="artifacts",
        ),
        pytest.param(
            lambda c: c.get_diff("run-1").unread, "/runs/run-1/diff", {**DIFF, "unread": ["c"]}, ["c"], id="unread"
        ),
        pytest.param(lambda c: c.get_diff("run-1").summary.files[0].path, "/runs/run-1/diff", DIFF, "a.md", id="diff"),
        pytest.param(
            lambda c: c.get_pattern("run-1").variables["tone"].example,
            "/patterns/run-1",
            PATTERN,
            "warm",
            id="pattern",
        ),
        pytest.param(
            lambda c: c.get_run("a/b ?#").id, "/runs/a%2Fb%20%3F%23", bodies.run(id="a/b ?#"), "a/b ?#", id="quoted-id"
        ),
    ],
)
def test_reads(api: FakeApi, client: CodexSwarmClient, call: Call, target: str, answer: Any, seen: Any) -> None:
    api.on("GET", target, told(answer))
    assert call(client) == seen
    assert api.received[0].headers["Authorization"] == "Bearer key-1"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        pytest.param("hello.md", "hello.md", id="plain"),
        pytest.param("docs/My report.md", "docs%2FMy+report.md", id="folder-and-space"),
        pytest.param("50%?#.md", "50%25%3F%23.md", id="reserved"),
        pytest.param("über/naïve.md", "%C3%BCber%2Fna%C3%AFve.md", id="unicode"),
        pytest.param("a%2Fb.md", "a%252Fb.md", id="looks-encoded"),
    ],
)
def test_file_paths_arrive_as_they_are(api: FakeApi, client: CodexSwarmClient, path: str, target: str) -> None:
    api.on("GET", f"/runs/run-1/workspace/file?path={target}", Answer(body=b"\x00\xff"))
    assert client.get_file("run-1", path) == b"\x00\xff"


def test_text_is_decoded_as_asked(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", "/runs/run-1/workspace/file?path=a.txt", Answer(body="naïve".encode("latin-1")))
    assert client.get_file_text("run-1", "a.txt", "latin-1") == "naïve"
    with pytest.raises(UnicodeDecodeError):
        client.get_file_text("run-1", "a.txt")


def test_an_artifact_comes_as_bytes(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", "/runs/run-1/artifacts/art-1/download", Answer(body=b"{}"))
    assert client.get_artifact("run-1", "art-1") == b"{}"


def test_a_project_is_put_whole(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("PUT", "/projects/demo", told(PROJECT, 201))
    client.put_project("demo", "Demo", task_type="writing", domain_config={"a": [1]})
    client.create_project("demo")
    assert [request.json() for request in api.received] == [
        {"id": "demo", "name": "Demo", "task_type": "writing", "domain_config": {"a": [1]}},
        {"id": "demo", "name": "demo", "task_type": "code", "domain_config": None},
    ]
    client.put_project("demo", callback_url="https://example.com/hook")
    assert api.received[-1].json()["callback_url"] == "https://example.com/hook"


def test_starting_a_run_sends_only_what_was_said(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("POST", "/projects/demo/runs", told(bodies.run(status="queued", progress=0), 201))
    run = client.start_run(project_id="demo", instructions="Go")
    assert isinstance(run, RunRead)
    assert run.status == "queued"
    client.start_run("demo", "Go", "research", "Name", reference_run_id="run-a", from_run_id="run-b")
    assert [request.json() for request in api.received] == [
        {"project_id": "demo", "instructions": "Go"},
        {
            "project_id": "demo",
            "instructions": "Go",
            "task_type": "research",
            "name": "Name",
            "reference_run_id": "run-a",
            "from_run_id": "run-b",
        },
    ]


def test_starting_a_run_makes_a_missing_project(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("POST", "/projects/demo/runs", refused(404, "project_not_found"), told(bodies.running(0), 201))
    api.on("PUT", "/projects/demo", told(PROJECT, 201))
    client.start_run("demo", "Go", TaskType.WRITING)
    assert api.asked() == ["POST /projects/demo/runs", "PUT /projects/demo", "POST /projects/demo/runs"]
    assert api.received[1].json()["task_type"] == "writing"


def test_a_missing_source_run_makes_no_project(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("POST", "/projects/demo/runs", refused(404, "run_not_found"))
    with pytest.raises(NotFound):
        client.start_run("demo", "Go", from_run_id="gone")
    assert len(api.received) == 1


def test_an_unknown_task_type_is_refused_before_anything_is_sent(api: FakeApi, client: CodexSwarmClient) -> None:
    with pytest.raises(ValueError, match="cooking"):
        client.start_run("demo", "Go", "cooking")
    assert api.received == []


def test_cancelling(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("POST", "/runs/run-1/cancel", told({"status": "cancelled", "process_killed": True}))
    assert client.cancel_run("run-1").process_killed


def test_cancelling_twice_is_once(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("POST", "/runs/run-1/cancel", HANG_UP, refused(400, "run_already_ended"))
    api.on("GET", "/runs/run-1", told(bodies.run(status="cancelled")), told(bodies.run()))
    with pytest.raises(TransportError):
        client.cancel_run("run-1")
    assert client.cancel_run("run-1").status == "cancelled"
    with pytest.raises(BadRequest):
        client.cancel_run("run-1")


def test_a_listing_is_complete_over_its_pages(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on(
        "GET",
        "/runs/run-1/workspace/files",
        told(bodies.listing("a.md", "b.md", total=3, next_cursor="n/2=")),
    )
    api.on("GET", "/runs/run-1/workspace/files?cursor=n%2F2%3D", told(bodies.listing("c.md", total=3)))
    listing = client.list_files("run-1")
    assert [file.path for file in listing.files] == ["a.md", "b.md", "c.md"]
    assert (listing.total_files, listing.next_cursor) == (3, None)


def test_iterating_asks_for_a_page_only_when_it_is_needed(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", "/runs/run-1/workspace/files", told(bodies.listing("a.md", total=2, next_cursor="2")))
    api.on("GET", "/runs/run-1/workspace/files?cursor=2", told(bodies.listing("b.md", total=2)))
    files = client.iter_files("run-1")
    assert next(files).path == "a.md"
    assert len(api.received) == 1
    assert [file.path for file in files] == ["b.md"]


def test_runs_are_complete_over_their_pages(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", "/runs?project_id=demo", told([bodies.run(id="run-2")], X_Next_Cursor="n/2="))
    api.on("GET", "/runs?project_id=demo&cursor=n%2F2%3D", told([], X_Next_Cursor="3"))
    api.on("GET", "/runs?project_id=demo&cursor=3", told([bodies.run()]))
    runs = client.iter_runs("demo")
    assert next(runs).id == "run-2"
    assert len(api.received) == 1
    assert [run.id for run in runs] == ["run-1"]
    assert [run.id for run in client.list_runs("demo")] == ["run-2", "run-1"]


def test_projects_are_complete_over_their_pages(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", "/projects", told([PROJECT], X_Next_Cursor="2"))
    api.on("GET", "/projects?cursor=2", told([{**PROJECT, "id": "other"}]))
    assert [project.id for project in client.list_projects()] == ["demo", "other"]


def test_a_search_goes_over_its_pages_until_it_has_enough(api: FakeApi, client: CodexSwarmClient) -> None:
    def page(*paths: str, next_cursor: str | None = None) -> Answer:
        hits = [
            {"run_id": "r", "path": path, "place": "line 1", "snippet": "x", "start": 0, "end": 1} for path in paths
        ]
        missing = [{"run_id": "r", "path": "scan.pdf", "reason": "a scan"}]
        said = {"query": "x", "hits": hits, "searched": 1, "total_files": 9, "next_cursor": next_cursor}
        return told({**said, "not_searched": missing, "not_searched_total": 1})

    api.on("GET", "/runs/r/workspace/search?turn=1&q=a+b&limit=3", page("a", "b", next_cursor="2"))
    api.on("GET", "/runs/r/workspace/search?turn=1&q=a+b&limit=1&cursor=2", page(next_cursor="3"))
    api.on("GET", "/runs/r/workspace/search?turn=1&q=a+b&limit=1&cursor=3", page("c", next_cursor="4"))
    found = client.search_run("r", "a b", most=3, turn=1)
    assert [hit.path for hit in found.hits] == ["a", "b", "c"]
    assert (found.searched, found.not_searched_total, len(found.not_searched), found.next_cursor) == (3, 3, 3, "4")


def test_documents_are_read_page_after_page(api: FakeApi, client: CodexSwarmClient) -> None:
    failed = [{"run_id": "r", "path": "b.docx", "reason": "x"}]
    api.on(
        "POST", "/runs/r/workspace/texts?changes=true", told({"run_id": "r", "read": ["a.docx"], "next_cursor": "2"})
    )
    following = {"run_id": "r", "read": ["c.docx"], "not_read": failed}
    api.on("POST", "/runs/r/workspace/texts?changes=true&cursor=2", told(following))
    made = client.read_texts("r", changes=True)
    assert (made.read, [each.path for each in made.not_read]) == (["a.docx", "c.docx"], ["b.docx"])


def test_an_unknown_status_is_refused_before_anything_is_sent(api: FakeApi, client: CodexSwarmClient) -> None:
    with pytest.raises(ValueError, match="happy"):
        client.list_runs(status="happy")
    assert api.received == []


@pytest.mark.parametrize(
    ("call", "target"),
    [
        pytest.param(lambda c: c.delete_project("a b"), "/projects/a%20b", id="project"),
        pytest.param(lambda c: c.delete_pattern("run-1"), "/patterns/run-1", id="pattern"),
        pytest.param(lambda c: c.delete_run("run-1"), "/runs/run-1", id="run"),
    ],
)
def test_deleting(api: FakeApi, client: CodexSwarmClient, call: Call, target: str) -> None:
    api.on("DELETE", target, told({}, 202))
    call(client)
    assert api.asked() == [f"DELETE {target}"]


def test_notes_are_sent_with_a_run(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("POST", "/projects/demo/runs", told(bodies.run(metadata={"a": "b"}), 201))
    assert client.start_run("demo", "Go", metadata={"a": "b"}).metadata == {"a": "b"}
    assert api.received[0].json()["metadata"] == {"a": "b"}


def test_a_base_url_may_have_a_path(api: FakeApi) -> None:
    api.on("GET", "/prod/runs/run-1", told(bodies.run()))
    with CodexSwarmClient(f"{api.url}/prod/") as client:
        assert client.get_run("run-1").id == "run-1"


def test_the_environment_names_service_and_key(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    api.on("GET", "/projects", told([]))
    monkeypatch.setenv("CODEX_SWARM_URL", api.url)
    monkeypatch.setenv("CODEX_SWARM_API_KEY", "from-env")
    with CodexSwarmClient() as client:
        client.list_projects()
    assert api.received[0].headers["Authorization"] == "Bearer from-env"


def test_without_a_key_none_is_sent(api: FakeApi) -> None:
    api.on("GET", "/projects", told([]))
    with CodexSwarmClient(api.url) as client:
        client.list_projects()
    assert "Authorization" not in api.received[0].headers


def test_leaving_the_block_closes_the_connections(api: FakeApi) -> None:
    with CodexSwarmClient(api.url) as client:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        client.health()


def test_any_transport_will_do() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"status": "ok"}))
    with CodexSwarmClient("http://swarm.test", transport=transport) as client:
        assert client.health().status == "ok"
