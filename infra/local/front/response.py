"""What API Gateway makes of a function's answer, and what it answers by itself."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

# The server sets these; what a function says of them is dropped.
HOP_BY_HOP = {"connection", "content-length", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
LINE_BREAK = re.compile(r"[\r\n\0]")


@dataclass(frozen=True)
class Response:
    """What goes back to the client; a header name may occur more than once."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def message(status: int, text: str) -> Response:
    """An answer of API Gateway's own."""
    return Response(status, (("content-type", "application/json"),), json.dumps({"message": text}).encode())


def plain(body: bytes) -> Response:
    """Text, in the version of Prometheus' format that is read everywhere."""
    return Response(200, (("content-type", "text/plain; version=0.0.4; charset=utf-8"),), body)


UNAUTHORIZED = message(401, "Unauthorized")
FORBIDDEN = message(403, "Forbidden")
NOT_FOUND = message(404, "Not Found")
TOO_LARGE = message(413, "Request Entity Too Large")
TOO_MANY_REQUESTS = message(429, "Too Many Requests")
INTERNAL_ERROR = message(500, "Internal Server Error")
UNAVAILABLE = message(503, "Service Unavailable")


def of_function(payload: bytes) -> Response:
    """The response that a function's answer describes (payload format 2.0); a broken one is a 500."""
    try:
        answer = json.loads(payload)
        return _described(answer) if isinstance(answer, dict) and "statusCode" in answer else _inferred(answer)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        return INTERNAL_ERROR


def _inferred(answer: Any) -> Response:
    body = answer if isinstance(answer, str) else json.dumps(answer)
    return Response(200, (("content-type", "application/json"),), body.encode())


def _described(answer: dict[str, Any]) -> Response:
    status = int(answer["statusCode"])
    text = answer.get("body") or ""
    body = base64.b64decode(text, validate=True) if answer.get("isBase64Encoded") else str(text).encode()
    headers = [(str(name).lower(), _header_value(value)) for name, value in (answer.get("headers") or {}).items()]
    headers = [(name, value) for name, value in headers if name not in HOP_BY_HOP and HEADER_NAME.fullmatch(name)]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain; charset=utf-8"))
    headers += [("set-cookie", _header_value(cookie)) for cookie in answer.get("cookies") or []]
    if status not in range(200, 600):
        return INTERNAL_ERROR
    return Response(status, tuple(headers), body)


def _header_value(value: Any) -> str:
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    if LINE_BREAK.search(text):
        raise ValueError("a header value has a line break")
    return text
