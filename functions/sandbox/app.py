"""The sandbox: a job's commands in one workspace, within limits, without any permission."""

from __future__ import annotations

from functools import partial
from typing import Any

from sandbox import settings
from sandbox.commands import run_commands
from swarm_job.runner import run
from swarm_job.shield import shield

shield()
_work = partial(run_commands, execute_them=not settings.FAKE_CODEX)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{"job_url", "run_id", "job_id"}` -> `{"job_id", "calls"}`; results go to where the job says."""
    return run(event, context, _work)
