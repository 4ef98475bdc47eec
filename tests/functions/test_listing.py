"""Listings: whole where they are small, in pages where they are not, filtered, and never another tenant's."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from codex_swarm.models import RunStatus, TaskType
from swarm.aws import clients
from swarm.ids import RunKey
from swarm.records.keys import runs_of_tenant
from swarm.records.listing import Range, Wanted, page_of
from swarm.records.runs import decode
from swarm.records.table import Filter, Table
from swarm.runs.run import Run
from tests.support.stack import Answer, Stack

BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def stored(stack: Stack, number: int, project: str = "p1", tenant: str = "tenant-a", **fields: Any) -> str:
    """A run as its item tells, made `number` minutes after the beginning."""
    key = RunKey(tenant_id=tenant, project_id=project, run_id=f"{number:032x}")
    given = {"name": "", "task_type": TaskType.CODE, "instructions": "x", **fields}
    stack.backend.runs.create(Run(key=key, created_at=BEGAN + timedelta(minutes=number), **given))
    return key.run_id


def listed(stack: Stack, path: str = "/runs", /, **query: str | int) -> Answer:
    answer = stack.request("GET", f"{path}?{urlencode(query)}")
    assert answer.status == 200, answer.text
    return answer


def ids(stack: Stack, /, **query: str | int) -> list[str]:
    return [run["id"] for run in listed(stack, "/runs", **query).json]


def walk(stack: Stack, path: str = "/runs", /, **query: str | int) -> list[list[str]]:
    """The ids on each page, as the cursors lead from one to the next."""
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = listed(stack, path, **query, **cursor)
        pages.append([item["id"] for item in answer.json])
        if "x-next-cursor" not in answer.headers:
            return pages
        cursor = {"cursor": answer.headers["x-next-cursor"]}


def test_several_statuses_are_any_of_them(stack: Stack) -> None:
    made = {status: stored(stack, number, status=status) for number, status in enumerate(RunStatus)}
    assert ids(stack, status="failed") == [made[RunStatus.FAILED]]
    answer = stack.request("GET", "/runs?status=failed&status=queued&status=failed")
    assert {run["id"] for run in answer.json} == {made[RunStatus.FAILED], made[RunStatus.QUEUED]}
    assert stack.request("GET", "/runs?status=failed&status=happy").status == 422


def test_a_brief_listing_is_without_the_prompt(stack: Stack) -> None:
    run_id = stack.finish("touch a.md")
    (full,), (brief,) = listed(stack).json, listed(stack, view="brief").json
    assert full["system_instructions"]
    assert brief == {**full, "system_instructions": None}
    assert stack.run(run_id)["system_instructions"] == full["system_instructions"]


def test_a_run_says_when_it_began_and_ended(stack: Stack) -> None:
    queued = stack.request("POST", "/projects/p1/runs", {"instructions": "touch a.md"})
    made = queued.json if queued.status == 201 else {"started_at": None, "ended_at": None}
    assert (made["started_at"], made["ended_at"]) == (None, None)
    run = stack.run(stack.finish("touch a.md"))
    assert run["created_at"] <= run["started_at"] <= run["ended_at"]


def test_a_small_listing_is_whole_and_says_nothing_of_pages(stack: Stack) -> None:
    made = [stored(stack, n) for n in range(5)]
    answer = listed(stack)
    assert [run["id"] for run in answer.json] == made[::-1]
    assert not {"link", "x-next-cursor"} & answer.headers.keys()


def test_pages_join_up_to_the_whole(stack: Stack, subtests: pytest.Subtests) -> None:
    made = [stored(stack, n, project=f"p{n % 2}") for n in range(7)][::-1]
    for limit in (1, 2, 3, 6, 7, 8):
        with subtests.test(limit=limit):
            pages = walk(stack, limit=limit)
            assert [run for page in pages for run in page] == made
            assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
            assert pages[-1]
            in_project = walk(stack, limit=limit, project_id="p0")
            assert [run for page in in_project for run in page] == made[::2]


def test_projects_are_paged_oldest_first(stack: Stack) -> None:
    made = [stack.project(f"p{n}") for n in range(5)]
    assert walk(stack, "/projects", limit=2) == [made[:2], made[2:4], made[4:]]


def test_the_link_leads_to_the_next_page_of_the_same_question(stack: Stack) -> None:
    made = [stored(stack, n, project="a b") for n in range(3)][::-1]
    link = listed(stack, project_id="a b", limit=2).headers["link"]
    assert link.startswith("<?")
    assert link.endswith('>; rel="next"')
    answer = stack.request("GET", "/runs" + link[1:].partition(">")[0])
    assert [run["id"] for run in answer.json] == made[2:]


def test_what_comes_and_goes_between_two_pages_moves_nothing_else(stack: Stack) -> None:
    made = [stored(stack, n, status=RunStatus.SUCCEEDED) for n in range(4)][::-1]
    first = listed(stack, limit=2)
    stored(stack, 9)
    stack.backend.runs.hide(stack.backend.runs.get("tenant-a", made[1]).key, BEGAN)
    second = listed(stack, limit=2, cursor=first.headers["x-next-cursor"])
    assert [run["id"] for run in second.json] == made[2:]


FILTERS: dict[str, tuple[dict[str, str], list[int]]] = {
    "status": ({"status": "queued"}, [5, 4, 0]),
    "task type": ({"task_type": "writing"}, [5, 2]),
    "from a time on": ({"created_after": "2026-03-01T12:04:00Z"}, [5, 4]),
    "before a time": ({"created_before": "2026-03-01T12:02:00Z"}, [1, 0]),
    "between times of another zone": (
        {"created_after": "2026-03-01T13:01:00+01:00", "created_before": "2026-03-01T13:03:00+01:00"},
        [2, 1],
    ),
    "a time without a zone": ({"created_after": "2026-03-01T12:05:00"}, [5]),
    "an empty range": ({"created_after": "2026-03-01T12:05:00Z", "created_before": "2026-03-01T12:01:00Z"}, []),
    "a note": ({"metadata": "customer=acme"}, [4, 1]),
    "a note with a comma and more equals": ({"metadata": "x:y/z=a,b=c"}, [3]),
    "a note with nothing in it": ({"metadata": "empty="}, [2]),
    "all at once": ({"metadata": "customer=acme", "status": "queued", "created_after": "2026-03-01T12:02:00Z"}, [4]),
}
NOTES = {
    1: {"customer": "acme"},
    2: {"empty": ""},
    3: {"x:y/z": "a,b=c", "customer": "Acme"},
    4: {"customer": "acme", "x:y/z": "a"},
}


@pytest.mark.parametrize("scope", [{}, {"project_id": "p1"}], ids=["all runs", "a project's"])
def test_filters(stack: Stack, scope: dict[str, str], subtests: pytest.Subtests) -> None:
    ended = {1: RunStatus.SUCCEEDED, 2: RunStatus.FAILED, 3: RunStatus.RUNNING}
    for number in range(6):
        stored(
            stack,
            number,
            status=ended.get(number, RunStatus.QUEUED),
            task_type=TaskType.WRITING if number in {2, 5} else TaskType.CODE,
            metadata=NOTES.get(number, {}),
        )
    for what, (query, expected) in FILTERS.items():
        with subtests.test(what):
            assert [int(run, 16) for run in ids(stack, **query, **scope)] == expected
            assert [int(run, 16) for page in walk(stack, limit=1, **query, **scope) for run in page] == expected


def test_several_notes_all_have_to_be_there(stack: Stack) -> None:
    both = stored(stack, 1, metadata={"a": "1", "b": "2,3"})
    stored(stack, 2, metadata={"a": "1"})
    answer = stack.request("GET", "/runs?metadata=a=1&metadata=b=2,3")
    assert [run["id"] for run in answer.json] == [both]


def test_a_filter_that_little_passes_gives_short_pages_and_goes_on(stack: Stack) -> None:
    for number in range(650):
        stored(stack, number, status=RunStatus.RUNNING if number % 300 else RunStatus.QUEUED)
    passing = Filter("#status = :queued", {"#status": "status"}, {":queued": {"S": "queued"}})
    table = Table(clients.dynamodb(), "table")
    queued = Range(index="GSI2", pk=runs_of_tenant("tenant-a").pk, newest_first=True, only=passing)
    pages: list[list[int]] = []
    cursor: str | None = None
    while cursor or not pages:
        page = page_of(table, queued, decode, Wanted(5, lambda _: 1, cursor), queries=1)
        pages.append([int(run.run_id, 16) for run in page.items])
        cursor = page.next_cursor
    assert pages == [[600], [300], [], [0]]


def test_a_page_ends_before_an_answer_grows_too_large(stack: Stack) -> None:
    made = [stored(stack, n, instructions='"\u00fc"' * 15_000, prompt="p") for n in range(40)][::-1]
    with_prompts = walk(stack)
    assert [run for page in with_prompts for run in page] == made
    assert len(with_prompts) > 1


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=x", "status=happy", "task_type=cooking", "created_after=soon"],
)
def test_a_parameter_that_does_not_fit_is_refused(stack: Stack, query: str) -> None:
    answer = stack.request("GET", f"/runs?{query}")
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    "query", ["metadata=customer", "metadata==x", "created_after=0001-01-01T00:00:00%2B05:00", "project_id=a/b"]
)
def test_a_parameter_that_cannot_be_meant_is_refused(stack: Stack, query: str) -> None:
    assert stack.request("GET", f"/runs?{query}").status == 400


def cursor_of(stack: Stack, path: str = "/runs", tenant: str = "tenant-a", **query: str | int) -> str:
    answer = stack.request("GET", f"{path}?{urlencode({'limit': 1, **query})}", tenant=tenant)
    return answer.headers["x-next-cursor"]


def tampered(cursor: str) -> str:
    place, digest = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    return base64.urlsafe_b64encode(json.dumps([place, digest[::-1]]).encode()).decode().rstrip("=")


CURSORS: dict[str, Callable[[Stack], str]] = {
    "another tenant's": lambda stack: cursor_of(stack, tenant="tenant-b"),
    "of projects": lambda stack: cursor_of(stack, "/projects"),
    "of a project's runs": lambda stack: cursor_of(stack, project_id="p1"),
    "of other filters": lambda stack: cursor_of(stack, metadata="a=b"),
    "tampered with": lambda stack: tampered(cursor_of(stack)),
    "garbage": lambda _: "garbage",
    "not even ASCII": lambda _: "\u00fc\u2603",
    "other JSON": lambda _: base64.urlsafe_b64encode(b'{"pk": "T#tenant-b#R"}').decode(),
    "very long": lambda _: "A" * 4_000,
}


def test_a_cursor_of_another_listing_is_refused(stack: Stack, subtests: pytest.Subtests) -> None:
    for tenant in ("tenant-a", "tenant-b"):
        for number in range(3):
            stack.project(f"p{number}", tenant=tenant)
            stored(stack, number, tenant=tenant, metadata={"a": "b"})
    for what, made in CURSORS.items():
        with subtests.test(what):
            answer = stack.request("GET", f"/runs?limit=1&cursor={quote(made(stack))}")
            assert (answer.status, answer.json["code"]) == (400, "invalid_cursor")


def test_a_cursor_made_by_hand_leads_no_further_than_ones_own_runs(stack: Stack) -> None:
    mine = [stored(stack, n) for n in range(3)][::-1]
    for number in range(3):
        stored(stack, number + 10, tenant="tenant-b")
    _, digest = json.loads(base64.urlsafe_b64decode(cursor_of(stack) + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(["2999", digest]).encode()).decode()
    answer = stack.request("GET", f"/runs?limit=1&cursor={forged}")
    assert answer.status == 400 or set(ids(stack, cursor=forged)) <= set(mine)


def test_metadata_is_kept_and_shown(stack: Stack) -> None:
    notes = {"customer": "acme", "draft:7/a@b": "\u00fc, = and \u2603"}
    stack.project()
    run_id = stack.start("touch a.md", metadata=notes)
    assert stack.run(run_id)["metadata"] == notes
    stack.drive(run_id)
    assert stack.run(run_id)["metadata"] == notes
    assert ids(stack, metadata="customer=acme") == [run_id]


@pytest.mark.parametrize(
    "notes",
    [
        pytest.param({f"k{n}": "" for n in range(21)}, id="too many"),
        pytest.param({"k" * 65: ""}, id="a long key"),
        pytest.param({"a=b": ""}, id="an equals sign in a key"),
        pytest.param({"": ""}, id="an empty key"),
        pytest.param({"k": "v" * 513}, id="a long value"),
        pytest.param({"k": 1}, id="a number"),
        pytest.param(["k"], id="a list"),
    ],
)
def test_metadata_is_bounded(stack: Stack, notes: object) -> None:
    stack.project()
    body = {"instructions": "touch a.md", "metadata": notes}
    answer = stack.request("POST", "/projects/p1/runs", body)
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert ids(stack) == []


def test_a_project_id_may_have_a_comma(stack: Stack) -> None:
    stored(stack, 1, project="a,b")
    assert len(ids(stack, project_id="a,b")) == 1
