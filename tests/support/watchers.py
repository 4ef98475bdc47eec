"""Watchers of a run in which nothing happens: `python -m tests.support.watchers URL RUN_ID NUMBER` until it is killed.

Each comes again as EventSource does: after as long as the last answer said.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx

from codex_swarm.models import RunStatus, StatusEvent, TaskType
from infra.local.cloud import TENANT, LocalCloud
from swarm.ids import RunKey, new_id
from swarm.records.runlog import DynamoRunLog
from swarm.records.runs import Runs
from swarm.records.table import Table
from swarm.runs.entries import Claimed, Created, Entry
from swarm.runs.run import Run
from swarm.workspace.objects import MemoryObjects

CLAIMED = Claimed()


def quiet_run(cloud: LocalCloud, tenant_id: str = TENANT) -> tuple[DynamoRunLog, RunKey]:
    """A run on which nobody works, so that nothing happens in it by itself."""
    key = RunKey(tenant_id=tenant_id, project_id="quiet", run_id=new_id())
    table = Table(cloud.client("dynamodb"), cloud.table_name)
    log = DynamoRunLog(table, MemoryObjects())
    run = Run(key=key, name="", task_type=TaskType.CODE, instructions="", created_at=datetime.now(UTC))
    tell(log, key, 0, Created(run=run))
    Runs(table, log).create(run)
    return log, key


def tell(log: DynamoRunLog, key: RunKey, slot: int, change: Created | Claimed = CLAIMED) -> None:
    """Let something happen in it."""
    told = (StatusEvent(status=RunStatus.QUEUED, run_id=key.run_id, project_id=key.project_id),)
    log.append(key, Entry(slot=slot, writer=new_id(), at=datetime.now(UTC), change=change, events=told))


@contextmanager
def watched(cloud: LocalCloud, number: int) -> Iterator[None]:
    """So many watchers of a quiet run, in a process of their own."""
    if not number:
        yield
        return
    _, key = quiet_run(cloud)
    command = [sys.executable, "-m", "tests.support.watchers", cloud.url, key.run_id, str(number)]
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.kill()


def _watch(url: str, run_id: str) -> None:
    with httpx.Client(base_url=url, timeout=40) as api:
        while True:
            answer = api.get(f"/runs/{run_id}/stream?after=0.0")
            told = re.match(r"retry: (\d+)", answer.text)
            time.sleep(int(told[1]) / 1_000 if told else 1)


def main(url: str, run_id: str, number: int) -> None:
    """Does not return."""
    with ThreadPoolExecutor(number) as pool:
        for watcher in [pool.submit(_watch, url, run_id) for _ in range(number)]:
            watcher.result()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
