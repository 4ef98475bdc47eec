"""Tool calls that run in another function: handed out as a batch, and made results again when the batch is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from swarm.agent.clip import clip
from swarm.agent.model import Item, ToolCall
from swarm.agent.tools import FAILED, FINISH, CheckedCall, Toolbox, ToolResult
from swarm.errors import CallerError
from swarm.jobs.batch import CallOutcome, JobCall, JobOutcome, Place
from swarm.workspace.working_copy import Workspace

TOO_EARLY = (
    f"{FAILED}finish was not done, because other calls of this turn still run; "
    "call it again when you have seen what they came to"
)
_LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Split:
    """What became of the calls of a turn: results of those that are done, and those that another function does."""

    results: list[ToolResult] = field(default_factory=list)
    pending: list[tuple[Place, JobCall]] = field(default_factory=list)


def split(toolbox: Toolbox, calls: Iterable[ToolCall], workspace: Workspace) -> Split:
    """Do what can be done here, in order, and collect the rest."""
    checked = [toolbox.check(call) for call in calls]
    waits = any(isinstance(call, CheckedCall) and call.tool.runs != "here" for call in checked)
    done = Split()
    for call in checked:
        if isinstance(call, ToolResult):
            done.results.append(call)
        elif call.tool.runs == "here":
            early = waits and call.tool.name == FINISH
            done.results.append(call.result(TOO_EARLY, ok=False) if early else toolbox.perform(call, workspace))
        else:
            _hand_out(done, call, call.tool.runs, workspace)
    return done


def _hand_out(done: Split, call: CheckedCall, place: Place, workspace: Workspace) -> None:
    call_id = call.call.call_id
    if call.tool.expand is None:
        done.pending.append((place, JobCall(call_id, call.tool.name, call.args)))
        return
    try:
        parts = call.tool.expand(call.arguments, workspace)
    except CallerError as error:
        done.results.append(call.result(f"{FAILED}{error}", ok=False))
        return
    if not parts:
        done.results.append(call.result(f"{FAILED}no file matches; list_files shows what there is", ok=False))
    for number, (tool, arguments) in enumerate(parts):
        done.pending.append((place, JobCall(f"{call_id}/{number:04}", tool, arguments)))


def calls_of(items: Sequence[Item], wanted: Iterable[str]) -> list[ToolCall]:
    """The calls of a conversation with these ids, in the order in which the model made them."""
    ids = set(wanted)
    return [
        ToolCall(str(item["call_id"]), str(item["name"]), str(item["arguments"]))
        for item in items
        if item.get("type") == "function_call" and item.get("call_id") in ids
    ]


def adopt(workspace: Workspace, outcomes: Iterable[JobOutcome]) -> list[str]:
    """Take over the files that jobs changed, job by job; what could not be kept, in words."""
    refused = []
    for outcome in outcomes:
        for path in outcome.deleted:
            if path in workspace.paths():
                workspace.delete(path)
        for path, entry in outcome.changed.items():
            try:
                workspace.adopt(path, entry)
            except CallerError as error:
                refused.append(f"{path} was not kept: {error}")
    return refused


def results_of(
    toolbox: Toolbox, calls: Iterable[ToolCall], outcomes: Sequence[CallOutcome], refused: Sequence[str]
) -> list[ToolResult]:
    """The results of the model's calls; those of a call that stood for many are told in one report."""
    by_parent = {
        parent: list(group)
        for parent, group in groupby(outcomes, key=lambda outcome: outcome.call_id.partition("/")[0])
    }
    results = []
    for call in calls:
        checked = toolbox.check(call)
        if isinstance(checked, ToolResult):
            results.append(checked)
            continue
        results.append(_result(checked, by_parent.get(call.call_id, [])))
    if refused and results:
        note = "\n".join(refused[:20])
        results[-1] = replace(results[-1], output=clip(f"{results[-1].output}\n{note}"))
    return results


def _result(call: CheckedCall, outcomes: Sequence[CallOutcome]) -> ToolResult:
    files = tuple(path for outcome in outcomes for path in outcome.files)
    if call.tool.expand is None and len(outcomes) == 1:
        (outcome,) = outcomes
        output = outcome.output if outcome.ok or outcome.output.startswith(FAILED) else f"{FAILED}{outcome.output}"
        return replace(call.result(output, ok=outcome.ok), files=files)
    failed = [outcome for outcome in outcomes if not outcome.ok]
    words = f"{len(outcomes) - len(failed)} of {len(outcomes)} done, {len(failed)} failed."
    report = "\n".join([words, *_lines(outcomes)])
    return replace(call.result(clip(report), ok=len(failed) < len(outcomes)), files=files)


def _lines(outcomes: Sequence[CallOutcome]) -> Iterator[str]:
    for outcome in outcomes:
        said = " ".join(outcome.output.split())
        yield f"- {'ok' if outcome.ok else 'failed'}: {said[:_LONGEST_LINE]}"
