"""From steps to turns: which tools to call, in which order, and what to say."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pydantic import JsonValue

from codex_swarm.models import TaskType
from swarm.agent.offline.content import content_of
from swarm.agent.offline.steps import (
    Ask,
    Call,
    Convert,
    Delegate,
    Delete,
    Edit,
    Execute,
    Fail,
    LookUp,
    Return,
    Run,
    Search,
    Step,
    Touch,
    UseSkill,
    Wait,
    Write,
)
from swarm.agent.tools.tool import ASK_USER, DELEGATE, FINISH, READ_SKILL, RUN_DOCUMENT, UPDATE_PLAN
from swarm.agent.tools.update_plan import MAX_STEPS, MAX_TITLE
from swarm.runs.hosted_tools import WEB_SEARCH

SMALL_TASK = 2
"""A task of no more parts than these needs no plan."""

CONVERT = "convert_document"
CONVERT_ALL = "convert_documents"
EDIT = "edit_document"
RUN = "run_command"
_MISSING = {
    CONVERT: "documents cannot be converted in this installation",
    CONVERT_ALL: "documents cannot be converted in this installation",
    EDIT: "Word files cannot be edited in this installation",
    RUN: "commands cannot be run in this installation",
    RUN_DOCUMENT: "code in documents cannot be run in this installation",
    ASK_USER: "people cannot be asked in this run",
    DELEGATE: "a part of a task is not handed on",
    READ_SKILL: "this run has no skills",
}
_TITLE = 60
_WORD = frozenset({".docx", ".docm", ".dotx", ".dotm"})


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call to make, and what it will have done."""

    tool: str
    arguments: Mapping[str, JsonValue]
    done: str = ""


@dataclass(frozen=True, slots=True)
class PlannedTurn:
    """One turn: what to say and call, how long to be busy first, or the failure to end with.

    `looked_up` is what the provider does before it.
    """

    says: str
    calls: tuple[PlannedCall, ...] = ()
    seconds: float = 0
    failure: str | None = None
    looked_up: tuple[LookUp, ...] = ()


def plan(
    steps: Sequence[Step], task_type: TaskType, offered: frozenset[str], succeeded: Sequence[bool]
) -> tuple[PlannedTurn, ...]:
    """Every turn from the first to the one that finishes.

    `succeeded` tells of each call made so far whether it did; only the closing words depend on it.
    """
    looked_up = tuple(step for step in steps if isinstance(step, LookUp) and step.tool in offered)
    turns = [turn for step in steps for turn in _turns(step, task_type, offered)]
    skipped = [text for step in steps for text in _skipped(step, offered)]
    titles = [_listed(call.done for call in turn.calls) for turn in turns if _is_part(turn)]
    planned = len(titles) > SMALL_TASK and UPDATE_PLAN in offered
    turns = list(_with_plan(turns, titles)) if planned else turns
    last = closing(_summary(turns, skipped, succeeded, looked_up), offered)
    # What the provider looks up is part of an answer of the model's, and no turn of its own.
    turns, last = (
        ([replace(turns[0], looked_up=looked_up), *turns[1:]], last)
        if turns
        else (turns, replace(last, looked_up=looked_up))
    )
    if results := [step.value for step in steps if isinstance(step, Return)]:
        # A tool that takes no result is not given one (`model._call`).
        last = replace(last, calls=tuple(_with_result(call, results[-1]) for call in last.calls))
    return (*turns, replace(last, calls=(_plan_call(titles, len(titles)), *last.calls)) if planned else last)


def _is_part(turn: PlannedTurn) -> bool:
    """Whether the turn does something that was asked for, rather than wait."""
    return any(call.done for call in turn.calls)


def _with_plan(turns: Sequence[PlannedTurn], titles: Sequence[str]) -> Iterator[PlannedTurn]:
    """The turns, with the plan told at the beginning of each part."""
    begun = 0
    for turn in turns:
        if _is_part(turn):
            yield replace(turn, calls=(_plan_call(titles, begun), *turn.calls))
            begun += 1
        else:
            yield turn


def _plan_call(titles: Sequence[str], at: int) -> PlannedCall:
    """Tells the plan when this part begins; those before it are done."""
    steps: list[JsonValue] = [
        {"title": title[:MAX_TITLE], "status": "done" if place < at else "in_progress" if place == at else "pending"}
        for place, title in list(enumerate(titles))[:MAX_STEPS]
    ]
    return PlannedCall(UPDATE_PLAN, {"steps": steps})


def _turns(step: Step, task_type: TaskType, offered: frozenset[str]) -> Iterator[PlannedTurn]:
    if isinstance(step, Wait):
        yield from _waiting(step.seconds)
    elif isinstance(step, Fail):
        yield PlannedTurn(says="", failure=step.message)
    else:
        calls = tuple(call for call in _calls(step, task_type) if call.tool not in _MISSING or call.tool in offered)
        if calls:
            yield PlannedTurn(f"Next: {_listed(call.done for call in calls)}.", calls)


def _waiting(seconds: float) -> Iterator[PlannedTurn]:
    for second in range(math.ceil(seconds)):
        look = PlannedCall("list_files", {"prefix": None})
        yield PlannedTurn(f"Waiting, {seconds - second:g} seconds left.", (look,), min(1.0, seconds - second))


def _calls(step: Step, task_type: TaskType) -> Iterator[PlannedCall]:
    match step:
        case Write(path, about, literal):
            content = literal if literal is not None else content_of(path, about, task_type)
            yield PlannedCall("write_file", {"path": path, "content": content}, f"create {path}")
        case Touch(paths):
            yield from (PlannedCall("write_file", {"path": path, "content": ""}, f"create {path}") for path in paths)
        case Delete(paths):
            yield from (PlannedCall("delete_file", {"path": path}, f"delete {path}") for path in paths)
        case Convert():
            yield from (_conversion(path, target, step.template) for path, target in _pairs(step))
        case Edit():
            yield _edit(step)
        case Search() | UseSkill():
            yield _looking(step)
        case Run(commands):
            yield from (PlannedCall(RUN, {"command": command}, f"run {command}") for command in commands)
        case Execute() | Ask() | Delegate() | Call():
            yield _asking(step)
        case _:
            return


def _asking(step: Execute | Ask | Delegate | Call) -> PlannedCall:
    """A call whose result comes from elsewhere: from code, people, other agents, or the application."""
    match step:
        case Execute(path, target):
            return PlannedCall(RUN_DOCUMENT, {"path": path, "target": target}, f"run the code in {path}")
        case Ask(question, options, default):
            arguments: dict[str, JsonValue] = {"question": question, "options": list(options), "default": default}
            return PlannedCall(ASK_USER, arguments, f"ask {question}")
        case Delegate(parts):
            tasks: list[JsonValue] = [{"title": part[:_TITLE], "instructions": part, "files": None} for part in parts]
            return PlannedCall(DELEGATE, {"tasks": tasks}, f"delegate {_listed(part[:_TITLE] for part in parts)}")
        case Call(tool, given):
            return PlannedCall(tool, _as_json(given), f"call {tool}")


def _looking(step: Search | UseSkill) -> PlannedCall:
    if isinstance(step, UseSkill):
        return PlannedCall(READ_SKILL, {"name": step.name}, f"use the skill {step.name}")
    return PlannedCall("search_files", {"pattern": _literally(step.words)}, f"search for {step.words}")


def _with_result(call: PlannedCall, result: str) -> PlannedCall:
    try:
        value: JsonValue = json.loads(result)
    except ValueError:
        value = result
    return replace(call, arguments={**call.arguments, "result": value})


def _as_json(text: str) -> dict[str, JsonValue]:
    try:
        return {str(name): value for name, value in dict(json.loads(text)).items()}
    except (ValueError, TypeError):
        return {}


def _conversion(path: str, target: str, template: str | None) -> PlannedCall:
    done = f"convert {path} to {target}"
    looks: dict[str, JsonValue] = {"template": template} if template else {}
    if "*" in path:
        return PlannedCall(CONVERT_ALL, {"pattern": path, "target_suffix": target, **looks}, done)
    return PlannedCall(CONVERT, {"source": path, "target": target, **looks}, done)


def _edit(step: Edit) -> PlannedCall:
    done = f"replace {step.old} by {step.new} in {step.path}"
    if PurePosixPath(step.path).suffix.lower() in _WORD:
        arguments: dict[str, JsonValue] = {"path": step.path, "action": "replace", "find": step.old, "text": step.new}
        return PlannedCall(EDIT, {**arguments, "everywhere": True}, done)
    return PlannedCall("edit_file", {"path": step.path, "old_text": step.old, "new_text": step.new}, done)


def _literally(words: str) -> str:
    """A pattern that matches these words and nothing else."""
    return re.sub(r"[^\w\s]", r"\\\g<0>", words)


def _pairs(step: Convert) -> Iterator[tuple[str, str]]:
    for source in step.sources:
        for target in step.targets:
            one = target.startswith(".") and "*" not in source
            yield source, _renamed(source, target) if one else target


def _renamed(path: str, suffix: str) -> str:
    name = PurePosixPath(path).name
    return f"{path.removesuffix(PurePosixPath(path).suffix)}{suffix}" if name else suffix


def _look_up(step: LookUp) -> str:
    where = "search the web" if step.tool == WEB_SEARCH else f"ask the server {step.tool}"
    return f"{where} for {step.words}"


def _skipped(step: Step, offered: frozenset[str]) -> Iterator[str]:
    if isinstance(step, LookUp) and step.tool not in offered:
        yield f"{_look_up(step)} (this run has not chosen {step.tool} in hosted_tools)"
    if isinstance(step, Convert | Edit | Run | Execute | Ask | Delegate | UseSkill):
        for call in _calls(step, TaskType.CODE):
            if call.tool in _MISSING and call.tool not in offered:
                yield f"{call.done} ({_MISSING[call.tool]})"


def _summary(
    turns: Sequence[PlannedTurn], skipped: Sequence[str], succeeded: Sequence[bool], looked_up: Sequence[LookUp]
) -> str:
    calls = [call for turn in turns for call in turn.calls]
    outcomes = list(zip(calls, succeeded, strict=False))
    done = [*map(_look_up, looked_up), *(call.done for call, well in outcomes if well and call.done)]
    failed = [*(call.done for call, well in outcomes if not well and call.done), *skipped]
    sentences = [f"Done: {_listed(done)}." if done else "Nothing was written."]
    if failed:
        sentences.append(f"Not done: {_listed(failed)}.")
    return " ".join(sentences)


def closing(summary: str, offered: frozenset[str]) -> PlannedTurn:
    """The last turn."""
    calls = (PlannedCall(FINISH, {"summary": summary}),) if FINISH in offered else ()
    return PlannedTurn(summary, calls)


def _listed(texts: Iterator[str] | Sequence[str]) -> str:
    return "; ".join(texts)
