"""Batches: one run for each item of a list, a few at a time, each once, whatever happens meanwhile; one report."""

from __future__ import annotations

import csv
import hashlib
import io
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from codex_swarm.models import RunStatus
from swarm.aws import clients
from swarm.lifecycle.batch_runs import MAX_RESULT_BYTES, MAX_WORDS
from swarm.lifecycle.reconciliation import GRACE, reconcile
from swarm.records.tenants import MAX_BATCHES
from swarm.retention.cleaning import clean
from swarm.runs.batches import Row
from swarm.workspace.objects import ProjectArea
from tests.support.driving import beginning, drive, task
from tests.support.moments import Died, Moment, When, at_call, die, each_moment
from tests.support.stack import Answer, Stack, stack
from tests.support.story import flaws, records_of

TEMPLATE = {"name": "About {{name}}", "instructions": "touch {{ name }}.md", "metadata": {"who": "{{name}}"}}
NAMES = ["ada", "الميزانية", "O'Neil & co"]
ITEMS = [{"name": name} for name in NAMES]


def ask(stack: Stack, items: Any = None, template: Any = None, **more: Any) -> Answer:
    headers = more.pop("headers", {})
    body = {"template": template or TEMPLATE, "items": ITEMS if items is None else items, **more}
    return stack.request("POST", "/projects/p1/batches", body, headers=headers)


def begun(stack: Stack, items: Any = None, template: Any = None, **more: Any) -> str:
    stack.project()
    answer = ask(stack, items, template, **more)
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def batch(stack: Stack, batch_id: str) -> Any:
    return stack.request("GET", f"/batches/{batch_id}").json


def rows(stack: Stack, batch_id: str) -> list[Any]:
    return list(stack.request("GET", f"/batches/{batch_id}/report").json["rows"])


def runs_of(stack: Stack, batch_id: str) -> list[str]:
    """In the order of the items."""
    found = stack.request("GET", f"/runs?batch_id={batch_id}").json
    return [run["id"] for run in sorted(found, key=lambda run: run["batch_item"])]


def active(stack: Stack) -> list[str]:
    return sorted(stack.backend.tenants.get("tenant-a").active)


def finish(stack: Stack, batch_id: str) -> Any:
    """Drive what is active until nothing is; the batch then. What counts and was never written down nobody drives."""
    for _ in range(200):
        running = [run_id for run_id in active(stack) if stack.backend.runs.find("tenant-a", run_id)]
        if not running:
            break
        stack.drive(running[0])
    return batch(stack, batch_id)


def counts(found: Any) -> dict[str, int]:
    return {name: found[name] for name in ("waiting", "running", "succeeded", "failed", "cancelled") if found[name]}


def mended(stack: Stack, later: timedelta = GRACE) -> None:
    reconcile(stack.backend, datetime.now(UTC) + later)


def test_each_item_has_a_run_with_its_values_and_the_report_has_a_row_of_it(stack: Stack) -> None:
    batch_id = begun(stack, name="Letters")
    assert counts(batch(stack, batch_id)) == {"running": 3}
    found = finish(stack, batch_id)
    assert (found["status"], found["name"], counts(found)) == ("succeeded", "Letters", {"succeeded": 3})
    runs = [stack.run(run_id) for run_id in runs_of(stack, batch_id)]
    assert [(run["name"], run["metadata"]["who"]) for run in runs] == [(f"About {name}", name) for name in NAMES]
    assert [(run["batch_id"], run["batch_item"]) for run in runs] == [(batch_id, place) for place in (1, 2, 3)]
    report = rows(stack, batch_id)
    assert [row["values"]["name"] for row in report] == NAMES
    assert [row["run_id"] for row in report] == [run["id"] for run in runs]
    assert report[1]["closing_words"] == runs[1]["closing_words"]
    assert report[0]["link"] == f"https://api.test/ui/runs/{runs[0]['id']}"
    assert found["usage"]["model_calls"] == sum(run["usage"]["model_calls"] for run in runs)
    for run in runs:
        assert flaws(records_of(stack), run["id"]) == []


