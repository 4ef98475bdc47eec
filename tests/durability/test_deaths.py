"""A Lambda process is killed at each kind of AWS call that changes a run; the run ends as if it had not been."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from infra.local.lambdas.deaths import Death
from swarm.agent.slice import FINISH_FILES
from tests.durability.world import PROJECT, WATCHED, World
from tests.local.clouds import eventually
from tests.support.story import flaws, story

pytestmark = pytest.mark.proof

WORK = "Create a file called a.md with a greeting. touch b.md c.md"
COMMANDS = "touch b.md. run `echo hello > out.txt`. delete b.md"
MANY = "touch " + " ".join(f"{n:03}.md" for n in range(FINISH_FILES + 1))
FAILING = "touch a.md. fail with no more paper"
LONG = "touch a.md. wait 20 seconds"
WATCHED_WORK = "touch a.md. wait 9 seconds. touch b.md"
"""Long enough that a process which takes over has looked whether somebody watches, and shows what it writes."""
WRITES = ("Put", "Update", "Delete", "Start", "Stop", "Batch")
GIVEN = "touch a.md"
CONVERTED = "Convert given.md to given.txt"
OF_WORK = {
    "works": WORK,
    "converts": CONVERTED,
    "is given a file": GIVEN,
    "has many files": MANY,
    "commands": COMMANDS,
    "fails": FAILING,
    "is watched": WATCHED_WORK,
}
AT_ONCE = 6
"""So many runs at a time."""


@dataclass(frozen=True)
class Case:
    """A process of `function` dies where `place` says, in a run to which `way` happens."""

    way: str
    function: str
    place: str

    def __str__(self) -> str:
        return f"{self.way}-{self.function.removesuffix('Function')}-{self.place}"

    @property
    def death(self) -> Death:
        return PLACES[self.place]


PLACES = {
    "it is counted": Death(("ADD active",), "UpdateItem", "after"),
    "slot 0 is written": Death(("'created'",), "PutItem", "after"),
    "it is started": Death((), "StartExecution", "after"),
    "it is found": Death(("'META'",), "GetItem", "after"),
    "its log is read": Death((), "Query", "after"),
    "its item is moved on": Death(("'META'",), "PutItem", "after"),
    "the first snapshot is stored": Death(("/snapshots/",), "PutObject", "after"),
    "its preparation is committed": Death(("'prepared'",), "PutItem", "after"),
    "it is claimed": Death(("'claimed'",), "PutItem", "after"),
    "blobs are stored, and no snapshot": Death(("/snapshots/",), "PutObject"),
    "the snapshot is stored": Death(("/snapshots/",), "PutObject", "after"),
    "the transcript is stored": Death(("/transcript/",), "PutObject", "after"),
    "a turn is committed": Death(("'turn'",), "PutItem", "after"),
    "a draft is about to be shown": Death(("'LIVE#DRAFT'",), "PutItem"),
    "a draft is shown": Death(("'LIVE#DRAFT'",), "PutItem", "after"),
    "a batch is stored": Death(("/batch.json",), "PutObject", "after"),
    "a job is issued": Death((".job.json",), "PutObject", "after"),
    "an outcome is stored": Death((".outcome.json",), "PutObject", "after"),
    "an outcome is marked": Death(("'marked'",), "PutItem", "after"),
    "it is about to fail": Death((), "Query", "before", 2),
    "Fail begins": Death((), "Query"),
    "its execution is looked at": Death((), "DescribeExecution", "after"),
    "outputs are stored, and no end": Death(("'ended'",), "PutItem"),
    "the end is written": Death(("'ended'",), "PutItem", "after"),
    "it is about to be released": Death(("DELETE active",), "UpdateItem"),
    "it is released": Death(("DELETE active",), "UpdateItem", "after"),
    "the end is shown": Death(("'META'", "succeeded"), "PutItem", "after"),
    "a failure is shown": Death(("'META'", "failed"), "PutItem", "after"),
    "a cancellation is shown": Death(("'META'", "cancelled"), "PutItem", "after"),
}
"""Where a process dies: the call before or after which, told by its operation and by what it names beside the run."""

TO_THE_END = (
    "outputs are stored, and no end",
    "the end is written",
    "it is about to be released",
    "it is released",
)
OF_WAYS: dict[tuple[str, str], tuple[str, ...]] = {
    ("create", "ApiFunction"): ("it is counted", "slot 0 is written", "its item is moved on", "it is started"),
    ("works", "PrepareFunction"): (
        "its log is read",
        "its preparation is committed",
        "its item is moved on",
    ),
    ("is given a file", "PrepareFunction"): ("the first snapshot is stored",),
    ("works", "AgentFunction"): (
        "it is claimed",
        "its item is moved on",
        "blobs are stored, and no snapshot",
        "the snapshot is stored",
        "the transcript is stored",
        "a turn is committed",
        *TO_THE_END,
        "the end is shown",
    ),
    ("has many files", "FinishFunction"): (*TO_THE_END, "the end is shown"),
    ("is watched", "AgentFunction"): (
        "it is claimed",
        "a draft is about to be shown",
        "a draft is shown",
        "a turn is committed",
        *TO_THE_END,
    ),
    ("commands", "AgentFunction"): ("a batch is stored",),
    ("commands", "DispatchFunction"): ("a job is issued", "an outcome is stored", "an outcome is marked"),
    ("converts", "AgentFunction"): ("it is claimed", "a turn is committed", "a batch is stored", *TO_THE_END),
    ("converts", "DispatchFunction"): ("a job is issued", "an outcome is stored"),
    ("fails", "AgentFunction"): ("it is about to fail", *TO_THE_END, "a failure is shown"),
    ("breaks", "FailFunction"): ("Fail begins", *TO_THE_END, "a failure is shown"),
    ("aborted", "ReconcileFunction"): (
        "its log is read",
        "its execution is looked at",
        *TO_THE_END,
        "a failure is shown",
    ),
    ("adopted", "ReconcileFunction"): ("its item is moved on",),
    ("cancelled", "ApiFunction"): (*TO_THE_END, "a cancellation is shown"),
}
CASES = [Case(way, function, place) for (way, function), places in OF_WAYS.items() for place in places]


def test_every_operation_by_which_a_run_is_changed_has_its_deaths(world: World) -> None:
    """What the functions of a quiet run write, as the laptop cloud sees it; webhooks have deaths of their own."""
    with world.cloud.recorded_calls() as calls:
        world.end_of(world.post("quiet", COMMANDS).json()["id"])
    changing = {call.operation for call in calls if call.function in WATCHED and call.operation.startswith(WRITES)}
    assert changing >= {"PutItem", "UpdateItem", "PutObject", "StartExecution"}
    assert changing <= {case.death.operation for case in CASES}


def more_of(instructions: str) -> dict[str, Any]:
    """What a request with these instructions has besides."""
    given = {"files": [{"path": "given.md", "content": "# Given\n"}]}
    conversion = {"conversion": {"source": "given.md", "target": "given.txt"}} if instructions == CONVERTED else {}
    return {**given, **conversion} if instructions in {GIVEN, CONVERTED} else {}


class Deaths:
    """Does every case once, several at a time."""

    def __init__(self, world: World, pool: ThreadPoolExecutor) -> None:
        self._world = world
        self._pool = pool
        self._results: dict[Case, Future[None]] = {}
        self.expected = cache(self._expected)

    def begin(self, cases: list[Case]) -> None:
        for instructions in OF_WORK.values():
            self.expected(instructions)
        self._results = {case: self._pool.submit(self._survive, case) for case in cases}

    def result(self, case: Case) -> None:
        self._results[case].result()

    def _expected(self, instructions: str) -> dict[str, Any]:
        """The story of a run that nothing happens to."""
        world = self._world
        key = f"reference {instructions[:60]}"
        run_id = world.post(key, instructions, **more_of(instructions)).json()["id"]
        world.end_of(run_id)
        assert flaws(world.records, run_id) == []
        return story(world.records, run_id)

    def _survive(self, case: Case) -> None:
        world, key = self._world, str(case)
        run_id = world.run_id(key)
        token = None if case.way == "cancelled" else world.arm(case.function, case.death, run_id)
        ways: dict[str, Callable[[str, str, Case], None]] = {
            "create": self._create,
            "works": self._work,
            "is given a file": self._work,
            "has many files": self._work,
            "converts": self._work,
            "commands": self._work,
            "fails": self._work,
            "is watched": self._watched,
            "breaks": self._break,
            "aborted": self._abort,
            "adopted": self._adopt,
            "cancelled": self._cancel,
        }
        ways[case.way](key, run_id, case)
        assert token is None or not token.exists(), "nobody died"
        assert run_id not in world.records.counted() | world.records.listed_as_active()

    def _work(self, key: str, run_id: str, case: Case) -> None:
        instructions = OF_WORK[case.way]
        assert self._world.post(key, instructions, **more_of(instructions)).status_code == 201
        self._ends_as(run_id, instructions)

    def _ends_as(self, run_id: str, instructions: str) -> None:
        self._world.end_of(run_id)
        assert flaws(self._world.records, run_id) == []
        assert story(self._world.records, run_id) == self.expected(instructions)

    def _watched(self, key: str, run_id: str, case: Case) -> None:
        """Somebody watches from the beginning to the end, and sees what is being written."""
        assert self._world.post(key, OF_WORK[case.way]).status_code == 201
        drafts = eventually(lambda: self._drafts(run_id) or None, 60)
        assert "Waiting" in drafts
        self._ends_as(run_id, OF_WORK[case.way])
        assert self._drafts(run_id) == ""

    def _drafts(self, run_id: str) -> str:
        """What a watcher is shown of the turn that is under way, until the stream has nothing more for the moment."""
        return "\n".join(
            re.findall(r"^event: delta\ndata: (.*)$", self._world.get(f"/runs/{run_id}/stream").text, re.MULTILINE)
        )

    def _create(self, key: str, run_id: str, case: Case) -> None:
        """The request dies; reconciliation finishes what it began, or forgets it."""
        world = self._world
        assert world.post(key, WORK).status_code == 500
        world.reconcile(rounds=2)
        if case.place == "it is counted":
            assert world.get(f"/runs/{run_id}").status_code == 404
            assert run_id not in world.records.counted()
        else:
            self._ends_as(run_id, WORK)

    def _adopt(self, key: str, run_id: str, _: Case) -> None:
        """The request dies, and so does the reconciliation that finishes what it began."""
        world = self._world
        world.arm("ApiFunction", PLACES["slot 0 is written"], run_id)
        assert world.post(key, WORK).status_code == 500
        world.reconcile(rounds=4)
        self._ends_as(run_id, WORK)

    def _break(self, key: str, run_id: str, _: Case) -> None:
        """The run begins with files that are lost: Prepare fails, and Fail dies once."""
        world = self._world
        source = world.post(f"{key} source", "touch a.md").json()["id"]
        world.end_of(source)
        self._lose_snapshots(source)
        assert world.post(key, WORK, from_run_id=source).status_code == 201
        assert world.end_of(run_id) == "failed"
        assert flaws(world.records, run_id) == []
        [error] = world.records.json(f"/runs/{run_id}")["errors"]
        assert (error["step"], error["error_type"]) == ("prepare", "runtime_error")

    def _lose_snapshots(self, run_id: str) -> None:
        s3, bucket = self._world.cloud.client("s3"), self._world.cloud.bucket_name
        prefix = f"t/local/p/{PROJECT}/runs/{run_id}/snapshots/"
        for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
            s3.delete_object(Bucket=bucket, Key=each["Key"])

    def _abort(self, key: str, run_id: str, _: Case) -> None:
        """An operator stops the execution; the event of it reaches reconciliation, which dies once."""
        world = self._world
        assert world.post(key, LONG).status_code == 201
        eventually(lambda: len(world.records.slots(run_id)) > 3, 30)
        world.cloud.client("stepfunctions").stop_execution(executionArn=world.execution_arn(run_id), error="Operator")
        assert world.end_of(run_id) == "failed"
        assert flaws(world.records, run_id) == []
        [error] = world.records.json(f"/runs/{run_id}")["errors"]
        assert "Operator" in error["message"]
        assert "a.md" in story(world.records, run_id)["files"]

    def _cancel(self, key: str, run_id: str, case: Case) -> None:
        """The request dies in the midst of it; the client sends it again."""
        world = self._world
        assert world.post(key, LONG).status_code == 201
        eventually(lambda: len(world.records.slots(run_id)) > 3, 30)
        # Only now, or the request that starts the run would meet it.
        token = world.arm(case.function, case.death, run_id)
        assert world.http.post(f"/runs/{run_id}/cancel").status_code == 500
        assert not token.exists(), "nobody died"
        again = world.http.post(f"/runs/{run_id}/cancel")
        # Where it had happened before the death, the run is cancelled already.
        assert again.status_code == (200 if case.place == "outputs are stored, and no end" else 400), again.text
        assert world.end_of(run_id) == "cancelled"
        assert flaws(world.records, run_id) == []


@pytest.fixture(scope="module")
def deaths(world: World, request: pytest.FixtureRequest) -> Iterator[Deaths]:
    """All cases at work from the first test on, as far as they were asked for."""
    asked = [getattr(item, "callspec", None) for item in request.session.items if item.path == request.path]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = Deaths(world, pool)
        made.begin([spec.params["case"] for spec in asked if spec is not None])
        yield made
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_run_survives(deaths: Deaths, case: Case) -> None:
    deaths.result(case)


def test_afterwards_nothing_is_left_over(deaths: Deaths, world: World) -> None:
    for case in CASES:
        deaths.result(case)
    eventually(lambda: world.records.counted() == set())
    eventually(lambda: world.records.listed_as_active() == set())
    (repairs,) = world.reconcile()
    assert not any(repairs.values()), repairs
