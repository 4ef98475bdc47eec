"""Projects are read and deleted: gone at once, cleared away in slices, and nothing of anybody else goes with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import pytest

from codex_swarm.models import TaskType
from prepare.app import handler as prepare
from swarm.aws import clients
from swarm.records.projects import PendingCleanup, ProjectChange
from swarm.records.runs import encode
from swarm.retention.cleaning import Cleared, clean
from swarm.retention.removal import GRACE, delete_project
from tests.support.lambda_context import lambda_context
from tests.support.stack import Stack

HAIKU = "Create a file called spring.md with a haiku about spring"


def refusal(stack: Stack, method: str, path: str, body: object = None) -> tuple[int, str]:
    answer = stack.request(method, path, body)
    return answer.status, answer.json["code"]


def delete(stack: Stack, project_id: str = "p1", tenant: str = "tenant-a") -> None:
    answer = stack.request("DELETE", f"/projects/{project_id}", tenant=tenant)
    assert (answer.status, answer.json) == (202, {"id": project_id, "status": "deleting"})


def janitor(stack: Stack, later: timedelta = timedelta(0), seconds: float = 600) -> Cleared:
    return clean(stack.backend, datetime.now(UTC) + later, lambda: seconds)


def clear(stack: Stack) -> None:
    """As many rounds as it takes."""
    for _ in range(10):
        if janitor(stack, later=2 * GRACE).projects:
            return
    raise AssertionError("the project is still there after ten rounds")


def keys(stack: Stack) -> list[str]:
    """The key of every object."""
    return [each["Key"] for each in clients.s3().list_objects_v2(Bucket="bucket").get("Contents", [])]


def records() -> list[str]:
    """Partition and sort key of every item, but for what runs cost: that is kept on purpose."""
    found = (f"{item['PK']['S']} {item['SK']['S']}" for item in clients.dynamodb().scan(TableName="table")["Items"])
    return sorted(key for key in found if "#USAGE#" not in key)


def test_one_project_is_read(stack: Stack) -> None:
    stack.project("p1", task_type="writing")
    stack.project("theirs", tenant="tenant-b")
    assert stack.request("GET", "/projects/p1").json == stack.request("GET", "/projects").json[0]
    assert refusal(stack, "GET", "/projects/p2") == (404, "project_not_found")
    assert refusal(stack, "GET", "/projects/theirs") == (404, "project_not_found")


GONE: dict[str, Callable[[str], tuple[str, str, object]]] = {
    "the project": lambda _: ("GET", "/projects/p1", None),
    "its patterns": lambda _: ("GET", "/projects/p1/patterns", None),
    "the project, to delete": lambda _: ("DELETE", "/projects/p1", None),
    "the project, to start a run": lambda _: ("POST", "/projects/p1/runs", {"instructions": "touch a"}),
    "the run": lambda run: ("GET", f"/runs/{run}", None),
    "its steps": lambda run: ("GET", f"/runs/{run}/steps", None),
    "its events": lambda run: ("GET", f"/runs/{run}/events", None),
    "its stream": lambda run: ("GET", f"/runs/{run}/stream", None),
    "its artifacts": lambda run: ("GET", f"/runs/{run}/artifacts", None),
    "its diff": lambda run: ("GET", f"/runs/{run}/diff", None),
    "its files": lambda run: ("GET", f"/runs/{run}/workspace/files", None),
    "its file": lambda run: ("GET", f"/runs/{run}/workspace/files/spring.md", None),
    "its pattern": lambda run: ("GET", f"/patterns/{run}", None),
    "the run, to cancel": lambda run: ("POST", f"/runs/{run}/cancel", None),
}


def test_a_deleted_project_and_its_runs_are_unknown_at_once(stack: Stack, subtests: pytest.Subtests) -> None:
    run_id = stack.finish(HAIKU)
    delete(stack)
    for what, asked in GONE.items():
        with subtests.test(what):
            status, code = refusal(stack, *asked(run_id))
            assert (status, code) in {(404, "project_not_found"), (404, "run_not_found")}


def test_a_deleted_project_is_in_no_listing(stack: Stack) -> None:
    stack.finish(HAIKU)
    kept = stack.finish(HAIKU, "p2")
    delete(stack)
    assert [project["id"] for project in stack.request("GET", "/projects").json] == ["p2"]
    assert [run["id"] for run in stack.request("GET", "/runs").json] == [kept]
    assert stack.request("GET", "/runs?project_id=p1").json == []


def test_the_janitor_leaves_nothing_of_a_deleted_project(stack: Stack) -> None:
    stack.finish(HAIKU, "p2")
    before = (keys(stack), records())
    first = stack.finish(HAIKU)
    stack.finish("touch a.md", from_run_id=first)
    stack.request("DELETE", f"/patterns/{first}")
    upload = {"files": [{"path": "a.txt", "size": 3}]}
    assert stack.request("POST", "/projects/p1/uploads", upload).status == 201
    delete(stack)
    clear(stack)
    # The upload holds its place for a day; it says nothing of the project.
    assert (keys(stack), [each for each in records() if each != "T#tenant-a PLACES"]) == before


NEIGHBOURS = [
    ("ab", "abc", "tenant-a"),
    ("abc", "ab", "tenant-a"),
    ("a%2Fb", "a%2Fbc", "tenant-a"),
    ("a b", "a", "tenant-a"),
    ("a", "a%20b", "tenant-a"),
    ("same", "same", "tenant-ab"),
]


@pytest.mark.parametrize(("deleted", "other", "tenant"), NEIGHBOURS)
def test_no_other_project_is_touched_however_alike_its_name(
    stack: Stack, deleted: str, other: str, tenant: str
) -> None:
    run_id = stack.finish(HAIKU, other, tenant=tenant)
    before = (keys(stack), records())
    stack.finish(HAIKU, deleted)
    delete(stack, deleted)
    clear(stack)
    left = [record for record in records() if record != "T#tenant-a META"]
    assert (keys(stack), left) == (before[0], [record for record in before[1] if record != "T#tenant-a META"])
    answer = stack.request("GET", f"/runs/{run_id}/workspace/files/spring.md", tenant=tenant)
    assert answer.status == 200


@pytest.mark.parametrize("prefix", ["", "t/", "t/tenant/", "t/tenant/p/", "t/tenant/p/ab", "t/tenant/p//", "x/"])
def test_only_a_folder_of_one_project_can_be_deleted(stack: Stack, prefix: str) -> None:
    with pytest.raises(ValueError, match="no folder"):
        list(stack.backend.inventory.keys(prefix))
    with pytest.raises(ValueError, match="no folder"):
        list(stack.backend.inventory.versions(prefix))


def test_the_id_is_free_once_everything_is_gone(stack: Stack) -> None:
    first = stack.finish(HAIKU)
    delete(stack)
    body = {"id": "p1", "name": "again"}
    assert refusal(stack, "PUT", "/projects/p1", body) == (409, "project_being_deleted")
    janitor(stack)
    assert refusal(stack, "PUT", "/projects/p1", body) == (409, "project_being_deleted")
    clear(stack)
    second = stack.finish(HAIKU)
    assert [run["id"] for run in stack.request("GET", "/runs?project_id=p1").json] == [second]
    assert stack.run(second)["pattern_used"] is None
    assert refusal(stack, "GET", f"/runs/{first}") == (404, "run_not_found")


@pytest.mark.parametrize("running", [False, True], ids=["queued", "running"])
def test_a_project_with_an_active_run_is_not_deleted(stack: Stack, running: bool) -> None:
    done = stack.finish(HAIKU)
    run_id = stack.start("touch a.md")
    if running:
        prepare({"tenant_id": "tenant-a", "project_id": "p1", "run_id": run_id}, lambda_context())
    before = records()
    assert refusal(stack, "DELETE", "/projects/p1") == (409, "project_in_use")
    assert (records(), stack.run(done)["status"]) == (before, "succeeded")
    stack.request("POST", f"/runs/{run_id}/cancel")
    delete(stack)


def test_active_runs_of_other_projects_do_not_matter(stack: Stack) -> None:
    stack.finish(HAIKU)
    stack.project("p2")
    stack.start("touch a.md", "p2")
    delete(stack)


def test_what_is_unknown_is_not_deleted(stack: Stack) -> None:
    stack.finish(HAIKU, "theirs", tenant="tenant-b")
    before = records()
    assert refusal(stack, "DELETE", "/projects/theirs") == (404, "project_not_found")
    assert refusal(stack, "DELETE", "/projects/ ") == (400, "invalid_id")
    assert records() == before


def held_up(stack: Stack, run_id: str) -> None:
    """The run was asked for as long ago as a project takes to go."""
    run = stack.backend.runs.get("tenant-a", run_id)
    asked = replace(run, created_at=run.created_at - GRACE)
    clients.dynamodb().put_item(TableName="table", Item=encode(asked))


def test_a_run_that_was_just_being_started_ends_where_its_project_was_deleted(stack: Stack) -> None:
    stack.project()
    run_id = stack.start(HAIKU)
    # As if the request had been held up, and counted only after the last look at the active runs.
    held_up(stack, run_id)
    stack.backend.tenants.release("tenant-a", run_id)
    delete_project(stack.backend, "tenant-a", "p1", now=datetime.now(UTC))
    assert janitor(stack, later=2 * GRACE).projects == 0
    assert stack.drive(run_id) == ["ended"]
    clear(stack)
    assert not [record for record in records() if run_id in record]


def test_a_run_does_not_go_on_in_another_project_that_has_the_id_by_now(stack: Stack) -> None:
    stack.project()
    run_id = stack.start(HAIKU)
    held_up(stack, run_id)
    stack.backend.tenants.release("tenant-a", run_id)
    stack.backend.projects.release(PendingCleanup("tenant-a", "p1", hidden_at=None))
    later = datetime.now(UTC) + timedelta(minutes=5)
    change = ProjectChange("p1", TaskType.CODE, None, None, frozenset())
    stack.backend.projects.put("tenant-a", "p1", change, later)
    assert stack.drive(run_id) == ["ended"]
    assert stack.run(run_id)["status"] == "cancelled"


@pytest.mark.proof
def test_a_project_that_has_too_much_for_one_round_is_cleared_in_slices(stack: Stack) -> None:
    for _ in range(5):
        stack.finish(HAIKU)
    delete(stack)
    for rounds in range(200):
        # Every round has time for a little more than the one before.
        left = iter([600.0] * rounds)
        now = datetime.now(UTC) + 2 * GRACE
        if clean(stack.backend, now, partial(next, left, 0.0)).projects:
            break
    assert rounds > 2
    assert (keys(stack), records()) == ([], ["T#tenant-a META"])


class Killed(BaseException):
    """As if the process had been killed: nothing catches it."""


@contextmanager
def killed_at(call: int) -> Iterator[None]:
    """The process dies before its AWS call of this number."""
    calls = count()

    def die(**_: object) -> None:
        if next(calls) == call:
            raise Killed

    sdk = (clients.dynamodb(), clients.s3())
    for client in sdk:
        client.meta.events.register("before-call", die, unique_id="killer")
    try:
        yield
    finally:
        for client in sdk:
            client.meta.events.unregister("before-call", unique_id="killer")


@pytest.mark.proof
def test_the_janitor_may_die_at_any_call(stack: Stack) -> None:
    stack.finish(HAIKU, "p2")
    before = (keys(stack), records())
    for _ in range(3):
        stack.finish(HAIKU)
    delete(stack)
    for call in range(200):
        with suppress(Killed), killed_at(call):
            if janitor(stack, later=2 * GRACE).projects:
                break
    assert call > 5
    assert (keys(stack), records()) == before


@pytest.mark.proof
@pytest.mark.parametrize("call", range(9))
def test_a_request_may_die_at_any_call_and_the_project_is_there_or_gone(stack: Stack, call: int) -> None:
    run_id = stack.finish(HAIKU)
    with suppress(Killed), killed_at(call):
        stack.request("DELETE", "/projects/p1")
    if stack.request("GET", "/projects/p1").status == 200:
        assert stack.run(run_id)["status"] == "succeeded"
        delete(stack)
    clear(stack)
    assert (keys(stack), records()) == ([], ["T#tenant-a META"])
