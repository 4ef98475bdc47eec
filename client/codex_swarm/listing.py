"""Listings over as many pages as they take, and which runs one asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypedDict, TypeVar

from pydantic import BaseModel

from codex_swarm.connection import Connection, Params, parse
from codex_swarm.models import RunStatus, TaskType

T = TypeVar("T", bound=BaseModel)


class RunFilter(TypedDict, total=False):
    """Which runs: those that have all of this. Times are from `created_after` on and before `created_before`."""

    status: RunStatus | str
    task_type: TaskType | str
    created_after: datetime
    created_before: datetime
    metadata: Mapping[str, str]


def params_of(project_id: str | None, wanted: RunFilter) -> dict[str, str | list[str]]:
    """The query that asks for these runs."""
    params: dict[str, str | list[str]] = {} if project_id is None else {"project_id": project_id}
    if "status" in wanted:
        params["status"] = RunStatus(wanted["status"])
    if "task_type" in wanted:
        params["task_type"] = TaskType(wanted["task_type"])
    if "created_after" in wanted:
        params["created_after"] = wanted["created_after"].isoformat()
    if "created_before" in wanted:
        params["created_before"] = wanted["created_before"].isoformat()
    if wanted.get("metadata"):
        params["metadata"] = [f"{name}={value}" for name, value in wanted["metadata"].items()]
    return params


def items(connection: Connection, shape: type[T], path: str, params: Params | None = None) -> Iterator[T]:
    """Every item of a listing; a page is asked for when the ones before it have been taken."""
    asked = dict(params or {})
    while True:
        answer = connection.request("GET", path, params=asked)
        yield from parse(list[shape], answer)  # type: ignore[valid-type]
        cursor = answer.headers.get("X-Next-Cursor")
        if cursor is None:
            return
        asked["cursor"] = cursor
