"""Every error that the client raises on purpose, as one tree.

CodexSwarmError
├── ApiError                  the service said no; carries status, code, detail and the single faults
│   ├── BadRequest            400, 422
│   ├── AuthError             401, and 403 for the key as a whole
│   ├── Forbidden             403
│   ├── NotFound              404
│   ├── Conflict              409
│   ├── TooLarge              413
│   ├── RateLimited           429; carries retry_after
│   └── Unavailable           502, 503, 504; carries retry_after
├── TransportError            no complete answer: refused, timed out, broken off
├── UnexpectedAnswer          an answer, but not one that this API gives
├── RunFailed                 `wait(..., check=True)`: the run ended otherwise than succeeded
└── WaitTimeout               `wait(..., timeout=...)`: the run is still going
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from codex_swarm.models import ErrorBody, FieldError, RunRead


class CodexSwarmError(Exception):
    """Base of everything that the client raises on purpose."""


class ApiError(CodexSwarmError):
    """The service answered with an error. `code` is stable and meant for programs, `detail` for people."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{detail} [{status} {code}]")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after
        """Seconds after which the service would like to be asked again, when it said so."""


class BadRequest(ApiError):
    """The request is wrong; `errors` names the fields when there are several faults."""


class AuthError(ApiError):
    """The key is missing or not known."""


class Forbidden(ApiError):
    """The key may not do this, or a path leaves the workspace."""


class NotFound(ApiError):
    """There is no such thing, or it is not yours."""


class Conflict(ApiError):
    """Something else was faster."""


class TooLarge(ApiError):
    """The request is over a limit of size."""


class RateLimited(ApiError):
    """Too many requests, or too many runs at a time; `retry_after` may say when to come back."""


class Unavailable(ApiError):
    """The service cannot do this now; with code `not_configured` not before its operator acts."""


class TransportError(CodexSwarmError):
    """No complete answer came. What was asked for may have happened all the same."""


class UnexpectedAnswer(CodexSwarmError):
    """What answered does not speak this API: check the base URL."""


class RunFailed(CodexSwarmError):
    """The run ended failed or cancelled; `run` is its final state."""

    def __init__(self, run: RunRead) -> None:
        reasons = "; ".join(error.message for error in run.errors)
        super().__init__(f"run {run.id} {run.status}" + (f": {reasons}" if reasons else ""))
        self.run = run


class WaitTimeout(CodexSwarmError):
    """The run had not ended in time; it goes on, and `run` is how it was last seen."""

    def __init__(self, run: RunRead, seconds: float) -> None:
        super().__init__(f"run {run.id} is still {run.status} at {run.progress}% after {seconds:g} s")
        self.run = run
        self.seconds = seconds


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: AuthError,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: BadRequest,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}

_KEY_REFUSED = (401, 403)
"""What API Gateway answers by itself, in a body of its own, when the authorizer does not let a request in."""


def api_error(status: int, body: bytes, retry_after: str | None = None) -> ApiError:
    """The error that an answer stands for, also when a proxy or gateway gave it and the body is not ours."""
    kind = _BY_STATUS.get(status, ApiError)
    pause = _seconds(retry_after)
    try:
        told = ErrorBody.model_validate_json(body)
    except ValidationError:
        if status in _KEY_REFUSED:
            return AuthError(status, "unauthorized", "no valid API key was sent", retry_after=pause)
        text = body[:200].decode("utf-8", "replace").strip()
        return kind(status, "error", text or "the service said nothing more", retry_after=pause)
    return kind(status, told.code, told.detail, errors=told.errors or (), retry_after=pause)


def _seconds(header: str | None) -> float | None:
    # Retry-After may also be a date; the service sends seconds, and a date reads as "not said".
    return float(header) if header is not None and header.isdecimal() else None