def test_runs_are_started_as_places_become_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with stack(monkeypatch, MAX_ACTIVE_RUNS="2", MAX_QUEUED_RUNS="1") as small:
        batch_id = begun(small, [{"name": str(number)} for number in range(7)])
        assert counts(batch(small, batch_id)) == {"waiting": 5, "running": 2}
        assert len(active(small)) == 2
        # Another project's run has its turn between those of the batch, however many these are.
        small.project("p2")
        other = small.start("touch other.md", "p2")
        small.drive(active(small)[0])
        assert other in active(small)
        small.drive(other, "p2")
        assert counts(finish(small, batch_id)) == {"succeeded": 7}
        assert len(runs_of(small, batch_id)) == 7


def test_a_run_that_waits_for_people_lets_the_next_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    with stack(monkeypatch, MAX_ACTIVE_RUNS="1") as small:
        asking = {**TEMPLATE, "require_approval": ["plan"]}
        batch_id = begun(small, template=asking)
        for _ in range(3):
            assert small.drive(active(small)[0])[-1] == "asked"
        assert active(small) == []
        assert counts(batch(small, batch_id)) == {"running": 3}
        waiting = small.request("GET", "/runs?waiting=true").json
        assert len(waiting) == 3
        assert small.request("POST", f"/batches/{batch_id}/cancel").json["cancelled"] == 3
        assert batch(small, batch_id)["ended_at"] is not None


def test_the_same_key_is_the_same_batch_and_another_body_under_it_is_refused(stack: Stack) -> None:
    key = {"Idempotency-Key": "quarter"}
    batch_id = begun(stack, headers=key)
    again = ask(stack, headers=key)
    assert (again.json["id"], again.headers["idempotent-replay"]) == (batch_id, "true")
    assert len(runs_of(stack, batch_id)) == 3
    other = ask(stack, ITEMS[:2], headers=key)
    assert (other.status, other.json["code"]) == (409, "idempotency_key_reused")
    assert counts(finish(stack, batch_id)) == {"succeeded": 3}
    assert ask(stack, headers=key).json["status"] == "succeeded"
    assert [each["id"] for each in stack.request("GET", "/batches?project_id=p1").json] == [batch_id]


@pytest.mark.parametrize(
    ("items", "template", "told"),
    [
        pytest.param([{"name": "a"}, {"nom": "b"}], TEMPLATE, "item 2: the template names {{name}}", id="no value"),
        pytest.param(
            [{"name": "a"}], {"instructions": "touch {{name}.md"}, "never closed: {{name}.md", id="open braces"
        ),
        pytest.param([{"name": "a"}, {"name": " "}], {"instructions": "{{name}}"}, "item 2: instructions", id="blank"),
        pytest.param([{"u": "none"}], {"instructions": "x", "uploads": ["{{u}}"]}, "item 1: no upload", id="upload"),
        pytest.param([{"r": "none"}], {"instructions": "x", "from_run_id": "{{r}}"}, "item 1: no run", id="run"),
        pytest.param(
            [{"p": "../x"}],
            {"instructions": "x", "files": [{"path": "{{p}}", "content": ""}]},
            "item 1: ",
            id="path",
        ),
        pytest.param([{"h": "ftp://x"}], {"instructions": "x", "callback_url": "{{h}}"}, "item 1: ", id="address"),
        pytest.param([], TEMPLATE, "items", id="no items"),
        pytest.param([{"name": "a"}] * 1_001, TEMPLATE, "items", id="too many"),
        pytest.param([{"name": ["a"]}], TEMPLATE, "items", id="no text"),
        pytest.param([{"name": "a"}], {"instructions": "{{name}}", "modle": "x"}, "template", id="unknown field"),
    ],
)
def test_what_cannot_begin_is_refused_with_the_item_and_nothing_has_begun(
    stack: Stack, items: Any, template: Any, told: str
) -> None:
    stack.project()
    refused = ask(stack, items, template)
    assert 400 <= refused.status < 500
    assert told in refused.text
    assert stack.request("GET", "/runs").json == stack.request("GET", "/batches").json == []
    assert stack.backend.tenants.get("tenant-a").batches == {}


