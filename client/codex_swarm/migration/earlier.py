"""What an installation of the earlier version holds: a SQLite database, whose columns came over time, and two folders.

Nothing there is changed: the database is opened for reading only.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from codex_swarm.errors import InvalidArgument
from codex_swarm.models import (
    MachineSummary,
    PatternRead,
    PatternStep,
    PatternVariable,
    ProjectImport,
    RunError,
    RunStatus,
    StepEvent,
    TaskType,
)

M = TypeVar("M", bound=BaseModel)
Row = Mapping[str, Any]

FINAL = {status.value: status for status in RunStatus if status.final}


@dataclass(frozen=True, slots=True)
class EarlierArtifact:
    """An output; `file` is None where its bytes are gone."""

    id: str
    kind: str
    path: str
    created_at: datetime
    file: Path | None


@dataclass(slots=True)
class EarlierRun:
    """A run, with defaults for what the database does not say. `status` is None when it never ended."""

    id: str
    project_id: str
    name: str
    instructions: str
    task_type: TaskType
    status: RunStatus | None
    created_at: datetime
    ended_at: datetime
    reference_run_id: str | None
    workspace_from_run_id: str | None
    system_instructions: str | None
    codex_thread_id: str | None
    errors: list[RunError]
    machine_summary: MachineSummary | None
    steps: list[StepEvent]
    pattern: PatternRead | None
    artifacts: list[EarlierArtifact]
    workspace: Path
    remarks: list[str] = field(default_factory=list)
    """What of it could not be read."""

    def files(self) -> dict[str, Path]:
        """The files of its workspace, without `.git` at the root and without links."""
        if not self.workspace.is_dir():
            return {}
        inside = {path.relative_to(self.workspace): path for path in sorted(self.workspace.rglob("*"))}
        return {
            name.as_posix(): path
            for name, path in inside.items()
            if path.is_file() and not path.is_symlink() and name.parts[0] != ".git"
        }


@dataclass(frozen=True, slots=True)
class EarlierProject:
    """A project and its runs, oldest first."""

    id: str
    project: ProjectImport
    runs: list[EarlierRun]


class EarlierInstallation:
    """The database and the folders. Raises `InvalidArgument` where there is no such database."""

    def __init__(self, database: Path, workspaces: Path, artifacts: Path) -> None:
        if not database.is_file():
            raise InvalidArgument(f"there is no database {database}; name it with --database")
        self._workspaces = workspaces.resolve()
        self._artifacts = artifacts.resolve()
        self._unsaid = datetime.fromtimestamp(database.stat().st_mtime, UTC)
        address = f"file:{quote(str(database.resolve()))}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True)) as opened:
                opened.row_factory = sqlite3.Row
                self._tables = {
                    name: _rows(opened, name) for name in ("projects", "runs", "steps", "patterns", "artifacts")
                }
        except sqlite3.Error as error:
            raise InvalidArgument(f"{database} is no database of the earlier version: {error}") from error
        if not self._tables["projects"] and not self._tables["runs"]:
            raise InvalidArgument(f"{database} has no projects and no runs")

    def projects(self) -> Iterator[EarlierProject]:
        """Every project with its runs; one that only runs name, too."""
        runs = _by(self._tables["runs"], "project_id")
        known = {str(row["id"]): row for row in self._tables["projects"]}
        of_run = {name: _by(self._tables[name], "run_id") for name in ("steps", "artifacts")}
        patterns = {str(row.get("source_run_id")): row for row in self._tables["patterns"]}
        for project_id in dict.fromkeys([*known, *runs]):
            row = known.get(project_id, {})
            kind = _task_type(row.get("task_type") or row.get("project_type"))
            project = ProjectImport(
                name=str(row.get("name") or project_id)[:200],
                task_type=kind or TaskType.CODE,
                domain_config=_json(row.get("domain_config")),
                created_at=self._time(row.get("created_at")),
            )
            found = [
                self._run(each, project.task_type, of_run["steps"], of_run["artifacts"], patterns)
                for each in runs.get(project_id, [])
            ]
            yield EarlierProject(project_id, project, sorted(found, key=lambda run: run.created_at))

    def _run(
        self,
        row: Row,
        task_type: TaskType,
        steps: Mapping[str, list[Row]],
        artifacts: Mapping[str, list[Row]],
        patterns: Mapping[str, Row],
    ) -> EarlierRun:
        run_id, project_id = str(row["id"]), str(row["project_id"])
        remarks: list[str] = []
        created = self._time(row.get("created_at"))
        said = sorted(
            (self._step(each, number, created) for number, each in enumerate(steps.get(run_id, []))), key=_when
        )
        workspace = self._workspaces / quote(project_id, safe="") / quote(run_id, safe="")
        summary = _model(MachineSummary, _json(row.get("machine_summary_json")), "machine summary", remarks)
        outputs = [self._artifact(each, run_id, workspace, created) for each in artifacts.get(run_id, [])]
        asked = summary.goal if summary else next((step.content for step in said if step.role == "user"), "")
        name = str(row.get("name") or "")
        return EarlierRun(
            id=run_id,
            project_id=project_id,
            name=name,
            instructions=(asked or name).replace("\0", ""),
            task_type=_task_type(row.get("task_type")) or task_type,
            status=FINAL.get(str(row.get("status") or "")),
            created_at=created,
            ended_at=max([created, *(step.t for step in said), *(output.created_at for output in outputs)]),
            reference_run_id=row.get("reference_run_id") or None,
            workspace_from_run_id=row.get("workspace_from_run_id") or None,
            system_instructions=row.get("system_instructions") or None,
            codex_thread_id=row.get("codex_thread_id") or None,
            errors=_errors(_json(row.get("errors_json")), remarks),
            machine_summary=summary,
            steps=said,
            pattern=_pattern(patterns.get(run_id), run_id, remarks),
            artifacts=outputs,
            workspace=workspace,
            remarks=remarks,
        )

    def _step(self, row: Row, number: int, created: datetime) -> StepEvent:
        ok, files = row.get("outcome_ok"), _json(row.get("files_json"))
        arguments = _json(row.get("tool_args_json"))
        return StepEvent(
            step_id=str(row.get("id") or number),
            role=str(row.get("role") or "assistant"),
            content=str(row.get("content") or "").replace("\0", ""),
            t=self._time(row.get("t"), created),
            intent_kind=row.get("intent_kind"),
            intent_target=row.get("intent_target"),
            ok=None if ok is None else bool(ok),
            files=[str(each) for each in files] if isinstance(files, list) else None,
            tool_name=row.get("tool_name"),
            tool_args=_json(row.get("intent_params_json")) if arguments is None else arguments,
            notes=_json(row.get("outcome_notes_json")),
        )

    def _artifact(self, row: Row, run_id: str, workspace: Path, created: datetime) -> EarlierArtifact:
        path = str(row.get("path") or row["id"])
        places = [
            self._artifacts / path,
            self._artifacts / run_id / path,
            self._artifacts.parent / path,
            workspace / path,
        ]
        # A path of the database is not followed to anywhere else on this machine.
        own = (place.resolve() for place in places if place.is_file())
        file = next(
            (each for each in own if each.is_relative_to(self._artifacts) or each.is_relative_to(workspace)), None
        )
        name = Path(path).name if Path(path).is_absolute() else path
        at = self._time(row.get("created_at"), created)
        return EarlierArtifact(str(row["id"]), str(row.get("kind") or "txt"), name, at, file)

    def _time(self, said: object, otherwise: datetime | None = None) -> datetime:
        """A time as text or as seconds; without an offset it is UTC. What says nothing is `otherwise`."""
        try:
            if isinstance(said, int | float):
                return datetime.fromtimestamp(said, UTC)
            found = datetime.fromisoformat(str(said))
        except (ValueError, OverflowError, OSError):
            return otherwise or self._unsaid
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _when(step: StepEvent) -> datetime:
    return step.t


def _rows(opened: sqlite3.Connection, table: str) -> list[Row]:
    known = opened.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
    if known is None:
        return []
    return [dict(row) for row in opened.execute(f"SELECT * FROM {table} ORDER BY rowid")]  # noqa: S608  a name of ours


def _by(rows: list[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[str(row.get(column))].append(row)
    return found


def _json(text: object) -> Any:
    """What a column of JSON says; text that is none stays text, and an empty one is nothing."""
    if not isinstance(text, str | bytes) or not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text if isinstance(text, str) else None


def _task_type(said: object) -> TaskType | None:
    try:
        return TaskType(str(said))
    except ValueError:
        return None


def _model(kind: type[M], found: object, what: str, remarks: list[str]) -> M | None:
    if found is None:
        return None
    try:
        return kind.model_validate(found)
    except ValidationError:
        remarks.append(f"its {what} cannot be read")
        return None


def _errors(found: object, remarks: list[str]) -> list[RunError]:
    listed = found if isinstance(found, list) else [] if found is None else [found]
    unsaid = {"step": "", "tool": "", "error_type": "runtime_error", "message": ""}
    read = [
        _model(
            RunError,
            {**unsaid, **each} if isinstance(each, dict) else {**unsaid, "message": str(each)},
            "error",
            remarks,
        )
        for each in listed
    ]
    return [error for error in read if error is not None][:100]


def _pattern(row: Row | None, run_id: str, remarks: list[str]) -> PatternRead | None:
    if row is None:
        return None
    steps, variables = _json(row.get("steps_json")), _json(row.get("variables_json"))
    said = [
        each if isinstance(each, dict) else {"instruction": str(each)}
        for each in steps or []
        if isinstance(steps, list)
    ]
    kept = [_model(PatternStep, each, "pattern", remarks) for each in said]
    named = variables.items() if isinstance(variables, dict) else []
    found = {
        name: _model(
            PatternVariable,
            each if isinstance(each, dict) else {"type": "text", "example": str(each)},
            "pattern",
            remarks,
        )
        for name, each in named
    }
    return PatternRead(
        id=f"pat-{run_id}",
        source_run_id=run_id,
        name=str(row.get("name") or ""),
        summary=str(row.get("summary") or ""),
        steps=[each for each in kept if each is not None],
        variables={name: each for name, each in found.items() if each is not None},
    )
