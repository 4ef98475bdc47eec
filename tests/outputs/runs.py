"""Runs whose workspace a test chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.app import handler as agent
from finish.app import handler as finish
from prepare.app import handler as prepare
from swarm.records.backend import area_of
from swarm.runs.run import Run
from swarm.workspace.working_copy import Workspace
from tests.support.lambda_context import lambda_context
from tests.support.stack import Stack


def rewrite(stack: Stack, run: Run, files: Mapping[str, bytes]) -> None:
    """Put other files into the run's last snapshot."""
    assert run.snapshot
    workspace = Workspace(stack.backend.files_of(run), stack.backend.objects, area_of(run.key))
    for path, data in files.items():
        workspace.write(path, data)
    stack.backend.objects.put(run.snapshot, workspace.save().encode())


def holding(stack: Stack, files: Mapping[str, bytes], made: str = "main.md", **more: Any) -> str:
    """A run that succeeded with these files and the one it `made`; `more` is asked for, too, such as `from_run_id`.

    One that goes on from another has to make a new file, or it would have the other's snapshot.
    """
    stack.project()
    run_id = stack.start(f"touch {made}", **more)
    key = {"tenant_id": "tenant-a", "project_id": "p1", "run_id": run_id}
    prepare(key, lambda_context())
    agent(key, lambda_context())
    rewrite(stack, stack.backend.runs.get("tenant-a", run_id), files)
    finish(key, lambda_context())
    return run_id
