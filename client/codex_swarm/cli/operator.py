"""Operators ask without a key: with AWS credentials, by calling the functions of a deployed stack themselves.

A request is handed to the function as API Gateway would hand it over, with the verdict that the authorizer would give.
Who may invoke these functions is IAM's to say, and CloudTrail has who did. Credentials, region and endpoint are found
as the AWS CLI finds them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import InvalidArgument
from codex_swarm.models import Scope

ADDRESS = "https://operator.invalid"
"""Of requests that go to no host."""

FUNCTIONS = {"keys": "KeysFunction", "tenants": "TenantsFunction"}
"""Which function of the template answers, by the first segment of the path."""

PATIENCE = 920
"""Seconds that an answer may take; a function has 900."""

SCOPES = ["operator", *Scope]


def client_of(stack: str, tenant: str) -> CodexSwarmClient:
    """A client that asks the functions of a stack, for a tenant. Raises `InvalidArgument`."""
    return CodexSwarmClient(ADDRESS, transport=FunctionTransport(stack, tenant))


class FunctionTransport(httpx.BaseTransport):
    """Requests as invocations of the functions of a stack, for a tenant. Raises `InvalidArgument`."""

    def __init__(self, stack: str, tenant: str) -> None:
        self._stack = stack
        self._tenant = tenant
        self._names: dict[str, str] = {}
        self._session = _session()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """What the function answers."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  needs the extra

        logical_id = FUNCTIONS[request.url.path.split("/")[1]]
        try:
            if logical_id not in self._names:
                self._names[logical_id] = self._name_of(logical_id)
            answer = self._client("lambda").invoke(
                FunctionName=self._names[logical_id], Payload=json.dumps(_event(request, self._tenant)).encode()
            )
        except ClientError as error:
            raise InvalidArgument(f"AWS refused: {error}") from error
        except BotoCoreError as error:
            raise InvalidArgument(f"AWS could not be asked: {error}") from error
        payload = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise httpx.ReadError(f"the function failed: {payload.get('errorMessage', '')}", request=request)
        return _response(payload)

    def _name_of(self, logical_id: str) -> str:
        found = self._client("cloudformation").describe_stack_resource(
            StackName=self._stack, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def _client(self, service: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415  needs the extra

        # Asking again is for the client to decide, which knows what may be asked twice.
        return self._session.client(service, config=Config(read_timeout=PATIENCE, retries={"total_max_attempts": 1}))


def _session() -> Any:
    try:
        import boto3  # noqa: PLC0415  needs the extra
    except ImportError as error:
        raise InvalidArgument("--stack needs an extra: pip install 'codex-swarm[operator]'") from error
    return boto3.Session()


def _event(request: httpx.Request, tenant: str) -> Mapping[str, Any]:
    """The request as an event of an HTTP API, payload 2.0."""
    verdict = {"tenant_id": tenant, "may": " ".join(SCOPES)}
    http = {"method": request.method, "path": request.url.raw_path.decode().partition("?")[0], "protocol": "HTTP/1.1"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.url.path,
        "rawQueryString": request.url.query.decode(),
        "headers": {name: value for name, value in request.headers.items() if name != "authorization"},
        "requestContext": {
            "requestId": uuid4().hex,
            "stage": "$default",
            "http": {**http, "sourceIp": "127.0.0.1"},
            "authorizer": {"lambda": verdict},
        },
        "body": base64.b64encode(request.read()).decode(),
        "isBase64Encoded": True,
    }


def _response(answer: Mapping[str, Any]) -> httpx.Response:
    content = str(answer.get("body") or "")
    body = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
    headers = [*answer.get("headers", {}).items(), *((name, value) for name, value in _several(answer))]
    return httpx.Response(answer["statusCode"], headers=headers, content=body)


def _several(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    named: Mapping[str, list[str]] = answer.get("multiValueHeaders") or {}
    return [(name, value) for name, values in named.items() for value in values]
