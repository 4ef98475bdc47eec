"""Listings over as many pages as they take, and which runs one asks for."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, Literal, TypedDict, TypeVar

from pydantic import BaseModel

from codex_swarm.connection import Connection, Params, parse
from codex_swarm.errors import InvalidArgument
from codex_swarm.models import RunStatus, TaskType
from codex_swarm.shaping import one_text, whole

T = TypeVar("T", bound=BaseModel)
E = TypeVar("E", bound=StrEnum)
V = TypeVar("V")


class RunFilter(TypedDict, total=False):
    """Which runs: those that have all of this. Times are from `created_after` on and before `created_before`.

    Of several statuses a run has any. A time without an offset is local time, as everywhere in Python. With `brief`
    they come without `system_instructions`, which are most of a run's bytes. `waiting` are those that wait for
    somebody's decision, or with False those that do not; `conversions` are those that no model works on, or with False
    all others. Runs that a run delegated to are listed by its id as `parent_run_id`, and where they wait. `batch_id`
    are those of a batch.
    """

    status: RunStatus | str | Sequence[RunStatus | str]
    task_type: TaskType | str
    created_after: datetime
    created_before: datetime
    metadata: Mapping[str, str]
    brief: bool
    waiting: bool
    conversions: bool
    parent_run_id: str
    batch_id: str


@dataclass(frozen=True, slots=True)
class Page(Generic[V]):
    """Some items of a listing; `next_cursor` asks for those that follow, and is None on the last page."""

    items: list[V]
    next_cursor: str | None


_IDS: tuple[Literal["parent_run_id"], Literal["batch_id"]] = ("parent_run_id", "batch_id")
_FLAGS: tuple[Literal["waiting"], Literal["conversions"]] = ("waiting", "conversions")


def params_of(project_id: str | None, wanted: RunFilter) -> dict[str, str | list[str]]:
    """The query that asks for these runs. Raises `InvalidArgument`."""
    unknown = wanted.keys() - RunFilter.__annotations__.keys()
    if unknown:
        raise InvalidArgument(f"runs have no filter {min(unknown)}; they have {', '.join(RunFilter.__annotations__)}")
    params: dict[str, str | list[str]] = (
        {} if project_id is None else {"project_id": one_text(project_id, "project_id")}
    )
    if "status" in wanted:
        asked = wanted["status"]
        params["status"] = [one_of(RunStatus, each) for each in ([asked] if isinstance(asked, str) else asked)]
    if "task_type" in wanted:
        params["task_type"] = one_of(TaskType, wanted["task_type"])
    if "created_after" in wanted:
        params["created_after"] = _instant(wanted["created_after"])
    if "created_before" in wanted:
        params["created_before"] = _instant(wanted["created_before"])
    params |= {name: "true" if wanted[name] else "false" for name in _FLAGS if name in wanted}
    params |= {name: one_text(wanted[name], name) for name in _IDS if name in wanted}
    if wanted.get("brief"):
        params["view"] = "brief"
    if wanted.get("metadata"):
        notes = wanted["metadata"].items()
        params["metadata"] = [f"{one_text(name, 'metadata')}={one_text(value, 'metadata')}" for name, value in notes]
    return params


def one_of(kind: type[E], value: Any) -> E:
    """The member of this value. Raises `InvalidArgument`, which names those that there are."""
    try:
        return kind(value)
    except ValueError:
        raise InvalidArgument(f"{value!r:.60} is none of {', '.join(kind)}") from None


def _instant(at: Any) -> str:
    if not isinstance(at, datetime):
        raise InvalidArgument(f"a time is a datetime, not {type(at).__name__}")
    try:
        return at.astimezone(UTC).isoformat()
    except (OverflowError, OSError, ValueError) as error:
        raise InvalidArgument("a time has to be one that UTC has, too") from error


async def page_of(
    connection: Connection, shape: type[T], path: str, params: Params | None, limit: int | None, cursor: str | None
) -> Page[T]:
    """One page, of the service's own size unless `limit` names another; raises `InvalidArgument`."""
    asked = dict(params or {})
    if limit is not None:
        asked["limit"] = str(whole(limit, "limit", 1))
    if cursor is not None:
        asked["cursor"] = one_text(cursor, "cursor")
    answer = await connection.request("GET", path, params=asked)
    found = parse(list[shape], answer)  # type: ignore[valid-type]
    return Page(found, answer.headers.get("X-Next-Cursor"))


async def items(
    connection: Connection, shape: type[T], path: str, params: Params | None = None
) -> AsyncGenerator[T, None]:
    """Every item of a listing; a page is asked for when the ones before it have been taken."""
    cursor = None
    while True:
        page = await page_of(connection, shape, path, params, None, cursor)
        for item in page.items:
            yield item
        cursor = page.next_cursor
        if cursor is None:
            return
