"""People's own clients follow a run through the laptop cloud: every event once, in order, whatever happens to them."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.cloud import LocalCloud
from tests.local.clouds import eventually
from tests.support.paths import ROOT
from tests.support.watchers import quiet_run, tell

pytestmark = pytest.mark.proof

HERE = Path(__file__).parent
SECONDS = 60.0
"""Nothing here takes so long."""

WATCHERS_AT_ONCE = 45
"""More than the template's `MaxWatchers`, and than a function has workers on a laptop."""

WATCHERS = {
    "httpx-sse": [sys.executable, str(HERE / "watch.py")],
    "eventsource": ["node", str(HERE / "watch.mjs")],
}


@pytest.fixture(params=WATCHERS)
def watcher(request: pytest.FixtureRequest) -> list[str]:
    """The command that follows a run: it takes the URL and the file to write to."""
    if request.param == "eventsource":
        require_eventsource()
    return WATCHERS[request.param]


def require_eventsource() -> None:
    if shutil.which("node") is None or not (ROOT / "node_modules" / "eventsource").is_dir():
        pytest.skip("needs Node.js and what package-lock.json names; ./run.sh check fetches it")


@pytest.fixture
def api(cloud: LocalCloud) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=cloud.url, timeout=40) as client:
        yield client


def start(api: httpx.Client, instructions: str, project: str = "watched") -> str:
    api.put(f"/projects/{project}", json={"id": project, "name": project}).raise_for_status()
    body = {"project_id": project, "name": "", "instructions": instructions}
    run = api.post(f"/projects/{project}/runs", json=body)
    assert run.status_code == 201, run.text
    return str(run.json()["id"])


def everything(api: httpx.Client, run_id: str) -> list[tuple[str, Any]]:
    """The run's events as the pages tell them, once it has ended."""
    deadline = time.monotonic() + SECONDS
    while not (page := api.get(f"/runs/{run_id}/events").json())["ended"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return [(event.pop("id"), event) for event in page["events"]]


def written(file: Path) -> list[tuple[str, Any]]:
    lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    return [(line.partition("\t")[0], json.loads(line.partition("\t")[2])) for line in lines]


@contextmanager
def process(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        try:
            yield started
        finally:
            started.kill()


def test_a_client_follows_a_run_from_beginning_to_end(api: httpx.Client, tmp_path: Path, watcher: list[str]) -> None:
    run_id = start(api, "Create a file called \u00fcber.md with a greeting. wait 2 seconds")
    with process([*watcher, f"{api.base_url}/runs/{run_id}/stream", str(tmp_path / "events")]) as following:
        _, complaint = following.communicate(timeout=SECONDS)
    assert (following.returncode, complaint) == (0, "")
    seen = written(tmp_path / "events")
    assert seen == everything(api, run_id)
    assert seen[-1][1]["status"] == "succeeded"


def test_a_watcher_killed_again_and_again_sees_every_event_once_and_in_order(
    api: httpx.Client, tmp_path: Path, watcher: list[str]
) -> None:
    run_id = start(api, "touch a.md. wait 5 seconds. Create a file called b.md with a greeting. touch c.md d.md")
    dice, killed = random.Random(2), 0
    while True:
        with process([*watcher, f"{api.base_url}/runs/{run_id}/stream", str(tmp_path / "events")]) as following:
            try:
                following.wait(timeout=SECONDS if killed == 12 else dice.uniform(0.1, 1.2))
                break
            except subprocess.TimeoutExpired:
                killed += 1
    assert following.returncode == 0
    assert killed > 2
    assert written(tmp_path / "events") == everything(api, run_id)


def test_a_page_that_does_not_know_of_the_end_is_told_not_to_come_again(api: httpx.Client, tmp_path: Path) -> None:
    require_eventsource()
    run_id = start(api, "touch a.md")
    told = everything(api, run_id)
    command = [*WATCHERS["eventsource"], f"{api.base_url}/runs/{run_id}/stream", str(tmp_path / "events"), "stay"]
    with process(command) as following:
        said, _ = following.communicate(timeout=SECONDS)
    assert said == "told not to come again\n"
    assert written(tmp_path / "events") == told


def test_a_client_with_a_cursor_of_another_run_begins_again(
    api: httpx.Client, tmp_path: Path, watcher: list[str]
) -> None:
    run_id = start(api, "touch a.md")
    (tmp_path / "events").write_text("4711.0\t{}\n")
    with process([*watcher, f"{api.base_url}/runs/{run_id}/stream", str(tmp_path / "events")]) as following:
        following.communicate(timeout=SECONDS)
    _, reset, *rest = written(tmp_path / "events")
    assert (reset[0], reset[1]["type"]) == ("", "reset")
    assert rest == everything(api, run_id)


def test_watchers_wait_in_a_pool_of_their_own_up_to_the_quota(cloud: LocalCloud, api: httpx.Client) -> None:
    log, key = quiet_run(cloud)
    others, enough, answers = cloud.functions["ApiFunction"], threading.Event(), set()

    def watch() -> None:
        """One connection after the other, without the pause that each answer asks for."""
        while not enough.wait(0.5):
            answer = api.get(f"/runs/{key.run_id}/stream?after=0.0")
            answers.add((answer.status_code, answer.text.partition("\n")[0]))

    with ThreadPoolExecutor(WATCHERS_AT_ONCE) as pool:
        watchers = [pool.submit(watch) for _ in range(WATCHERS_AT_ONCE)]
        try:
            # Some are told to come again later, so others wait: as many as may.
            eventually(lambda: (200, "retry: 15000") in answers, 2 * SECONDS)
            assert others.busy_pids() == []
            assert api.get(f"/runs/{key.run_id}").status_code == 200
        finally:
            enough.set()
            tell(log, key, 1)
    assert [watcher.result() for watcher in watchers] == [None] * WATCHERS_AT_ONCE
    assert answers == {(200, "retry: 1000"), (200, "retry: 15000")}


def test_only_the_function_that_does_nothing_else_waits(cloud: LocalCloud, api: httpx.Client) -> None:
    _, key = quiet_run(cloud)
    began = time.monotonic()
    assert api.head(f"/runs/{key.run_id}/stream?after=0.0").status_code == 200
    assert time.monotonic() - began < 15
