"""Runs and projects: find them, look at them, watch them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from codex_swarm.cli import output as words
from codex_swarm.cli.session import ProjectId, RunId, Session
from codex_swarm.cli.showing import FILES_SHOWN, show_run
from codex_swarm.cli.telling import in_words
from codex_swarm.cli.watching import watch_to_its_end
from codex_swarm.errors import InvalidArgument
from codex_swarm.listing import RunFilter
from codex_swarm.models import ModelRead, RunStatus, StepEvent, TaskType

Age = Annotated[str | None, typer.Option(metavar="AGE", help="Such as 45m, 12h, 30d or 2w.", show_default=False)]
Statuses = Annotated[
    list[RunStatus] | None, typer.Option("--status", "-s", help="Only runs that stand so.", show_default=False)
]
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def watch(
    session: Session,
    run_id: RunId,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Stop watching after so long.", show_default=False)
    ] = None,
) -> None:
    """Watch a run to its end.

    Shows progress, steps, and errors with what to do about them.

    Goes on by itself when the connection breaks. Exits with 0 when the run succeeded, 1 when it failed and 3
    when it was
    cancelled. Ctrl-C asks whether to cancel the run, and without a terminal lets it go on.
    """
    with session.client() as client:
        found = client.get_run(run_id)
    watch_to_its_end(session, found, timeout)


def runs(
    session: Session,
    project_id: ProjectId = None,
    status: Statuses = None,
    task_type: Annotated[TaskType | None, typer.Option(help="Only runs of this type.", show_default=False)] = None,
    since: Age = None,
    metadata: Annotated[
        list[str] | None,
        typer.Option("--metadata", "-m", metavar="KEY=VALUE", help="Only runs with this note.", show_default=False),
    ] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only runs that wait for somebody's decision.")] = False,
    part_of: Annotated[
        str | None, typer.Option(metavar="RUN", help="Only runs that this one delegated to.", show_default=False)
    ] = None,
    batch: Annotated[
        str | None, typer.Option(metavar="BATCH", help="Only the runs of this batch.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, the newest first.")] = 20,
) -> None:
    """List runs, the newest first.

    Prints id, status, progress, when, project and name. Of all projects unless one is named.
    """
    wanted: RunFilter = {"brief": True}
    if status:
        wanted["status"] = status
    if task_type:
        wanted["task_type"] = task_type
    if since:
        wanted["created_after"] = datetime.now(UTC) - age(since)
    if metadata:
        wanted["metadata"] = dict(map(note, metadata))
    if waiting:
        wanted["waiting"] = True
    if part_of:
        wanted["parent_run_id"] = part_of
    if batch:
        wanted["batch_id"] = batch
    with session.client() as client:
        found = client.page_runs(project_id, limit=min(limit, 1_000), **wanted).items
    output = session.output
    if output.as_json:
        output.json(found)
        return
    shown_when = words.ago if output.is_terminal else words.when
    rows = [
        (run.id, words.status(run.status), f"{run.progress} %", shown_when(run.created_at), run.project_id, run.name)
        for run in found
    ]
    output.table(["run", "status", "", "created", "project", "name"], rows, empty="no runs")


def show(session: Session, run_id: RunId) -> None:
    """Show how a run stands and what came out.

    With what it used, what went wrong, and what to do about it.
    """
    with session.client() as client:
        found = client.get_run(run_id)
        if session.as_json:
            session.output.json(found)
        else:
            show_run(session.output, found, client.page_files(run_id, limit=FILES_SHOWN))


def events(
    session: Session,
    run_id: RunId,
    after: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what came after this event.", show_default=False)
    ] = None,
) -> None:
    """List what has happened in a run so far.

    With --json, one event a line.
    """
    output = session.output
    with session.client() as client:
        for event in client.iter_events(run_id, after):
            if output.as_json:
                output.json_line(event)
            elif told := in_words(event):
                failed = isinstance(event, StepEvent) and event.ok is False
                output.line((f"{told[0]:<14} ", "bold red" if failed else "bold"), told[1])


def models(session: Session) -> None:
    """List the models that runs may use.

    Prints name, efforts, context size in tokens, tools that its provider runs, and for which runs it is the default.
    """
    with session.client() as client:
        found = client.list_models()
    rows = (
        (
            model.name,
            ", ".join(model.efforts),
            f"{model.context:,}" if model.context else "",
            ", ".join(model.hosted_tools),
            default_of(model),
        )
        for model in found.models
    )
    session.output.listing(found, ["model", "efforts", "context", "hosted tools", "default for"], rows)


def default_of(model: ModelRead) -> str:
    """For which runs a model is the default."""
    own = [each.value for each in model.default_for]
    return ", ".join([*own, "all others"] if model.default else own)


def projects(session: Session) -> None:
    """List projects; show, make, change or delete one.

    Prints id, task type, since when, and name.
    """
    with session.client() as client:
        found = client.list_projects()
    rows = ((project.id, project.task_type, words.when(project.created_at), project.name) for project in found)
    session.output.listing(found, ["project", "task type", "since", "name"], rows, empty="no projects")


Project = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's id.", show_default=False)]


def show_project(session: Session, project_id: Project) -> None:
    """Show a project."""
    with session.client() as client:
        found = client.get_project(project_id)
    output = session.output
    if output.as_json:
        output.json(found)
        return
    for name, value in found.model_dump(mode="json", exclude_none=True).items():
        output.line((f"{name:<14} ", "dim"), str(value))


def put_project(
    session: Session,
    project_id: Project,
    name: Annotated[str | None, typer.Option(help="For people.", show_default=False)] = None,
    task_type: Annotated[TaskType, typer.Option(help="Of runs that name none.")] = TaskType.CODE,
    callback_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Who is told of each end.", show_default=False)
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Of runs that name none; see `codex-swarm models`.", show_default=False)
    ] = None,
    effort: Annotated[str | None, typer.Option(help="Of runs that name none.", show_default=False)] = None,
    hosted_tool: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="The provider's own that its runs may name; may be given often.", show_default=False
        ),
    ] = None,
    no_hosted_tools: Annotated[bool, typer.Option("--no-hosted-tools", help="Its runs may name none.")] = False,
) -> None:
    """Make a project, or change what is said of it."""
    with session.client() as client:
        made = client.put_project(
            project_id,
            name,
            task_type=task_type,
            callback_url=callback_url,
            model=model,
            effort=effort,
            hosted_tools=() if no_hosted_tools else hosted_tool,
        )
    session.output.result(made, made.id)


def delete_project(
    session: Session,
    project_id: Project,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a project with all its runs and files."""
    confirmed(session, f"Delete project {project_id} with all its runs and files?", yes=yes)
    with session.client() as client:
        client.delete_project(project_id)
    session.output.result({"id": project_id, "status": "deleting"}, "deleted ", (project_id, "bold"))


