"""Every error that the client raises, as one tree. All of them can be pickled and copied.

CodexSwarmError
├── ApiError                  the service said no; carries status, code, detail, the single faults and request_id
│   ├── BadRequest            400, 422
│   ├── AuthError             401, and 403 for the key as a whole
│   ├── BudgetExhausted       402
│   ├── Forbidden             403
│   ├── NotFound              404
│   ├── Conflict              409
│   ├── TooLarge              413
│   ├── RateLimited           429; carries retry_after
│   └── Unavailable           502, 503, 504; carries retry_after
├── TransportError            no complete answer: refused, timed out, broken off
├── UnexpectedAnswer          an answer, but not one that this API gives
├── RunFailed                 `wait(..., check=True)`: the run ended otherwise than succeeded
├── WaitTimeout               `wait(..., timeout=...)`: the run is still going; also a TimeoutError
├── InvalidArgument           refused before anything was sent; also a ValueError
├── InvalidSignature          a webhook's message that the service did not sign
├── ClientClosed              the client was used after `close`; also a RuntimeError
├── NotText                   a file is no text in the encoding that was asked for; also a UnicodeDecodeError
└── LocalFileError            a file of this machine cannot be read or written; also an OSError
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from codex_swarm.models import BatchRead, ErrorBody, FieldError, RunRead
from codex_swarm.text import printable, unsigned


class CodexSwarmError(Exception):
    """Base of everything that the client raises."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The way of Exception calls the class with `args` alone, which is not how most of these are made.
        return _again, (type(self), self.args, self.__dict__)


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
        request_id: str | None = None,
    ) -> None:
        named = f", request {request_id}" if request_id else ""
        super().__init__(f"{detail} [{status} {code}{named}]")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after
        """Seconds after which the service would like to be asked again, when it said so."""
        self.request_id = request_id
        """Names the request in the logs of the service's operator, when the answer had one."""


class BadRequest(ApiError):
    """The request is wrong; `errors` names the fields when there are several faults."""


class AuthError(ApiError):
    """The key is missing or not known."""


class BudgetExhausted(ApiError):
    """A budget is used up; `retry_after` says when it begins anew."""


class Forbidden(ApiError):
    """The key may not do this, or a path leaves the workspace, or a signed link has expired."""


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
    """No complete answer came. What was asked for may have happened all the same, unless not `arrived`."""

    def __init__(self, text: str, *, arrived: bool = True, passing: bool = True) -> None:
        super().__init__(text)
        self.arrived = arrived
        """False when no connection was made at all, so that the service knows nothing of the request."""
        self.passing = passing
        """Whether the same request may be answered later."""


class UnexpectedAnswer(CodexSwarmError):
    """What answered does not speak this API, or spoke of something else: check the base URL."""


class RunFailed(CodexSwarmError):
    """The run ended failed or cancelled; `run` is its final state."""

    def __init__(self, run: RunRead) -> None:
        reasons = "; ".join(error.message for error in run.errors)
        super().__init__(printable(f"run {run.id} {run.status}" + (f": {reasons}" if reasons else "")))
        self.run = run


class WaitTimeout(CodexSwarmError, TimeoutError):
    """The run had not ended in time; it goes on, and `run` is how it was last seen."""

    def __init__(self, run: RunRead, seconds: float) -> None:
        super().__init__(f"run {run.id} is still {run.status} at {run.progress}% after {seconds:g} s")
        self.run = run
        self.seconds = seconds


class BatchTimeout(CodexSwarmError, TimeoutError):
    """The runs of the batch had not all ended in time; they go on, and `batch` is how it was last seen."""

    def __init__(self, batch: BatchRead, seconds: float) -> None:
        ended = batch.items - batch.waiting - batch.running
        super().__init__(f"batch {batch.id} has {ended} of {batch.items} items done after {seconds:g} s")
        self.batch = batch
        self.seconds = seconds


