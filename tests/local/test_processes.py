"""A function's first process leaves one behind that forks the others; whatever goes wrong with it, they begin."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.lambdas.account import Account
from infra.local.lambdas.function import Function
from infra.local.lambdas.invocation import Invocation
from infra.local.lambdas.lifeline import Lifeline
from infra.local.lambdas.memory import overgrown
from infra.local.lambdas.specification import Specification
from tests.local.clouds import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all begin by themselves")

HANDLER = """
import os, sys, time, pathlib, threading
{first}
calls = 0

def handler(event, context):
    global calls
    calls += 1
    if "says" in event:
        log.info(event["says"])
    held = b"x" * event.get("size", 0)
    pathlib.Path(event["begun"]).touch()
    while not pathlib.Path(event["go"]).exists():
        time.sleep(0.01)
    if "status" in event:
        os._exit(event["status"])
    return {{"pid": os.getpid(), "calls": calls, "imported": imported, "session": os.getsid(0)}}
"""
IMPORTED = "imported = os.getpid()"
LOGS = f"{IMPORTED}; from aws_lambda_powertools import Logger; log = Logger(service='handling')"
THREAD = f"{IMPORTED}; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"


class Called:
    """Calls of a function that last until they are told to go on."""

    def __init__(self, function: Function, folder: Path) -> None:
        self._function = function
        self._folder = folder
        self._number = 0

    def begin(self, **event: object) -> tuple[Invocation, Path]:
        """A call that has reached the handler, and the file that it waits for."""
        self._number += 1
        begun, go = (self._folder / f"{name}-{self._number}" for name in ("begun", "go"))
        invocation = self._function.begin(json.dumps({"begun": str(begun), "go": str(go), **event}).encode())
        eventually(lambda: begun.exists() or invocation.result_so_far)
        return invocation, go

    def end(self, *calls: tuple[Invocation, Path]) -> list[dict[str, int]]:
        """What they come to."""
        for _, go in calls:
            go.touch()
        return [json.loads(invocation.result().payload) for invocation, _ in calls]


@pytest.fixture
def function(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Function]:
    first = getattr(request, "param", IMPORTED)
    (tmp_path / "handling.py").write_text(HANDLER.format(first=first))
    arn = "arn:aws:lambda:us-east-1:123456789012:function:handling"
    specification = Specification("Handling", "handling", arn, "handling.handler", "python3.13", (tmp_path,), {}, 60)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    with ExitStack() as stack:
        lifeline = Lifeline()
        stack.callback(lifeline.close)
        made = Function(specification, environment, tmp_path / "log", lifeline, lambda: False, Account())
        stack.callback(made.stop)
        yield made


@pytest.fixture
def called(function: Function, tmp_path: Path) -> Called:
    return Called(function, tmp_path)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def forker(function: Function) -> int:
    """The process that forks: the parent of a worker that is no child of this process."""
    [found] = {parent(worker.pid) for worker in function.workers()} - {os.getpid()}
    return found


def test_the_module_is_imported_once_and_each_call_at_a_time_has_a_process_of_its_own(called: Called) -> None:
    first, second, third = called.end(*[called.begin() for _ in range(3)])
    assert len({first["pid"], second["pid"], third["pid"]}) == 3
    assert first["imported"] == second["imported"] == third["imported"] == first["pid"]
    assert [each["session"] for each in (first, second, third)] == [each["pid"] for each in (first, second, third)]


def test_what_a_call_leaves_in_its_process_is_in_no_other(called: Called) -> None:
    called.end(called.begin())
    assert [each["calls"] for each in called.end(called.begin(), called.begin())] == [2, 1]


@pytest.mark.parametrize(("status", "told"), [(7, "exit status 7"), (-signal.SIGKILL, "signal: killed")])
def test_how_a_fork_ended_is_told_as_of_any_process(function: Function, called: Called, status: int, told: str) -> None:
    first, second = called.begin(), called.begin(status=status)
    if status < 0:
        [pid] = [pid for pid in function.busy_pids() if parent(pid) != os.getpid()]
        os.kill(pid, -status)
    [document] = called.end(second)
    assert told in str(document["errorMessage"])
    assert called.end(first)[0]["calls"] == 1


def test_without_what_forks_its_forks_go_on_and_others_begin_by_themselves(function: Function, called: Called) -> None:
    first, second = called.begin(), called.begin()
    before = forker(function)
    os.kill(before, signal.SIGKILL)
    eventually(lambda: not there(before))
    third, fourth = called.begin(), called.begin()
    imported = [each["imported"] for each in called.end(first, second, third, fourth)]
    assert imported[0] == imported[1] != imported[2] == imported[3]


def test_what_forks_is_of_the_code_that_there_is_now(function: Function, called: Called, tmp_path: Path) -> None:
    called.end(called.begin(), called.begin())
    later = tmp_path / "later"
    later.mkdir()
    (later / "handling.py").write_text(HANDLER.format(first="imported = -1"))
    function.specification = replace(function.specification, folders=(later,))
    function.environment["PYTHONPATH"] = str(later)
    began = [called.begin() for _ in range(4)]
    # Those that there were are used, and others begin in the code that was put in its place.
    assert [each["imported"] == -1 for each in called.end(*began)] == [False, False, True, True]


def test_the_memory_of_what_was_forked_is_not_that_of_the_first(function: Function, called: Called) -> None:
    own = [called.begin(size=50_000_000) for _ in range(3)]
    assert overgrown(function.memory_limits(), function.forking_pids()) == {}
    before = set(function.busy_pids())
    large = called.begin(size=150_000_000)
    [worker] = set(function.busy_pids()) - before
    assert overgrown(function.memory_limits(), function.forking_pids()) == {worker: [worker]}
    called.end(*own, large)


def test_nothing_is_left_of_a_function_that_is_stopped(function: Function, called: Called) -> None:
    called.end(called.begin(), called.begin())
    pids = [forker(function), *(worker.pid for worker in function.workers())]
    function.stop()
    assert not [pid for pid in pids if there(pid)]


@pytest.mark.parametrize("function", [LOGS], indirect=True, ids=["logs"])
def test_a_line_of_powertools_log_is_written_once(function: Function, called: Called) -> None:
    first, second = called.end(called.begin(says="by the first"), called.begin(says="by a fork"))
    assert first["imported"] == second["imported"] != second["pid"]
    lines = function.log_path.read_text("utf-8").splitlines()
    assert [sum(said in line for line in lines) for said in ("by the first", "by a fork")] == [1, 1]


@pytest.mark.parametrize("function", [THREAD], indirect=True, ids=["thread"])
def test_a_module_that_starts_a_thread_is_imported_by_each_process(called: Called) -> None:
    answers = called.end(called.begin(), called.begin())
    assert [each["imported"] for each in answers] == [each["pid"] for each in answers]