def test_braces_that_are_no_placeholders_are_written_with_a_backslash(stack: Stack) -> None:
    batch_id = begun(
        stack, [{"n": 1.5, "yes": True, "none": None}], {"instructions": r"touch {{n}}{{yes}}{{none}}\{{x"}
    )
    (run_id,) = runs_of(stack, batch_id)
    assert stack.run(run_id)["machine_summary"] is None
    run = stack.backend.runs.current("tenant-a", run_id)
    assert run.instructions == "touch 1.5true{{x"


def test_each_item_is_judged_by_its_own_criteria(stack: Stack) -> None:
    criteria = [{"check": "contains_file", "path": "{{name}}.md"}]
    batch_id = begun(stack, [{"name": "a"}], {**TEMPLATE, "acceptance": {"criteria": criteria}})
    assert counts(finish(stack, batch_id)) == {"succeeded": 1}
    (run_id,) = runs_of(stack, batch_id)
    assert [each["met"] for each in stack.run(run_id)["acceptance"]["criteria"]] == [True]


def uploaded(stack: Stack, data: bytes, name: str = "list.csv") -> str:
    promised = {"path": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    upload = stack.request("POST", "/projects/p1/uploads", {"files": [promised]}).json
    key = f"t/tenant-a/p/p1/uploads/{upload['upload_id']}/0"
    clients.s3().put_object(Bucket="bucket", Key=key, Body=data)
    return str(upload["upload_id"])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('name,of\r\nada,1\r\n"O\'Neil, and\nco",2\r\n', id="commas"),
        pytest.param('\ufeffname;of\nada;1\n"O\'Neil, and\nco";2\n\n', id="semicolons and a byte order mark"),
        pytest.param('name\tof\nada\t1\n"O\'Neil, and\nco"\t2', id="tabs"),
    ],
)
def test_items_come_from_a_csv_file_too(stack: Stack, text: str) -> None:
    stack.project()
    body = {"template": {"instructions": "touch {{of}}.md"}, "csv_upload": uploaded(stack, text.encode())}
    made = stack.request("POST", "/projects/p1/batches", body)
    assert made.status == 201, made.text
    assert stack.request("GET", "/usage").json["uploads"]["used"] == 0
    found = rows(stack, made.json["id"])
    assert [row["values"] for row in found] == [{"name": "ada", "of": "1"}, {"name": "O'Neil, and\nco", "of": "2"}]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        pytest.param(b"name,of\nada\n", "line 2", id="too few values"),
        pytest.param(b"name,name\nada,b\n", "column 2", id="a name twice"),
        pytest.param(b"name\n", "has 0 rows", id="no rows"),
        pytest.param("name\nMüller\n".encode("latin-1"), "UTF-8", id="another encoding"),
        pytest.param(b'name\n"ada\n', "line", id="an open quote"),
        pytest.param(b"name\n" + b"a\n" * 1_001, "1 to 1000", id="too many rows"),
    ],
)
def test_a_csv_file_that_cannot_be_read_is_refused_with_the_place(stack: Stack, data: bytes, told: str) -> None:
    stack.project()
    body = {"template": {"instructions": "touch {{name}}.md"}, "csv_upload": uploaded(stack, data)}
    refused = stack.request("POST", "/projects/p1/batches", body)
    assert (refused.status, refused.json["code"]) == (400, "invalid_request")
    assert told in refused.json["detail"]
    both = {**body, "items": ITEMS}
    assert "one of them" in stack.request("POST", "/projects/p1/batches", both).json["detail"]


