"""What every request is checked for before a route sees it."""

from __future__ import annotations

import base64
import binascii
import json
from math import isfinite
from typing import Any

from pydantic_core import from_json

from api.access import Caller, caller_in
from api.resolver import Router
from swarm.errors import CallerError, InvalidRequest, TooLarge, Unauthorized

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
        raise TooLarge(
            f"the body has {len(body)} bytes; at most {MAX_BODY_BYTES} are taken. Send large material by uploads"
        )
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


def caller_of(router: Router) -> Caller:
    """Who sent the request that is being answered. Raises `Unauthenticated`, `KeyExpired`."""
    caller = caller_in(router.current_event.raw_event)
    if caller is None:
        raise Unauthenticated
    return caller


def tenant_of(router: Router) -> str:
    """The tenant of the request that is being answered. Raises `Unauthenticated`, `KeyExpired`."""
    return caller_of(router).tenant_id


def checked_key(key: str | None) -> str | None:
    """The idempotency key of a request. Raises `InvalidRequest`."""
    if key is not None and not (key.strip() and len(key) <= MAX_KEY and key.isprintable()):
        raise InvalidRequest(f"Idempotency-Key takes 1 to {MAX_KEY} printable characters")
    return key


class Unauthenticated(Unauthorized):
    """The request reached a route without a tenant: the API is deployed without its authorizer."""

    def __init__(self) -> None:
        super().__init__("this request carries no API key; send it as Authorization: Bearer <key>")
