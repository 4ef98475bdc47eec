"""Pages of other origins that may call the API, with a key: those that the operator names, and nobody else's.

The Fetch standard ("CORS protocol") says how a browser asks first, and what it has to be told. The gateway could answer
for us, but then it would decide for `/shared`, too, where it is for the token to say whose pages may read the answer.
"""

from __future__ import annotations

from http import HTTPStatus

from api.requests import Event
from api.shared import PREFIX
from swarm.settings import settings

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
SENT = "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID"
READ = "ETag, Location, Retry-After, X-Next-Cursor, X-Page-Count"
KEPT_SECONDS = 600
"""How long a browser may keep what it was told, before it asks again."""


def is_preflight(event: Event) -> bool:
    """Whether a browser asks what a page may ask."""
    headers = event.get("headers", {})
    asks = "origin" in headers and "access-control-request-method" in headers
    return event["requestContext"]["http"]["method"] == "OPTIONS" and asks and not _is_of_a_token(event)


def preflight(event: Event) -> Event:
    """What it is told; a page of an origin that is not named is told nothing, and its browser keeps it from asking."""
    headers = {"Vary": "Origin"}
    if _allowed(event):
        headers |= {
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": SENT,
            "Access-Control-Max-Age": str(KEPT_SECONDS),
        }
    return shown_to(event, {"statusCode": HTTPStatus.NO_CONTENT.value, "headers": headers, "body": ""})


def shown_to(event: Event, answer: Event) -> Event:
    """The answer, readable for the page that asked, where its origin is named."""
    if not _allowed(event) or _is_of_a_token(event):
        return answer
    told = {"Access-Control-Allow-Origin": event["headers"]["origin"], "Vary": "Origin"}
    headers = {**answer.get("headers", {}), **told, "Access-Control-Expose-Headers": READ}
    return {**answer, "headers": headers}


def _allowed(event: Event) -> bool:
    return event.get("headers", {}).get("origin", "") in settings().cors_origins


def _is_of_a_token(event: Event) -> bool:
    return str(event["rawPath"]).startswith(f"{PREFIX}/")
