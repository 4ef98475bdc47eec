"""Says which tenant an API key, or a browser's token, belongs to, and what it may do.

An HTTP API Lambda authorizer, payload 2.0. Its verdict reaches the API as it is, and `api.access` reads it there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypedDict

from authorizer.edge import HEADER, Edge
from swarm.aws import clients
from swarm.records.api_keys import ApiKeys
from swarm.records.table import Table
from swarm.records.tokens import UPLOAD, RunToken, Tokens, UploadToken
from swarm.settings import settings

if TYPE_CHECKING:
    # Every request waits for this function, so it starts with no library but the one that reads the table.
    from aws_lambda_powertools.utilities.typing import LambdaContext

SHARED = "/shared/"
"""How the paths of the routes begin that take a token."""


class Verdict(TypedDict):
    """What API Gateway reads; `context` reaches the API as it is."""

    isAuthorized: bool
    context: dict[str, str]


def handler(event: Mapping[str, Any], context: LambdaContext) -> Verdict:
    """The verdict on a request that carries `Authorization: Bearer <key>`, or to `/shared` with `?token=`.

    Where the API is open by CloudFront alone, it also has to come from there.
    """
    # API Gateway writes the names of headers in small letters.
    if settings().edge_secret and not _edge().sent(event["headers"].get(HEADER, "")):
        return Verdict(isAuthorized=False, context={})
    if event["routeKey"].partition(" ")[2].startswith(SHARED):
        return _of_token((event.get("queryStringParameters") or {}).get("token", ""), datetime.now(UTC))
    scheme, _, api_key = event["headers"].get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return Verdict(isAuthorized=False, context={})
    return _of_key(api_key.strip(), datetime.now(UTC))


def _of_key(text: str, now: datetime) -> Verdict:
    keys = ApiKeys(_table())
    found = keys.find(text, now)
    if found is None:
        return Verdict(isAuthorized=False, context={})
    keys.note_use(found, now)
    context = {"tenant_id": found.tenant_id, "key_id": found.id, "may": " ".join(sorted(found.scopes))}
    if found.projects:
        context["projects"] = json.dumps(found.projects)
    # One that is late is let in as far as to be told so; the gateway itself would only say "Forbidden".
    if found.until is not None and now >= found.until:
        context["expired"] = "1"
    return Verdict(isAuthorized=True, context=context)


def _of_token(token: str, now: datetime) -> Verdict:
    found = Tokens(_table()).find(token)
    if found is None:
        return Verdict(isAuthorized=False, context={})
    context = {"tenant_id": found.tenant_id, "origins": " ".join(found.origins), **_opened(found)}
    # One that is late is let in as far as to be told so; the gateway itself would only say "Forbidden".
    return Verdict(isAuthorized=True, context=context if now < found.expires_at else {**context, "expired": "1"})


def _opened(found: RunToken | UploadToken) -> dict[str, str]:
    if isinstance(found, RunToken):
        return {"run_id": found.run_id, "scope": found.scope}
    bounds = {"max_files": str(found.max_files), "max_bytes": str(found.max_bytes)}
    return {"project_id": found.project_id, "upload_id": found.upload_id, "scope": UPLOAD, **bounds}


@cache
def _edge() -> Edge:
    return Edge(clients.secrets(), settings().edge_secret)


@cache
def _table() -> Table:
    return Table(clients.dynamodb(), settings().table_name)
