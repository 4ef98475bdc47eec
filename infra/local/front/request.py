"""A request as API Gateway sees it, and the events (payload format 2.0) that functions get of it.

Source: "Create AWS Lambda proxy integrations for HTTP APIs" and "Control access with Lambda authorizers".
"""

from __future__ import annotations

import base64
import re
import secrets
import urllib.parse
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.local.identity import ACCOUNT_ID, REGION

API_ID = "local"
# Bodies of these types reach the function as text, all others in base64.
TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")


TRACE = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})\b")


@dataclass(frozen=True)
class Request:
    """What a client sent. `target` is the path and query as they came; header names are lower-case."""

    method: str
    target: str
    headers: Mapping[str, str]
    cookies: tuple[str, ...] = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def path(self) -> str:
        """The path as API Gateway hands it on: percent-encoding undone, and cut at a question mark that comes of it."""
        return urllib.parse.unquote(self.target.partition("?")[0]).partition("?")[0]

    @property
    def query(self) -> str:
        """The query string as it came."""
        return self.target.partition("?")[2]

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters, decoded; those of one name are joined by a comma."""
        return join_repeated(urllib.parse.parse_qsl(self.query, keep_blank_values=True))


def join_repeated(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Pairs as a mapping, the values of one name joined by a comma in their order."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def proxy_event(
    request: Request, route_key: str, path_parameters: Mapping[str, str], context: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What the integration's function gets; `context` is the authorizer's, None without an authorizer."""
    event = _common(request, route_key, path_parameters)
    if context is not None:
        event["requestContext"]["authorizer"] = {"lambda": dict(context)}
    text = _text(request)
    if request.body:
        event["body"] = text if text is not None else base64.b64encode(request.body).decode()
    return {**event, "isBase64Encoded": bool(request.body) and text is None}


def authorizer_event(
    request: Request, route_key: str, path_parameters: Mapping[str, str], identity: list[str]
) -> dict[str, Any]:
    """What the authorizer's function gets."""
    method, _, path = route_key.partition(" ")
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{API_ID}/$default/{method}{path}"
    event = _common(request, route_key, path_parameters)
    return {**event, "type": "REQUEST", "routeArn": arn, "identitySource": identity}


def _common(request: Request, route_key: str, path_parameters: Mapping[str, str]) -> dict[str, Any]:
    host = request.headers.get("host", "")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": _with_gateway_headers(request, host),
        "requestContext": {
            "accountId": ACCOUNT_ID,
            "apiId": API_ID,
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": request.id,
            "routeKey": route_key,
            "stage": "$default",
            "time": request.at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(request.at.timestamp() * 1000),
        },
    }
    if request.cookies:
        event["cookies"] = list(request.cookies)
    if request.parameters:
        event["queryStringParameters"] = request.parameters
    if path_parameters:
        event["pathParameters"] = dict(path_parameters)
    return event


def _with_gateway_headers(request: Request, host: str) -> dict[str, str]:
    # Who is a part of a trace says so.
    sent = TRACE.search(request.headers.get("x-amzn-trace-id", ""))
    made = f"1-{int(request.at.timestamp()):08x}-{uuid.uuid4().hex[:24]}"
    return {
        **request.headers,
        "content-length": str(len(request.body)),
        "x-amzn-trace-id": f"Root={sent[1] if sent else made}",
        "x-forwarded-for": request.source_ip,
        "x-forwarded-port": host.rpartition(":")[2] if ":" in host else "80",
        "x-forwarded-proto": "http",
    }


def _text(request: Request) -> str | None:
    """The body as text, or None when it travels in base64."""
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith(TEXT_TYPES) or "content-encoding" in request.headers:
        return None
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        return None
