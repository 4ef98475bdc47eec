"""What a tenant may have at a time: a number of each kind, its own exceptions, and nobody who died keeps a place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from archive.app import handler as pack
from swarm.aws import clients
from swarm.errors import TooManyUnderWay
from swarm.outputs import archive
from swarm.outputs.run_diff import kept
from swarm.records.quotas import Kind, Places
from swarm.retention.cleaning import clean
from swarm.retention.sweeping import expire
from swarm.workspace.objects import DAY, ProjectArea
from tests.outputs.runs import holding
from tests.support.lambda_context import lambda_context
from tests.support.lambdas import answering
from tests.support.stack import Answer, Stack
from tests.support.stack import stack as deployed

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Two of each kind at a time."""
    quotas = {f"MAX_{kind.name}": "2" for kind in Kind}
    with deployed(monkeypatch, ARCHIVE_FUNCTION="archive", PREVIEW_FUNCTION="preview", **quotas) as stack:
        clients.s3().put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
        yield stack


@pytest.fixture
def places(narrow: Stack) -> Places:
    return narrow.backend.places


def of_tenant(tenant: str, **exceptions: str) -> None:
    """What an operator writes on a tenant's item."""
    item = {name: {"N": value} for name, value in exceptions.items()}
    clients.dynamodb().put_item(TableName="table", Item={"PK": {"S": f"T#{tenant}"}, "SK": {"S": "META"}, **item})


def test_there_are_so_many_places_of_each_kind_and_tenant(places: Places) -> None:
    first = places.take("a", Kind.DIFFS, NOW, MINUTE)
    places.take("a", Kind.DIFFS, NOW, MINUTE)
    with pytest.raises(TooManyUnderWay, match=r"^2 diffs are under way"):
        places.take("a", Kind.DIFFS, NOW, MINUTE)
    places.take("a", Kind.PREVIEWS, NOW, MINUTE)
    places.take("b", Kind.DIFFS, NOW, MINUTE)
    places.give_back("a", Kind.DIFFS, first)
    places.give_back("a", Kind.DIFFS, first)
    places.take("a", Kind.DIFFS, NOW, MINUTE)
    taken = {kind: taken.places for kind, taken in places.taken("a", NOW).items() if taken.places}
    assert taken == {Kind.DIFFS: 2, Kind.PREVIEWS: 1}


def test_who_died_holds_no_place_for_long(places: Places) -> None:
    places.take("a", Kind.DIFFS, NOW, MINUTE)
    places.take("a", Kind.DIFFS, NOW, 3 * MINUTE)
    later = NOW + 2 * MINUTE
    assert places.taken("a", later)[Kind.DIFFS].places == 1
    places.take("a", Kind.DIFFS, later, MINUTE)
    with pytest.raises(TooManyUnderWay):
        places.take("a", Kind.DIFFS, later, MINUTE)


@pytest.mark.parametrize("most", ["0", "3"])
def test_a_tenant_may_have_a_quota_of_its_own(places: Places, most: str) -> None:
    of_tenant("a", max_uploads=most)
    for _ in range(int(most)):
        places.take("a", Kind.UPLOADS, NOW, MINUTE)
    with pytest.raises(TooManyUnderWay, match=f"^{most} uploads"):
        places.take("a", Kind.UPLOADS, NOW, MINUTE)


def test_a_place_is_given_back_whatever_happens_in_it(places: Places) -> None:
    def failing() -> None:
        with places.one("a", Kind.ARCHIVES, NOW, MINUTE):
            assert places.taken("a", NOW)[Kind.ARCHIVES].places == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert places.taken("a", NOW)[Kind.ARCHIVES].places == 0


def test_a_watcher_beyond_the_quota_is_told_at_once_to_come_again_later(narrow: Stack, places: Places) -> None:
    narrow.project()
    run_id = narrow.start("touch a.md")

    def told(after: str = "?after=0.1", tenant: str = "tenant-a") -> str:
        answer = narrow.request("GET", f"/runs/{run_id}/stream{after}", tenant=tenant)
        return f"{answer.status} {answer.text.partition(chr(10))[0]}"

    assert told() == "200 retry: 1000"
    waiting = [places.take("tenant-a", Kind.WATCHERS, datetime.now(UTC), MINUTE) for _ in range(2)]
    assert told() == "200 retry: 15000"
    # What there is to tell is told all the same.
    assert told("") == "200 retry: 1000"
    places.give_back("tenant-a", Kind.WATCHERS, waiting[0])
    assert told() == "200 retry: 1000"


def usage(stack: Stack) -> Any:
    return stack.request("GET", "/usage").json


def upload(stack: Stack, size: int, path: str = "a.bin") -> Answer:
    return stack.request("POST", "/projects/p1/uploads", {"files": [{"path": path, "size": size}]})


def send(stack: Stack, opened: Answer, data: bytes) -> str:
    """Store what the upload promised, as its URL does; the upload's id."""
    upload_id: str = opened.json["upload_id"]
    stack.backend.objects.put(f"{ProjectArea('tenant-a', 'p1').uploads}{upload_id}/0", data)
    return upload_id


