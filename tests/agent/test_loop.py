"""The loop over several processes: time that runs out, providers that have nothing to give, conversations too long."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from swarm.agent.circles import ANNOUNCED
from swarm.agent.loop import work
from swarm.agent.model import ModelRequest, ModelTurn, ToolCall
from swarm.agent.slice import FINISH_SECONDS, RESERVE_SECONDS, AgentAnswer, Clock
from swarm.agent.stalls import LONGEST_SECONDS, MAX_STALLS
from swarm.errors import ModelFailure
from swarm.ids import new_id
from swarm.lifecycle.transitions import Outcome
from swarm.records.runs import SHORT_LOG
from swarm.runs.conversation import Item, load_transcript
from swarm.runs.error_types import ErrorType
from swarm.runs.run import Run
from swarm.runs.usage import TokenUsage
from tests.provider.script import Reply, call, calls, error, finishes
from tests.provider.server import Received
from tests.support.driving import after, beginning, drive, task
from tests.support.provider_runs import Runs
from tests.support.stack import Stack
from tests.support.story import flaws, records_of, told

Reaction = ModelTurn | ModelFailure


def writes(path: str, content: str = "x") -> ModelTurn:
    return asks("write_file", path=path, content=content)


def asks(tool: str, **arguments: Any) -> ModelTurn:
    asked = ToolCall(new_id(), tool, json.dumps(arguments))
    item = {"type": "function_call", "call_id": asked.call_id, "name": tool, "arguments": asked.arguments}
    return ModelTurn([item], "", (asked,), TokenUsage(input=10, output=1))


def says(text: str) -> ModelTurn:
    item: Item = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    return ModelTurn([item], text, (), TokenUsage(input=10, output=1))


def done() -> ModelTurn:
    return asks("finish", summary="done")


def busy(retry_after: float | None = None) -> ModelFailure:
    return ModelFailure(ErrorType.RATE_LIMITED, "busy", "Start fewer runs.", retryable=True, retry_after=retry_after)


@dataclass
class Play:
    """A model that reacts as a script says, and the time that passes meanwhile."""

    script: Iterator[Reaction]
    seconds_each: float = 0.0
    name: str = "played"
    effort: str | None = None
    offline: bool = False
    compacts: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    requests: list[ModelRequest] = field(default_factory=list)
    _left: float = 600.0

    def respond(self, request: ModelRequest) -> ModelTurn:
        request.before_attempt()
        self.requests.append(request)
        self.pass_by(self.seconds_each)
        reaction = next(self.script)
        if isinstance(reaction, ModelFailure):
            raise reaction
        return reaction

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self._left -= seconds

    def process(self, stack: Stack, run: Run, seconds: float = 600.0) -> AgentAnswer:
        """One process that has so long."""
        self._left = seconds
        clock = Clock(now=lambda: self.now, seconds_left=lambda: self._left)
        return work(stack.backend, run.key, lambda _: self, clock, writer=new_id())

    def outcomes(self, stack: Stack, run: Run, seconds: float = 600.0) -> list[AgentAnswer]:
        """Processes, one after the other, until the agent's part is over; waiting takes its time."""
        answers = [self.process(stack, run, seconds)]
        while answers[-1].outcome in {Outcome.CONTINUE, Outcome.WAIT}:
            self.now += timedelta(seconds=answers[-1].wait_seconds)
            answers.append(self.process(stack, run, seconds))
        return answers


@pytest.fixture
def prepared(stack: Stack) -> Callable[..., Run]:
    def begin(**more: Any) -> Run:
        stack.project()
        run_id = stack.start("Write.", **more)
        drive(beginning(run_id), until="agent")
        return stack.backend.runs.get("tenant-a", run_id)

    return begin


def sound_end(stack: Stack, run: Run, status: str) -> Any:
    if status == "succeeded":
        drive({**beginning(run.run_id), "outcome": "finish"}, "finish")
    assert flaws(records_of(stack), run.run_id) == []
    ended = stack.run(run.run_id)
    assert ended["status"] == status
    return ended


def test_a_model_in_a_circle_is_told_and_then_stopped(stack: Stack, prepared: Callable[..., Run]) -> None:
    run = prepared()
    play = Play(iter([writes("a.md"), *(asks("read_file", path="a.md") for _ in range(9))]))
    play.outcomes(stack, run)
    ended = sound_end(stack, run, "failed")
    [error_told] = ended["errors"]
    assert error_told["error_type"] == ErrorType.NO_PROGRESS
    assert "read_file was called 6 times" in error_told["message"]
    noted = ["gave the same result" in str(item.get("output")) for item in play.requests[-1].items]
    assert (len(play.requests), sum(noted)) == (7, 3)


