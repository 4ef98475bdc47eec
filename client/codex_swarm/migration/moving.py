"""An earlier installation goes to a service, a run at a time; what cannot go is named, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import ApiError, AuthError, BadRequest, CodexSwarmError, Forbidden, TooLarge, TransportError
from codex_swarm.migration.earlier import EarlierInstallation, EarlierProject, EarlierRun
from codex_swarm.models import ArtifactImport, RunImport
from codex_swarm.shaping import shaped

AN_UPLOAD = 500
MOST_UPLOADS = 10
REFUSED = (BadRequest, Forbidden, TooLarge)


@dataclass
class Moved:
    """What was done; `left` are runs that stay behind and why, `remarks` parts of runs that do."""

    projects: int = 0
    runs: int = 0
    files: int = 0
    artifacts: int = 0
    steps: int = 0
    already_here: int = 0
    left: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=dict)


def move(
    installation: EarlierInstallation,
    client: CodexSwarmClient,
    *,
    dry_run: bool = False,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Moved:
    """Moves every project and finished run that is not there already.

    Raises `AuthError` where the key is not accepted or has not the scope `import`, and `TransportError`.
    """
    moved = Moved()
    for project in installation.projects():
        _project(project, client, moved, dry_run=dry_run, on_progress=on_progress)
    return moved


def _project(
    project: EarlierProject,
    client: CodexSwarmClient,
    moved: Moved,
    *,
    dry_run: bool,
    on_progress: Callable[[str], None],
) -> None:
    here = {run.id for run in client.iter_runs(project.id, brief=True)}
    try:
        if not dry_run:
            client.import_run(project.id, project.project)
    except REFUSED as error:
        if isinstance(error, AuthError) or error.code == "scope_missing":
            raise
        moved.left |= {run.id: f"its project {project.id!r:.80}: {error.detail}" for run in project.runs}
        return
    moved.projects += 1
    for number, run in enumerate(project.runs, 1):
        if run.id in here:
            moved.already_here += 1
        elif run.status is None:
            moved.left[run.id] = "it had not ended when the earlier version last ran"
        else:
            _run(project, run, client, moved, dry_run=dry_run)
        on_progress(f"{project.id}: {number} of {len(project.runs)} runs")


def _run(project: EarlierProject, run: EarlierRun, client: CodexSwarmClient, moved: Moved, *, dry_run: bool) -> None:
    remarks = list(run.remarks)
    files = run.files()
    missing = [output.path for output in run.artifacts if output.file is None]
    remarks += [f"output {path}: its bytes are gone" for path in missing]
    try:
        imported = shaped(RunImport, **_said(run))
        if not dry_run:
            uploads = [upload for batch in _batches(files) for upload in _uploaded(project.id, batch, client, remarks)]
            if len(uploads) > MOST_UPLOADS:
                moved.left[run.id] = f"it has {len(files)} files, which are too many to take over"
                return
            record: dict[str, Any] = {
                f"artifacts/{each.id}": each.file for each in run.artifacts if each.file is not None
            }
            if run.steps:
                record["steps.jsonl"] = "\n".join(step.model_dump_json() for step in run.steps).encode()
            kept = client.upload_files(project.id, record) if record else None
            client.import_run(
                project.id, project.project, imported.model_copy(update={"uploads": uploads, "record": kept})
            )
    except TransportError:
        raise
    except CodexSwarmError as error:
        moved.left[run.id] = error.detail if isinstance(error, ApiError) else str(error)
        return
    moved.runs += 1
    moved.files += len(files)
    moved.artifacts += len(run.artifacts) - len(missing)
    moved.steps += len(run.steps)
    if remarks:
        moved.remarks[run.id] = remarks


def _said(run: EarlierRun) -> dict[str, Any]:
    outputs = [
        ArtifactImport(id=each.id, kind=each.kind, path=each.path, created_at=each.created_at)
        for each in run.artifacts
        if each.file is not None
    ]
    return {
        "id": run.id,
        "name": run.name,
        "instructions": run.instructions,
        "task_type": run.task_type,
        "status": run.status,
        "created_at": run.created_at,
        "ended_at": run.ended_at,
        "reference_run_id": run.reference_run_id,
        "workspace_from_run_id": run.workspace_from_run_id,
        "system_instructions": run.system_instructions,
        "codex_thread_id": run.codex_thread_id,
        "errors": run.errors,
        "machine_summary": run.machine_summary,
        "pattern": run.pattern,
        "artifacts": outputs,
    }


def _batches(files: dict[str, Path]) -> Iterator[dict[str, Path]]:
    left = iter(files.items())
    while batch := dict(islice(left, AN_UPLOAD)):
        yield batch


def _uploaded(project_id: str, batch: dict[str, Path], client: CodexSwarmClient, remarks: list[str]) -> list[str]:
    """Ids of uploads with the files. Where some are refused, such as a name that no file should have, the rest goes."""
    try:
        return [client.upload_files(project_id, dict(batch))]
    except REFUSED as error:
        if len(batch) == 1:
            (path,) = batch
            remarks.append(f"file {path!r:.200}: {error.detail}")
            return []
    items, half = list(batch.items()), len(batch) // 2
    parts = (dict(items[:half]), dict(items[half:]))
    return [upload for part in parts for upload in _uploaded(project_id, part, client, remarks)]