def test_what_failed_is_tried_again_and_what_succeeded_is_not(stack: Stack) -> None:
    template = {"instructions": "{{do}}. touch {{do}}.md"}
    batch_id = begun(stack, [{"do": "touch a"}, {"do": "touch b. fail with no paper"}], template)
    early = stack.request("POST", f"/batches/{batch_id}/retry")
    assert (early.status, early.json["code"]) == (409, "batch_not_ended")
    ended = finish(stack, batch_id)
    assert (ended["status"], counts(ended)) == ("failed", {"succeeded": 1, "failed": 1})
    assert "no paper" in rows(stack, batch_id)[1]["error"]
    first = runs_of(stack, batch_id)
    again = stack.request("POST", f"/batches/{batch_id}/retry")
    assert (again.status, again.json["round"], counts(again.json)) == (200, 1, {"succeeded": 1, "running": 1})
    assert rows(stack, batch_id)[1]["error"] is None
    later = finish(stack, batch_id)
    assert (later["status"], later["ended_at"] > ended["ended_at"]) == ("failed", True)
    assert len(runs_of(stack, batch_id)) == len(first) + 1
    assert later["usage"]["model_calls"] > ended["usage"]["model_calls"]


def test_nothing_is_tried_again_where_everything_succeeded(stack: Stack) -> None:
    batch_id = begun(stack)
    finish(stack, batch_id)
    refused = stack.request("POST", f"/batches/{batch_id}/retry")
    assert (refused.status, refused.json["code"]) == (409, "nothing_to_retry")
    ended = stack.request("POST", f"/batches/{batch_id}/cancel")
    assert (ended.status, ended.json["code"]) == (400, "batch_already_ended")


def test_a_cancelled_batch_starts_nothing_more_and_its_runs_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    with stack(monkeypatch, MAX_ACTIVE_RUNS="2") as small:
        batch_id = begun(small)
        first, second = runs_of(small, batch_id)
        small.drive(first)
        assert task("prepare", beginning(second))["outcome"] == "ready"
        cancelled = small.request("POST", f"/batches/{batch_id}/cancel").json
        assert (cancelled["status"], counts(cancelled)) == ("cancelled", {"succeeded": 1, "cancelled": 2})
        assert task("agent", beginning(second))["outcome"] == "ended"
        assert active(small) == []
        assert len(runs_of(small, batch_id)) == 3
        again = small.request("POST", f"/batches/{batch_id}/retry").json
        assert (again["status"], again["cancelled_at"]) == ("running", None)
        assert counts(finish(small, batch_id)) == {"succeeded": 3}


def test_a_run_that_can_no_longer_begin_is_a_failed_item_and_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with stack(monkeypatch, MAX_ACTIVE_RUNS="1") as small:
        source = small.finish("touch source.md")
        template = {"instructions": "touch {{name}}.md", "from_run_id": source}
        batch_id = begun(small, template=template)
        assert small.request("DELETE", f"/runs/{source}").status == 204
        found = finish(small, batch_id)
        # The first had been taken up already, and finds its files gone only as it begins.
        assert found["failed"] == 3
        assert "no run" in rows(small, batch_id)[2]["error"]
        assert rows(small, batch_id)[2]["run_id"] is None


def test_nobody_sees_or_stops_the_batch_of_another_tenant(stack: Stack) -> None:
    batch_id = begun(stack)
    for method, path in (("GET", ""), ("GET", "/report"), ("POST", "/cancel"), ("POST", "/retry"), ("DELETE", "")):
        foreign = stack.request(method, f"/batches/{batch_id}{path}", tenant="tenant-b")
        unknown = stack.request(method, f"/batches/{'0' * 32}{path}", tenant="tenant-b")
        assert foreign.status == unknown.status == 404
        assert foreign.text.replace(batch_id, "") == unknown.text.replace("0" * 32, "")
    assert stack.request("GET", "/batches", tenant="tenant-b").json == []
    assert stack.request("GET", f"/runs?batch_id={batch_id}", tenant="tenant-b").json == []


