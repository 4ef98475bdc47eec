"""Installations of the earlier version, in each form that its database ever had."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

FORMS = {
    "newest": (
        "projects(id, name, task_type, domain_config, created_at)",
        (
            "runs(id, project_id, name, created_at, status, reference_run_id, workspace_from_run_id,"
            " system_instructions, codex_thread_id, progress, had_errors, errors_json, machine_summary_json)"
        ),
        (
            "steps(id, run_id, t, role, content, intent_kind, intent_target, intent_params_json, outcome_ok,"
            " outcome_notes_json, files_json, tool_name, tool_args_json)"
        ),
        "patterns(id, source_run_id, name, summary, steps_json, variables_json, created_at)",
        "artifacts(id, run_id, kind, path, bytes, created_at)",
    ),
    "before progress": (
        "projects(id, name, project_type, domain_config, created_at)",
        (
            "runs(id, project_id, name, created_at, status, reference_run_id, workspace_from_run_id,"
            " system_instructions, codex_thread_id)"
        ),
        "steps(id, run_id, t, role, content, intent_kind, intent_target, outcome_ok, files_json)",
        "patterns(id, source_run_id, name, summary, steps_json, variables_json, created_at)",
        "artifacts(id, run_id, kind, path, bytes, created_at)",
    ),
    "first": ("projects(id, name, created_at)", "runs(id, project_id, name, created_at, status)"),
}


def fill(database: Path, form: str, rows: Mapping[str, Sequence[dict[str, Any]]]) -> None:
    """A database of this form; what it has no column or table for is left out."""
    with closing(sqlite3.connect(database)) as opened:
        for table in FORMS[form]:
            opened.execute(f"CREATE TABLE {table}")
            name, _, rest = table.partition("(")
            columns = [column.strip() for column in rest.rstrip(")").split(",")]
            for row in rows.get(name, []):
                values = [row.get(column) for column in columns]
                places = ", ".join("?" for _ in columns)
                opened.execute(f"INSERT INTO {name} VALUES ({places})", values)  # noqa: S608  names of ours
        opened.commit()


def installation(root: Path, form: str, run_ids: Sequence[str]) -> dict[str, Path]:
    """One with a project of an awkward name; the arguments of `EarlierInstallation`."""
    project = "Büro & Co"
    summary = {"goal": "Write the plan", "execution_attempted": True, "execution_succeeded": True}
    rows: dict[str, list[dict[str, Any]]] = {
        "projects": [
            {
                "id": project,
                "name": "Büro",
                "task_type": "writing",
                "project_type": "writing",
                "domain_config": json.dumps({"tone": "plain"}),
                "created_at": "2025-01-02 03:04:05.678901",
            },
            {"id": "empty", "name": "Empty", "created_at": None},
        ],
        "runs": [
            {
                "id": run_id,
                "project_id": project,
                "name": f"Run {number}",
                "created_at": "2025-01-13T10:00:00",
                "status": "succeeded",
                "progress": 100,
                "errors_json": json.dumps([{"message": "once"}]),
                "machine_summary_json": json.dumps(summary),
                "codex_thread_id": "thread-1",
            }
            for number, run_id in enumerate(run_ids)
        ]
        + [{"id": f"{run_ids[0]}-busy", "project_id": project, "status": "running", "created_at": "2025-01-13"}]
        + [{"id": "no id/at all", "project_id": project, "status": "failed", "created_at": "2025-01-13"}],
        "steps": [
            {
                "id": f"{run_id}-s{number}",
                "run_id": run_id,
                "t": f"2025-01-13T10:00:0{number}Z",
                "role": role,
                "content": text,
                "outcome_ok": 1,
                "files_json": '["plan.md"]',
                "tool_args_json": "{not json",
            }
            for run_id in run_ids
            for number, (role, text) in enumerate([("user", "Write the plan"), ("assistant", "Done.")])
        ],
        "patterns": [
            {
                "id": "x",
                "source_run_id": run_ids[0],
                "name": "Plan",
                "summary": "wrote a plan",
                "steps_json": json.dumps([{"instruction": "write"}]),
                "variables_json": json.dumps({"file": "plan.md"}),
            }
        ],
        "artifacts": [
            {
                "id": f"{run_ids[0]}-a",
                "run_id": run_ids[0],
                "kind": "markdown",
                "path": f"{run_ids[0]}/out.md",
                "created_at": "2025-01-13T10:01:00Z",
            },
            {"id": f"{run_ids[0]}-gone", "run_id": run_ids[0], "kind": "txt", "path": "gone.txt"},
            {"id": f"{run_ids[0]}-out", "run_id": run_ids[0], "kind": "txt", "path": "/etc/hostname"},
        ],
    }
    fill(root / "dev.db", form, rows)
    for run_id in run_ids:
        folder = root / "workspaces" / quote(project, safe="") / quote(run_id, safe="")
        (folder / "data").mkdir(parents=True)
        (folder / ".git").mkdir()
        (folder / ".git" / "config").write_text("secret")
        (folder / "plan.md").write_text(f"# Plan of {run_id}\n")
        (folder / "data" / "كتاب.csv").write_text("a,b\n")
        (folder / "bad\\name.txt").write_text("x")
        (folder / "link").symlink_to("/etc/hostname")
    outputs = root / "artifacts" / run_ids[0]
    outputs.mkdir(parents=True)
    (outputs / "out.md").write_text("# Out\n")
    return {"database": root / "dev.db", "workspaces": root / "workspaces", "artifacts": root / "artifacts"}
