"""Errors as the contract writes them: `{"detail": what is wrong and how to mend it, "code": stable_name}`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from api.requests import Event
from api.resolver import ApiResolver
from codex_swarm.models import CRITERION_KINDS, ErrorBody, FieldError
from swarm.errors import CallerError
from swarm.logs import log
from swarm.metrics import REQUESTS_FAILED, record
from swarm.sizes import ANSWER, answered

LONGEST_ESCAPE = 6
"""Bytes of a control character in JSON."""

HEAD_BYTES = 20_000
"""Of an answer's status and headers, at most."""


OWN_CODES = ("answer_too_large", "internal_error", "method_not_allowed", "unknown_route")
"""Of what is refused here; all others are those of `CallerError` and what derives from it."""


def codes() -> list[str]:
    """Every code that an answer can have, sorted."""
    found, seen = set(OWN_CODES), [CallerError]
    for kind in seen:
        found.add(kind.code)
        seen += kind.__subclasses__()
    return sorted(found)


def problem(status: int, body: ErrorBody, headers: dict[str, str] | None = None) -> Response[str]:
    """The answer to a request that was refused."""
    return Response(
        status, content_types.APPLICATION_JSON, body.model_dump_json(exclude_none=True), dict(headers or {})
    )


def refused(error: CallerError) -> Response[str]:
    """The answer to a request that is at fault."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    return problem(error.status, ErrorBody(detail=str(error), code=error.code), headers)


def invalid(error: RequestValidationError) -> Response[str]:
    """The answer to a body or a parameter that does not fit: every fault, and none of the values."""
    faults = [FieldError(loc=_place_of(fault), msg=_said_of(fault)) for fault in error.errors()]
    told = "; ".join(f"{'.'.join(map(str, fault.loc))}: {fault.msg}" for fault in faults[:3])
    body = ErrorBody(detail=f"the request does not fit: {told}", code="invalid_request", errors=faults)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, body)


def _said_of(fault: Mapping[str, Any]) -> str:
    # A text that is looked at for NUL, too, is a "value" with "items" to pydantic.
    if fault["type"] == "too_long" and fault["ctx"].get("field_type") == "Value":
        return f"String should have at most {fault['ctx']['max_length']} characters"
    return str(fault["msg"])


def _place_of(fault: Mapping[str, Any]) -> list[str | int]:
    unknown = [str(fault["ctx"]["name"])[:64]] if fault["type"] == "unknown_field" else []
    place = [*fault["loc"], *unknown]
    # What kind of criterion it was taken for stands in the place, too, and is no part of what was sent.
    kinds = {n for n, each in enumerate(place) if n > 1 and place[n - 2] == "criteria" and each in CRITERION_KINDS}
    return [each for n, each in enumerate(place) if n not in kinds]


def crashed(error: Exception) -> Response[str]:
    """The answer when the fault is ours: nothing of it but that it was logged."""
    log.exception("a request failed", exc_info=error)
    record({REQUESTS_FAILED: 1})
    detail = "something went wrong in the service; the operator's log has it. Try again, and report it if it stays"
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, ErrorBody(detail=detail, code="internal_error"))


def bounded(answer: Event) -> Event:
    """The answer, if Lambda lets it through. One too large would end the process, and with it the next request."""
    body = answer.get("body") or ""
    if len(body) < ANSWER // LONGEST_ESCAPE or answered(body) < ANSWER - HEAD_BYTES:
        return answer
    log.error("an answer is too large", bytes=answered(body))
    detail = "what was asked for is larger than an answer can be; ask for less at a time, with limit"
    return as_event(problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, ErrorBody(detail=detail, code="answer_too_large")))


def install(app: ApiResolver) -> None:
    """Let the resolver answer every error in the contract's words."""
    app.exception_handler(CallerError)(refused)
    app.exception_handler(RequestValidationError)(invalid)

    @app.not_found
    def unknown_route(_: NotFoundError) -> Response[str]:
        methods = app.methods_of(app.current_event.path)
        if not methods:
            return problem(
                404,
                ErrorBody(detail="there is no such route; /openapi.json lists them", code="unknown_route"),
            )
        allowed = ", ".join(methods)
        detail = f"this route takes {allowed}, not {app.current_event.http_method}"
        return problem(405, ErrorBody(detail=detail, code="method_not_allowed"), {"Allow": allowed})


def as_event(response: Response[str]) -> Event:
    """An answer in the form that API Gateway reads, for what is refused before the resolver runs."""
    headers = {"Content-Type": content_types.APPLICATION_JSON, **response.headers}
    return {"statusCode": response.status_code, "headers": headers, "body": response.body or json.dumps(None)}
