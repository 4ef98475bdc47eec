"""The machine summary: what a run was for and what came of it, from its records alone. No model is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from codex_swarm.models import MachineSummary, RunStatus
from swarm.runs.catalogue import OFFLINE
from swarm.runs.run import Run
from swarm.tasks import TASKS
from swarm.workspace.snapshot import FileChange, Snapshot

MAX_SECONDARY = 5
OFFLINE_NOTE = "Made offline by the deterministic model; no provider was called."


def summarise(
    run: Run,
    status: RunStatus,
    files: Snapshot,
    changes: Iterable[FileChange],
    reason: str | None,
    inherited: str | None = None,
) -> MachineSummary:
    """The summary of a run that ends with `status` and these files; `reason` is an error type, None after success.

    `inherited` is the main result of the run whose files it began with, which stands where it wrote none of its own.
    """
    written = {change.path for change in changes if change.after is not None}
    ranked = rank(run, files, written)
    primary = ranked[0] if ranked else inherited if inherited in files.files else None
    return MachineSummary(
        goal=run.instructions,
        primary_artifact=primary,
        secondary_artifacts=list(ranked[1 : MAX_SECONDARY + 1]),
        execution_attempted=run.turns > 0 or status is RunStatus.SUCCEEDED,
        execution_succeeded=status is RunStatus.SUCCEEDED,
        reason_for_failure=reason,
        notes=_notes(run, written, files),
    )


def rank(run: Run, files: Snapshot, written: set[str]) -> Sequence[str]:
    """The paths that can stand for the run's result, the best first: what nobody changed is none.

    What a conversion was to make comes first. What only goes with a result of the task type, such as tests, comes after
    everything else; then the kinds that the task type favours, in their order; then what the instructions name; then
    what lies nearer to the root; then the larger. The path decides what is left.
    """
    task, converted = TASKS[run.task_type], run.conversion and run.conversion.target
    favoured = {kind: place for place, kind in enumerate(task.favoured)}

    def order(path: str) -> tuple[bool, bool, int, bool, int, int, str]:
        entry = files.files[path]
        named = PurePosixPath(path).name in run.instructions
        depth = path.count("/")
        return (
            path != converted,
            task.supports(path),
            favoured.get(entry.type, len(favoured)),
            not named,
            depth,
            -entry.size,
            path,
        )

    return sorted((path for path in files.paths if path in written), key=order)


def _notes(run: Run, written: set[str], files: Snapshot) -> str | None:
    notes = []
    if OFFLINE in {run.model, *(use.model for use in run.models_used)}:
        notes.append(OFFLINE_NOTE)
    if not written and files.files:
        notes.append("The run wrote no file; the workspace holds what it began with.")
    return " ".join(notes) or None
