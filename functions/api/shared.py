"""`/shared/...`: what a browser may ask with a token in place of a key: a few of the routes of one run, or one upload.

The token is in the address, because EventSource, images and frames can send no header. So it opens little, for a
while, and answers say that the address goes no further (`Referrer-Policy`).
"""

from __future__ import annotations

import re
from urllib.parse import quote

from api.access import given
from api.requests import Event
from swarm.errors import CallerError, Forbidden
from swarm.records.tokens import UPLOAD

PREFIX = "/shared"

_WATCHING = ("/stream", "/events")
_FILES = (
    *_WATCHING,
    "/diff",
    "/artifacts",
    "/artifacts/[^/]+/download",
    "/workspace/(archive|files|file|preview)",
    "/workspace/(files|preview)/.+",
)
SCOPES = {"watch": _WATCHING, "files": _FILES}
"""What a token of each scope opens, behind `/runs/{id}`. Not the run itself: it has the operator's prompt."""


READABLE = "X-Next-Cursor, X-Page-Count, Retry-After"
"""Headers that a page of another origin may read."""


class TokenExpired(CallerError):
    """The link was good once."""

    status = 401
    code = "token_expired"

    def __init__(self) -> None:
        super().__init__("this link has expired; go back to the page that you had it from, and open it again")


class NotInScope(Forbidden):
    """The token opens something else."""

    code = "not_in_scope"

    def __init__(self) -> None:
        super().__init__("this link does not open that; it opens some parts of one run, or takes one upload")


def is_shared(event: Event) -> bool:
    """Whether the request came with a token in place of a key."""
    return str(event["rawPath"]).startswith(f"{PREFIX}/") and "scope" in given(event)


def unshared(event: Event) -> Event:
    """The request as one with a key would make it. Raises `TokenExpired`, `NotInScope`."""
    token = given(event)
    if token.get("expired"):
        raise TokenExpired
    if token["scope"] == UPLOAD:
        if event["rawPath"] != f"{PREFIX}/uploads/{token['upload_id']}":
            raise NotInScope
        return _without_token(event, str(event["rawPath"]))
    path = str(event["rawPath"]).removeprefix(PREFIX)
    rest = path.removeprefix(f"/runs/{token['run_id']}")
    opened = SCOPES.get(str(token["scope"]), ())
    if rest == path or not any(re.fullmatch(each, rest, re.DOTALL) for each in opened):
        raise NotInScope
    return _without_token(event, path)


def _without_token(event: Event, path: str) -> Event:
    http = {**event["requestContext"]["http"], "path": quote(path)}
    # The token has been looked at; to a route it is a parameter like no other that it knows.
    query = "&".join(part for part in str(event.get("rawQueryString", "")).split("&") if not part.startswith("token="))
    named = {name: value for name, value in (event.get("queryStringParameters") or {}).items() if name != "token"}
    return {
        **event,
        "rawPath": path,
        "rawQueryString": query,
        "queryStringParameters": named,
        "requestContext": {**event["requestContext"], "http": http},
    }


def shown_to(event: Event, answer: Event) -> Event:
    """The answer, readable for the origins that the token was made for, and in their frames."""
    origins = str(given(event).get("origins", "")).split()
    headers = {**answer.get("headers", {}), "Referrer-Policy": "no-referrer"}
    asking = event.get("headers", {}).get("origin")
    if asking in origins:
        headers |= {"Access-Control-Allow-Origin": asking, "Access-Control-Expose-Headers": READABLE, "Vary": "Origin"}
    policy = headers.get("Content-Security-Policy")
    if policy is not None:
        kept = [each.strip() for each in policy.split(";") if not each.strip().startswith("frame-ancestors")]
        headers["Content-Security-Policy"] = "; ".join([*kept, f"frame-ancestors 'self' {' '.join(origins)}".rstrip()])
    return {**answer, "headers": headers}
