"""API keys of the caller's tenant. KeysFunction answers these: no other function's role reaches them.

Which tenant it is is never asked for: it is the caller's own, by its key, or that of the operator's call.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Query

from api.access import ADMIN
from api.paging import MAX_PAGE, HeaderCursor, paged, weight
from api.requests import caller_of, tenant_of
from api.resolver import Router
from codex_swarm.models import KeyCreate, KeyRead, KeyRotation, KeySecret, Scope
from swarm.errors import CannotGive, InvalidRequest
from swarm.ids import valid_project_id
from swarm.records.backend import backend
from swarm.records.issued_keys import IssuedKey
from swarm.records.listing import Page, Wanted

NEVER_STORED = {"Cache-Control": "no-store"}
LONGEST = timedelta(days=3650)

router = Router()


@router.post("/keys", status_code=201, summary="Create a key of this tenant", tags=["keys"], security=ADMIN)
def create_key(body: KeyCreate) -> Response[KeySecret]:
    """Its text is in this answer, and nowhere else."""
    now = datetime.now(UTC)
    if not body.name.strip():
        raise InvalidRequest("name is blank; say who or what uses the key")
    if body.projects and Scope.ADMIN in body.scopes:
        raise InvalidRequest("a key with the scope admin makes keys for all projects, so it cannot be for some only")
    for prefix in body.projects:
        valid_project_id(prefix)
    if body.expires_at is not None and not now < body.expires_at <= now + LONGEST:
        raise InvalidRequest("expires_at takes a time to come, at most ten years ahead")
    _require_own(body.scopes)
    created, text = backend().issued_keys.create(
        tenant_of(router), body.name.strip(), body.scopes, body.projects, body.expires_at, now
    )
    return _secret(created, text)


@router.get("/keys", summary="Keys of this tenant, oldest first", tags=["keys"], security=ADMIN)
def list_keys(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Keys a page, at most.")] = MAX_PAGE,
    cursor: HeaderCursor = None,
) -> Response[list[KeyRead]]:
    """Also those that were revoked in the last 90 days. A key of an earlier version is listed once it was used."""
    wanted = Wanted[IssuedKey](limit, lambda one: weight(_read(one)), cursor)
    found = backend().issued_keys.listed(tenant_of(router), wanted, datetime.now(UTC))
    return paged(router, Page([_read(one) for one in found.items], found.next_cursor))


@router.get("/keys/<key_id>", summary="One key", tags=["keys"], security=ADMIN)
def get_key(key_id: str) -> KeyRead:
    return _read(backend().issued_keys.get(tenant_of(router), key_id, datetime.now(UTC)))


@router.post("/keys/<key_id>/rotate", status_code=201, summary="A new secret of a key", tags=["keys"], security=ADMIN)
def rotate_key(key_id: str, body: KeyRotation = KeyRotation()) -> Response[KeySecret]:
    """Texts that are good now stay so for `overlap_seconds`. Its scopes, projects and expiry stay."""
    keys, now = backend().issued_keys, datetime.now(UTC)
    # Whoever has the new text can do what the key can.
    _require_own(keys.get(tenant_of(router), key_id, now).scopes)
    return _secret(*keys.rotate(tenant_of(router), key_id, timedelta(seconds=body.overlap_seconds), now))


@router.post("/keys/<key_id>/revoke", summary="Let a key open nothing any more", tags=["keys"], security=ADMIN)
def revoke_key(key_id: str) -> KeyRead:
    """For good, and twice is once. The gateway remembers for up to a minute what the key opened before."""
    return _read(backend().issued_keys.revoke(tenant_of(router), key_id, datetime.now(UTC)))


def _require_own(scopes: Collection[str]) -> None:
    """Raises `CannotGive` for scopes that the caller has not."""
    if more := sorted(set(scopes) - caller_of(router).scopes):
        raise CannotGive(more)


def _secret(key: IssuedKey, text: str) -> Response[KeySecret]:
    body = KeySecret(**dict(_read(key)), key=text)
    return Response(201, content_types.APPLICATION_JSON, body, dict(NEVER_STORED))


def _read(key: IssuedKey) -> KeyRead:
    return KeyRead(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scopes=list(key.scopes),
        projects=list(key.projects),
        created_at=key.created_at,
        expires_at=key.until,
        rotated_at=key.rotated_at,
        previous_valid_until=key.previous_until,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )
