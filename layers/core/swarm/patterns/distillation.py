"""From the steps of a run that succeeded, the few lines that are worth telling the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from codex_swarm.models import PatternRead, PatternStep
from swarm.events import Event
from swarm.run import Run

MAX_STEPS = 12
MAX_INSTRUCTION = 160


def distil(run: Run, steps: Sequence[Event]) -> PatternRead | None:
    """What the run taught; None when no step is worth keeping."""
    kept = [step for step in map(_pattern_step, steps) if step is not None][:MAX_STEPS]
    if not kept:
        return None
    return PatternRead(
        id=f"pat-{run.run_id}",
        source_run_id=run.run_id,
        name=_line(run.name),
        summary=_line(run.instructions),
        steps=kept,
    )


def _pattern_step(event: Event) -> PatternStep | None:
    fields = event.fields
    if fields.get("role") not in ("assistant", "tool") or fields.get("ok") is False:
        return None
    told = _tool(fields) if fields["role"] == "tool" else str(fields.get("content") or "")
    instruction = _line(told)
    intent = fields.get("intent_kind")
    return (
        PatternStep(instruction=instruction, intent=intent if isinstance(intent, str) else None)
        if instruction
        else None
    )


def _tool(fields: Mapping[str, JsonValue]) -> str:
    return " ".join(str(fields[name]) for name in ("tool_name", "intent_target") if fields.get(name))


def _line(text: str) -> str:
    line = " ".join(text[:4096].split())
    return line if len(line) <= MAX_INSTRUCTION else f"{line[: MAX_INSTRUCTION - 1]}…"
