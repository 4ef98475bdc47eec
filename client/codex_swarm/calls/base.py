"""What every group of calls stands on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codex_swarm.connection import Connection
from codex_swarm.errors import InvalidArgument
from codex_swarm.shaping import segment, whole


class Calls:
    """Calls over one connection."""

    _connection: Connection


def _of(kind: str, named: str, value: str, rest: str) -> str:
    return f"/{kind}/{segment(value, named)}" + (f"/{rest}" if rest else "")


def of_run(run_id: str, rest: str = "") -> str:
    """The path of a run, or of something that is the run's. Raises `InvalidArgument`."""
    return _of("runs", "run_id", run_id, rest)


def of_project(project_id: str, rest: str = "") -> str:
    """The path of a project, or of something that is the project's. Raises `InvalidArgument`."""
    return _of("projects", "project_id", project_id, rest)


def of_batch(batch_id: str, rest: str = "") -> str:
    """The path of a batch, or of something that is the batch's. Raises `InvalidArgument`."""
    return _of("batches", "batch_id", batch_id, rest)


def of_key(key_id: str, rest: str = "") -> str:
    """The path of an API key, or of something that is done with it. Raises `InvalidArgument`."""
    return _of("keys", "key_id", key_id, rest)


def of_tenant(tenant_id: str, rest: str = "") -> str:
    """The path of a tenant, or of something that is the tenant's. Raises `InvalidArgument`."""
    return _of("tenants", "tenant_id", tenant_id, rest)


def of_message(run_id: str, message_id: str) -> str:
    """The path of a message to a run. Raises `InvalidArgument`."""
    return of_run(run_id, f"messages/{segment(message_id, 'message_id')}")


def of_decision(run_id: str, request_id: str) -> str:
    """The path of a decision about a run. Raises `InvalidArgument`."""
    return of_run(run_id, f"decisions/{segment(request_id, 'request_id')}")


def of_thread(thread_id: str) -> str:
    """The path of a conversation. Raises `InvalidArgument`."""
    return f"/threads/{segment(thread_id, 'thread_id')}"


def listed(values: Any, name: str) -> list[Any]:
    """The values as a list. Raises `InvalidArgument`."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise InvalidArgument(f"{name} takes a list of texts")
    return list(values)


def given(**params: int | None) -> dict[str, str]:
    """The whole numbers that were given, as a query. Raises `InvalidArgument`."""
    return {name: str(whole(value, name, 0)) for name, value in params.items() if value is not None}
