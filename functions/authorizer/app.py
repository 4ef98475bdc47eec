"""Says which tenant an API key, a token of the operator's issuer or a browser's token belongs to, and what it may do.

An HTTP API Lambda authorizer, payload 2.0. Its verdict reaches the API as it is, and `api.access` reads it there.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypedDict

from authorizer.edge import HEADER, Edge
from swarm.aws import clients
from swarm.ids import is_tenant_id
from swarm.records.api_keys import ApiKeys
from swarm.records.table import Table
from swarm.records.tokens import UPLOAD, RunToken, Tokens, UploadToken
from swarm.settings import settings

if TYPE_CHECKING:
    # Every request waits for this function, so it starts with no library but the one that reads the table.
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from authorizer.issuer import Issuer

SHARED = "/shared/"
"""How the paths of the routes begin that take a token."""


JWT = re.compile(r"eyJ[^.]*\.[^.]*\.")
"""How a JWT begins, and no key of ours: `{"` in base64url, and a payload."""


class Verdict(TypedDict):
    """What API Gateway reads; `context` reaches the API as it is."""

    isAuthorized: bool
    context: dict[str, str]


def handler(event: Mapping[str, Any], context: LambdaContext) -> Verdict:
    """The verdict on a request that carries `Authorization: Bearer <key or JWT>`, or to `/shared` with `?token=`.

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
    text = api_key.strip()
    if settings().jwt_issuer and JWT.match(text):
        return _of_jwt(text)
    return _of_key(text, datetime.now(UTC))


def _of_key(text: str, now: datetime) -> Verdict:
    keys = ApiKeys(_table())
    found = keys.find(text, now)
    if found is None:
        return Verdict(isAuthorized=False, context={})
    keys.note_use(found, now)
    context = {"tenant_id": found.tenant_id, "key_id": found.id, "may": " ".join(sorted(found.scopes))}
    if found.projects:
        context["projects"] = json.dumps(found.projects)
    if found.until is not None:
        context |= _until(found.until, expired=now >= found.until)
    return Verdict(isAuthorized=True, context=context)


def _of_jwt(text: str) -> Verdict:
    found = _issuer().claims(text)
    if found is None or not is_tenant_id(found.tenant_id):
        return Verdict(isAuthorized=False, context={})
    # It stands in the access log, which is JSON.
    subject = re.sub(r"[^A-Za-z0-9._|@:-]", "_", found.subject)[:64]
    context = {"tenant_id": found.tenant_id, "key_id": f"jwt:{subject}", "may": " ".join(sorted(found.scopes))}
    return Verdict(isAuthorized=True, context={**context, **_until(found.until, expired=found.expired)})


def _until(until: datetime, *, expired: bool) -> dict[str, str]:
    """Until when a verdict is good, for the gateway remembers it for longer."""
    # One that is late is let in as far as to be told so; the gateway itself would only say "Forbidden".
    return {"until": until.isoformat(), **({"expired": "1"} if expired else {})}


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
def _issuer() -> Issuer:
    # Only here, so that nothing of it is loaded, nor is there, where no issuer is named.
    from authorizer.issuer import Issuer  # noqa: PLC0415

    named = settings()
    return Issuer(
        named.jwt_issuer,
        named.jwt_audience,
        named.jwt_tenant_claim,
        named.jwt_scopes_claim,
        named.jwt_scope_prefix,
        time.monotonic,
    )


@cache
def _edge() -> Edge:
    return Edge(clients.secrets(), settings().edge_secret)


@cache
def _table() -> Table:
    return Table(clients.dynamodb(), settings().table_name)