def patterns(session: Session, project_id: ProjectId = None) -> None:
    """List what the runs of a project taught; show or forget it.

    Prints run, number of steps, and summary.
    """
    with session.client() as client:
        found = client.list_patterns(session.project(project_id))
    rows = ((each.source_run_id, f"{len(each.steps)} steps", each.summary or each.name) for each in found)
    session.output.listing(found, ["run", "", "what"], rows, empty="no patterns")


def show_pattern(session: Session, run_id: RunId) -> None:
    """Show what a run taught: its steps, and what will differ the next time."""
    with session.client() as client:
        found = client.get_pattern(run_id)
    output = session.output
    if output.as_json:
        output.json(found)
        return
    output.line((found.name or found.id, "bold"))
    output.line(found.summary or "this run taught nothing")
    for number, step in enumerate(found.steps, 1):
        output.line((f"{number:3d}. ", "dim"), step.instruction)
    for name, variable in found.variables.items():
        output.line((f"{name} ", "bold"), f"({variable.type}): {variable.example}")


def delete_pattern(session: Session, run_id: RunId) -> None:
    """Forget what a run taught; the run stays."""
    with session.client() as client:
        client.delete_pattern(run_id)
    session.output.result({"id": run_id, "status": "forgotten"}, "forgotten: the pattern of ", (run_id, "bold"))


def age(text: str) -> timedelta:
    """A duration such as `30d`. Raises `InvalidArgument`."""
    found = re.fullmatch(r"(\d{1,5})([mhdw])", text.strip())
    if found is None:
        raise InvalidArgument(f"{text!r:.40} is no age; write 45m, 12h, 30d or 2w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def note(text: str) -> tuple[str, str]:
    """A note, written `KEY=VALUE`. Raises `InvalidArgument`."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise InvalidArgument(f"--metadata takes KEY=VALUE, not {text!r:.60}")
    return name, value


def confirmed(session: Session, question: str, *, yes: bool) -> None:
    """Asks, unless `yes`. Raises `InvalidArgument` where there is nobody to ask, and exits where the answer is no."""
    if yes:
        return
    if not session.output.is_terminal:
        raise InvalidArgument("this deletes things and there is nobody to ask; say --yes")
    if not typer.confirm(question, default=False, err=True):
        session.output.remark("nothing was deleted")
        raise typer.Exit(0)
