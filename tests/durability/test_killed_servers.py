"""A laptop cloud is killed at any moment under load: what it acknowledged is in its folder, and comes to its end."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from codex_swarm.client import CodexSwarmClient
from infra.local.cloud import REPOSITORY, LocalCloud
from tests.durability.world import PROJECT, World
from tests.local.clouds import Clouds, eventually
from tests.support.story import flaws, story
from tests.webhooks.receivers import Message, Receiver, receiving

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

KILLS_UNDER_LOAD, KILLS_AT_THE_START = 3, 2
CLIENTS = 4
AT_MOST = 8
"""Runs that a client asks for between two kills; together more than may be active, so that some wait in the queue."""

TASKS = [
    "Create a file called a.md with a greeting. touch b.md c.md",
    "touch b.md. run `sleep 0.3; echo hello > out.txt`. delete b.md",
    "Create a file called long.md with three sections. wait 1 seconds. touch end.md",
    "touch a.md. fail with no more paper",
]


@dataclass
class Acknowledged:
    """What clients were told has happened."""

    runs: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Idempotency key -> run id and instructions."""
    cancelled: set[str] = field(default_factory=set)
    asked_to_cancel: set[str] = field(default_factory=set)
    projects: dict[str, Any] = field(default_factory=dict)
    secret: str = ""


