"""Says which tenant an API key belongs to (HTTP API Lambda authorizer, payload 2.0, simple responses)."""

from __future__ import annotations

from typing import TypedDict

from aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event import (
    APIGatewayAuthorizerEventV2,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import JsonValue

from swarm.records.backend import backend


class Verdict(TypedDict):
    """What API Gateway reads; `context` reaches the API as it is."""

    isAuthorized: bool
    context: dict[str, str]


def handler(event: dict[str, JsonValue], context: LambdaContext) -> Verdict:
    """The verdict on a request that carries `Authorization: Bearer <key>`."""
    header = APIGatewayAuthorizerEventV2(event).headers.get("authorization", "")
    scheme, _, api_key = header.partition(" ")
    tenant_id = backend().tenants.of_api_key(api_key.strip()) if scheme.lower() == "bearer" else None
    return Verdict(isAuthorized=tenant_id is not None, context={"tenant_id": tenant_id} if tenant_id else {})
