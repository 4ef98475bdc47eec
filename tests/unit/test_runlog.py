"""The contract of a run log, held by every implementation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from codex_swarm.models import ProgressEvent
from swarm.ids import RunKey
from swarm.records.runlog import RunLog, SlotTaken
from swarm.runs.entries import Claimed, Entry

KEY = RunKey(tenant_id="t", project_id="p", run_id="r")
NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def entry(slot: int, writer: str, *, size: int = 0) -> Entry:
    told = ProgressEvent(stage="executing", message="\u00fc" * size, percent=30)
    return Entry(slot=slot, writer=writer, at=NOW, change=Claimed(), events=(told,))


def test_an_entry_comes_back_as_it_went_in(log: RunLog) -> None:
    log.append(KEY, entry(0, "a", size=3))
    assert list(log.read(KEY)) == [entry(0, "a", size=3)]


def test_second_writer_of_a_slot_loses(log: RunLog) -> None:
    log.append(KEY, entry(0, "a"))
    with pytest.raises(SlotTaken):
        log.append(KEY, entry(0, "b"))
    assert [held.writer for held in log.read(KEY)] == ["a"]


def test_a_writer_that_asks_again_finds_its_slot_its_own(log: RunLog) -> None:
    log.append(KEY, entry(0, "a"))
    log.append(KEY, entry(0, "a"))
    assert len(list(log.read(KEY))) == 1


def test_entries_are_read_in_order_behind_a_slot(log: RunLog) -> None:
    for slot in range(12):
        log.append(KEY, entry(slot, "a"))
    assert [held.slot for held in log.read(KEY, after=8)] == [9, 10, 11]
    assert log.has(KEY, 11)
    assert not log.has(KEY, 12)


def test_runs_do_not_see_each_others_entries(log: RunLog) -> None:
    log.append(KEY, entry(0, "a"))
    for other in (
        RunKey(tenant_id="t", project_id="p", run_id="r2"),
        RunKey(tenant_id="t2", project_id="p", run_id="r"),
    ):
        assert list(log.read(other)) == []


def test_an_entry_too_large_for_an_item_is_kept_whole(log: RunLog) -> None:
    log.append(KEY, entry(0, "a", size=500_000))
    assert next(iter(log.read(KEY))) == entry(0, "a", size=500_000)


def test_one_of_many_writers_gets_the_slot(log: RunLog) -> None:
    def attempt(writer: str) -> bool:
        try:
            log.append(KEY, entry(0, writer))
        except SlotTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(attempt, [f"writer-{number}" for number in range(24)]))
    assert won.count(True) == 1
