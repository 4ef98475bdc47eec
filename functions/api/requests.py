"""What every request is checked for before a route sees it."""

from __future__ import annotations

import base64
import binascii
import json
from math import isfinite
from typing import Any

from pydantic_core import from_json

from api.resolver import Router
from swarm.errors import CallerError, InvalidRequest, ScopeMissing, TooLarge

MAX_BODY_BYTES = 1_000_000
MAX_KEY = 255

Event = dict[str, Any]
"""A payload 2.0 event, as Lambda hands it over; only Powertools' data class looks deeper into it."""


class InvalidJson(CallerError):
    """The body is not JSON."""

    code = "invalid_json"


def normalised(event: Event) -> Event:
    """The event with its body as checked JSON text, whatever Content-Type it came with. Raises `CallerError`.

    HEAD is answered as GET is, without a body (RFC 9110, 9.3.2).
    """
    if _method(event) == "HEAD":
        http = {**event["requestContext"]["http"], "method": "GET"}
        event = {**event, "requestContext": {**event["requestContext"], "http": http}}
    if not event.get("body"):
        return event
    body = _decoded(event)
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge(f"the body has {len(body)} bytes; at most {MAX_BODY_BYTES} are taken")
    try:
        # Some editors and clients of Windows put a byte order mark in front; RFC 8259 lets it be ignored.
        text = body.decode("utf-8-sig")
        from_json(text, allow_inf_nan=False)
        json.loads(text, parse_float=_finite)
    except ValueError as error:
        raise InvalidJson(f"the body is not valid JSON: {error}") from error
    headers = {**event.get("headers", {}), "content-type": "application/json"}
    return {**event, "headers": headers, "body": text, "isBase64Encoded": False}


def without_body(event: Event, answer: Event) -> Event:
    """The answer as the request wants it: that to HEAD has the headers only."""
    return {**answer, "body": "", "isBase64Encoded": False} if _method(event) == "HEAD" else answer


def _method(event: Event) -> str:
    return str(event["requestContext"]["http"]["method"])


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"the number {text[:20]} is larger than a number can be")
    return number


def _decoded(event: Event) -> bytes:
    body: str = event["body"]
    if not event.get("isBase64Encoded"):
        return body.encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise InvalidJson("the body cannot be decoded") from error


def tenant_in(event: Event) -> str | None:
    """The tenant that the authorizer found the caller's key or token to belong to; None on routes that are open."""
    context = (event["requestContext"].get("authorizer") or {}).get("lambda") or {}
    return str(context["tenant_id"]) if context.get("tenant_id") else None


def tenant_of(router: Router) -> str:
    """The same of the request that is being answered. Raises `Unauthenticated`."""
    tenant_id = tenant_in(router.current_event.raw_event)
    if tenant_id is None:
        raise Unauthenticated
    return tenant_id


def require_scope(router: Router, scope: str) -> None:
    """Raises `ScopeMissing` unless the caller's key was given this scope."""
    authorizer = router.current_event.request_context.authorizer
    context = (authorizer.get_lambda if authorizer else None) or {}
    if scope not in str(context.get("scopes", "")).split():
        raise ScopeMissing(scope)


def checked_key(key: str | None) -> str | None:
    """The idempotency key of a request. Raises `InvalidRequest`."""
    if key is not None and not (key.strip() and len(key) <= MAX_KEY and key.isprintable()):
        raise InvalidRequest(f"Idempotency-Key takes 1 to {MAX_KEY} printable characters")
    return key


class Unauthenticated(CallerError):
    """The request reached a route without a tenant: the API is deployed without its authorizer."""

    status = 401
    code = "unauthenticated"

    def __init__(self) -> None:
        super().__init__("this request carries no API key; send it as Authorization: Bearer <key>")
