"""A Lambda process is killed at every fault point, in every function that meets it; the run ends as if it was not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from swarm.faults import POINTS
from tests.durability.world import PROJECT, World
from tests.local.clouds import eventually
from tests.support.story import flaws, story

pytestmark = pytest.mark.proof

WORK = "Create a file called a.md with a greeting. touch b.md c.md"
COMMANDS = "touch b.md. run `echo hello > out.txt`. delete b.md"
FAILING = "touch a.md. fail with no more paper"
LONG = "touch a.md. wait 20 seconds"
AT_ONCE = 6
"""So many runs at a time."""


@dataclass(frozen=True)
class Case:
    """A process of `function` dies at `point`, in a run to which `way` happens."""

    way: str
    function: str
    point: str

    def __str__(self) -> str:
        return f"{self.way}-{self.function.removesuffix('Function')}-{self.point}"


ENDS = ("end.outputs", "end.appended", "end.announced", "end.released", "end.stored")
COMMITS = ("commit.appended", "commit.folded")
PLACES: dict[tuple[str, str], tuple[str, ...]] = {
    ("create", "ApiFunction"): ("create.admitted", "create.written", "create.shown", "create.started"),
    ("works", "PrepareFunction"): ("prepare.begun", "prepare.snapshot", *COMMITS),
    ("works", "AgentFunction"): (
        "agent.claimed",
        "agent.answered",
        "agent.blobs",
        "agent.snapshot",
        "agent.transcript",
        *COMMITS,
    ),
    ("works", "FinishFunction"): ENDS,
    ("commands", "AgentFunction"): ("agent.issued",),
    ("commands", "CollectFunction"): ("collect.stored", *COMMITS),
    ("fails", "AgentFunction"): ("fail.begun", *ENDS),
    ("breaks", "FailFunction"): ("fail.begun", *ENDS),
    ("aborted", "ReconcileFunction"): ("reconcile.found", "fail.begun", *ENDS),
    ("adopted", "ReconcileFunction"): ("create.shown",),
    ("cancelled", "ApiFunction"): ENDS,
}
CASES = [Case(way, function, point) for (way, function), points in PLACES.items() for point in points]


def test_every_fault_point_is_tried() -> None:
    """That of deliveries is tried where there is a receiver, in tests/webhooks."""
    assert {case.point for case in CASES} == set(POINTS) - {"webhook.sent"}


class Deaths:
    """Does every case once, several at a time."""

    def __init__(self, world: World, pool: ThreadPoolExecutor) -> None:
        self._world = world
        self._pool = pool
        self._results: dict[Case, Future[None]] = {}
        self.expected = cache(self._expected)

    def begin(self, cases: list[Case]) -> None:
        for instructions in (WORK, COMMANDS, FAILING):
            self.expected(instructions)
        self._results = {case: self._pool.submit(self._survive, case) for case in cases}

    def result(self, case: Case) -> None:
        self._results[case].result()

    def _expected(self, instructions: str) -> dict[str, Any]:
        """The story of a run that nothing happens to."""
        world = self._world
        run_id = world.post(f"reference {instructions}", instructions).json()["id"]
        world.end_of(run_id)
        assert flaws(world.records, run_id) == []
        return story(world.records, run_id)

    def _survive(self, case: Case) -> None:
        world, key = self._world, str(case)
        run_id = world.run_id(key)
        token = world.arm(case.function, case.point, run_id)
        ways: dict[str, Callable[[str, str, Case], None]] = {
            "create": self._create,
            "works": self._work,
            "commands": self._work,
            "fails": self._work,
            "breaks": self._break,
            "aborted": self._abort,
            "adopted": self._adopt,
            "cancelled": self._cancel,
        }
        ways[case.way](key, run_id, case)
        assert not token.exists(), "nobody died"
        assert run_id not in world.records.counted() | world.records.listed_as_active()

    def _work(self, key: str, run_id: str, case: Case) -> None:
        instructions = {"works": WORK, "commands": COMMANDS, "fails": FAILING}[case.way]
        assert self._world.post(key, instructions).status_code == 201
        self._ends_as(run_id, instructions)

    def _ends_as(self, run_id: str, instructions: str) -> None:
        self._world.end_of(run_id)
        assert flaws(self._world.records, run_id) == []
        assert story(self._world.records, run_id) == self.expected(instructions)

    def _create(self, key: str, run_id: str, case: Case) -> None:
        """The request dies; reconciliation finishes what it began, or forgets it."""
        world = self._world
        assert world.post(key, WORK).status_code == 500
        world.reconcile(rounds=2)
        if case.point == "create.admitted":
            assert world.get(f"/runs/{run_id}").status_code == 404
            assert run_id not in world.records.counted()
        else:
            self._ends_as(run_id, WORK)

    def _adopt(self, key: str, run_id: str, _: Case) -> None:
        """The request dies, and so does the reconciliation that finishes what it began."""
        world = self._world
        world.arm("ApiFunction", "create.written", run_id)
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
        assert world.http.post(f"/runs/{run_id}/cancel").status_code == 500
        again = world.http.post(f"/runs/{run_id}/cancel")
        # Where it had happened before the death, the run is cancelled already.
        assert again.status_code == (200 if case.point == "end.outputs" else 400), again.text
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


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_run_survives(deaths: Deaths, case: Case) -> None:
    deaths.result(case)


@pytest.mark.slow
def test_afterwards_nothing_is_left_over(deaths: Deaths, world: World) -> None:
    for case in CASES:
        deaths.result(case)
    eventually(lambda: world.records.counted() == set())
    eventually(lambda: world.records.listed_as_active() == set())
    (repairs,) = world.reconcile()
    assert not any(repairs.values()), repairs
