"""What DraftPunk does with the service: start a run, watch it, read its summary, show its files and its document.

    ./run.sh example --instructions "Create a file called plan.md with a plan for the week"

Exits with 0 when the run succeeded, 1 when it failed, 3 when it was cancelled or took too long (it is cancelled then),
and 4 when the service could not be reached or refused.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from codex_swarm import printable
from draftpunk_client import (
    CodexSwarmClient,
    CodexSwarmError,
    MachineSummary,
    RunStatus,
    RunSummary,
    TaskType,
    WaitTimeout,
    WorkspaceFileListing,
)

EXIT = {RunStatus.SUCCEEDED: 0, RunStatus.FAILED: 1, RunStatus.CANCELLED: 3}
TOOK_TOO_LONG = 3
NO_SERVICE = 4

FILES_SHOWN = 20
LINES_SHOWN = 40


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the example and returns its exit code."""
    arguments = _arguments(argv)
    console = Console(highlight=False)
    try:
        with CodexSwarmClient(arguments.url, arguments.api_key) as client:
            return _one_run(client, console, arguments)
    except WaitTimeout as error:
        console.print(Text(f"{error}; cancelled", style="red"))
        return TOOK_TOO_LONG
    except CodexSwarmError as error:
        console.print(Text(str(error), style="red"))
        return NO_SERVICE


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="draftpunk_example", description="Start a run and show what comes out.")
    parser.add_argument("--url", help="the service; CODEX_SWARM_URL or http://127.0.0.1:5050 when left out")
    parser.add_argument("--api-key", help="CODEX_SWARM_API_KEY when left out; a laptop cloud needs none")
    parser.add_argument("--project", default="draftpunk-demo", help="default: %(default)s")
    parser.add_argument("--task-type", default="document_writing", choices=[str(name) for name in TaskType])
    parser.add_argument(
        "--instructions",
        default="Create a simple markdown file called hello.md with a greeting",
        help='default: "%(default)s"',
    )
    parser.add_argument("--timeout", type=float, default=600, help="seconds; default: %(default)g")
    return parser.parse_args(argv)


def _one_run(client: CodexSwarmClient, console: Console, arguments: argparse.Namespace) -> int:
    run = client.start_run(arguments.project, arguments.instructions, arguments.task_type)
    console.print(Text.assemble(("Run ", "bold"), run.run_id, f" in project {run.project_id}, {run.task_type}"))
    console.print(Text(arguments.instructions, style="italic"))
    try:
        with _progress(console) as show:
            run = client.wait(run.run_id, arguments.timeout, poll=0.25, on_progress=show)
    except (KeyboardInterrupt, WaitTimeout):
        client.cancel_run(run.run_id)
        raise
    console.print(_errors(run))
    if run.machine_summary is not None:
        console.print(_summary(run.machine_summary))
    console.print(_files(client.list_files(run.run_id)))
    if run.machine_summary is not None and run.machine_summary.primary_artifact is not None:
        console.print(_document(client, run.run_id, run.machine_summary.primary_artifact))
    return EXIT[run.status]


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[RunSummary], None]]:
    """Shows each change of a run: as a moving bar on a terminal, as lines elsewhere."""
    if not console.is_terminal:
        yield lambda run: console.print(f"[{run.progress:3d}%] {run.status}", markup=False)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("queued", total=100)
        yield lambda run: bar.update(task, completed=run.progress, description=run.status.value)


def _errors(run: RunSummary) -> RenderableType:
    lines = [
        Text.assemble(
            (f"{error.error_type}: ", "bold red"), printable(error.message), "\n", (error.suggestion, "yellow")
        )
        for error in run.errors
    ]
    return Group(*lines)


def _summary(summary: MachineSummary) -> RenderableType:
    table = Table(show_header=False, box=None, pad_edge=False)
    rows = {
        "goal": summary.goal,
        "attempted": "yes" if summary.execution_attempted else "no",
        "succeeded": "yes" if summary.execution_succeeded else "no",
        "reason": summary.reason_for_failure,
        "primary artifact": summary.primary_artifact,
        "secondary artifacts": ", ".join(summary.secondary_artifacts),
        "notes": summary.notes,
    }
    for name, value in rows.items():
        if value:
            table.add_row(Text(name, style="dim"), Text(printable(value)))
    return Panel(table, title="Summary", title_align="left")


def _files(listing: WorkspaceFileListing) -> RenderableType:
    table = Table(title=f"Files ({listing.total_files})", title_justify="left")
    table.add_column("path", overflow="fold")
    table.add_column("type")
    table.add_column("bytes", justify="right")
    for file in listing.files[:FILES_SHOWN]:
        table.add_row(Text(printable(file.path)), file.type, str(file.size_bytes))
    if listing.total_files > FILES_SHOWN:
        table.add_row(f"... and {listing.total_files - FILES_SHOWN} more", "", "")
    return table


def _document(client: CodexSwarmClient, run_id: str, path: str) -> RenderableType:
    try:
        lines = printable(client.get_file_text(run_id, path)).split("\n")
    except UnicodeDecodeError:
        return Panel(Text("not a text"), title=Text(printable(path)), title_align="left")
    head = "\n".join(lines[:LINES_SHOWN])
    shown: RenderableType = Markdown(head) if path.endswith((".md", ".markdown")) else Text(head)
    more = f"{len(lines) - LINES_SHOWN} more lines" if len(lines) > LINES_SHOWN else None
    return Panel(shown, title=Text(printable(path)), title_align="left", subtitle=more, subtitle_align="left")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