def test_an_early_end_is_answered_once_with_what_is_missing(stack: Stack) -> None:
    stack.project()
    run_id = stack.start("Write report.md and summary.md.")
    drive(beginning(run_id), until="agent")
    run = stack.backend.runs.get("tenant-a", run_id)
    play = Play(iter([writes("report.md"), says("Next I'll write the other one:"), done(), done()]))
    play.outcomes(stack, run)
    sound_end(stack, run, "succeeded")
    told = [str(request.items[-1].get("output") or request.items[-1]["content"]) for request in play.requests]
    assert [ANNOUNCED in said for said in told] == [False, False, True, False]
    assert told[3].startswith("error: finish was not done yet: the request names summary.md, and the workspace has no")


# ---- time ---------------------------------------------------------------------------------------------------


def test_turns_go_on_in_the_next_process_when_the_time_of_one_is_nearly_up(
    stack: Stack, prepared: Callable[..., Run]
) -> None:
    run = prepared()
    play = Play(iter([*(writes(f"{number}.md") for number in range(5)), done()]), seconds_each=30)
    answers = play.outcomes(stack, run, seconds=RESERVE_SECONDS + 50)
    # Two turns fit into each process; a third would begin with less than the reserve.
    assert [answer.outcome for answer in answers] == [Outcome.CONTINUE, Outcome.CONTINUE, Outcome.FINISH]
    lengths = [len(request.items) for request in play.requests]
    assert lengths == [1, 3, 5, 7, 9, 11]
    ended = sound_end(stack, run, "succeeded")
    assert ended["usage"]["model_calls"] == 6
    assert ended["usage"]["seconds"] == 180


def test_the_last_of_many_processes_knows_every_step_that_was_taken_before_it(
    stack: Stack, prepared: Callable[..., Run]
) -> None:
    taught = []
    # Six turns fit into each process, or all into one.
    for seconds_each in (30, 0):
        run = prepared(reference_run_id="none")
        script = iter([*(writes(f"{number}.md") for number in range(SHORT_LOG + 4)), done()])
        answers = Play(script, seconds_each).outcomes(stack, run, FINISH_SECONDS + 80)
        assert answers[-1].outcome is Outcome.ENDED
        assert len(answers) == (5 if seconds_each else 1)
        assert flaws(records_of(stack), run.run_id) == []
        taught.append(stack.request("GET", f"/patterns/{run.run_id}").json["steps"])
    assert taught[0] == taught[1] != []


def test_a_model_call_gets_the_time_of_the_process_and_of_the_run(stack: Stack, prepared: Callable[..., Run]) -> None:
    run = prepared(limits={"timeout_seconds": 100})
    play = Play(iter([writes("a.md"), done()]), seconds_each=60)
    assert run.started_at
    play.now = run.started_at
    play.outcomes(stack, run, seconds=300)
    assert [request.seconds for request in play.requests] == [100, 40]


# ---- a provider that has nothing to give --------------------------------------------------------------------


def test_a_storm_is_sat_out_between_processes(stack: Stack, prepared: Callable[..., Run]) -> None:
    run = prepared()
    play = Play(iter([busy(), writes("a.md"), busy(), busy(40), busy(7_200), done()]))
    answers = play.outcomes(stack, run)
    assert [answer.outcome for answer in answers] == [Outcome.WAIT] * 4 + [Outcome.ENDED]
    first, second, third, fourth, _ = [answer.wait_seconds for answer in answers]
    # Up to fifteen seconds at first, with jitter; where the provider asks for a time, that, within reason.
    assert 7 <= first <= 15
    assert 7 <= second <= 15
    assert (third, fourth) == (41, LONGEST_SECONDS)
    ended = sound_end(stack, run, "succeeded")
    assert ended["usage"]["model_calls"] == 2
    assert ended["errors"] == []
    waits = [event for _, event in told(records_of(stack), run.run_id) if event.get("stage") == "waiting_for_provider"]
    assert len(waits) == 4
    assert "41 s" in waits[2]["message"]


def test_pauses_grow_while_the_provider_stays_silent(stack: Stack, prepared: Callable[..., Run]) -> None:
    run = prepared()
    play = Play(iter([busy() for _ in range(6)] + [done()]))
    waits = [answer.wait_seconds for answer in play.outcomes(stack, run) if answer.outcome is Outcome.WAIT]
    for number, seconds in enumerate(waits):
        longest = min(LONGEST_SECONDS, 15 * 2**number)
        assert longest // 2 <= seconds <= longest


