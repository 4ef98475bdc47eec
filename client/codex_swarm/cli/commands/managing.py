"""What a person does now and then: figures, cleaning up, webhooks, the console."""

from __future__ import annotations

import webbrowser
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from statistics import median
from typing import Annotated
from urllib.parse import quote

import typer

from codex_swarm.cli import output as words
from codex_swarm.cli.commands.finding import Age, Statuses, age, confirmed
from codex_swarm.cli.exits import Exit
from codex_swarm.cli.session import ProjectId, Session
from codex_swarm.errors import ApiError, InvalidArgument, NotFound
from codex_swarm.listing import RunFilter
from codex_swarm.models import RunRead, RunStatus

FINAL = [status for status in RunStatus if status.final]


def stats(session: Session, project_id: ProjectId = None, since: Age = None) -> None:
    """Add up runs: by status and task type, with tokens, cost and time.

    Of all projects unless one is named.
    """
    wanted: RunFilter = {"brief": True}
    if since:
        wanted["created_after"] = datetime.now(UTC) - age(since)
    with session.client() as client:
        found = summed(client.iter_runs(project_id, **wanted))
    output = session.output
    if output.as_json:
        output.json(found)
        return
    for name, value in found.items():
        if isinstance(value, dict):
            rows = [(name.replace("_", " "), kind, number) for kind, number in Counter(value).most_common()]
            output.table(["", "", "runs"], rows)
        elif value is not None:
            output.line((f"{name.replace('_', ' '):<16} ", "dim"), f"{value:,}")


def summed(runs: Iterable[RunRead]) -> dict[str, int | float | dict[str, int] | None]:
    """The figures of `stats`. A cost is None when no run has one: the service knows no price then."""
    status: Counter[str] = Counter()
    task_type: Counter[str] = Counter()
    seconds: list[float] = []
    tokens, cost = 0, None
    for run in runs:
        status[run.status.value] += 1
        task_type[run.task_type] += 1
        tokens += run.usage.input_tokens + run.usage.output_tokens
        if run.usage.cost_usd is not None:
            cost = (cost or 0.0) + run.usage.cost_usd
        if run.ended_at is not None:
            seconds.append((run.ended_at - (run.started_at or run.created_at)).total_seconds())
    return {
        "runs": status.total(),
        "tokens": tokens,
        "cost_usd": None if cost is None else round(cost, 4),
        "median_seconds": round(median(seconds), 1) if seconds else None,
        "by_status": dict(status),
        "by_task_type": dict(task_type),
    }


def cleanup(
    session: Session,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Such as 12h, 30d or 2w.", show_default=False)
    ],
    project_id: ProjectId = None,
    status: Statuses = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be deleted.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete old runs with their files.

    Of all projects unless one is named, and only runs that have ended. Runs that began with the files of a
    deleted one keep theirs. What cannot be deleted is named, and the rest goes on.
    """
    if any(not each.final for each in status or ()):
        raise InvalidArgument("only runs that have ended can be deleted; cancel the others first")
    wanted: RunFilter = {
        "brief": True,
        "created_before": datetime.now(UTC) - age(older_than),
        "status": status or FINAL,
    }
    output = session.output
    deleted, refused = [], {}
    with session.client() as client:
        found = client.list_runs(project_id, **wanted)
        rows = [
            (run.id, words.status(run.status), words.when(run.created_at), run.project_id, run.name) for run in found
        ]
        if not output.as_json:
            output.table(["run", "status", "created", "project", "name"], rows, empty="nothing that old")
        if not dry_run and found:
            confirmed(session, f"Delete {len(found)} runs with their files?", yes=yes)
            for run in found:
                try:
                    client.delete_run(run.id)
                except NotFound:
                    # Somebody else was quicker.
                    continue
                except ApiError as error:
                    refused[run.id] = error.detail
                else:
                    deleted.append(run.id)
    if output.as_json:
        output.json({"found": [run.id for run in found], "deleted": deleted, "refused": refused, "dry_run": dry_run})
        return
    for run_id, why in refused.items():
        output.remark((f"{run_id}: {why}", "red"))
    output.remark(f"{len(found)} would be deleted" if dry_run else f"{len(deleted)} deleted")


def webhooks(
    session: Session,
    status: Annotated[
        str | None, typer.Option(help="Only those: pending, delivered or dead.", show_default=False)
    ] = None,
) -> None:
    """List deliveries of webhooks; print or rotate the secret.

    Prints id, status, attempts, when, run, and what went wrong.
    """
    with session.client() as client:
        found = client.list_webhook_deliveries(status)
    rows = (
        (each.id, each.status, each.attempts, words.when(each.created_at), each.run_id, each.last_error or "")
        for each in found
    )
    session.output.listing(
        found, ["delivery", "status", "attempts", "created", "run", "error"], rows, empty="no deliveries"
    )


def webhook_secret(session: Session) -> None:
    """Print the secret that signs webhooks. Keep it like a password."""
    with session.client() as client:
        found = client.get_webhook_secret()
    session.output.result(found, found.secret)


def rotate_webhook_secret(
    session: Session,
    overlap_seconds: Annotated[int, typer.Option(min=0, help="How long the old one signs, too.")] = 86_400,
) -> None:
    """Make a new signing secret, and print it."""
    with session.client() as client:
        found = client.rotate_webhook_secret(overlap_seconds)
    session.output.result(found, found.secret)


def ping_webhook(
    session: Session,
    project_id: ProjectId = None,
    callback_url: Annotated[
        str | None, typer.Option(help="Where it goes, in place of the project's callback_url.", show_default=False)
    ] = None,
) -> None:
    """Send a test message to a project's receiver, and say whether it arrived.

    It is signed as others are and has the type ping. Exit code 1 when the receiver did not take it.
    """
    with session.client() as client:
        found = client.ping_webhook(session.project(project_id), callback_url=callback_url)
    session.output.result(found, found.id, " ", found.status, f": {found.last_error}" if found.last_error else "")
    if found.status != "delivered":
        raise typer.Exit(Exit.FAILED)


def redeliver_webhook(
    session: Session,
    delivery_id: Annotated[str, typer.Argument(metavar="DELIVERY", help="Its id.", show_default=False)],
) -> None:
    """Begin a dead delivery again, under the same id."""
    with session.client() as client:
        found = client.redeliver_webhook(delivery_id)
    session.output.result(found, found.id, " ", found.status)


def ui(
    session: Session,
    run_id: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Of this run; else of all.", show_default=False)
    ] = None,
) -> None:
    """Open the console in the browser.

    Prints its address.
    """
    address = f"{session.service.url}/ui" + (f"/runs/{quote(run_id, safe='')}" if run_id else "")
    if session.as_json:
        session.output.json({"url": address})
        return
    session.output.line(address)
    if session.output.is_terminal:
        webbrowser.open(address)
