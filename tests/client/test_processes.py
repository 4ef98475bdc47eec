"""Forks, threads and event loops: each has connections of its own, and nobody gets the answer of another."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from codex_swarm import AsyncCodexSwarmClient, ClientClosed, CodexSwarmClient
from tests.client import bodies
from tests.client.fake_api import FakeApi, told
from tests.support.paths import ROOT

FORKING = """
import asyncio, os, sys
from codex_swarm import AsyncCodexSwarmClient, CodexSwarmClient

url = sys.argv[1]
blocking, asynchronous = CodexSwarmClient(url), AsyncCodexSwarmClient(url)
blocking.get_run("run-0")
asyncio.run(asynchronous.get_run("run-0"))

async def ask(run_id):
    return await asynchronous.get_run(run_id)

children = []
for number in range(5):
    child = os.fork()
    if child == 0:
        wrong = 0
        for turn in range(8):
            run_id = f"run-{number * 8 + turn}"
            wrong += blocking.get_run(run_id).id != run_id
            wrong += asyncio.run(ask(run_id)).id != run_id
        os._exit(wrong)
    children.append(child)
print(sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children), blocking.get_run("run-1").id)
"""


@pytest.fixture
def runs(api: FakeApi) -> FakeApi:
    for number in range(40):
        api.on("GET", f"/runs/run-{number}", told(bodies.run(id=f"run-{number}")))
    return api


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_children_get_the_answers_to_their_own_questions(runs: FakeApi) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "client")}
    command = [sys.executable, "-c", FORKING, runs.url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("0 run-1\n", "", 0)


def test_threads_share_a_client(runs: FakeApi) -> None:
    ids = [f"run-{number}" for number in range(40)]
    with CodexSwarmClient(runs.url) as client, ThreadPoolExecutor(8) as threads:
        assert [run.id for run in threads.map(client.get_run, ids)] == ids


def test_tasks_share_a_client(runs: FakeApi) -> None:
    ids = [f"run-{number}" for number in range(40)]

    async def all_of_them() -> list[str]:
        async with AsyncCodexSwarmClient(runs.url) as client:
            return [run.id for run in await asyncio.gather(*map(client.get_run, ids))]

    assert asyncio.run(all_of_them()) == ids


def test_a_client_may_be_used_from_one_event_loop_after_another(runs: FakeApi) -> None:
    client = AsyncCodexSwarmClient(runs.url)

    async def once() -> str:
        try:
            return (await client.get_run("run-3")).id
        finally:
            await client.with_options(retries=0).close()

    async def unclosed() -> str:
        return (await client.get_run("run-3")).id

    # The connections of a loop that was never closed would warn; a fixture of FastAPI's leaves them so, too.
    assert asyncio.run(once()) == "run-3"
    with pytest.raises(ClientClosed):
        asyncio.run(unclosed())


def test_a_closed_client_says_so(api: FakeApi) -> None:
    client = CodexSwarmClient(api.url)
    client.close()
    with pytest.raises(ClientClosed, match="closed"):
        client.health()