def test_a_provider_that_never_gives_anything_fails_the_run_in_its_own_words(
    stack: Stack, prepared: Callable[..., Run]
) -> None:
    run = prepared()
    play = Play(iter([writes("a.md"), *(busy() for _ in range(MAX_STALLS + 1))]))
    answers = play.outcomes(stack, run)
    assert [answer.outcome for answer in answers] == [Outcome.WAIT] * MAX_STALLS + [Outcome.ENDED]
    [told_of] = sound_end(stack, run, "failed")["errors"]
    assert (told_of["tool"], told_of["error_type"], told_of["message"]) == ("model", "provider_rate_limited", "busy")
    assert (told_of["suggestion"], told_of["retryable"]) == ("Start fewer runs.", True)


def test_a_turn_makes_the_provider_good_again(stack: Stack, prepared: Callable[..., Run]) -> None:
    run = prepared()
    storm = [busy() for _ in range(MAX_STALLS)]
    play = Play(iter([*storm, writes("a.md"), *storm, done()]))
    play.now = run.started_at or play.now
    answers = play.outcomes(stack, run)
    assert answers[-1].outcome is Outcome.ENDED


def test_the_run_does_not_wait_longer_than_it_may_take(stack: Stack, prepared: Callable[..., Run]) -> None:
    run = prepared(limits={"timeout_seconds": 60})
    assert run.started_at
    play = Play(iter([busy(300), done()]), now=run.started_at + timedelta(seconds=10))
    answers = play.outcomes(stack, run)
    assert answers[0].wait_seconds == 50
    assert sound_end(stack, run, "failed")["errors"][0]["error_type"] == "limit_reached"


def test_a_storm_beyond_the_time_of_a_process_is_sat_out(runs: Runs) -> None:
    """The provider asks for more time than this process has; the state machine has it."""
    storm = [error(429, "rate_limit_exceeded", "Slow down", retry_after="40") for _ in range(2)]
    provider, stack = runs.of(*storm, calls(call("write_file", path="a.md", content="x")), finishes("done"))
    stack.project()
    run_id = stack.start("Write.")
    state, waits = drive(beginning(run_id), until="agent"), []
    while (name := after(state)) == "agent":
        state = task(name, state, seconds=RESERVE_SECONDS + 5)
        waits.append(state["wait_seconds"])
    drive(state, name)
    assert waits == [41, 41, 0]
    assert len(provider.requests) == 4
    assert stack.run(run_id)["status"] == "succeeded"


# ---- a conversation too long --------------------------------------------------------------------------------

CONTEXT = 100_000
"""Characters that the model takes."""


def test_a_conversation_too_long_is_shortened_and_goes_on(runs: Runs) -> None:
    big = "A line of the book.\n" * 1_400
    plan = [
        calls(call("write_file", path="book.md", content=big)),
        *(calls(call("read_file", path="book.md", start_line=1, end_line=1_400 - less)) for less in range(6)),
        calls(*(call("read_file", path="book.md", start_line=2, end_line=1_400 - less) for less in range(8))),
        finishes("Read it all."),
    ]
    replies, longest = iter(plan), 0

    def answer(received: Received) -> Reply:
        nonlocal longest
        size = len(json.dumps(received.body["input"]))
        if size > CONTEXT:
            return error(400, "context_length_exceeded", "Too long")
        longest = max(longest, size)
        return next(replies)

    provider, stack = runs.asking(answer)
    run = stack.run(stack.finish("Read."))
    assert (run["status"], run["errors"]) == ("succeeded", [])
    assert run["usage"]["model_calls"] == len(plan)
    assert provider.faults == []
    assert len(provider.requests) > len(plan)
    assert longest > CONTEXT / 2
    # What was left out at the end is in the transcript of an earlier turn.
    transcripts = {
        entry["change"]["transcript"] for _, kind, entry in records_of(stack).slots(run["id"]) if kind == "turn"
    }
    outputs = {
        item["call_id"]: item
        for key in transcripts
        for item in load_transcript(stack.backend.objects, key)
        if item["type"] == "function_call_output" and len(str(item["output"])) > 20_000
    }
    assert len(outputs) == 6 + 8


