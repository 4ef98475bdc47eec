"""What a run's events say to people in a terminal, each in a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from codex_swarm.cli import output as words
from codex_swarm.models import (
    OVER,
    AcceptanceEvent,
    ArtifactEvent,
    CancelledEvent,
    ChildEvent,
    DecisionEvent,
    DiffEvent,
    ErrorEvent,
    MessageEvent,
    PatternEvent,
    PlanEvent,
    PlanStep,
    ProgressEvent,
    RequestEvent,
    RequestKind,
    ResetEvent,
    RunRead,
    StatusEvent,
    StepEvent,
    WatchedEvent,
    WorkspaceEvent,
    WorkspaceSummaryEvent,
)

_DECISIONS = {
    RequestKind.QUESTION: 'answer "..."',
    RequestKind.APPROVAL: "approve",
    RequestKind.TOOL: 'output "..."',
}


def deciding(event: WatchedEvent, run: RunRead | None) -> str | None:
    """The command that decides what the run asks for; None where it asks for nothing, or that was decided before."""
    if not isinstance(event, RequestEvent) or run is None:
        return None
    if any(each.decision and each.request_id == event.request_id for each in run.requests):
        return None
    return f"codex-swarm decide {run.id} {_DECISIONS[event.kind]} --request-id {event.request_id}"


def planned(steps: Sequence[PlanStep]) -> str:
    """How many parts of a plan are done, and what is being done."""
    done = sum(step.status in OVER for step in steps)
    now = [step.title for step in steps if step.status == "in_progress"]
    return " -- ".join([f"{done} of {len(steps)} done", *now])


def judged(event: AcceptanceEvent) -> str:
    """How many criteria the work meets, and which it does not."""
    unmet = [f"{each.criterion} ({each.evidence})" for each in event.criteria if not each.met]
    met = len(event.criteria) - len(unmet)
    return "; ".join([f"{met} of {len(event.criteria)} criteria met in round {event.round}", *unmet])


def in_words(event: WatchedEvent) -> tuple[str, str] | None:
    """Who or what, and what happened, on one line; None for what says nothing to people."""
    told = _WORDS.get(type(event))
    if told is None:
        return None
    who, what = told(event)
    return who, " ".join(what.split())


_WORDS: dict[type[WatchedEvent], Callable[[Any], tuple[str, str]]] = {
    StatusEvent: lambda event: ("status", event.status.value),
    MessageEvent: lambda event: ("message", f"{event.text} ({event.mode.value}, {event.state.value})"),
    RequestEvent: lambda event: ("asks", " ".join([event.question, *(f"[{option}]" for option in event.options)])),
    DecisionEvent: lambda event: ("decided", f"{event.decision.value} {event.text} ({event.decided_by})"),
    AcceptanceEvent: lambda event: ("judged", judged(event)),
    ChildEvent: lambda event: ("part", f"{event.title}: {event.status.value}"),
    PlanEvent: lambda event: ("plan", planned(event.steps)),
    ProgressEvent: lambda event: (f"{event.percent:3d} %", event.message),
    StepEvent: lambda event: (event.tool_name or event.role, event.content),
    ArtifactEvent: lambda event: ("output", f"{event.path} ({words.size(event.bytes)})"),
    DiffEvent: lambda event: ("changes", event.diff.shortstat),
    WorkspaceEvent: lambda event: ("workspace", f"{event.action}: {event.entries} files of {event.source_run_id}"),
    WorkspaceSummaryEvent: lambda event: ("workspace", f"{event.total_files} files"),
    PatternEvent: lambda event: ("pattern", event.summary),
    ErrorEvent: lambda event: ("error", " -- ".join(filter(None, [event.error.error, event.error.suggestion]))),
    CancelledEvent: lambda _: ("cancelled", "nothing of this run happens any more"),
    ResetEvent: lambda event: ("reset", event.message),
}
"""Who or what, and what happened, by the type of event."""
