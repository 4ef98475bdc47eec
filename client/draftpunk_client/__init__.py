"""The import path that DraftPunk uses: the client under its earlier names, and functions for single calls.

from draftpunk_client import CodexSwarmClient
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict, Unpack

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import ApiError, CodexSwarmError, NotFound, RunFailed, TransportError, WaitTimeout
from codex_swarm.models import (
    ArtifactRead,
    CancelRead,
    MachineSummary,
    RunError,
    RunRead,
    RunStatus,
    TaskType,
    WorkspaceFile,
    WorkspaceFileListing,
)

RunSummary = RunRead
Artifact = ArtifactRead

__all__ = [
    "ApiError",
    "Artifact",
    "CancelRead",
    "CodexSwarmClient",
    "CodexSwarmError",
    "MachineSummary",
    "NotFound",
    "RunError",
    "RunFailed",
    "RunStatus",
    "RunSummary",
    "Service",
    "TaskType",
    "TransportError",
    "WaitTimeout",
    "WorkspaceFile",
    "WorkspaceFileListing",
    "cancel_run",
    "get_file",
    "get_file_text",
    "get_run",
    "list_files",
    "start_run",
    "wait",
]


class Service(TypedDict, total=False):
    """Which service a single call asks; what is left out is as `CodexSwarmClient` has it."""

    base_url: str
    api_key: str


def start_run(
    project_id: str,
    instructions: str,
    task_type: TaskType | str | None = None,
    name: str | None = None,
    reference_run_id: str | None = None,
    from_run_id: str | None = None,
    **service: Unpack[Service],
) -> RunSummary:
    """`CodexSwarmClient.start_run` on a client of its own."""
    with CodexSwarmClient(**service) as client:
        return client.start_run(project_id, instructions, task_type, name, reference_run_id, from_run_id)


def get_run(run_id: str, **service: Unpack[Service]) -> RunSummary:
    """`CodexSwarmClient.get_run` on a client of its own."""
    with CodexSwarmClient(**service) as client:
        return client.get_run(run_id)


def list_files(run_id: str, **service: Unpack[Service]) -> WorkspaceFileListing:
    """`CodexSwarmClient.list_files` on a client of its own."""
    with CodexSwarmClient(**service) as client:
        return client.list_files(run_id)


def get_file(run_id: str, path: str, **service: Unpack[Service]) -> bytes:
    """`CodexSwarmClient.get_file` on a client of its own."""
    with CodexSwarmClient(**service) as client:
        return client.get_file(run_id, path)


def get_file_text(run_id: str, path: str, encoding: str = "utf-8", **service: Unpack[Service]) -> str:
    """`CodexSwarmClient.get_file_text` on a client of its own."""
    with CodexSwarmClient(**service) as client:
        return client.get_file_text(run_id, path, encoding)


def cancel_run(run_id: str, **service: Unpack[Service]) -> CancelRead:
    """`CodexSwarmClient.cancel_run` on a client of its own."""
    with CodexSwarmClient(**service) as client:
        return client.cancel_run(run_id)


def wait(
    run_id: str,
    timeout: float | None = None,
    *,
    on_progress: Callable[[RunSummary], None] | None = None,
    check: bool = False,
    **service: Unpack[Service],
) -> RunSummary:
    """`CodexSwarmClient.wait` on a client of its own."""
    with CodexSwarmClient(**service) as client:
        return client.wait(run_id, timeout, on_progress=on_progress, check=check)
