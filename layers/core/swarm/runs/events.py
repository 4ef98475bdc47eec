"""What a run's log tells watchers: stages, steps, and how events that earlier versions stored are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator

from codex_swarm.models import ProgressEvent, RunEvent

MAX_SHOWN = 4_000
"""How many characters of a message a step shows; the transcript has it whole."""


def _flat(stored: object) -> object:
    """The event in the wire's form. Up to schema 2 its fields stood in a mapping beside its type."""
    match stored:
        case {"type": str(kind), "fields": dict(fields)}:
            return {**fields, "type": kind}
    return stored


StoredEvent = Annotated[RunEvent, BeforeValidator(_flat)]
"""An event as it is read from a log, whichever version wrote it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A named mark on the way from 0 to 100."""

    name: str
    percent: int
    message: str


PREPARING = Stage("preparing", 0, "Preparing the workspace")
WORKSPACE_READY = Stage("workspace_ready", 20, "Workspace ready")
EXECUTING = Stage("executing", 30, "The agent is working")
REVIEWING = Stage("reviewing", 30, "The work is being judged")
PROCESSING_RESULTS = Stage("processing_results", 70, "Processing results")
LEARNING_PATTERNS = Stage("learning_patterns", 85, "Learning patterns")
ENDED = Stage("ended", 100, "Ended")


def progress(stage: Stage, percent: int | None = None) -> ProgressEvent:
    """The run has come this far; `percent` where a stage spans several."""
    shown = stage.percent if percent is None else percent
    return ProgressEvent(stage=stage.name, message=stage.message, percent=shown)


def step_id(run_id: str, number: int) -> str:
    """The id of a run's step; steps are numbered from 0."""
    return f"{run_id}-{number:05}"