def test_a_conversation_that_cannot_be_shortened_fails_with_advice(runs: Runs) -> None:
    too_long = error(400, "context_length_exceeded", "Too long")
    provider, stack = runs.of(too_long, too_long)
    run = stack.run(stack.finish("Write."))
    [told_of] = run["errors"]
    assert (run["status"], told_of["error_type"], told_of["tool"]) == ("failed", "context_length", "model")
    assert "Split the task" in told_of["suggestion"]
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "advice"),
    [
        pytest.param(error(401, "invalid_api_key", "No"), "provider_authentication", "OPENAI_API_KEY", id="key"),
        pytest.param(error(429, "insufficient_quota", "No"), "provider_quota", "billing", id="quota"),
        pytest.param(error(400, "content_policy_violation", "No"), "content_refused", "Reword", id="content"),
        pytest.param(error(403, "forbidden", "No"), "permission_error", "access", id="permission"),
    ],
)
def test_each_lasting_failure_has_a_type_and_advice_of_its_own(
    runs: Runs, reply: Reply, kind: str, advice: str
) -> None:
    provider, stack = runs.of(reply)
    run = stack.run(stack.finish("Write."))
    [told_of] = run["errors"]
    assert (run["status"], told_of["error_type"], told_of["retryable"]) == ("failed", kind, False)
    assert advice in told_of["suggestion"]
    assert len(provider.requests) == 1


def test_words_do_not_end_a_run_that_has_to_give_a_result(stack: Stack, prepared: Callable[..., Run]) -> None:
    run = prepared(result_schema={"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]})
    given = asks("finish", summary="done", result={"sum": 3})
    play = Play(iter([says("All is done."), asks("finish", summary="done", result={}), given]))
    play.outcomes(stack, run)
    ended = sound_end(stack, run, "succeeded")
    assert (ended["result"], ended["closing_words"]) == ({"sum": 3}, "done")
    finish = next(spec for spec in play.requests[0].tools if spec.name == "finish")
    assert (finish.strict, "result" in str(finish.parameters["required"])) == (False, True)


def test_words_without_a_result_end_the_run_after_a_while(stack: Stack, prepared: Callable[..., Run]) -> None:
    run = prepared(result_schema={"type": "string"})
    Play(iter([says("All is done.")] * 4)).outcomes(stack, run)
    assert sound_end(stack, run, "failed")["errors"][0]["error_type"] == "result_invalid"


def test_a_model_that_ends_by_words_is_approved_or_told_what_is_missing(
    stack: Stack, prepared: Callable[..., Run]
) -> None:
    run = prepared(require_approval=["finish"])
    play = Play(iter([writes("a.md"), says("All is written."), says("Now it is.")]))

    def decided(decision: str, text: str, round_: int) -> AgentAnswer:
        waits = stack.run(run.run_id)["waiting_for"]
        body = {"decision": decision, "text": text, "decided_by": "Maria"}
        assert stack.request("POST", f"/runs/{run.run_id}/decisions/{waits['request_id']}", body).status == 200
        clock = Clock(now=lambda: play.now, seconds_left=lambda: 600.0)
        return work(stack.backend, run.key, lambda _: play, clock, writer=new_id(), round_=round_)

    assert play.process(stack, run).outcome is Outcome.ASKED
    assert stack.run(run.run_id)["waiting_for"]["proposal"] == {"summary": "All is written."}
    assert decided("deny", "The sum is missing", 1).outcome is Outcome.ASKED
    assert "Maria denied it: The sum is missing" in str(play.requests[-1].items[-1]["content"])
    assert decided("approve", "", 2).outcome is Outcome.ENDED
    assert sound_end(stack, run, "succeeded")["closing_words"] == "Now it is."


def test_calls_behind_one_that_is_denied_are_not_done(stack: Stack, prepared: Callable[..., Run]) -> None:
    run = prepared(require_approval=["delete_file"])
    turns = [
        asks("delete_file", path="a.md"),
        asks("write_file", path="b.md", content="x"),
        asks("list_files", prefix=None),
    ]
    both = ModelTurn(
        [item for turn in turns for item in turn.items],
        "",
        tuple(c for turn in turns for c in turn.calls),
        TokenUsage(),
    )
    play = Play(iter([writes("a.md"), both, done()]))
    assert play.process(stack, run).outcome is Outcome.ASKED
    waits = stack.run(run.run_id)["waiting_for"]
    path = f"/runs/{run.run_id}/decisions/{waits['request_id']}"
    assert stack.request("POST", path, {"decision": "deny", "text": "Keep it"}).status == 200
    clock = Clock(now=lambda: play.now, seconds_left=lambda: 600.0)
    work(stack.backend, run.key, lambda _: play, clock, writer=new_id(), round_=1)
    sound_end(stack, run, "succeeded")
    listing = stack.request("GET", f"/runs/{run.run_id}/workspace/files").json["files"]
    assert [each["path"] for each in listing] == ["a.md"]
    outputs = [str(item["output"]) for item in play.requests[-1].items if item.get("type") == "function_call_output"]
    assert [word for word in ("Keep it", "was not approved") if any(word in output for output in outputs)] == [
        "Keep it",
        "was not approved",
    ]
