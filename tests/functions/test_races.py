"""Two processes at one run: one is stopped at any of its AWS calls, the other does its work meanwhile."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from swarm.agent.slice import FINISH_SECONDS
from swarm.lifecycle.reconciliation import reconcile
from tests.support.driving import State, after, beginning, drive, task
from tests.support.moments import Moment, at_call, each_moment
from tests.support.stack import Stack
from tests.support.story import flaws, records_of, story

pytestmark = pytest.mark.proof

WORK = "Create a file called a.md with a greeting"
TASK = pytest.mark.parametrize("name", ["prepare", "agent", "finish"])


@TASK
def test_a_process_that_wakes_when_the_run_is_over_changes_nothing(stack: Stack, name: str) -> None:
    records = records_of(stack)
    expected = story(records, stack.finish(WORK))

    def wakes_late(number: int) -> Moment:
        run_id = stack.start(WORK)
        state = drive(beginning(run_id), until=name)
        with at_call(number, lambda: drive(state, name)) as moment:
            outcome = task(name, state)["outcome"]
        if moment.happened:
            assert outcome in {"ended", "ready", "finish"}
        else:
            drive(state, name)
        assert flaws(records, run_id) == [], moment.calls
        assert story(records, run_id) == expected, moment.calls
        return moment

    assert each_moment(wakes_late) >= 4


def test_of_two_agents_the_one_that_came_later_goes_on_and_the_other_commits_nothing(stack: Stack) -> None:
    records = records_of(stack)
    expected = story(records, stack.finish(WORK))

    def two_agents(number: int) -> Moment:
        run_id = stack.start(WORK)
        state = drive(beginning(run_id), until="agent")
        later: list[State] = []
        with at_call(number, lambda: later.append(task("agent", state))) as moment:
            earlier = task("agent", state)
        assert earlier["outcome"] in {"ended", "continue"}
        # The state machine listens to the later one, because it had given the earlier up.
        listened_to = later[0] if later else earlier
        drive(listened_to, after(listened_to))
        assert flaws(records, run_id) == [], moment.calls
        assert story(records, run_id) == expected, moment.calls
        return moment

    assert each_moment(two_agents) > 10


def test_an_agent_that_a_sleeper_overtook_is_called_again_and_goes_on(stack: Stack) -> None:
    """The earlier process wakes just before its claim, in the midst of the later one's work."""
    records = records_of(stack)
    expected = story(records, stack.finish(WORK))
    outcomes: set[str] = set()

    def overtaken(number: int) -> Moment:
        run_id = stack.start(WORK)
        state = drive(beginning(run_id), until="agent")
        sleeper = Sleeper(state, claims_at)
        with at_call(number, sleeper.wake) as moment:
            listened_to = task("agent", state)
        sleeper.wake()
        outcomes.add(listened_to["outcome"])
        drive(listened_to, after(listened_to))
        assert flaws(records, run_id) == [], moment.calls
        assert story(records, run_id) == expected, moment.calls
        return moment

    state = drive(beginning(stack.start(WORK)), until="agent")
    with at_call(99, lambda: None) as whole:
        task("agent", state)
    claims_at = whole.calls.index("dynamodb.PutItem")
    assert each_moment(overtaken) > 10
    assert outcomes == {"continue", "finish", "ended"}


class Sleeper:
    """An agent in a thread of its own, asleep before its call with this number until `wake`.

    It has too little time to end the run itself.
    """

    def __init__(self, state: State, number: int) -> None:
        self._asleep, self._awake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, args=(state, number))
        self._thread.start()
        assert self._asleep.wait(30)

    def wake(self) -> None:
        """Let it go on, and wait until it is done."""
        self._awake.set()
        self._thread.join()

    def _work(self, state: State, number: int) -> None:
        with at_call(number, self._sleep):
            task("agent", state, FINISH_SECONDS - 1)

    def _sleep(self) -> None:
        self._asleep.set()
        self._awake.wait(30)


def test_parallel_reconciliations_of_one_run_end_it_once(stack: Stack) -> None:
    records = records_of(stack)
    stack.project()

    def twice(number: int) -> Moment:
        run_id = stack.start(WORK)
        drive(beginning(run_id), until="agent")
        stack.backend.executions.stop(stack.backend.runs.get("tenant-a", run_id).key, "by an operator")
        now = datetime.now(UTC)
        with at_call(number, lambda: reconcile(stack.backend, now)) as moment:
            reconcile(stack.backend, now)
        assert flaws(records, run_id) == [], moment.calls
        assert stack.run(run_id)["status"] == "failed"
        return moment

    assert each_moment(twice) > 20