class InvalidArgument(CodexSwarmError, ValueError):
    """What the caller or the environment gave cannot be used; nothing was sent."""


class InvalidSignature(CodexSwarmError):
    """A webhook's message that is not the service's, was changed, or is too old."""


class ClientClosed(CodexSwarmError, RuntimeError):
    """The client has been closed; make another one."""


class NotText(CodexSwarmError, UnicodeDecodeError):
    """The file is no text in this encoding."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args


class LocalFileError(CodexSwarmError, OSError):
    """A file of this machine could not be read or written; `errno` and `filename` are those of the system."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.errno, self.strerror, self.filename)


def local(error: OSError) -> LocalFileError:
    """The same as one of ours."""
    return LocalFileError(error.errno, error.strerror or str(error), error.filename)


def _again(kind: type[CodexSwarmError], args: tuple[Any, ...], fields: Mapping[str, Any]) -> CodexSwarmError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(fields)
    return error


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: AuthError,
    402: BudgetExhausted,
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

_REQUEST_IDS = ("apigw-requestid", "x-request-id", "x-amzn-requestid", "x-amz-request-id")

_QUOTED, _READ = 200, 20_000
"""Characters of a body that is not ours which an error quotes, and bytes in which addresses are looked for."""


def api_error(status: int, body: bytes, headers: Mapping[str, str]) -> ApiError | UnexpectedAnswer:
    """The error that an answer of the service stands for, also when a gateway before it gave the answer.

    A 404 that this API did not word says nothing about a run: it comes from something else at that address.
    """
    kind = _BY_STATUS.get(status, ApiError)
    pause, named = retry_after(headers), request_id(headers)
    try:
        told = ErrorBody.model_validate_json(body)
    except ValidationError:
        if status in _KEY_REFUSED:
            return AuthError(status, "unauthorized", "no valid API key was sent", request_id=named)
        if status == HTTPStatus.NOT_FOUND:
            return _of_something_else(body)
        return kind(status, "error", _quoted(body), retry_after=pause, request_id=named)
    if status == HTTPStatus.NOT_FOUND and "code" not in told.model_fields_set:
        return _of_something_else(body)
    detail = printable(unsigned(told.detail))
    return kind(status, told.code, detail, errors=told.errors or (), retry_after=pause, request_id=named)


def _of_something_else(body: bytes) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"404 from something that is not this API; is the base URL right? {_quoted(body)}")


_XML = re.compile(rb"<(Code|Message)>([^<]{1,1000})</")


def storage_error(status: int, body: bytes, headers: Mapping[str, str]) -> ApiError:
    """The error that an answer of the storage behind signed URLs stands for (S3's XML)."""
    told = {name.decode(): printable(unsigned(text.decode("utf-8", "replace"))) for name, text in _XML.findall(body)}
    code = told.get("Code", "storage_error")
    detail = f"the storage refused: {told.get('Message') or _quoted(body)}"
    kind = Unavailable if code in {"SlowDown", "RequestTimeout", "InternalError"} else _BY_STATUS.get(status, ApiError)
    return kind(status, code, detail, retry_after=retry_after(headers), request_id=request_id(headers))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the service wants to be asked again: a number, or a time by the answer's own clock."""
    said = headers.get("retry-after", "")
    if said.isdecimal():
        return float(said)
    try:
        asked = parsedate_to_datetime(said)
        now = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        seconds = (asked - now).total_seconds()
    except (TypeError, ValueError):
        return None
    return seconds if seconds > 0 else None


def request_id(headers: Mapping[str, str]) -> str | None:
    """What names the request in the logs of the service, when the answer says it."""
    return next((printable(headers[name])[:_QUOTED] for name in _REQUEST_IDS if name in headers), None)


def _quoted(body: bytes) -> str:
    """The beginning of a body that is not ours, cut only when the signatures in it are hidden."""
    text = unsigned(body[:_READ].decode("utf-8", "replace")).strip()
    return printable(text[:_QUOTED]) or "the service said nothing more"
