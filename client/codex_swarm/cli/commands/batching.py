"""Batches: start a run for each row of a table, look how far they are, bring the report, cancel, try again."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from codex_swarm.cli import output as words
from codex_swarm.cli.asking import request_of, schema_in
from codex_swarm.cli.commands.finding import confirmed
from codex_swarm.cli.session import ProjectId, Session
from codex_swarm.errors import InvalidArgument
from codex_swarm.models import BatchRead, TaskType
from codex_swarm.saving import local_files

BatchId = Annotated[str, typer.Argument(metavar="BATCH", help="The batch's id.", show_default=False)]


class ReportFormat(StrEnum):
    """How a report is written."""

    CSV = "csv"
    MARKDOWN = "markdown"


def list_batches(
    session: Session,
    project_id: ProjectId = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, the newest first.")] = 20,
) -> None:
    """List batches; start one, look at it, cancel it, try again what failed.

    Prints id, status, how many are done, when, project and name. Of all projects unless one is named.
    """
    with session.client() as client:
        found = client.page_batches(project_id, limit=min(limit, 1_000)).items
    rows = (
        (each.id, words.status(each.status), _done(each), words.when(each.created_at), each.project_id, each.name)
        for each in found
    )
    session.output.listing(found, ["batch", "status", "done", "created", "project", "name"], rows, empty="no batches")


def start_batch(
    session: Session,
    template: Annotated[
        str,
        typer.Argument(
            help="What each run is to do, with {{column}} for the row's value; `-` reads it.", show_default=False
        ),
    ],
    table: Annotated[
        Path, typer.Option("--csv", metavar="PATH", help="The rows; the first names the columns.", show_default=False)
    ],
    project_id: ProjectId = None,
    name: Annotated[str | None, typer.Option(help="For people.", show_default=False)] = None,
    task_type: Annotated[
        TaskType | None, typer.Option(help="The kind of work; the project's when left out.", show_default=False)
    ] = None,
    from_run_id: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Each begins with this run's files; may be {{column}}.", show_default=False),
    ] = None,
    result_schema: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="A JSON Schema; each ends with a result that fits.", show_default=False),
    ] = None,
    model: Annotated[str | None, typer.Option(help="One of `codex-swarm models`.", show_default=False)] = None,
    callback_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Who is told of the end of all.", show_default=False)
    ] = None,
    idempotency_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The same key again gives the same batch.", show_default=False)
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait until all have ended.")] = False,
) -> None:
    """Start a run for each row of a CSV file.

    Prints the batch's id.

        codex-swarm batches start "Write a letter to {{name}} to letter.docx" --csv people.csv --wait
    """
    if not table.is_file():
        raise InvalidArgument(f"there is no file {table}")
    request = request_of(
        template, task_type=task_type, from_run_id=from_run_id, result_schema=schema_in(result_schema), model=model
    )
    with session.client() as client:
        started = client.start_batch(
            session.project(project_id),
            request,
            csv=table,
            name=name,
            callback_url=callback_url,
            idempotency_key=idempotency_key,
        )
        if not wait:
            session.output.result(started, started.id)
            return
        session.output.remark((f"{started.id}: {started.items} items", "dim"))
        _told(session, client.wait_batch(started.id))


def show_batch(session: Session, batch_id: BatchId) -> None:
    """Show how far a batch is."""
    with session.client() as client:
        found = client.get_batch(batch_id)
    _told(session, found)


def batch_report(
    session: Session,
    batch_id: BatchId,
    output_format: Annotated[ReportFormat, typer.Option("--format", help="How it is written.")] = ReportFormat.CSV,
    to: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Into this file; else it is printed.", show_default=False)
    ] = None,
) -> None:
    """Bring the report: a row for each item, with what came of it and a link to its run."""
    with session.client() as client:
        if session.as_json:
            session.output.json(client.get_batch_report(batch_id))
            return
        table = client.get_batch_table(batch_id, output_format.value)
    if to is None:
        session.output.bytes(table.encode())
        return
    with local_files():
        to.write_bytes(table.encode())
    session.output.line("saved ", (str(to), "bold"))


def cancel_batch(session: Session, batch_id: BatchId) -> None:
    """Stop a batch: no more runs begin, and those under way end. What has been done stays."""
    with session.client() as client:
        cancelled = client.cancel_batch(batch_id)
    session.output.result(cancelled, "cancelled ", (batch_id, "bold"), f": {_done(cancelled)}")


def retry_batch(session: Session, batch_id: BatchId) -> None:
    """Try again what failed or was cancelled, once the batch has ended."""
    with session.client() as client:
        again = client.retry_batch(batch_id)
    session.output.result(again, (batch_id, "bold"), f": {again.items - again.succeeded} items are tried again")


def delete_batch(
    session: Session,
    batch_id: BatchId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a batch that has ended, with its items and its report. Its runs stay."""
    confirmed(session, f"Delete batch {batch_id} with its items and its report?", yes=yes)
    with session.client() as client:
        client.delete_batch(batch_id)
    session.output.result({"id": batch_id, "status": "deleted"}, "deleted ", (batch_id, "bold"))


def _told(session: Session, batch: BatchRead) -> None:
    output = session.output
    if output.as_json:
        output.json(batch)
        return
    output.line((batch.name or batch.id, "bold"), "  ", batch.status.value)
    counts = [(kind, getattr(batch, kind)) for kind in ("waiting", "running", "succeeded", "failed", "cancelled")]
    output.table(["", "runs"], [(kind, number) for kind, number in counts if number])


def _done(batch: BatchRead) -> str:
    return f"{batch.items - batch.waiting - batch.running} of {batch.items}"
