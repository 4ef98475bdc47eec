"""Processes are killed at random while many runs are under way: every run ends once, and as if nothing had been."""

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
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.durability.world import FINAL, World
from tests.local.clouds import eventually
from tests.support.story import flaws, story

pytestmark = pytest.mark.proof

AT_ONCE = 6
"""So many clients at a time, each waiting for its run."""

SECONDS_BETWEEN_KILLS = 1.0
"""On average; the pauses are exponential."""

SPARED = {"SandboxFunction", "ConvertFunction", "ArchiveFunction", "AuthorizerFunction"}
"""A command that is killed is the model's to deal with; a request without its authorizer has done nothing yet."""

TASKS = [
    "Create a file called a.md with a greeting. touch b.md c.md",
    "touch b.md. run `echo hello > out.txt`. delete b.md",
    "Create a file called long.md with three sections. wait 1 seconds. touch end.md",
    "touch a.md. fail with no more paper",
]


@dataclass
class Killer:
    """Kills busy workers until told to stop."""

    world: World
    random: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        while not self._stopping.wait(self.random.expovariate(1 / SECONDS_BETWEEN_KILLS)):
            busy = [
                (name, pid)
                for name, function in self.world.cloud.functions.items()
                if name not in SPARED
                for pid in function.busy_pids()
            ]
            if busy:
                name, pid = self.random.choice(sorted(busy))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.killed[name] += 1

    def stop(self) -> None:
        self._stopping.set()


@contextlib.contextmanager
def killing(world: World, seed: str) -> Iterator[Killer]:
    killer = Killer(world, random.Random(seed))
    thread = threading.Thread(target=killer.work)
    thread.start()
    try:
        yield killer
    finally:
        killer.stop()
        thread.join()


@dataclass
class Client:
    """One caller with one run: sends its request until it is answered, then watches the run to its end."""

    world: World
    key: str
    task: str
    cancels: bool
    progress: list[int] = field(default_factory=list)

    def work(self) -> str:
        run_id = self._start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            run = self._answer("GET", f"/runs/{run_id}").json()
            self.progress.append(run["progress"])
            if run["status"] in FINAL:
                break
            if self.cancels and run["progress"] >= 30:
                self._answer("POST", f"/runs/{run_id}/cancel")
            time.sleep(0.3)
        return run_id

    def _start(self) -> str:
        post = self.world.post
        answer = eventually(lambda: one if (one := post(self.key, self.task)).status_code < 500 else None, 60)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def _answer(self, method: str, path: str) -> httpx.Response:
        send = self.world.http.request
        return eventually(lambda: one if (one := send(method, path)).status_code < 500 else None, 60)


def gave_up(run: Any) -> bool:
    """Whether the state machine has no try left: its processes were killed five times in one state."""
    return run["status"] == "failed" and any("Runtime.ExitError" in error["message"] for error in run["errors"])


@pytest.mark.timeout(3_600)
def test_every_run_ends_once_whoever_dies(
    world: World, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    number = int(request.config.getoption("--chaos-runs"))
    seed = request.config.getoption("--chaos-seed") or f"{random.SystemRandom().getrandbits(32):08x}"
    expected = {}
    for task in TASKS:
        run_id = world.post(f"calm {seed} {task}", task).json()["id"]
        world.end_of(run_id)
        expected[task] = story(world.records, run_id)
    rng = random.Random(f"clients {seed}")
    clients = [Client(world, f"{seed} {n}", TASKS[n % len(TASKS)], rng.random() < 0.15) for n in range(number)]
    began = time.monotonic()
    with killing(world, seed) as killer, ThreadPoolExecutor(AT_ONCE) as pool:
        ids = list(pool.map(Client.work, clients))
    # The schedule, which also finds what no event told of.
    world.reconcile(rounds=3)
    ends: Counter[str] = Counter()
    for client, run_id in zip(clients, ids, strict=True):
        world.end_of(run_id)
        assert flaws(world.records, run_id) == [], (seed, run_id)
        assert client.progress == sorted(client.progress)
        run = world.records.json(f"/runs/{run_id}")
        ends["gave up" if gave_up(run) else run["status"]] += 1
        if run["status"] == expected[client.task]["status"] and not gave_up(run):
            assert story(world.records, run_id) == expected[client.task], (seed, run_id)
        else:
            assert gave_up(run) or client.cancels, (seed, run["errors"])
    lost = number - sum(ends.values())
    doubled = len(ids) - len(set(ids))
    assert (lost, doubled) == (0, 0)
    assert set(ids) <= {run["id"] for run in listed(world)}
    assert world.records.counted() == world.records.listed_as_active() == set()
    kills, seconds = sum(killer.killed.values()), time.monotonic() - began
    with capsys.disabled():
        sys.stdout.write(
            f"\nchaos: seed {seed}, {number} runs in {seconds:.0f} s: {dict(ends)}\n"
            f"       {kills} kills {dict(killer.killed)}, lost {lost}, doubled {doubled}\n"
        )


def listed(world: World) -> list[Any]:
    """All runs of the project, page by page."""
    found, cursor = [], ""
    while True:
        answer = world.get(f"/runs?project_id=durable{cursor}")
        found += answer.json()
        following = answer.headers.get("x-next-cursor")
        if not following:
            return found
        cursor = f"&cursor={following}"
