"""What all errors are, and those that no caller is told as they are."""

from __future__ import annotations

from dataclasses import dataclass


class SwarmError(Exception):
    """Base of everything raised on purpose."""


class CallerError(SwarmError):
    """The request cannot be done as asked; the text says what is wrong and how to mend it."""

    status = 400
    code = "bad_request"
    retry_after: int | None = None
    """Seconds after which the same request may succeed, where it may."""


@dataclass
class ModelFailure(SwarmError):
    """The provider gave no usable turn.

    `error_type` is one of `swarm.runs.error_types`; `retryable` says that a later try may work, after `retry_after`
    seconds. `tool` is the part of the run that failed.
    """

    error_type: str
    message: str
    suggestion: str
    retryable: bool = False
    retry_after: float | None = None
    tool: str = "model"

    def __str__(self) -> str:
        return self.message


class ToolFailure(SwarmError):
    """A tool call could not be done; the text is the model's to read and mend."""


class InvalidUpload(SwarmError):
    """An uploaded file is missing, or is not what was promised."""


class CorruptObject(SwarmError):
    """A stored object's bytes are not what its name or pointer says."""


class RunStopped(BaseException):
    """This process no longer owns the run: it was cancelled, has ended, or a newer process took over."""