def test_usage_tells_what_is_used_and_what_may_be(narrow: Stack) -> None:
    narrow.project()
    of_tenant("tenant-a", max_diffs="7", max_stored_bytes="1000")
    upload(narrow, 300)
    told = usage(narrow)
    assert told["stored_bytes"] == {"used": 300, "limit": 1000}
    assert (told["uploads"], told["diffs"]) == ({"used": 1, "limit": 2}, {"used": 0, "limit": 7})
    assert told["active_runs"] == {"used": 0, "limit": 10}
    narrow.start("touch a.md")
    assert (usage(narrow)["active_runs"]["used"], usage(narrow)["measured_at"]) == (1, None)
    assert narrow.request("GET", "/usage", tenant="tenant-b").json["uploads"]["used"] == 0


def test_no_upload_goes_over_what_may_be_stored(narrow: Stack) -> None:
    narrow.project()
    of_tenant("tenant-a", max_stored_bytes="1000")
    assert upload(narrow, 900).status == 201
    answer = upload(narrow, 101)
    assert (answer.status, answer.json["code"]) == (413, "storage_full")
    assert "900 of 1000 bytes are stored, and 101 more were asked for" in answer.json["detail"]
    # Who was refused has left nothing.
    assert (usage(narrow)["stored_bytes"]["used"], usage(narrow)["uploads"]["used"]) == (900, 1)
    assert upload(narrow, 100).status == 201


def test_who_has_no_room_starts_no_run(narrow: Stack) -> None:
    narrow.project()
    of_tenant("tenant-a", max_stored_bytes="10")
    assert upload(narrow, 10).status == 201
    answer = narrow.request("POST", "/projects/p1/runs", {"instructions": "touch a.md"})
    assert (answer.status, answer.json["code"]) == (413, "storage_full")
    assert usage(narrow)["active_runs"]["used"] == 0
    assert narrow.request("GET", "/runs").json == []


def test_what_a_run_stores_is_counted_once_at_its_end(narrow: Stack) -> None:
    run_id = narrow.finish("Create a file called a.md with one. Create a file called a.md with another")
    run = narrow.backend.runs.get("tenant-a", run_id)
    blobs = sum(size for key, size in narrow.backend.inventory.sizes("tenant-a") if "/blobs/" in key)
    assert usage(narrow)["stored_bytes"]["used"] == run.stored_bytes == blobs > 0
    narrow.backend.tenants.release("tenant-a", run_id, run.stored_bytes)
    assert usage(narrow)["stored_bytes"]["used"] == blobs


def test_uploads_are_under_way_until_a_run_takes_them(narrow: Stack) -> None:
    narrow.project()
    first, second = upload(narrow, 3), upload(narrow, 3)
    third = upload(narrow, 3)
    assert (third.status, third.json["code"]) == (429, "too_many_under_way")
    assert "2 uploads are under way" in third.json["detail"]
    assert int(third.headers["retry-after"]) > 0
    narrow.drive(narrow.start("touch b.md", uploads=[send(narrow, first, b"abc")]))
    assert upload(narrow, 3).status == 201
    assert second.status == 201


def later(by: timedelta) -> datetime:
    return datetime.now(UTC) + by


def cleaned(stack: Stack, now: datetime) -> int:
    return clean(stack.backend, now, lambda: 600.0).files


def test_what_was_counted_wrongly_is_set_right_once_a_day(narrow: Stack) -> None:
    narrow.finish("touch a.md")
    upload(narrow, 500)
    narrow.backend.tenants.promise("tenant-a", 10_000_000)
    found = sum(size for key, size in narrow.backend.inventory.sizes("tenant-a") if "/uploads/" not in key)
    cleaned(narrow, datetime.now(UTC))
    # What is promised counts, also when it has not come yet.
    assert usage(narrow)["stored_bytes"]["used"] == found + 500
    assert usage(narrow)["measured_at"] is not None
    narrow.backend.tenants.promise("tenant-a", 77)
    cleaned(narrow, later(timedelta(hours=23)))
    assert usage(narrow)["stored_bytes"]["used"] == found + 577
    cleaned(narrow, later(2 * DAY))
    assert usage(narrow)["stored_bytes"]["used"] <= found


def made(stack: Stack) -> set[str]:
    """What is kept for a day only, as it stands in the bucket."""
    names = stack.backend.inventory.versions("t/tenant-a/p/p1/")
    return {kind for each in names for kind in ("uploads", "archives", "diffs") if f"/{kind}/" in each.key}


def test_what_nobody_used_goes_after_a_day(narrow: Stack) -> None:
    run_id = narrow.finish("Create a file called a.md with one. touch b.md")
    opened = upload(narrow, 3)
    send(narrow, opened, b"abc")
    send(narrow, opened, b"def")
    patch = f"/runs/{run_id}/diff?from_turn=0&to_turn=1"
    assert narrow.request("GET", patch).status == 200
    assert narrow.request("GET", f"/runs/{run_id}/workspace/archive").status == 307
    assert made(narrow) == {"uploads", "archives", "diffs"}
    cleaned(narrow, later(timedelta(hours=23)))
    assert made(narrow) == {"uploads", "archives", "diffs"}
    assert cleaned(narrow, later(DAY + MINUTE)) == 6
    assert made(narrow) == set()
    # What can be made again is made again.
    assert narrow.request("GET", patch).status == 200
    assert made(narrow) == {"diffs"}
    cleaned(narrow, later(3 * DAY))
    assert made(narrow) == set()


