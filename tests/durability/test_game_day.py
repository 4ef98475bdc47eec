"""A game day: all that operators fear, in one day, while people work. Nothing is lost, and what should ring rings."""

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
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from infra.local.cloud import LocalCloud
from infra.local.faults import FAILING_BUCKET, THROTTLED_TABLE, Fault
from tests.durability.world import FINAL, World
from tests.local.clouds import Clouds, call, eventually
from tests.provider.script import Reply, calls, error, finishes
from tests.provider.script import call as asks
from tests.provider.server import Received, ScriptedProvider
from tests.support.story import flaws

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1_200)]

RUNS, AT_ONCE, TURNED_AWAY = 24, 6, 30
SPARED = {"SandboxFunction", "ConvertFunction", "PreviewFunction", "CanaryFunction"}
"""A command that is killed is the model's to deal with."""
BAD_DAY = (
    replace(THROTTLED_TABLE, share=0.04),
    replace(FAILING_BUCKET, share=0.04),
    Fault("s3", share=0.1, seconds=0.5),
)


class Provider:
    """Writes a file and is done; or is down."""

    def __init__(self) -> None:
        self.down = threading.Event()
        self.refused = 0

    def answer(self, received: Received) -> Reply:
        if self.down.is_set():
            self.refused += 1
            return error(503, message="overloaded", retry_after="1")
        if any(item.get("type") == "function_call_output" for item in received.body["input"]):
            return finishes("Done.")
        return calls(asks("write_file", path="a.md", content="# A\n"), asks("run_command", command="cp a.md b.md"))


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def world(clouds: Clouds, provider: Provider, tmp_path: Path) -> Iterator[World]:
    with ScriptedProvider(provider.answer) as serving:
        parameters = {"OpenAIBaseUrl": serving.base_url, "OpenAIModel": "m", "MaxActiveRuns": str(AT_ONCE)}
        cloud = clouds.get("game day", offline=False, api_key=serving.api_key, parameters=parameters)
        made = World(cloud, tmp_path)
        yield made
        made.close()
        clouds.stop()


class Day:
    """What befalls the world, hour by hour."""

    def __init__(self, world: World, provider: Provider) -> None:
        self._world, self._provider = world, provider
        self._dice = random.Random("game day")
        self.rang: set[str] = set()
        self.killed: Counter[str] = Counter()

    def passes(self) -> None:
        cloud = self._world.cloud
        self._provider.down.set()
        # As long as it takes until as many have been turned away as an outage of minutes turns away.
        eventually(lambda: self._provider.refused >= TURNED_AWAY, 90)
        self._kill_for(5)
        self.rang |= ringing(self._world)
        with cloud.faults.of(*BAD_DAY):
            self._kill_for(12)
        deploy(cloud)
        # The clock of whoever starts reconciliation is ahead, and then behind.
        for minutes in (10, -10):
            call(cloud, "ReconcileFunction", {"time": (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()})
        self._provider.down.clear()
        with cloud.faults.of(*BAD_DAY):
            self._kill_for(12)
            deploy(cloud)
        self.rang |= ringing(self._world)

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


def deploy(cloud: LocalCloud) -> None:
    """As Lambda does it: calls in hand go on in the version that they began in, new ones begin in the next."""
    for function in cloud.functions.values():
        if not function.specification.per_tenant:
            function.environment["RETENTION_DAYS"] = str(int(function.environment.get("RETENTION_DAYS", "90")) + 1)
            for worker in function.workers():
                if worker.request_id is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker.pid, signal.SIGKILL)


def works(world: World, day: Day) -> list[str]:
    """The ids of the runs that people start on that day; each sends its request again until it is answered."""

    def person(number: int) -> str:
        time.sleep(2.0 * (number // AT_ONCE))

        def asked() -> httpx.Response | None:
            answer = world.post(f"day {number}", "Write a greeting.")
            return answer if answer.status_code < 500 else None

        answer = eventually(asked, 180, longest_pause=1)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    passing = threading.Thread(target=day.passes)
    passing.start()
    try:
        with ThreadPoolExecutor(RUNS) as pool:
            return list(pool.map(person, range(RUNS)))
    finally:
        passing.join()


def end(world: World, run_id: str) -> str:
    """How the run ended; its records are without a flaw, and its files are there, or the reason why not."""
    eventually(lambda: world.records.json(f"/runs/{run_id}")["status"] in FINAL, 240)
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


def test_a_bad_day_loses_nothing_and_wakes_somebody(
    world: World, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    day = Day(world, provider)
    ids = works(world, day)
    # The day after: the schedule comes, and everything has ended.
    world.reconcile(rounds=3)
    ends = Counter(end(world, run_id) for run_id in ids)
    assert len(set(ids)) == RUNS
    assert world.records.counted() == world.records.listed_as_active() == set()
    assert {"TableThrottles", "ProviderErrors"} <= day.rang
    assert sum(day.killed.values()) > 5
    assert world.cloud.faults.befallen > 20
    # And calm again: a new run, and an hour later nothing rings but that nobody reconciled in that hour.
    assert world.end_of(world.post("calm", "Write a greeting.").json()["id"]) == "succeeded"
    assert ringing(world, after=timedelta(hours=1)) <= {"OldestActiveRun"}
    with capsys.disabled():
        sys.stdout.write(
            f"\ngame day: {RUNS} runs, {dict(ends)}; killed {dict(day.killed)};"
            f" {world.cloud.faults.befallen} calls went wrong; rang {sorted(day.rang)}\n"
        )
