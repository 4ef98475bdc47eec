"""Schedules: list them, put one, pause, resume, delete it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from codex_swarm.cli import output as words
from codex_swarm.cli.asking import request_of
from codex_swarm.cli.session import ProjectId, Session
from codex_swarm.models import ScheduleRead, TaskType

Name = Annotated[str, typer.Argument(metavar="NAME", help="The schedule's name.", show_default=False)]


class Overlap(StrEnum):
    """What becomes of a time at which the last run is still at work."""

    SKIP = "skip"
    QUEUE = "queue"


def schedules(session: Session, project_id: ProjectId = None) -> None:
    """List a project's schedules; show, put, pause, resume or delete one.

    Prints name, status, times, the next of them, how many runs it has started, and the last.
    """
    with session.client() as client:
        found = client.list_schedules(session.project(project_id))
    rows = (
        (each.name, each.status, _times(each), _next(each), str(each.runs), each.last_run_id or "") for each in found
    )
    session.output.listing(
        found, ["schedule", "status", "times", "next", "runs", "last run"], rows, empty="no schedules"
    )


def show_schedule(session: Session, name: Name, project_id: ProjectId = None) -> None:
    """Show a schedule: its next times, and what came of those before."""
    with session.client() as client:
        found = client.get_schedule(session.project(project_id), name)
    output = session.output
    if output.as_json:
        output.json(found)
        return
    output.line((found.name, "bold"), f"  {found.status}  {_times(found)}")
    output.line(str(found.run.get("instructions", "")))
    counts = [(kind, str(getattr(found, kind))) for kind in ("runs", "skipped", "missed", "failures")]
    more = [("last run", found.last_run_id or ""), ("last error", found.last_error or "")]
    more += [("next", time.isoformat()) for time in found.next_times]
    output.table(["", ""], [(label, text) for label, text in counts + more if text])


def put_schedule(
    session: Session,
    name: Name,
    instructions: Annotated[str, typer.Argument(help="What each run is to do; `-` reads it.", show_default=False)],
    cron: Annotated[
        str | None, typer.Option(help="Five fields, such as '0 9 * * MON-FRI'.", show_default=False)
    ] = None,
    rate: Annotated[str | None, typer.Option(help="Such as '30 minutes' or '1 day'.", show_default=False)] = None,
    timezone: Annotated[str, typer.Option(help="Where cron's clock hangs, such as Europe/Berlin.")] = "UTC",
    overlap: Annotated[Overlap, typer.Option(help="At a time while the last run is at work.")] = Overlap.SKIP,
    continue_workspace: Annotated[
        bool, typer.Option("--continue-workspace", help="Each begins with the files of the one before.")
    ] = False,
    project_id: ProjectId = None,
    task_type: Annotated[
        TaskType | None, typer.Option(help="The kind of work; the project's when left out.", show_default=False)
    ] = None,
    model: Annotated[str | None, typer.Option(help="One of `codex-swarm models`.", show_default=False)] = None,
) -> None:
    """Start a run at each time, in place of the schedule that had its name.

    codex-swarm schedules put monday "Write a report to report.docx" --cron "0 9 * * MON" --timezone Europe/Berlin
    """
    request = request_of(instructions, task_type=task_type, model=model)
    with session.client() as client:
        kept = client.put_schedule(
            session.project(project_id),
            name,
            request,
            cron=cron,
            rate=rate,
            timezone=timezone,
            overlap=overlap.value,
            continue_workspace=continue_workspace,
        )
    session.output.result(kept, (kept.name, "bold"), f" {kept.status}, next {_next(kept) or 'never'}")


def pause_schedule(session: Session, name: Name, project_id: ProjectId = None) -> None:
    """Pause a schedule: no further run of it begins."""
    with session.client() as client:
        paused = client.pause_schedule(session.project(project_id), name)
    session.output.result(paused, "paused ", (name, "bold"))


def resume_schedule(session: Session, name: Name, project_id: ProjectId = None) -> None:
    """Resume a schedule, from its next time on."""
    with session.client() as client:
        resumed = client.resume_schedule(session.project(project_id), name)
    session.output.result(resumed, "resumed ", (name, "bold"), f", next {_next(resumed)}")


def delete_schedule(session: Session, name: Name, project_id: ProjectId = None) -> None:
    """Delete a schedule; its runs stay."""
    with session.client() as client:
        client.delete_schedule(session.project(project_id), name)
    session.output.result({"name": name, "status": "deleted"}, "deleted ", (name, "bold"))


def _times(schedule: ScheduleRead) -> str:
    return f"every {schedule.rate}" if schedule.rate else f"{schedule.cron} {schedule.timezone}"


def _next(schedule: ScheduleRead) -> str:
    return words.when(schedule.next_times[0]) if schedule.next_times else ""
