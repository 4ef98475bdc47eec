"""Tokens of an OpenID Connect issuer: JWTs that stand for a key, with the tenant and the scopes in claims.

Verified as RFC 7519 (JWT), RFC 7515 (JWS) and RFC 8725 (JWT best practices) have it, by keys that the issuer publishes
as OpenID Connect Discovery 1.0 and RFC 7517 (JWK) say. Loaded only where an issuer is named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import jwt
import urllib3

LONGEST = 8_192
"""Characters of a token that is looked at; the gateway takes headers of 10,240 bytes together."""

FRESH_SECONDS = 3_600.0
"""For so long the issuer's keys are taken for its own. One that it takes back is good no longer, if it can be asked."""

READ_AGAIN_SECONDS = 60.0
"""So often, at most, they are read again for a token whose key is not among them: anybody can send such."""

FIRST_AGAIN_SECONDS = 5.0
"""The same while none is known."""

LEEWAY_SECONDS = 30
LAST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
MOST_BYTES = 1_000_000
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"},
)
"""Of signatures by a key pair alone: what a published key can verify, nobody else can make."""

SCOPES = frozenset({"read", "run", "manage", "import", "admin"})


class IssuerSilent(Exception):
    """The issuer's keys cannot be read, and none is known: a fault of ours or its, and not of the token."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a token says, whose signature, issuer and audience are right: of an `expired` one as well."""

    tenant_id: str
    subject: str
    scopes: frozenset[str]
    until: datetime
    expired: bool


@dataclass(slots=True)
class Issuer:
    """One issuer, by its `url`, and how its claims are read. `clock` gives seconds, from anywhere."""

    url: str
    audience: str
    tenant_claim: str
    scopes_claim: str
    scope_prefix: str
    clock: Callable[[], float]
    _keys: Mapping[str, jwt.PyJWK] = field(default_factory=dict)
    _read_at: float | None = None
    _tried_at: float | None = None
    _trouble: str = ""

    def claims(self, text: str) -> Claimed | None:
        """What the token says; None where it is none of this issuer's for this audience. Raises `IssuerSilent`."""
        if len(text) > LONGEST:
            return None
        try:
            key = self._key(str(jwt.get_unverified_header(text).get("kid", "")))
            if key is None:
                return None
            try:
                told, expired = self._decoded(text, key, verify_exp=True), False
            except jwt.ExpiredSignatureError:
                told, expired = self._decoded(text, key, verify_exp=False), True
        except jwt.PyJWTError:
            return None
        tenant, subject = told.get(self.tenant_claim), told.get("sub", told.get("client_id"))
        if not isinstance(tenant, str) or not isinstance(subject, str):
            return None
        until = datetime.fromtimestamp(min(int(told["exp"]) + LEEWAY_SECONDS, LAST), UTC)
        return Claimed(tenant, subject, self._scopes(told.get(self.scopes_claim)), until, expired)

    def _decoded(self, text: str, key: jwt.PyJWK, *, verify_exp: bool) -> dict[str, Any]:
        told: dict[str, Any] = jwt.decode(
            text,
            key,
            algorithms=[key.algorithm_name],
            issuer=self.url,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iss"], "verify_exp": verify_exp, "verify_aud": False},
        )
        # Access tokens of Amazon Cognito have their application in `client_id`, and no audience.
        meant = told.get("aud", told.get("client_id"))
        if self.audience not in (meant if isinstance(meant, list) else [meant]):
            raise jwt.InvalidAudienceError
        return told

    def _scopes(self, told: object) -> frozenset[str]:
        """Those that a key can have; a text has them with spaces between (RFC 8693), as OAuth's `scope`."""
        listed = told.split() if isinstance(told, str) else told if isinstance(told, list) else []
        prefix = self.scope_prefix
        named = {each.removeprefix(prefix) for each in listed if isinstance(each, str) and each.startswith(prefix)}
        return SCOPES & named

    def _key(self, key_id: str) -> jwt.PyJWK | None:
        now = self.clock()
        stale = self._read_at is None or now - self._read_at >= FRESH_SECONDS
        pause = READ_AGAIN_SECONDS if self._keys else FIRST_AGAIN_SECONDS
        rested = self._tried_at is None or now - self._tried_at >= pause
        if rested and (stale or key_id not in self._keys):
            self._read(now)
        if not self._keys:
            raise IssuerSilent(f"the keys of {self.url} cannot be read: {self._trouble}")
        return self._keys.get(key_id)

    def _read(self, now: float) -> None:
        """Read the keys. Where that fails those that are known stay."""
        self._tried_at = now
        try:
            keys = _keys_in(_json(self._address_of_keys()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, urllib3.exceptions.HTTPError) as error:
            self._trouble = type(error).__name__
        else:
            self._keys, self._read_at, self._trouble = keys, now, "there are none"

    def _address_of_keys(self) -> str:
        about = _json(f"{self.url.rstrip('/')}/.well-known/openid-configuration")
        address = str(about["jwks_uri"])
        if about["issuer"] != self.url or (urlsplit(address).scheme != "https" and not _on_loopback(self.url)):
            raise ValueError("this is the document of another issuer, or its keys are not at an https address")
        return address


def _keys_in(told: Any) -> dict[str, jwt.PyJWK]:
    """Those that verify signatures, by their ids, each for one algorithm: its own, or RS256 of an RSA key without."""
    keys = {}
    for each in told["keys"]:
        if each.get("use", "sig") != "sig" or not each.get("kid"):
            continue
        with suppress(jwt.PyJWTError):
            key = jwt.PyJWK(each)
            if key.algorithm_name in ALGORITHMS:
                keys[str(each["kid"])] = key
    return keys


def _json(address: str) -> Any:
    answer = _http.request("GET", address, timeout=3.0, retries=False, redirect=False, preload_content=False)
    try:
        if answer.status != HTTPStatus.OK:
            raise ValueError(f"{answer.status}")
        return json.loads(answer.read(MOST_BYTES))
    finally:
        answer.release_conn()


def _on_loopback(address: str) -> bool:
    return urlsplit(address).hostname in {"127.0.0.1", "localhost", "::1"}


_http = urllib3.PoolManager(cert_reqs="CERT_REQUIRED")