def test_a_key_for_other_projects_does_not_see_the_batch(stack: Stack) -> None:
    batch_id = begun(stack)
    key = {"tenant_id": "tenant-a", "may": "read run", "projects": '["p2"]'}
    for method, path in (("GET", ""), ("GET", "/report"), ("POST", "/cancel"), ("POST", "/retry")):
        assert stack.request(method, f"/batches/{batch_id}{path}", authorizer=key).status == 404
    assert stack.request("GET", "/batches", authorizer=key).json == []
    assert stack.request("GET", "/batches?project_id=p1", authorizer=key).status == 403
    own = {**key, "projects": '["p1"]'}
    assert stack.request("POST", f"/batches/{batch_id}/cancel", authorizer=own).status == 200


def test_only_so_many_batches_are_under_way(stack: Stack) -> None:
    stack.project()
    at = datetime.now(UTC)
    for number in range(MAX_BATCHES):
        stack.backend.tenants.enter_batch("tenant-a", "p1", f"b{number}", at)
    refused = ask(stack)
    assert (refused.status, refused.json["code"]) == (429, "too_many_batches")
    # They were never there: reconciliation finds that out.
    mended(stack)
    assert ask(stack).status == 201


def test_the_report_is_a_table_for_spreadsheets_and_for_people(stack: Stack) -> None:
    schema = {
        "type": "object",
        "properties": {"total": {"type": "number"}},
        "required": ["total"],
        "additionalProperties": False,
    }
    items = [{"name": "=1+1", "note": "a|b\nc"}, {"name": "ada", "note": "-5"}]
    batch_id = begun(stack, items, {"instructions": "touch x.md", "result_schema": schema}, name="Letters | 1")
    finish(stack, batch_id)
    table = stack.request("GET", f"/batches/{batch_id}/report?format=csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    head, first, second = csv.reader(io.StringIO(table.content.decode("utf-8-sig"), newline=""))
    assert head[:3] == ["item", "name", "note"]
    assert first[:3] == ["1", "'=1+1", "a|b\nc"]
    assert second[:3] == ["2", "ada", "-5"]
    assert second[head.index("status")] == "succeeded"
    assert second[head.index("link")].startswith("https://api.test/ui/runs/")
    shown = stack.request("GET", f"/batches/{batch_id}/report?format=markdown").text
    assert shown.startswith("# Letters \\| 1\n\n2 of 2 succeeded")
    assert "| a\\|b c |" in shown
    assert "[run](https://api.test/ui/runs/" in shown
    assert stack.request("GET", f"/batches/{batch_id}/report?format=pdf").status == 422


def test_the_end_of_a_batch_is_told_once_for_each_round(stack: Stack) -> None:
    batch_id = begun(
        stack, [{"name": "a"}], {"instructions": "fail with {{name}}"}, callback_url="https://example.com/x"
    )
    finish(stack, batch_id)
    (delivery,) = stack.request("GET", "/webhooks/deliveries").json
    assert (delivery["type"], delivery["batch_id"], delivery["run_id"]) == ("batch.failed", batch_id, "")
    assert delivery["id"] == f"msg_{batch_id}_batch0"
    assert stack.request("GET", f"/webhooks/deliveries/{delivery['id']}").json == delivery
    stack.request("POST", f"/batches/{batch_id}/retry")
    finish(stack, batch_id)
    told = {each["id"] for each in stack.request("GET", "/webhooks/deliveries").json}
    assert told == {f"msg_{batch_id}_batch0", f"msg_{batch_id}_batch1"}


def test_a_project_is_not_deleted_under_a_batch_and_takes_it_along_later(stack: Stack) -> None:
    batch_id = begun(stack)
    refused = stack.request("DELETE", "/projects/p1")
    assert (refused.status, refused.json["code"]) == (409, "project_in_use")
    finish(stack, batch_id)
    assert stack.request("DELETE", "/projects/p1").status == 202
    assert stack.request("GET", f"/batches/{batch_id}").status == 404
    assert stack.request("GET", "/batches").json == []
    later = datetime.now(UTC) + timedelta(minutes=10)
    for _ in range(3):
        clean(stack.backend, later, lambda: 600.0)
    assert stack.request("GET", f"/batches/{batch_id}").status == 404
    assert stack.request("GET", "/batches").json == []
    assert "Contents" not in clients.s3().list_objects_v2(Bucket="bucket")


def test_a_deleted_batch_is_gone_at_once_and_its_runs_stay(stack: Stack) -> None:
    key = {"Idempotency-Key": "quarter"}
    batch_id = begun(stack, headers=key)
    early = stack.request("DELETE", f"/batches/{batch_id}")
    assert (early.status, early.json["code"]) == (409, "batch_not_ended")
    finish(stack, batch_id)
    runs = runs_of(stack, batch_id)
    assert stack.request("DELETE", f"/batches/{batch_id}", tenant="tenant-b").status == 404
    assert stack.request("DELETE", f"/batches/{batch_id}").status == 204
    for method, path in (("GET", ""), ("GET", "/report"), ("POST", "/retry"), ("DELETE", "")):
        assert stack.request(method, f"/batches/{batch_id}{path}").status == 404
    assert stack.request("GET", "/batches").json == []
    assert ask(stack, headers=key).status == 404
    assert runs_of(stack, batch_id) == runs
    clean(stack.backend, datetime.now(UTC), lambda: 600.0)
    assert list(stack.backend.batches.deleted("tenant-a")) == []
    assert list(stack.backend.inventory.keys(ProjectArea("tenant-a", "p1").batch(batch_id))) == []
    assert stack.run(runs[0])["status"] == "succeeded"


def test_a_batch_is_kept_as_long_as_runs_are(stack: Stack) -> None:
    batch_id = begun(stack)
    finish(stack, batch_id)
    clean(stack.backend, datetime.now(UTC) + timedelta(days=89), lambda: 600.0)
    assert stack.request("GET", f"/batches/{batch_id}").status == 200
    clean(stack.backend, datetime.now(UTC) + timedelta(days=91), lambda: 600.0)
    assert stack.request("GET", f"/batches/{batch_id}").status == 404


def test_a_full_queue_delays_a_batch_and_loses_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with stack(monkeypatch, MAX_ACTIVE_RUNS="1", MAX_QUEUED_RUNS="0") as small:
        small.project("p2")
        other = small.start("touch other.md", "p2")
        batch_id = begun(small)
        assert runs_of(small, batch_id) == []
        small.drive(other, "p2")
        mended(small)
        assert counts(finish(small, batch_id)) == {"succeeded": 3}


def settled(stack: Stack, batch_id: str, note: object) -> None:
    """After whatever died, and reconciliation: every item has exactly one run, and each ended once."""
    finish(stack, batch_id)
    mended(stack)
    found = finish(stack, batch_id)
    assert found["ended_at"] is not None, note
    assert counts(found) == {"succeeded": 2}, note
    runs = runs_of(stack, batch_id)
    assert len(runs) == 2, note
    assert [row["run_id"] for row in rows(stack, batch_id)] == runs, note
    for run_id in runs:
        assert flaws(records_of(stack), run_id) == [], note
    assert stack.backend.tenants.get("tenant-a").batches == {}, note


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_request_that_dies_at_any_call_leaves_nothing_or_a_batch_that_goes_on(
    monkeypatch: pytest.MonkeyPatch, when: When
) -> None:
    key = {"Idempotency-Key": "quarter"}

    def dies(number: int) -> Moment:
        with stack(monkeypatch) as fresh:
            fresh.project()
            with at_call(number, die, when) as moment, suppress(Died):
                ask(fresh, ITEMS[:2], headers=key)
            if number % 2:
                # Nobody asks again: what is there goes on, what is not leaves nothing that counts.
                mended(fresh)
            made = ask(fresh, ITEMS[:2], headers=key)
            assert made.status == 201, (made.text, moment.calls)
            settled(fresh, made.json["id"], moment.calls)
        return moment

    assert each_moment(dies) > 10


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_dies_at_any_call_of_its_end_is_told_once_and_the_next_begins(
    monkeypatch: pytest.MonkeyPatch, when: When
) -> None:
    def dies(number: int) -> Moment:
        with stack(monkeypatch, MAX_ACTIVE_RUNS="1") as small:
            batch_id = begun(small, ITEMS[:2])
            (first,) = runs_of(small, batch_id)
            state = drive(beginning(first), until="agent")
            with at_call(number, die, when) as moment:
                drive(state, "agent")
            settled(small, batch_id, moment.calls)
        return moment

    assert each_moment(dies) > 15


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_reconciliation_that_dies_at_any_call_of_mending_a_batch_is_done_again(
    monkeypatch: pytest.MonkeyPatch, when: When
) -> None:
    with stack(monkeypatch) as whole, at_call(-1, die) as asking:
        whole.project()
        asking.calls.clear()
        ask(whole, ITEMS[:2])
    starts = asking.calls.index("stepfunctions.StartExecution")

    def dies(number: int) -> Moment:
        with stack(monkeypatch) as fresh:
            fresh.project()
            with at_call(starts, die) as early, suppress(Died):
                ask(fresh, ITEMS[:2])
            # The request died as it was about to start its first run.
            assert early.calls[-1] == "stepfunctions.StartExecution"
            (found,) = fresh.request("GET", "/batches").json
            with at_call(number, die, when) as moment, suppress(Died):
                mended(fresh)
            settled(fresh, found["id"], moment.calls)
        return moment

    assert each_moment(dies) > 10


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cancellation_that_dies_at_any_call_is_finished_by_reconciliation(
    monkeypatch: pytest.MonkeyPatch, when: When
) -> None:
    def dies(number: int) -> Moment:
        with stack(monkeypatch, MAX_ACTIVE_RUNS="2") as small:
            batch_id = begun(small)
            with at_call(number, die, when) as moment, suppress(Died):
                small.request("POST", f"/batches/{batch_id}/cancel")
            if batch(small, batch_id)["status"] == "running":
                small.request("POST", f"/batches/{batch_id}/cancel")
            mended(small)
            found = batch(small, batch_id)
            assert (found["status"], counts(found)) == ("cancelled", {"cancelled": 3}), moment.calls
            assert active(small) == [], moment.calls
            assert small.backend.tenants.get("tenant-a").batches == {}, moment.calls
        return moment

    assert each_moment(dies) > 10


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_retry_that_dies_at_any_call_tries_each_item_once(monkeypatch: pytest.MonkeyPatch, when: When) -> None:
    def dies(number: int) -> Moment:
        with stack(monkeypatch) as fresh:
            batch_id = begun(fresh, [{"name": "a"}, {"name": "b"}], {"instructions": "fail with {{name}}"})
            finish(fresh, batch_id)
            with at_call(number, die, when) as moment, suppress(Died):
                fresh.request("POST", f"/batches/{batch_id}/retry")
            if batch(fresh, batch_id)["round"] == 0:
                assert fresh.request("POST", f"/batches/{batch_id}/retry").status == 200, moment.calls
            mended(fresh)
            found = finish(fresh, batch_id)
            mended(fresh)
            assert (found["round"], counts(found)) == (1, {"failed": 2}), moment.calls
            assert len(runs_of(fresh, batch_id)) == 4, moment.calls
            assert fresh.backend.tenants.get("tenant-a").batches == {}, moment.calls
        return moment

    assert each_moment(dies) > 10


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_dies_at_any_call_as_it_asks_lets_the_next_begin(
    monkeypatch: pytest.MonkeyPatch, when: When
) -> None:
    asking = {**TEMPLATE, "require_approval": ["plan"]}

    def dies(number: int) -> Moment:
        with stack(monkeypatch, MAX_ACTIVE_RUNS="1") as small:
            batch_id = begun(small, ITEMS[:2], asking)
            (first,) = runs_of(small, batch_id)
            state = drive(beginning(first), until="agent")
            with at_call(number, die, when) as moment:
                assert drive(state, "agent")["outcome"] == "asked"
            mended(small)
            first, second = runs_of(small, batch_id)
            assert active(small) == [second], moment.calls
            assert small.drive(second)[-1] == "asked", moment.calls
            assert {run["id"] for run in small.request("GET", "/runs?waiting=true").json} == {first, second}
        return moment

    assert each_moment(dies) > 15


@pytest.mark.proof
def test_a_cancellation_that_meets_the_end_of_a_run_at_any_call_leaves_nobody_at_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def meets(number: int) -> Moment:
        with stack(monkeypatch, MAX_ACTIVE_RUNS="1") as small:
            batch_id = begun(small)
            (first,) = runs_of(small, batch_id)
            state = drive(beginning(first), until="agent")
            with at_call(number, lambda: small.request("POST", f"/batches/{batch_id}/cancel")) as moment:
                drive(state, "agent")
            if not moment.happened:
                return moment
            for run_id in active(small):
                # What was being started when the cancellation came ends before it has done anything.
                assert small.drive(run_id) == ["ended"], moment.calls
            mended(small)
            found = batch(small, batch_id)
            assert found["ended_at"] is not None, moment.calls
            assert (found["status"], found["succeeded"] <= 1) == ("cancelled", True), moment.calls
            assert active(small) == [], moment.calls
            assert small.backend.tenants.get("tenant-a").batches == {}, moment.calls
        return moment

    assert each_moment(meets) > 15


@pytest.mark.proof
def test_two_requests_with_one_key_make_one_batch_whatever_call_they_meet_at(monkeypatch: pytest.MonkeyPatch) -> None:
    key = {"Idempotency-Key": "quarter"}

    def meets(number: int) -> Moment:
        with stack(monkeypatch) as fresh:
            fresh.project()
            with at_call(number, lambda: ask(fresh, ITEMS[:2], headers=key)) as moment:
                made = ask(fresh, ITEMS[:2], headers=key)
            assert made.status == 201, (made.text, moment.calls)
            settled(fresh, made.json["id"], moment.calls)
        return moment

    assert each_moment(meets) > 10


@pytest.mark.proof
def test_the_report_of_a_thousand_items_fits_into_an_answer(stack: Stack) -> None:
    words = "ك" * MAX_WORDS
    items = [{"name": f"{number}", "note": "ك" * 100} for number in range(1_000)]
    batch_id = begun(stack, items, {"instructions": "touch {{name}}.md"})
    found = stack.backend.batches.get("tenant-a", batch_id)
    for place in range(1_000):
        item = found.item(place)
        row = Row(
            place=place,
            round=0,
            status=RunStatus.FAILED,
            run_id=item.run_id,
            closing_words=words,
            error=words,
            result={"x": "ك" * (MAX_RESULT_BYTES // 2 - 10)},
        )
        stack.backend.batches.note(found, row)
    stack.backend.batches.change("tenant-a", batch_id, lambda batch: replace(batch, states="f" * 1_000))
    for how in ("json", "csv", "markdown"):
        # `request` holds every answer to what Lambda lets through.
        assert stack.request("GET", f"/batches/{batch_id}/report?format={how}").status == 200
