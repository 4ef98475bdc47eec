"""Calls of a turn that an untrusted function does: made parts of jobs, and results again when the jobs are done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from codex_swarm.models import HouseStyle
from swarm.agent.asking import NOT_APPROVED, Asking
from swarm.agent.delegating import Delegated, Delegating
from swarm.agent.model import ToolCall
from swarm.agent.tools import document_text
from swarm.agent.tools.convert_document import in_house_style
from swarm.agent.tools.document_text import calls_for, missing
from swarm.agent.tools.tool import DELEGATE, FINISH, Tool, paths_in
from swarm.agent.tools.toolbox import BoundCall, Toolbox, ToolResult
from swarm.errors import CallerError
from swarm.jobs.batch import DOCUMENT_TEXT, FAILED, IN_ORDER, CallResult, JobCall, JobOutcome, parent_of
from swarm.runs.conversation import Item
from swarm.runs.requests import Request
from swarm.text import MAX_OUTPUT, clip
from swarm.workspace.file_types import file_type
from swarm.workspace.working_copy import Workspace

TOO_EARLY = (
    "not done, because an earlier call of this turn has not run yet and may change the files; "
    "call it again when you have seen what that came to"
)
FINISH_TOO_EARLY = (
    "finish was not done, because other calls of this turn still run; "
    "call it again when you have seen what they came to"
)
NOTHING_PRINTED = "[no output]"

MAX_CALLS = 1_000
"""How many calls of one turn the untrusted functions do, each file of a batch counted."""

TURN_IS_FULL = f"not done: one turn takes {MAX_CALLS} commands and conversions; go on in the next"

_LONGEST_LINE, _SHORTEST_LINE = 300, 40
_NAMED = 20


@dataclass(frozen=True, slots=True)
class TurnCalls:
    """What became of the calls of a turn: results of those that are done, and those that wait for their executor."""

    results: list[ToolResult] = field(default_factory=list)
    pending: list[tuple[Tool[Any], JobCall]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    delegated: list[Delegated] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        """Whether the calls that work on files, behind those so far, are done only when the run goes on."""
        return bool(self.requests or self.delegated)


def run_calls(
    toolbox: Toolbox,
    calls: Iterable[ToolCall],
    workspace: Workspace,
    unfinished: Callable[[Sequence[ToolResult]], str | None] = lambda _: None,
    asking: Asking | None = None,
    delegating: Delegating | None = None,
) -> TurnCalls:
    """Do the agent's own calls, in order, and collect the others.

    `unfinished` says, by what came of the turn so far, why `finish` is not to be done yet. `asking` says what people
    have to decide first, and `delegating` hands calls to children; behind such a call, those that work on files have no
    result yet, and are done after it.

    A call finds the files as the calls before it left them, or it is not done: what is pending runs later, the
    commands one after the other in one workspace, conversions all at once.
    """
    bound = [toolbox.bind(call) for call in calls]
    some_wait = any(isinstance(call, BoundCall) and call.tool.executor != "agent" for call in bound)
    turn = TurnCalls(
        requests=[] if asking is None else asking.requests,
        delegated=[] if delegating is None else delegating.delegated,
    )
    being_read: set[str] = set()
    for call in bound:
        if isinstance(call, ToolResult):
            turn.results.append(call)
        elif (some_wait or turn.pending or turn.waits) and call.tool.name == FINISH:
            turn.results.append(call.failed(FINISH_TOO_EARLY))
        elif call.tool.name == FINISH and (why := unfinished(turn.results)):
            turn.results.append(call.failed(why))
        elif asking and _waits_for_people(turn, call, asking):
            continue
        elif delegating and call.tool.name == DELEGATE:
            _delegate(turn, call, delegating, workspace)
        elif _depends(call, turn.pending):
            turn.results.append(call.failed(TOO_EARLY))
        elif call.tool.texts and (paths := _documents(call, workspace)) is not None:
            _answer_from_texts(turn, toolbox, call, workspace, paths, being_read)
        elif call.tool.executor == "agent":
            turn.results.append(toolbox.run(call, workspace))
        else:
            _add_pending(turn, call, workspace, toolbox.style)
    return turn


def _waits_for_people(turn: TurnCalls, call: BoundCall, asking: Asking) -> bool:
    """Whether the call is not to be done now: it waits, stands behind one that does, or has its result from people."""
    first = asking.before(call)
    if isinstance(first, ToolResult):
        turn.results.append(first)
    elif isinstance(first, Request) and turn.pending:
        turn.results.append(call.failed(TOO_EARLY))
    elif isinstance(first, Request):
        turn.requests.append(first)
    elif asking.denied and not _leaves_files_alone(call):
        turn.results.append(call.failed(NOT_APPROVED))
    else:
        return turn.waits and not _leaves_files_alone(call)
    return True


def _delegate(turn: TurnCalls, call: BoundCall, delegating: Delegating, workspace: Workspace) -> None:
    """Have children do it, or take over what they did."""
    if turn.pending:
        turn.results.append(call.failed(TOO_EARLY))
    elif (result := delegating.before(call, workspace)) is not None:
        turn.results.append(result)


def _leaves_files_alone(call: BoundCall) -> bool:
    return call.tool.reads == () == call.tool.writes


def _depends(call: BoundCall, pending: Iterable[tuple[Tool[Any], JobCall]]) -> bool:
    """Whether files that this call works on may still be changed by pending calls."""
    if _leaves_files_alone(call):
        return False
    tool, changing = call.tool, [(tool, earlier) for tool, earlier in pending if tool.changes_files]
    if any(earlier_tool.executor != tool.executor for earlier_tool, _ in changing):
        return True
    if not changing or tool.executor == IN_ORDER:
        return False
    # Which files a pattern matches is found out from the workspace as it is now.
    if tool.expand or tool.reads is None:
        return True
    made = {
        str(earlier.arguments.get(name)).removeprefix("./") for each, earlier in changing for name in each.writes or ()
    }
    images = tool.reads_images and any(file_type(path) == "image" for path in made)
    return images or not made.isdisjoint(paths_in(call.arguments, tool.reads))


def _documents(call: BoundCall, workspace: Workspace) -> Sequence[str] | None:
    """The documents whose text the call looks into; None where it is no call for texts."""
    return call.tool.texts(call.arguments, workspace) if call.tool.texts else None


def _answer_from_texts(
    turn: TurnCalls,
    toolbox: Toolbox,
    call: BoundCall,
    workspace: Workspace,
    paths: Sequence[str],
    being_read: set[str],
) -> None:
    """Answer at once where all texts are there; else have those made that are not, each once for the whole turn."""
    wanted = missing(workspace, paths)
    if not wanted:
        turn.results.append(toolbox.run(call, workspace))
        return
    first = [path for path in wanted if workspace.entry(path).sha256 not in being_read] or wanted[:1]
    room = MAX_CALLS - len(turn.pending)
    if room <= 0:
        turn.results.append(call.failed(TURN_IS_FULL))
        return
    for part in calls_for(call.call_id, workspace, first[:room]):
        being_read.add(str(part.arguments["sha256"]))
        turn.pending.append((document_text.TOOL, part))


def _add_pending(turn: TurnCalls, call: BoundCall, workspace: Workspace, style: HouseStyle | None) -> None:
    tool, parts = call.tool, [call.arguments]
    if tool.expand and tool.expands_to:
        try:
            parts = list(tool.expand(call.arguments, workspace))
            tool = tool.expands_to
        except CallerError as error:
            turn.results.append(call.failed(str(error)))
            return
    if not parts:
        turn.results.append(call.failed("no file matches; list_files shows what there is"))
        return
    if len(turn.pending) + len(parts) > MAX_CALLS:
        turn.results.append(call.failed(TURN_IS_FULL))
        return
    for number, arguments in enumerate(in_house_style(part, style, workspace) for part in parts):
        part = JobCall(
            call_id=f"{call.call_id}/{number:04}",
            tool=tool.name,
            arguments=arguments.model_dump(mode="json"),
            reads=None if tool.reads is None else paths_in(arguments, tool.reads),
            reads_images=tool.reads_images,
        )
        turn.pending.append((tool, part))


def unanswered(items: Sequence[Item]) -> list[ToolCall]:
    """The calls of a conversation that have no result yet: those that people had to decide, and what came after."""
    open_calls: dict[str, ToolCall] = {}
    for item in items:
        call_id = str(item.get("call_id"))
        if item.get("type") == "function_call":
            open_calls[call_id] = ToolCall(call_id, str(item["name"]), str(item["arguments"]))
        elif item.get("type") == "function_call_output":
            open_calls.pop(call_id, None)
    return list(open_calls.values())


def calls_by_id(items: Sequence[Item], wanted: Iterable[str]) -> list[ToolCall]:
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


def merge_files(workspace: Workspace, outcomes: Iterable[JobOutcome]) -> dict[str, str]:
    """Take over the files that jobs changed, job by job; the reason for each that could not be kept."""
    refused = {}
    for outcome in outcomes:
        for path in set(outcome.deleted).intersection(workspace.paths()) - workspace.provided.keys():
            workspace.delete(path)
        for path, entry in outcome.changed.items():
            try:
                workspace.link(path, entry)
            except CallerError as error:
                refused[path] = str(error)
    return refused


def results_of(
    toolbox: Toolbox,
    calls: Iterable[ToolCall],
    parts: Iterable[JobCall],
    outcomes: Iterable[CallResult],
    refused: Mapping[str, str],
    workspace: Workspace,
    since: datetime | None = None,
) -> list[ToolResult]:
    """The results of the model's calls, made of the results of their parts.

    A call that stood for many is reported as one, a line a file; files that were not kept are named. A call that
    waited for texts of documents is done now, in this workspace. They were handed over at `since`.
    """
    parts, outcomes = list(parts), list(outcomes)
    told = {outcome.call_id: outcome.output for outcome in outcomes if not outcome.ok}
    for part in parts:
        if part.tool == DOCUMENT_TEXT and part.call_id in told:
            workspace.unread[str(part.arguments["sha256"])] = told[part.call_id].removeprefix(FAILED)
    waited = {part.parent for part in parts if part.tool == DOCUMENT_TEXT}
    subjects = {part.call_id: part.reads[0] if part.reads else "" for part in parts}
    by_parent = {
        parent: list(group) for parent, group in groupby(outcomes, key=lambda outcome: parent_of(outcome.call_id))
    }
    results = []
    for call in calls:
        bound = toolbox.bind(call)
        if isinstance(bound, BoundCall) and call.call_id in waited:
            bound = toolbox.run(bound, workspace, since)
        elif isinstance(bound, BoundCall):
            told_of = partial(_result, bound, by_parent.get(call.call_id, []), subjects)
            bound = toolbox.traced(bound, told_of, since)
        results.append(_without(bound, refused))
    return results


def _result(call: BoundCall, outcomes: Sequence[CallResult], subjects: Mapping[str, str]) -> ToolResult:
    files = [path for outcome in outcomes for path in outcome.files]
    if call.tool.expand is None and len(outcomes) == 1:
        (outcome,) = outcomes
        if outcome.ok:
            seen = call.result(outcome.output or NOTHING_PRINTED, files=files)
            return replace(seen, pictures=tuple(outcome.pictures))
        code = f"exit code {outcome.exit_code}\n" if outcome.exit_code else ""
        text = f"{FAILED}{code}{outcome.output.removeprefix(FAILED)}".rstrip("\n")
        return call.result(text, ok=False, files=files)
    done = sum(outcome.ok for outcome in outcomes)
    room = max(_SHORTEST_LINE, min(_LONGEST_LINE, (MAX_OUTPUT - 200) // (len(outcomes) or 1) - 1))
    lines = []
    for outcome in outcomes:
        said, subject = " ".join(outcome.output.removeprefix(FAILED).split()), subjects.get(outcome.call_id, "")
        named = said if subject in said else f"{subject}: {said}"
        lines.append(f"- {'ok' if outcome.ok else 'failed'}: {named}"[:room])
    report = "\n".join([f"{done} of {len(outcomes)} done, {len(outcomes) - done} failed.", *lines])
    return call.result(report, ok=done > 0, files=files)


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
