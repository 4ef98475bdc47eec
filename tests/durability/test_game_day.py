"""A game day: all that operators fear, in one day, while people work. Nothing is lost, and what should ring rings.

Few runs and a short outage here; `./run.sh gameday` has a hundred runs, and a provider that is down for ten minutes.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from infra.local.faults import FAILING_BUCKET, THROTTLED_TABLE, Fault
from infra.local.lambdas.function import Function
from tests.durability.later_version import MARK, Release, released
from tests.durability.world import FINAL, World, wait
from tests.local.clouds import Clouds, call, eventually
from tests.provider.script import Reply, calls, error, finishes
from tests.provider.script import call as asks
from tests.provider.server import Received, ScriptedProvider
from tests.support.story import flaws

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3_600)]

TURNED_AWAY = 30
SPARED = {"SandboxFunction", "ConvertFunction", "PreviewFunction", "CanaryFunction"}
"""A command that is killed is the model's to deal with."""
BAD_DAY = (
    replace(THROTTLED_TABLE, share=0.04),
    replace(FAILING_BUCKET, share=0.04),
    Fault("s3", share=0.1, seconds=0.5),
)


@dataclass(frozen=True)
class Size:
    """How many runs people start, how many are worked on at once, and for how many seconds the provider is down.

    With 0 it is down until it has turned away as many requests as an outage of minutes does.
    """

    runs: int
    outage: float

    @property
    def at_once(self) -> int:
        return max(6, self.runs // 8)


class Provider:
    """Writes a file and is done; or is down."""

    def __init__(self, *, hurried: bool) -> None:
        self.down = threading.Event()
        self.refused = self.done = 0
        # A short outage asks for short waits. One that lasts says nothing, as most do.
        self._retry_after = "1" if hurried else ""

    def answer(self, received: Received) -> Reply:
        if self.down.is_set():
            self.refused += 1
            return error(503, message="overloaded", retry_after=self._retry_after)
        if any(item.get("type") == "function_call_output" for item in received.body["input"]):
            self.done += 1
            return finishes("Done.")
        return calls(asks("write_file", path="a.md", content="# A\n"), asks("run_command", command="cp a.md b.md"))


@pytest.fixture
def size(pytestconfig: pytest.Config) -> Size:
    return Size(int(pytestconfig.getoption("game_runs")), float(pytestconfig.getoption("game_outage")))


@pytest.fixture
def provider(size: Size) -> Provider:
    return Provider(hurried=size.outage == 0)


@pytest.fixture
def world(clouds: Clouds, provider: Provider, size: Size, tmp_path: Path) -> Iterator[World]:
    with ScriptedProvider(provider.answer) as serving:
        parameters = {"OpenAIBaseUrl": serving.base_url, "OpenAIModel": "m", "MaxActiveRuns": str(size.at_once)}
        cloud = clouds.get("game day", offline=False, api_key=serving.api_key, parameters=parameters)
        made = World(cloud, tmp_path)
        yield made
        made.close()
        clouds.stop()


class Day:
    """What befalls the world, hour by hour."""

    def __init__(self, world: World, provider: Provider, size: Size, folder: Path) -> None:
        self._world, self._provider, self._size = world, provider, size
        self._dice = random.Random("game day")
        trusted = [each for each in world.cloud.functions.values() if not each.specification.per_tenant]
        self._functions = sorted(trusted, key=lambda each: each.specification.logical_id)
        self._later, self._back = released([each.specification for each in trusted], folder)
        self.rang: set[str] = set()
        self.killed: Counter[str] = Counter()

    def passes(self) -> None:
        cloud = self._world.cloud
        self._provider.down.set()
        began = time.monotonic()
        eventually(lambda: self._provider.refused >= TURNED_AWAY, 90)
        self._kill_for(5)
        self.rang |= ringing(self._world)
        with cloud.faults.of(*BAD_DAY):
            self._kill_for(12)
        # The clock of whoever starts reconciliation is ahead, and then behind.
        for minutes in (10, -10):
            call(cloud, "ReconcileFunction", {"time": (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()})
        wait(max(0.0, self._size.outage - (time.monotonic() - began)))
        self.rang |= ringing(self._world)
        self._provider.down.clear()
        # A new version in the middle of it: of some functions first, then of all; and then it has to go back.
        for part, release, functions in (
            (0.2, self._later, self._functions[::2]),
            (0.4, self._later, self._functions),
            (0.7, self._back, self._functions),
        ):
            self._until_done(part)
            with cloud.faults.of(*BAD_DAY):
                deploy(release, functions)
                self._kill_for(6)
        self.rang |= ringing(self._world)

    def _until_done(self, part: float) -> None:
        eventually(lambda: self._provider.done >= part * self._size.runs, 900, longest_pause=0.5)

    def _kill_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(self._dice.uniform(0.5, 1.5))
            functions = self._world.cloud.functions
            busy = [(name, pid) for name in functions if name not in SPARED for pid in functions[name].busy_pids()]
            if busy:
                name, pid = self._dice.choice(sorted(busy))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.killed[name] += 1


def deploy(release: Release, functions: list[Function]) -> None:
    """As Lambda does it: calls in hand go on in the version that they began in, new ones begin in the next.

    A worker that has one in hand is used again afterwards, so for a while both versions work side by side.
    """
    release.deploy(functions)
    for function in functions:
        for worker in function.workers():
            if worker.request_id is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGKILL)


def works(world: World, day: Day, size: Size) -> list[str]:
    """The ids of the runs that people start on that day; each sends its request again until it is answered."""

    def person(number: int) -> str:
        time.sleep(2.0 * (number // size.at_once))

        def asked() -> httpx.Response | None:
            answer = world.post(f"day {number}", "Write a greeting.")
            return answer if answer.status_code < 500 else None

        answer = eventually(asked, 180, longest_pause=1)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    passing = threading.Thread(target=day.passes)
    passing.start()
    try:
        with ThreadPoolExecutor(size.runs) as pool:
            return list(pool.map(person, range(size.runs)))
    finally:
        passing.join()


def end(world: World, run_id: str) -> str:
    """How the run ended; its records are without a flaw, and its files are there, or the reason why not."""
    eventually(lambda: world.records.json(f"/runs/{run_id}")["status"] in FINAL, 600)
    run = world.records.json(f"/runs/{run_id}")
    assert flaws(world.records, run_id) == [], run_id
    if run["status"] == "succeeded":
        files = world.records.json(f"/runs/{run_id}/workspace/files")["files"]
        assert {file["path"] for file in files} == {"a.md", "b.md"}
    else:
        assert run["errors"], run_id
    return str(run["status"])


def ringing(world: World, *, after: timedelta = timedelta()) -> set[str]:
    """The alarms that ring, by somebody who looks so much later."""
    measurements = world.cloud.cloudwatch.measurements
    measurements.clock = lambda: time.time() + after.total_seconds()
    try:
        return {name for name, state in world.cloud.cloudwatch.states().items() if state == "ALARM"}
    finally:
        measurements.clock = time.time


def versions(world: World, run_id: str) -> set[bool]:
    """Which versions have written into the log of a run: True is the later one."""
    return {MARK in entry for _, _, entry in world.records.slots(run_id)}


def test_a_bad_day_loses_nothing_and_wakes_somebody(
    world: World, provider: Provider, size: Size, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    day = Day(world, provider, size, tmp_path / "later")
    ids = works(world, day, size)
    # The day after: the schedule comes, and everything has ended.
    world.reconcile(rounds=3)
    ends = Counter(end(world, run_id) for run_id in ids)
    assert len(set(ids)) == size.runs
    assert world.records.counted() == world.records.listed_as_active() == set()
    assert {"TableThrottles", "ProviderErrors"} <= day.rang
    assert sum(day.killed.values()) > 5
    assert world.cloud.faults.befallen > 20
    wrote = [versions(world, run_id) for run_id in ids]
    by_both = sum(len(each) == 2 for each in wrote)
    assert by_both > 0
    # And calm again: a new run, and an hour later nothing rings but that nobody reconciled in that hour.
    assert world.end_of(world.post("calm", "Write a greeting.").json()["id"]) == "succeeded"
    assert ringing(world, after=timedelta(hours=1)) <= {"OldestActiveRun"}
    errors = Counter(each["error_type"] for run_id in ids for each in world.records.json(f"/runs/{run_id}")["errors"])
    with capsys.disabled():
        sys.stdout.write(
            f"\ngame day of {time.monotonic() - began:.0f} s: {size.runs} runs, {dict(ends)}, errors {dict(errors)};"
            f" {provider.refused} requests turned away in {size.outage:.0f} s; killed {dict(day.killed)};"
            f" {world.cloud.faults.befallen} calls went wrong; {by_both} runs written by both versions,"
            f" {wrote.count({True})} by the later alone; rang {sorted(day.rang)}\n"
        )
