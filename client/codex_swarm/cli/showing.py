"""One run, as people read it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from codex_swarm.cli import output as words
from codex_swarm.cli.output import Output
from codex_swarm.models import ChildRead, CriterionRead, RequestRead, RunRead, WorkspaceFileListing
from codex_swarm.text import printable

FILES_SHOWN = 10
"""Files that a run is shown with, the first ones."""


def show_run(output: Output, run: RunRead, files: WorkspaceFileListing) -> None:
    """The run with its errors, its summary and its first files: a field a line."""
    fields = list(_facts(run))
    if run.machine_summary is not None:
        summary = run.machine_summary
        fields += [
            ("main output", summary.primary_artifact or ""),
            ("also", ", ".join(summary.secondary_artifacts)),
            ("reason", summary.reason_for_failure or ""),
            ("notes", summary.notes or ""),
            ("said", run.closing_words or ""),
        ]
    more = files.total_files - len(files.files)
    names = [f"{file.path} ({words.size(file.size_bytes)})" for file in files.files]
    fields.append(("files", "\n".join([*names, f"and {more} more"] if more else names)))
    fields = [(name, value) for name, value in fields if value]
    if output.is_terminal:
        table = Table.grid(padding=(0, 2, 0, 0))
        for name, value in fields:
            style = words.STYLES[run.status] if name == "status" else ""
            table.add_row(Text(name, style="dim"), Text(printable(value), style=style, overflow="fold"))
        output.show(table)
    else:
        for name, value in fields:
            output.line(f"{name:<12} " + value.replace("\n", "\n" + " " * 13))
    for error in run.errors:
        output.line((f"{error.error_type}: ", "bold red"), error.message)
        if error.suggestion:
            output.line(("  " + error.suggestion, "yellow"))


def _facts(run: RunRead) -> list[tuple[str, str]]:
    usage = run.usage
    used = [f"{usage.model_calls} model calls", f"{usage.tool_calls} tool calls"]
    if usage.hosted_tool_calls:
        used.append(f"{usage.hosted_tool_calls} by the provider")
    used.append(f"{usage.input_tokens + usage.output_tokens} tokens")
    if usage.cost_usd is not None:
        used.append(f"${usage.cost_usd:.4f}")
    waits = "" if run.queue_position is None else f", number {run.queue_position} in the queue"
    began = run.started_at or run.created_at
    goes_on = not run.status.final and run.started_at is not None
    until = datetime.now(UTC) if goes_on else run.ended_at
    return [
        ("run", run.id),
        ("name", run.name),
        ("status", f"{run.status.value}, {run.progress} %{waits}"),
        ("plan", "; ".join(f"{step.title} ({step.status.replace('_', ' ')})" for step in run.plan)),
        ("project", run.project_id),
        ("task type", run.task_type),
        ("model", model_of(run)),
        ("created", words.when(run.created_at)),
        ("took", "" if until is None else words.lasting((until - began).total_seconds())),
        ("files of", run.workspace_from_run_id or ""),
        ("goes on with", run.continues_run_id or ""),
        ("part of", run.parent_run_id or ""),
        ("batch", f"{run.batch_id}, item {run.batch_item}" if run.batch_id else ""),
        ("parts", "\n".join(_part(each) for each in run.children)),
        ("messages", "\n".join(f"{each.text} ({each.state.value})" for each in run.messages)),
        ("waits for", _waits(run)),
        ("decided", "\n".join(_decided(each) for each in run.requests if each.decision)),
        ("accepted", "" if run.acceptance is None else "\n".join(map(_criterion, run.acceptance.criteria))),
        ("sources", "\n".join(_cited(run))),
        ("result", "" if run.result is None else json.dumps(run.result, ensure_ascii=False)),
        ("pattern of", run.pattern_used.source_run_id if run.pattern_used else ""),
        ("metadata", ", ".join(f"{name}={value}" for name, value in run.metadata.items())),
        ("used", ", ".join(used)),
    ]


def _cited(run: RunRead) -> list[str]:
    lines = [" ".join(filter(None, [source.title, source.url])) for source in run.sources]
    return [*lines, f"and {run.sources_left_out} more"] if run.sources_left_out else lines


def _part(child: ChildRead) -> str:
    how = child.status.value if child.status else "waits or works"
    return f"{child.title}: {how}{f' ({child.error})' if child.error else ''} [{child.run_id}]"


def _criterion(criterion: CriterionRead) -> str:
    how = "not judged yet" if criterion.met is None else "yes" if criterion.met else "no"
    return f"{how}: {criterion.criterion}{f' ({criterion.evidence})' if criterion.evidence else ''}"


def model_of(run: RunRead) -> str:
    """The model of a run, and what really answered where that was another, turn by turn where it changed."""
    asked = " ".join(filter(None, [run.model, run.effort]))
    used = [" ".join(filter(None, [use.answered_as or use.model, use.effort])) for use in run.models_used]
    if not used or used == [asked]:
        return asked
    if len(used) == 1:
        return f"{asked}; {used[0]} answered"
    turns = [f"{name} from turn {use.turn}" for name, use in zip(used, run.models_used, strict=True)]
    return f"{asked}; {', '.join(turns)} answered"


def _waits(run: RunRead) -> str:
    return "" if run.waiting_for is None else "\n".join(_asked(each) for each in run.requests if not each.decision)


def _asked(request: RequestRead) -> str:
    shown = request.proposal if request.arguments is None else request.arguments
    proposal = "" if shown is None else f" {json.dumps(shown, ensure_ascii=False)}"
    options = f" ({', '.join(request.options)})" if request.options else ""
    return f"{request.question}{options}{proposal} [{request.request_id}, until {words.when(request.deadline)}]"


def _decided(request: RequestRead) -> str:
    said = f" {request.text}" if request.text else ""
    return f"{request.question} {request.decision}{said} ({request.decided_by})"
