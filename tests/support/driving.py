"""The state machine by hand: one task at a time, as `infra/run.asl.yaml` orders them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from agent.app import handler as agent
from fail.app import handler as fail
from finish.app import handler as finish
from prepare.app import handler as prepare
from swarm.agent.slice import FINISH_SECONDS
from tests.support.lambda_context import lambda_context
from tests.support.moments import Died, Moment, When, at_call, die, each_moment

State = dict[str, Any]
TASKS: dict[str, Callable[..., Any]] = {"prepare": prepare, "agent": agent, "finish": finish, "fail": fail}


def beginning(run_id: str, project_id: str = "p1", tenant: str = "tenant-a") -> State:
    """The input of the first task."""
    return {"tenant_id": tenant, "project_id": project_id, "run_id": run_id}


def task(name: str, state: State, seconds: float = 600.0) -> State:
    """One call of a task's function."""
    answer: State = TASKS[name](state, lambda_context(seconds))
    return answer


def after(state: State) -> str | None:
    """The task that follows an answer; None at the end. Waiting takes no time here."""
    follows = {"ready": "agent", "continue": "agent", "wait": "agent", "finish": "finish", "ended": None, "asked": None}
    return follows[state["outcome"]]


def walk(state: State, name: str | None = "prepare", *, until: str | None = None, tries: int = 2) -> Iterator[State]:
    """The answer of each task from `name` on, up to but not including `until`; one that dies is tried again.

    Up to `finish`, the agent has so little time that it leaves ending the run to that.
    """
    seconds = FINISH_SECONDS - 1 if until == "finish" else 600.0
    while name is not None and name != until:
        for left in reversed(range(tries)):
            try:
                state = task(name, state, seconds)
                break
            except Died:
                assert left, f"{name} died too often"
        yield state
        name = after(state)


def drive(state: State, name: str | None = "prepare", *, until: str | None = None, tries: int = 2) -> State:
    """The last answer of `walk`, or the state itself where there is nothing to do."""
    for answer in walk(state, name, until=until, tries=tries):
        state = answer
    return state


def dying_at_each_call(start: Callable[[], str], check: Callable[[str, Moment], None], when: When) -> int:
    """Drive a run that is started so, for each AWS call that its tasks make: there a task dies, and is tried again.

    `check` is asked of each run at its end. How many calls there were.
    """

    def dies(number: int) -> Moment:
        run_id = start()
        with at_call(number, die, when) as moment:
            drive(beginning(run_id))
        check(run_id, moment)
        return moment

    return each_moment(dies)