def test_what_is_not_a_day_old_stays_when_its_project_is_looked_at(narrow: Stack) -> None:
    narrow.project()
    send(narrow, upload(narrow, 3), b"abc")
    area = ProjectArea("tenant-a", "p1")
    assert expire(narrow.backend, area, later(DAY - MINUTE)) == (0, True)
    deleted, more = expire(narrow.backend, area, later(DAY + MINUTE))
    assert (deleted > 0, more) == (True, False)


def test_what_is_new_when_others_go_goes_later(narrow: Stack) -> None:
    narrow.project()
    upload(narrow, 3)
    # Its time had come, had it not been renewed a moment ago.
    cleaned(narrow, later(DAY - MINUTE))
    [cleanup] = narrow.backend.projects.pending_cleanups(later(2 * DAY))
    assert cleanup.project_id == "p1"
    assert made(narrow) == {"uploads"}
    cleaned(narrow, later(2 * DAY))
    assert list(narrow.backend.projects.pending_cleanups(later(9 * DAY))) == []


def test_what_is_kept_for_a_day_says_so_to_the_bucket(narrow: Stack) -> None:
    run_id = narrow.finish("Create a file called a.md with one. touch b.md")
    opened = upload(narrow, 3)
    assert opened.json["files"][0]["headers"]["x-amz-tagging"] == "keep=day"
    assert opened.json["files"][0]["headers"]["if-none-match"] == "*"
    narrow.request("GET", f"/runs/{run_id}/diff?from_turn=0&to_turn=1")
    narrow.request("GET", f"/runs/{run_id}/workspace/archive")
    tags = {
        key: clients.s3().get_object_tagging(Bucket="bucket", Key=key)["TagSet"]
        for key, _ in narrow.backend.inventory.sizes("tenant-a")
    }
    marked = {key for key, tag in tags.items() if tag == [{"Key": "keep", "Value": "day"}]}
    assert marked == {key for key in tags if any(f"/{kind}/" in key for kind in ("uploads", "archives", "diffs"))}
    assert len(marked) == 4


def test_a_difference_that_is_about_to_go_is_worked_out_again(narrow: Stack) -> None:
    run = narrow.backend.runs.get("tenant-a", narrow.finish("touch a.md"))
    old, new = narrow.backend.snapshot(None), narrow.backend.files_of(run)
    for now, puts in (
        (datetime.now(UTC), 2),
        (later(timedelta(hours=22)), 0),
        (later(timedelta(hours=23, minutes=1)), 2),
    ):
        with narrow.recorded() as calls:
            assert kept(narrow.backend, run, old, new, now) is not None
        assert calls.count("s3.PutObject") == puts


REQUESTS: dict[Kind, Callable[[str], str]] = {
    Kind.ARCHIVES: lambda run: f"/runs/{run}/workspace/archive",
    Kind.PREVIEWS: lambda run: f"/runs/{run}/workspace/preview/a.md",
    Kind.DIFFS: lambda run: f"/runs/{run}/diff?from_turn=0&to_turn=1",
}


@pytest.mark.parametrize("kind", REQUESTS, ids=REQUESTS)
def test_what_is_worked_out_for_a_tenant_is_bounded(narrow: Stack, places: Places, kind: Kind) -> None:
    run_id = narrow.finish("touch a.md")
    drawn = {"media_type": "text/html; charset=utf-8", "content": "PHA+PC9wPg=="}
    with answering({"preview": lambda _: drawn}):
        busy = [places.take("tenant-a", kind, datetime.now(UTC), MINUTE) for _ in range(2)]
        answer = narrow.request("GET", REQUESTS[kind](run_id))
        assert (answer.status, answer.json["code"]) == (429, "too_many_under_way")
        assert f"2 {kind.value} are under way" in answer.json["detail"]
        places.give_back("tenant-a", kind, busy[0])
        assert narrow.request("GET", REQUESTS[kind](run_id)).status in {200, 307}
        # And what it had is free again, and not needed to ask for what there is.
        places.take("tenant-a", kind, datetime.now(UTC), MINUTE)
        assert narrow.request("GET", REQUESTS[kind](run_id)).status in {200, 307}


@pytest.mark.proof
def test_an_archive_that_a_function_packs_has_a_place_until_it_is_made(narrow: Stack) -> None:
    run_id = holding(narrow, {f"{n:04}.md": b"text" for n in range(archive.MAX_AWAITED_FILES)})
    orders: list[Any] = []
    with answering({"archive": orders.append}):
        assert narrow.request("GET", f"/runs/{run_id}/workspace/archive").status == 202
        assert usage(narrow)["archives"]["used"] == 1
        pack(orders[0], lambda_context())
    assert usage(narrow)["archives"]["used"] == 0
