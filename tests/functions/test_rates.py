"""How many requests a second a tenant is answered: a bucket over all processes, asked for by the handful."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from swarm.aws import clients
from swarm.errors import TooManyRequests
from swarm.records.quotas import Quotas
from swarm.records.rates import BURST_SECONDS, FREE, HANDFUL, Rates
from swarm.records.table import Table
from tests.functions.test_quotas import of_tenant
from tests.support.stack import Stack
from tests.support.stack import stack as deployed

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
RATE = 20


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed(monkeypatch, MAX_REQUESTS_PER_SECOND=str(RATE)) as stack:
        yield stack


def process() -> Rates:
    """One of the processes that answer."""
    return Rates(Table(clients.dynamodb(), "table"), Quotas(requests_per_second=RATE))


def answered(processes: list[Rates], tenant: str, now: datetime, most: int = 1_000) -> int:
    """How many requests they let through, in turns, until all of them refuse."""
    through = 0
    for number in range(most):
        try:
            processes[number % len(processes)].require(tenant, now)
            through += 1
        except TooManyRequests:
            continue
    return through


def test_a_burst_passes_and_then_what_comes_in_a_second(limited: Stack) -> None:
    one = process()
    assert answered([one], "a", NOW) == FREE + RATE * BURST_SECONDS
    assert answered([one], "a", NOW + timedelta(seconds=1)) == RATE
    assert answered([one], "a", NOW + timedelta(seconds=31)) == RATE * BURST_SECONDS


def test_processes_share_one_bucket_and_tenants_have_their_own(limited: Stack) -> None:
    many = [process() for _ in range(8)]
    assert answered(many, "a", NOW) == 8 * FREE + RATE * BURST_SECONDS
    assert answered(many, "a", NOW + timedelta(seconds=2)) == RATE * BURST_SECONDS
    assert answered(many, "b", NOW + timedelta(seconds=2)) == 8 * FREE + RATE * BURST_SECONDS


def test_who_asks_seldom_costs_nothing_and_who_asks_a_lot_a_tenth_of_a_write(limited: Stack) -> None:
    one = process()
    with limited.recorded() as calls:
        assert answered([one], "a", NOW, FREE) == FREE
    assert calls == []
    with limited.recorded() as calls:
        assert answered([one], "a", NOW, 4 * HANDFUL) == 4 * HANDFUL
    assert len([each for each in calls if each == "dynamodb.UpdateItem"]) <= 4 + 1
    with limited.recorded() as calls:
        # A refusal is remembered until there will be a handful.
        answered([one], "a", NOW, 100)
    assert len(calls) <= 2


@pytest.mark.parametrize(("own", "expected"), [("0", 500), ("5", FREE + 5 * BURST_SECONDS)])
def test_an_operator_may_give_a_tenant_another_rate(limited: Stack, own: str, expected: int) -> None:
    of_tenant("a", max_requests_per_second=own)
    assert answered([process()], "a", NOW, 500) == expected


def test_what_is_over_is_refused_in_words_and_no_watcher_is_lost(limited: Stack) -> None:
    limited.project()
    run_id = limited.start("touch a.md")
    # Others have spent what comes within an hour, so that no time of this machine matters.
    spent_until = int((datetime.now(UTC) + timedelta(hours=1)).timestamp() * 1_000)
    item = {"PK": {"S": "T#tenant-a"}, "SK": {"S": "RATE"}, "spent_until": {"N": str(spent_until)}}
    clients.dynamodb().put_item(TableName="table", Item=item)
    answers = [limited.request("GET", "/usage") for _ in range(FREE + 1)]
    answer = answers[-1]
    assert (answer.status, answer.json["code"]) == (429, "rate_limited")
    assert 3_000 < int(answer.headers["retry-after"]) <= 3_600
    watched = limited.request("GET", f"/runs/{run_id}/stream")
    assert (watched.status, watched.content) == (200, b"retry: 15000\n\n")
    other = limited.request("GET", "/usage", tenant="tenant-b")
    assert (other.status, other.json["requests_per_second"]) == (200, RATE)
    assert limited.request("GET", "/healthz", tenant=None).status == 200
