"""Says which tenant an API key, or a browser's token, belongs to (HTTP API Lambda authorizer, payload 2.0)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypedDict

from aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event import (
    APIGatewayAuthorizerEventV2,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import JsonValue

from swarm.records.backend import backend

SHARED = "GET /shared/"
"""How the keys of the routes begin that take a token."""


class Verdict(TypedDict):
    """What API Gateway reads; `context` reaches the API as it is."""

    isAuthorized: bool
    context: dict[str, str]


def handler(event: dict[str, JsonValue], context: LambdaContext) -> Verdict:
    """The verdict on a request that carries `Authorization: Bearer <key>`, or to `/shared` with `?token=`."""
    asked = APIGatewayAuthorizerEventV2(event)
    if asked.route_key.startswith(SHARED):
        return _of_token((asked.query_string_parameters or {}).get("token", ""), datetime.now(UTC))
    header = asked.headers.get("authorization", "")
    scheme, _, api_key = header.partition(" ")
    found = backend().tenants.api_key(api_key.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        return Verdict(isAuthorized=False, context={})
    scopes = {"scopes": " ".join(sorted(found.scopes))} if found.scopes else {}
    return Verdict(isAuthorized=True, context={"tenant_id": found.tenant_id, **scopes})


def _of_token(token: str, now: datetime) -> Verdict:
    found = backend().run_tokens.find(token)
    if found is None:
        return Verdict(isAuthorized=False, context={})
    context = {
        "tenant_id": found.tenant_id,
        "run_id": found.run_id,
        "scope": found.scope,
        "origins": " ".join(found.origins),
    }
    # One that is late is let in as far as to be told so; the gateway itself would only say "Forbidden".
    return Verdict(isAuthorized=True, context=context if now < found.expires_at else {**context, "expired": "1"})
