"""The steps of a run as short instructions: what was said or done, never what stood in a file or came out of a tool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue

from codex_swarm.models import PatternStep, StepEvent
from swarm.patterns.one_line import one_line

MAX_STEPS = 12
MAX_INSTRUCTION = 160

_LOOKS = frozenset({"list", "read", "search"})
"""Intents that change nothing."""

_MAX_ARGUMENT = 60
_MAX_TERM = 40

_SHOWN = (
    ("command", "`{}`"),
    ("pattern", 'for "{}"'),
    ("query", 'for "{}"'),
    ("prefix", "in {}"),
    ("path_prefix", "in {}"),
    ("format", "to {}"),
    ("to", "to {}"),
)
"""The arguments that say what a call was for. No other is shown: the rest may be a file's content."""


def pattern_steps(events: Iterable[StepEvent]) -> list[PatternStep]:
    """What assistant and tools did that did not fail, in order, each thing once, and at most twelve of them."""
    distinct: dict[str, PatternStep] = {}
    for event in events:
        step = _step(event)
        if step is not None:
            distinct.setdefault(step.instruction, step)
    return _most_telling(list(distinct.values()))


def _most_telling(steps: Sequence[PatternStep]) -> list[PatternStep]:
    """All steps where they are few; else the last, which tells the result, then those that do more than look."""
    last = len(steps) - 1
    ranked = sorted(range(len(steps)), key=lambda place: (place != last, steps[place].intent in _LOOKS, place))
    return [steps[place] for place in sorted(ranked[:MAX_STEPS])]


def _step(event: StepEvent) -> PatternStep | None:
    # A plan tells of one task, and what was done is told by its own steps.
    if event.ok is False or event.intent_kind == "plan":
        return None
    match event.role:
        case "assistant":
            text = event.content
        case "tool":
            text = _call(event)
        case _:
            return None
    instruction = one_line(text, MAX_INSTRUCTION)
    intent = one_line(event.intent_kind or "", MAX_INSTRUCTION)
    return PatternStep(instruction=instruction, intent=intent or None) if instruction else None


def _call(event: StepEvent) -> str:
    """The tool, the file, and what else says what the call was for."""
    known = event.tool_args if isinstance(event.tool_args, dict) else {}
    name = event.tool_name or event.intent_kind or ""
    target = one_line(event.intent_target or _text(known, "path"), _MAX_ARGUMENT)
    shown = [wording.format(one_line(_text(known, arg), _MAX_ARGUMENT)) for arg, wording in _SHOWN if _text(known, arg)]
    return " ".join(part for part in (name, target, *shown, _lines(known), _replacement(known)) if part)


def _lines(args: Mapping[str, JsonValue]) -> str:
    first, last = args.get("start_line"), args.get("end_line")
    if not isinstance(first, int) and not isinstance(last, int):
        return ""
    return f"lines {first or 1} to {last or 'the end'}"


def _replacement(args: Mapping[str, JsonValue]) -> str:
    """What an edit put in place of what, when both are a word or two."""
    terms = [_text(args, "old_text"), _text(args, "new_text")]
    fit = all(term.strip() and len(term) <= _MAX_TERM and not set(term) & {"\n", '"'} for term in terms)
    return 'to replace "{}" with "{}"'.format(*terms) if fit else ""


def _text(args: Mapping[str, JsonValue], name: str) -> str:
    value = args.get(name)
    return value if isinstance(value, str) else ""
