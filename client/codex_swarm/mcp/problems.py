"""Errors of the service as a model can use them: what is wrong, and what to do instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError

from codex_swarm.errors import (
    ApiError,
    AuthError,
    CodexSwarmError,
    Conflict,
    InvalidArgument,
    NotFound,
    RateLimited,
    TooLarge,
    TransportError,
    Unavailable,
    UnexpectedAnswer,
)

_SUGGESTIONS: tuple[tuple[type[CodexSwarmError], str], ...] = (
    (
        AuthError,
        "The key is not accepted. Tell the user: it is CODEX_SWARM_API_KEY or a profile's; see `codex-swarm doctor`.",
    ),
    (NotFound, "Look for the right id or path: list_runs, list_files."),
    (Conflict, "Look how it stands now: get_run."),
    (RateLimited, "Wait some seconds, then do it once more."),
    (TooLarge, "Send less: upload large material with upload_file, one file at a time."),
    (Unavailable, "The service cannot do this now. Wait some seconds, then do it once more."),
    (
        TransportError,
        "The service did not answer. Tell the user, who can ask `codex-swarm doctor`; a run goes on meanwhile.",
    ),
    (
        UnexpectedAnswer,
        "What answers is not the service. Tell the user: the address is wrong; see `codex-swarm doctor`.",
    ),
    (InvalidArgument, "Correct the argument and call again."),
)


_BY_CODE: Mapping[str, str] = MappingProxyType(
    {
        "schedule_not_found": "Look for the right name: list_schedules.",
        "too_many_schedules": "Look which are needed: list_schedules.",
        "skill_not_found": "Look for the right name: list_skills.",
        "batch_not_ended": "Look how it stands now: get_batch.",
        "batch_already_ended": "Look what came of it: get_batch.",
        "nothing_to_retry": "Look what came of it: get_batch.",
        "legal_hold": "Tell the user.",
    }
)
"""What is better than the suggestion for all of its kind."""


def in_words(error: CodexSwarmError) -> str:
    """The error, and what to do about it."""
    told = error.detail if isinstance(error, ApiError) else str(error)
    code = f" [{error.code}]" if isinstance(error, ApiError) else ""
    advice = next((text for kind, text in _SUGGESTIONS if isinstance(error, kind)), "Correct it and call again.")
    if isinstance(error, ApiError):
        advice = _BY_CODE.get(error.code, advice)
    return f"{told}{code}. {advice}"


@contextmanager
def of_tool() -> Iterator[None]:
    """Raises `ToolError` for what the client raises."""
    try:
        yield
    except CodexSwarmError as error:
        raise ToolError(in_words(error)) from error


@contextmanager
def of_resource() -> Iterator[None]:
    """Raises `ResourceNotFoundError` and `ResourceError` for what the client raises."""
    try:
        yield
    except NotFound as error:
        raise ResourceNotFoundError(in_words(error)) from error
    except CodexSwarmError as error:
        raise ResourceError(in_words(error)) from error
