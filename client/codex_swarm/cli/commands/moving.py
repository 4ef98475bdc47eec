"""Bring an installation of the earlier version along."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from codex_swarm import settings
from codex_swarm.cli.exits import Exit
from codex_swarm.cli.session import Session
from codex_swarm.migration.earlier import EarlierInstallation
from codex_swarm.migration.moving import move


def migrate(
    session: Session,
    database: Annotated[
        Path | None, typer.Option(help="CROSS_RUN_DATABASE_PATH, or data/dev.db.", show_default=False)
    ] = None,
    workspaces: Annotated[
        Path | None, typer.Option(help="CROSS_RUN_WORKSPACE_ROOT, or workspaces.", show_default=False)
    ] = None,
    artifacts: Annotated[
        Path | None, typer.Option(help="CROSS_RUN_ARTIFACTS_ROOT, or artifacts.", show_default=False)
    ] = None,
    to: Annotated[str | None, typer.Option(metavar="URL", help="The same as --url.", show_default=False)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be taken over.")] = False,
) -> None:
    """Take over projects and runs of the earlier version.

    Ids and dates stay; what is here already stays as it is, so it can be repeated. What cannot be taken is named, and
    the rest goes on; then it exits with 1. The key needs the scope `import`.
    """
    usual = settings.earlier_installation()
    installation = EarlierInstallation(database or usual[0], workspaces or usual[1], artifacts or usual[2])
    session.url = to or session.url
    output = session.output

    def told(progress: str) -> None:
        if output.is_terminal:
            output.remark((progress, "dim"))

    with session.client(call_timeout=120.0) as client:
        moved = move(installation, client, dry_run=dry_run, on_progress=told)
    if output.as_json:
        output.json({**asdict(moved), "dry_run": dry_run})
    else:
        verb = "would be taken over" if dry_run else "taken over"
        output.line(f"{moved.projects} projects, {moved.runs} runs {verb}, {moved.already_here} were here already")
        output.line(f"with {moved.files} files, {moved.artifacts} outputs, {moved.steps} steps")
        for run_id, why in moved.left.items():
            output.line((f"not taken: run {run_id}: ", "red"), why)
        for run_id, remarks in moved.remarks.items():
            for remark in remarks:
                output.line((f"run {run_id}: ", "yellow"), remark)
    if moved.left:
        raise typer.Exit(Exit.FAILED)
