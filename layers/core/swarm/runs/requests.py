"""What a run asks of people, and what they decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import JsonValue

from codex_swarm.models import DecisionEvent, DecisionKind, RequestEvent, RequestKind

MAX_REQUESTS = 50
"""Of one run; each takes room in the run's item."""

MAX_TOOL_CALLS = 100
"""Of tools of the application, of one run."""

MAX_ARGUMENTS = 8_000
"""Characters of the arguments of such a call, as JSON."""

MAX_AT_ONCE = 5
MAX_QUESTION = 2_000
MAX_OPTIONS, MAX_OPTION = 10, 200
MAX_PROPOSAL = 4_000
"""Characters of the arguments that people are shown; what is longer is cut."""

BEGINNING = 100
"""How many characters a run keeps of a question and a decision that are past."""

DEADLINE = "deadline"
"""Who decided, where nobody did in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided, in which words, by whom. A long text is stored at `key`, and `text` is how it begins."""

    kind: DecisionKind
    text: str
    by: str
    at: datetime
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something that the agent does only once somebody has decided it.

    `call_id` is the model's call that waits, None where the model would finish without one. `taken` says that the
    agent has gone on with the decision.
    """

    id: str
    kind: RequestKind
    call_id: str | None
    name: str
    question: str
    asked_at: datetime
    deadline: datetime
    options: tuple[str, ...] = ()
    default: str | None = None
    proposal: JsonValue = None
    decision: Decision | None = None
    taken: bool = False

    @property
    def approved(self) -> bool:
        """Whether somebody approved it."""
        return self.decision is not None and self.decision.kind is DecisionKind.APPROVE


def undecided(requests: Sequence[Request]) -> list[Request]:
    """Those that somebody still has to decide."""
    return [request for request in requests if request.decision is None]


def untaken(requests: Sequence[Request]) -> list[Request]:
    """Those that the agent has still to go on with."""
    return [request for request in requests if not request.taken]


def decided(requests: Sequence[Request], request_id: str, decision: Decision) -> tuple[Request, ...]:
    """The requests, that one with its decision."""
    return tuple(replace(each, decision=decision) if each.id == request_id else each for each in requests)


def taken(requests: Sequence[Request]) -> tuple[Request, ...]:
    """The requests as they are kept once the agent has gone on: only what they were about."""
    return tuple(each if each.taken else _shortened(each) for each in requests)


def _shortened(request: Request) -> Request:
    decision = request.decision and replace(request.decision, text=request.decision.text[:BEGINNING])
    return replace(
        request, question=request.question[:BEGINNING], options=(), proposal=None, decision=decision, taken=True
    )


def asked(request: Request) -> RequestEvent:
    """What watchers are told of a request."""
    return RequestEvent(
        request_id=request.id,
        kind=request.kind,
        name=request.name,
        question=request.question,
        options=list(request.options),
        deadline=request.deadline,
    )


def told(request_id: str, decision: Decision) -> DecisionEvent:
    """What watchers are told of a decision."""
    return DecisionEvent(
        request_id=request_id, decision=decision.kind, text=decision.text[:BEGINNING], decided_by=decision.by
    )