@contextmanager
def served(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`services` on the folder, from the moment that it is started."""
    command = [sys.executable, "-m", "infra.local", "services", "--port", "0", "--data", str(folder)]
    with subprocess.Popen(
        [*command, "--logs", str(folder.parent / "logs")],
        cwd=REPOSITORY,
        env={**os.environ, "CROSS_RUN_FAKE_SWARM": "1", "CODEX_SWARM_WEBHOOK_LOOPBACK": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def url_of(process: subprocess.Popen[str]) -> str:
    """Its address, once it is ready; empty where it dies before."""
    assert process.stdout is not None
    return process.stdout.readline().removeprefix("ready ").strip()


@dataclass
class Client:
    """One caller, which asks for one thing after the other until nobody answers any more."""

    url: str
    name: str
    receiver: Receiver
    acknowledged: Acknowledged
    random: random.Random

    def work(self) -> None:
        with suppress(httpx.TransportError), httpx.Client(base_url=self.url, timeout=30) as http:
            for number in range(AT_MOST):
                self._ask_for_a_run(http, f"{self.name}-{number}")
                self._ask_for_something_else(http, f"{self.name}-{number}")

    def _ask_for_a_run(self, http: httpx.Client, key: str) -> None:
        task = self.random.choice(TASKS)
        body = {"instructions": task, "callback_url": f"http://127.0.0.1:{self.receiver.port}/"}
        answer = http.post(f"/projects/{PROJECT}/runs", json=body, headers={"Idempotency-Key": key})
        if answer.status_code == 201:
            self.acknowledged.runs[key] = (answer.json()["id"], task)

    def _ask_for_something_else(self, http: httpx.Client, key: str) -> None:
        dice = self.random.random()
        if dice < 0.2 and self.acknowledged.runs:
            run_id, _ = self.random.choice(sorted(self.acknowledged.runs.values()))
            self.acknowledged.asked_to_cancel.add(run_id)
            if http.post(f"/runs/{run_id}/cancel").status_code == 200:
                self.acknowledged.cancelled.add(run_id)
        elif dice < 0.4:
            answer = http.put(f"/projects/{key}", json={"name": key, "domain_config": {"key": [key]}})
            if answer.status_code == 201:
                self.acknowledged.projects[key] = answer.json()


def killed_under_load(
    folder: Path, session: int, receiver: Receiver, acknowledged: Acknowledged, moments: random.Random
) -> None:
    with served(folder) as process:
        url = url_of(process)
        httpx.put(f"{url}/projects/{PROJECT}", json={"name": PROJECT}, timeout=60).raise_for_status()
        acknowledged.secret = acknowledged.secret or httpx.get(f"{url}/webhooks/secret", timeout=60).json()["secret"]
        enough, delay = len(acknowledged.runs) + moments.randint(2, 10), moments.uniform(0, 1)
        clients = [
            Client(url, f"{session}-{number}", receiver, acknowledged, random.Random(moments.random()))
            for number in range(CLIENTS)
        ]
        with ThreadPoolExecutor(CLIENTS) as pool:
            works = [pool.submit(client.work) for client in clients]
            # Not after so many seconds, in which a machine that is busy acknowledges nothing.
            eventually(lambda: len(acknowledged.runs) >= enough, 120)
            time.sleep(delay)
            process.kill()
        for work in works:
            work.result()


def test_what_was_acknowledged_survives_kills_at_any_moment(
    clouds: Clouds, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    clouds.stop()
    seed = request.config.getoption("--chaos-seed") or f"{random.SystemRandom().getrandbits(32):08x}"
    moments, folder, acknowledged = random.Random(seed), tmp_path / "data", Acknowledged()
    began = time.monotonic()
    with receiving() as receiver:
        for session in range(KILLS_UNDER_LOAD):
            killed_under_load(folder, session, receiver, acknowledged, moments)
        for _ in range(KILLS_AT_THE_START):
            # While what there is is put back and started again.
            with served(folder) as process, suppress(subprocess.TimeoutExpired):
                process.wait(moments.uniform(0.5, 6))
        logs, hooks = tmp_path / "logs", {"WebhookLoopback": "1"}
        with (
            LocalCloud(data=folder, log_folder=logs, parameters=hooks) as cloud,
            closing(World(cloud, tmp_path)) as world,
        ):
            ends = _look(world, acknowledged, receiver, seed)
    kills, seconds = KILLS_UNDER_LOAD + KILLS_AT_THE_START, time.monotonic() - began
    with capsys.disabled():
        sys.stdout.write(
            f"\nkilled servers: seed {seed}, {kills} kills in {seconds:.0f} s; acknowledged and there: "
            f"{len(acknowledged.runs)} runs {dict(ends)}, {len(acknowledged.cancelled)} cancellations, "
            f"{len(acknowledged.projects)} projects; lost 0\n"
        )


def _look(world: World, acknowledged: Acknowledged, receiver: Receiver, seed: str) -> Counter[str]:
    """How the runs ended. Raises AssertionError where anything is not as it was acknowledged."""
    assert acknowledged.runs, seed
    # What the schedule does, every five minutes: it finds the runs whose start was cut short.
    world.reconcile(rounds=2)
    for project_id, project in acknowledged.projects.items():
        assert world.get(f"/projects/{project_id}").json() == project, seed
    assert world.get("/webhooks/secret").json()["secret"] == acknowledged.secret
    ends: Counter[str] = Counter()
    expected = {task: _calm(world, task) for task in TASKS}
    for key, (run_id, task) in acknowledged.runs.items():
        assert world.run_id(key) == run_id
        assert world.get(f"/runs/{run_id}").status_code == 200, f"lost (seed {seed})"
        status = world.end_of(run_id, 200)
        ends[status] += 1
        assert status == "cancelled" or run_id not in acknowledged.cancelled, (seed, run_id)
        assert status != "cancelled" or run_id in acknowledged.asked_to_cancel, (seed, run_id)
        assert flaws(world.records, run_id) == [], (seed, run_id)
        if status != "cancelled":
            assert story(world.records, run_id) == expected[task], (seed, run_id)
        sent = eventually(partial(_delivered, receiver, run_id), 60)
        assert Webhook(acknowledged.secret).verify(sent.body, dict(sent.headers))["data"]["run_id"] == run_id
        # The key still names it: sent again, the request is answered with the same run.
        body = {"instructions": task, "callback_url": f"http://127.0.0.1:{receiver.port}/"}
        again = world.http.post(f"/projects/{PROJECT}/runs", json=body, headers={"Idempotency-Key": key})
        assert again.json()["id"] == run_id, seed
    assert world.records.counted() == world.records.listed_as_active() == set(), seed
    return ends


def _calm(world: World, task: str) -> dict[str, Any]:
    """What a run of the task comes to when nothing happens to it."""
    run_id = world.post(f"calm {task}", task).json()["id"]
    world.end_of(run_id, 200)
    return story(world.records, run_id)


def _delivered(receiver: Receiver, run_id: str) -> Message | None:
    found = (message for message in list(receiver.messages) if message.headers["webhook-id"] == f"msg_{run_id}")
    return next(found, None)


def test_a_batch_goes_on_after_a_kill_and_each_item_has_one_run(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with served(folder) as first, CodexSwarmClient(url_of(first), api_key="") as client:
        batch = client.start_batch("batch", "touch {{n}}.md", [{"n": number} for number in range(30)])
        eventually(lambda: client.get_batch(batch.id).succeeded > 3, 60)
        first.kill()
    with served(folder) as second, CodexSwarmClient(url_of(second), api_key="") as client:
        # What no start of the laptop cloud takes up again is found by reconciliation, which comes after five minutes.
        ended = client.wait_batch(batch.id, timeout=420)
        assert (ended.succeeded, ended.items) == (30, 30)
        runs = client.list_runs("batch", batch_id=batch.id, brief=True)
        assert sorted(run.batch_item or 0 for run in runs) == list(range(1, 31))
