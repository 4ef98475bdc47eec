"""Requests to the API by its function, as the gateway would send them for a tenant of the canary's own."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from swarm.aws.clients import functions
from swarm.aws.functions import ask
from swarm.settings import settings

TENANT = "canary"
MAY = "read run manage"
"""What the authorizer would say that its key may do. It has no key: who may call the function needs none."""


class Refused(Exception):
    """The API answered something else than what was asked for."""

    def __init__(self, method: str, path: str, status: int, answer: str) -> None:
        super().__init__(f"{method} {path}: {status} {answer[:500]}")


def request(
    method: str, path: str, body: Mapping[str, object] | None = None, *, function: str = "", tenant: str = TENANT
) -> Any:
    """What the answer's body says. Raises `Refused` for any status but 2xx, and `CallFailed`.

    `function` is which version of the API's function is asked, by default the one that answers everybody.
    """
    answer = json.loads(ask(functions(), function or settings().api_function, _event(method, path, body, tenant)))
    status, text = int(answer["statusCode"]), str(answer.get("body") or "")
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise Refused(method, path, status, text)
    return json.loads(text) if text else None


def _event(method: str, path: str, body: Mapping[str, object] | None, tenant: str) -> dict[str, object]:
    """As docs.aws.amazon.com, "Create AWS Lambda proxy integrations for HTTP APIs", payload format 2.0, has it."""
    return {
        "version": "2.0",
        "routeKey": "ANY /{proxy+}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "canary"},
        "requestContext": {
            "authorizer": {"lambda": {"tenant_id": tenant, "key_id": "canary", "may": MAY}},
            "domainName": "canary",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "canary",
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "ANY /{proxy+}",
            "stage": "$default",
            "timeEpoch": int(time.time() * 1_000),
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
