"""Tool calls that run in another function: handed out as a batch, and made results again when the batch is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from swarm.agent.model import ToolCall
from swarm.agent.tools.tool import FAILED, FINISH, CheckedCall, Toolbox, ToolResult
from swarm.errors import CallerError
from swarm.jobs.batch import CallOutcome, JobCall, JobOutcome, Place, parent_of
from swarm.jobs.files_needed import files_needed
from swarm.runs.conversation import Item
from swarm.text import MAX_OUTPUT, clip
from swarm.workspace.working_copy import Workspace

TOO_EARLY = (
    f"{FAILED}not done, because an earlier call of this turn has not run yet and may change the files; "
    "call it again when you have seen what that came to"
)
FINISH_TOO_EARLY = (
    f"{FAILED}finish was not done, because other calls of this turn still run; "
    "call it again when you have seen what they came to"
)
NOTHING_PRINTED = "[no output]"

MAX_CALLS = 1_000
"""So many calls of one turn run elsewhere, each file of a batch counted."""

_LONGEST_LINE, _SHORTEST_LINE = 300, 40
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Split:
    """What became of the calls of a turn: results of those that are done, and those that another function does."""

    results: list[ToolResult] = field(default_factory=list)
    pending: list[tuple[Place, JobCall]] = field(default_factory=list)


def split(toolbox: Toolbox, calls: Iterable[ToolCall], workspace: Workspace) -> Split:
    """Do what can be done here, in order, and collect the rest.

    A call finds the files as the calls before it left them, or it is not done: what is handed out runs later, the
    commands one after the other in one workspace, conversions all at once.
    """
    checked = [toolbox.check(call) for call in calls]
    waits = any(isinstance(call, CheckedCall) and call.tool.runs != "here" for call in checked)
    done = Split()
    for call in checked:
        if isinstance(call, ToolResult):
            done.results.append(call)
        elif waits and call.tool.name == FINISH:
            done.results.append(call.result(FINISH_TOO_EARLY, ok=False))
        elif _depends(call, done.pending):
            done.results.append(call.result(TOO_EARLY, ok=False))
        elif call.tool.runs == "here":
            done.results.append(toolbox.perform(call, workspace))
        else:
            _hand_out(done, call, call.tool.runs, workspace)
    return done


def _depends(call: CheckedCall, pending: Iterable[tuple[Place, JobCall]]) -> bool:
    """Whether files that this call works on may still be changed by calls that have been handed out."""
    changing = [(place, earlier) for place, earlier in pending if earlier.tool != "read_document"]
    if any(place != call.tool.runs for place, _ in changing):
        return True
    made = {str(earlier.arguments.get("target")).removeprefix("./") for _, earlier in changing}
    # Which files a batch takes is found out from the workspace as it is now.
    return call.tool.runs == "convert" and bool((changing and call.tool.expand) or files_needed(call.args, made))


def _hand_out(done: Split, call: CheckedCall, place: Place, workspace: Workspace) -> None:
    expand, arguments = call.tool.expand, call.arguments
    try:
        parts = expand(arguments, workspace) if expand else [(call.tool.name, arguments.model_dump(mode="json"))]
    except CallerError as error:
        done.results.append(call.result(f"{FAILED}{error}", ok=False))
        return
    if not parts:
        done.results.append(call.result(f"{FAILED}no file matches; list_files shows what there is", ok=False))
    elif len(done.pending) + len(parts) > MAX_CALLS:
        text = f"{FAILED}not done: one turn takes {MAX_CALLS} commands and conversions; go on in the next"
        done.results.append(call.result(text, ok=False))
    else:
        for number, (tool, each) in enumerate(parts):
            done.pending.append((place, JobCall(f"{call.call.call_id}/{number:04}", tool, each)))


def calls_of(items: Sequence[Item], wanted: Iterable[str]) -> list[ToolCall]:
    """The calls of a conversation with these ids, in the order in which the model made them.

    Some servers use an id again in a later turn; the last call that has it is meant.
    """
    missing = set(wanted)
    found = []
    for item in reversed(items):
        if item.get("type") == "function_call" and item.get("call_id") in missing:
            missing.remove(str(item["call_id"]))
            found.append(ToolCall(str(item["call_id"]), str(item["name"]), str(item["arguments"])))
    return found[::-1]


def adopt(workspace: Workspace, outcomes: Iterable[JobOutcome]) -> dict[str, str]:
    """Take over the files that jobs changed, job by job; the reason for each that could not be kept."""
    refused = {}
    for outcome in outcomes:
        for path in set(outcome.deleted).intersection(workspace.paths()):
            workspace.delete(path)
        for path, entry in outcome.changed.items():
            try:
                workspace.adopt(path, entry)
            except CallerError as error:
                refused[path] = str(error)
    return refused


def results_of(
    toolbox: Toolbox,
    calls: Iterable[ToolCall],
    parts: Iterable[JobCall],
    outcomes: Iterable[CallOutcome],
    refused: Mapping[str, str],
) -> list[ToolResult]:
    """The results of the model's calls, made of the outcomes of their parts.

    A call that stood for many is told in one report, a line a file; files that were not kept are named.
    """
    subjects = {part.call_id: str(part.arguments.get("source") or part.arguments.get("path") or "") for part in parts}
    by_parent = {
        parent: list(group) for parent, group in groupby(outcomes, key=lambda outcome: parent_of(outcome.call_id))
    }
    results = []
    for call in calls:
        checked = toolbox.check(call)
        if isinstance(checked, CheckedCall):
            checked = _result(checked, by_parent.get(call.call_id, []), subjects)
        results.append(_without(checked, refused))
    return results


def _result(call: CheckedCall, outcomes: Sequence[CallOutcome], subjects: Mapping[str, str]) -> ToolResult:
    files = tuple(path for outcome in outcomes for path in outcome.files)
    if call.tool.expand is None and len(outcomes) == 1:
        (outcome,) = outcomes
        return replace(call.result(_told(outcome), ok=outcome.ok), files=files)
    done = sum(outcome.ok for outcome in outcomes)
    room = max(_SHORTEST_LINE, min(_LONGEST_LINE, (MAX_OUTPUT - 200) // (len(outcomes) or 1) - 1))
    lines = [_line(outcome, subjects.get(outcome.call_id, ""), room) for outcome in outcomes]
    report = "\n".join([f"{done} of {len(outcomes)} done, {len(outcomes) - done} failed.", *lines])
    return replace(call.result(clip(report), ok=done > 0), files=files)


def _told(outcome: CallOutcome) -> str:
    if outcome.ok:
        return outcome.output or NOTHING_PRINTED
    code = f"exit code {outcome.exit_code}\n" if outcome.exit_code else ""
    return clip(f"{FAILED}{code}{outcome.output.removeprefix(FAILED)}".rstrip("\n"))


def _line(outcome: CallOutcome, subject: str, room: int) -> str:
    said = " ".join(outcome.output.removeprefix(FAILED).split())
    named = said if subject in said else f"{subject}: {said}"
    return f"- {'ok' if outcome.ok else 'failed'}: {named}"[:room]


def _without(result: ToolResult, refused: Mapping[str, str]) -> ToolResult:
    """The result, with a word on those of its files that were not kept."""
    lost = [path for path in result.files if path in refused]
    if not lost:
        return result
    notes = [f"[not kept: {path}: {refused[path]}]" for path in lost[:_NAMED]]
    if len(lost) > _NAMED:
        notes.append(f"[not kept: {len(lost) - _NAMED} more]")
    kept = tuple(path for path in result.files if path not in refused)
    return replace(result, output=clip("\n".join([result.output, *notes])), files=kept)
