"""What the command line exits with, so that a script can tell one end from another."""

from __future__ import annotations

from enum import IntEnum

from codex_swarm.errors import (
    ApiError,
    AuthError,
    CodexSwarmError,
    Forbidden,
    InvalidArgument,
    NotFound,
    RunFailed,
    TransportError,
    Unavailable,
    UnexpectedAnswer,
    WaitTimeout,
)
from codex_swarm.models import RunRead, RunStatus


class Exit(IntEnum):
    """The exit codes. A number keeps its meaning for ever; new ones are added behind."""

    SUCCEEDED = 0, "what was asked for is done; of a run that was watched: it succeeded"
    FAILED = 1, "the run failed, or a test message did not arrive; or a file of this machine cannot be read or written"
    USAGE = 2, "the command line is wrong, or says too little; nothing was sent"
    CANCELLED = 3, "the run was cancelled"
    UNREACHABLE = 4, "the service did not answer, or what answered is not this service"
    KEY = 5, "the key is missing, or not accepted for this"
    NOT_FOUND = 6, "there is no such run, project or file"
    REFUSED = 7, "the service refused for another reason, which it names"
    TIMEOUT = 8, "the time given by --timeout is up; the run goes on"
    INTERRUPTED = 130, "Ctrl-C; a run that was watched goes on, unless one said otherwise"
    PIPE_CLOSED = 141, "whoever read the output wanted no more"

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Exit:
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


_OF_STATUS = {
    RunStatus.SUCCEEDED: Exit.SUCCEEDED,
    RunStatus.FAILED: Exit.FAILED,
    RunStatus.CANCELLED: Exit.CANCELLED,
}

_OF_ERROR: tuple[tuple[type[CodexSwarmError], Exit], ...] = (
    (WaitTimeout, Exit.TIMEOUT),
    (InvalidArgument, Exit.USAGE),
    (TransportError, Exit.UNREACHABLE),
    (UnexpectedAnswer, Exit.UNREACHABLE),
    (Unavailable, Exit.UNREACHABLE),
    (AuthError, Exit.KEY),
    (Forbidden, Exit.KEY),
    (NotFound, Exit.NOT_FOUND),
    (ApiError, Exit.REFUSED),
)
"""The first that fits counts."""


def of_run(run: RunRead) -> Exit:
    """How a run that was watched to its end ended."""
    return _OF_STATUS.get(run.status, Exit.TIMEOUT)


def of_error(error: CodexSwarmError) -> Exit:
    """What an error of the client comes to."""
    if isinstance(error, RunFailed):
        return of_run(error.run)
    return next((code for kind, code in _OF_ERROR if isinstance(error, kind)), Exit.FAILED)
