"""Tokens of the operator's own issuer stand for keys, and no others do."""

from __future__ import annotations

import base64
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from authorizer.app import _issuer, _table
from authorizer.app import handler as authorizer
from authorizer.issuer import FIRST_AGAIN_SECONDS, FRESH_SECONDS, READ_AGAIN_SECONDS, Issuer, IssuerSilent
from swarm.settings import settings
from tests.support.issuer import AUDIENCE, OpenIdIssuer, new_key
from tests.support.lambda_context import lambda_context
from tests.support.stack import Stack
from tests.webhooks.receivers import make_authority, receiving


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Iterator[OpenIdIssuer]:
    with OpenIdIssuer() as serving:
        yield serving


@pytest.fixture(autouse=True)
def deployment(stack: Stack, issuer: OpenIdIssuer, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """With this issuer, as the template sets it."""
    named = {"ISSUER": issuer.address, "AUDIENCE": AUDIENCE, "TENANT_CLAIM": "tenant_id", "SCOPES_CLAIM": "scope"}
    for name, value in named.items():
        monkeypatch.setenv(f"JWT_{name}", value)
    for each in (_table, _issuer, settings):
        each.cache_clear()
    return stack


def verdict(text: str) -> dict[str, Any]:
    event = {"routeKey": "ANY /{proxy+}", "headers": {"authorization": f"Bearer {text}"}}
    found = authorizer(event, lambda_context())
    return dict(found["context"]) if found["isAuthorized"] else {}


def known(issuer: OpenIdIssuer, clock: Clock | None = None, scope_prefix: str = "") -> Issuer:
    return Issuer(issuer.address, AUDIENCE, "tenant_id", "scope", scope_prefix, clock or Clock())


def test_a_token_is_of_its_tenant_and_does_what_its_scopes_say(stack: Stack, issuer: OpenIdIssuer) -> None:
    told = verdict(issuer.token(sub='user"1\n'))
    assert (told["tenant_id"], told["may"], told["key_id"]) == ("tenant-a", "read run", "jwt:user_1_")
    assert stack.request("GET", "/runs", authorizer=told).status == 200
    refused = stack.request("PUT", "/projects/p1", {"name": "p1"}, authorizer=told)
    assert (refused.status, refused.json["code"]) == (403, "scope_missing")
    other = verdict(issuer.token(tenant_id="tenant-b", scope="manage"))
    assert stack.request("PUT", "/projects/p1", {"name": "p1"}, authorizer=other).status == 201
    assert stack.request("GET", "/projects", authorizer=told).json == []


@pytest.mark.parametrize(
    ("claims", "prefix", "scopes"),
    [
        pytest.param({"scope": "read  manage"}, "", {"read", "manage"}, id="text"),
        pytest.param({"scope": ["read", "admin", 7, None]}, "", {"read", "admin"}, id="list"),
        pytest.param({"scope": "read operator"}, "", {"read"}, id="operator is no key's"),
        pytest.param({"scope": "swarm/read other/admin run"}, "swarm/", {"read"}, id="prefix"),
        pytest.param({"scope": {"read": True}}, "", set(), id="something else"),
        pytest.param({"scope": None}, "", set(), id="none"),
        pytest.param({"aud": None, "client_id": AUDIENCE}, "", {"read", "run"}, id="application in client_id"),
        pytest.param({"aud": ["other", AUDIENCE]}, "", {"read", "run"}, id="several audiences"),
    ],
)
def test_scopes_are_read_as_the_operator_says(
    issuer: OpenIdIssuer, claims: dict[str, Any], prefix: str, scopes: set[str]
) -> None:
    found = known(issuer, scope_prefix=prefix).claims(issuer.token(**claims))
    assert found is not None
    assert found.scopes == scopes


def _confused(issuer: OpenIdIssuer) -> str:
    """Signed with the public key, as if it were a shared secret."""
    public = issuer.keys["k1"].public_key()
    text = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    header, payload = (_base64(json.dumps(each).encode()) for each in ({"alg": "HS256", "kid": "k1"}, issuer.claims()))
    signature = hmac.digest(text, f"{header}.{payload}".encode(), "sha256")
    return f"{header}.{payload}.{_base64(signature)}"


def _bottomless(issuer: OpenIdIssuer) -> str:
    return jwt.PyJWS().encode(b'{"iss":' + b"[" * 5_000, issuer.keys["k1"], "ES256", headers={"kid": "k1"})


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _tampered(issuer: OpenIdIssuer) -> str:
    head, _, signature = issuer.token().split(".")
    _, payload, _ = issuer.token(tenant_id="tenant-b").split(".")
    return f"{head}.{payload}.{signature}"


def _with_its_own_key(issuer: OpenIdIssuer) -> str:
    """The header names the key, as an address and whole."""
    key = new_key()
    header = {"kid": "mine", "jku": f"{issuer.address}/keys", "jwk": json.loads(_jwk(key))}
    return jwt.encode(issuer.claims(), key, "ES256", headers=header)


def _jwk(key: Any) -> str:
    return str(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))


REFUSED: dict[str, Callable[[OpenIdIssuer], str]] = {
    "wrong audience": lambda it: it.token(aud="other"),
    "no audience": lambda it: it.token(aud=None),
    "application of another name": lambda it: it.token(aud=None, client_id="other"),
    "audience of another, application of this": lambda it: it.token(aud="other", client_id=AUDIENCE),
    "another issuer's name": lambda it: it.token(iss="https://issuer.example"),
    "another issuer's key": lambda it: it.token(key=new_key()),
    "no signature": lambda it: it.token(key="", algorithm="none"),
    "public key as a secret": _confused,
    "claims of another token": _tampered,
    "key in the header": _with_its_own_key,
    "no key named": lambda it: jwt.encode(it.claims(), it.keys["k1"], "ES256"),
    "no end": lambda it: it.token(exp=None),
    "not yet": lambda it: it.token(nbf=int(time.time()) + 600),
    "no tenant": lambda it: it.token(tenant_id=None),
    "tenant of no such form": lambda it: it.token(tenant_id="a#b"),
    "tenants": lambda it: it.token(tenant_id=["tenant-a"]),
    "no subject": lambda it: it.token(sub=None),
    "endless": lambda it: it.token(more="x" * 10_000),
    "nonsense": lambda _: "eyJ..",
    "a header of nonsense": lambda _: "eyJhbGciOiJFUzI1NiI.e30.x",
    "a header without a bottom": lambda _: _base64(b'{"kid":' + b"[" * 5_000) + ".e30.x",
    "a payload without a bottom": _bottomless,
    "expired, of another audience": lambda it: it.token(aud="other", exp=int(time.time()) - 600),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_the_issuer_did_not_make_for_this_service_opens_nothing(issuer: OpenIdIssuer, kind: str) -> None:
    assert verdict(REFUSED[kind](issuer)) == {}


def test_one_that_expired_is_told_so_also_where_the_gateway_remembers_it(stack: Stack, issuer: OpenIdIssuer) -> None:
    told = verdict(issuer.token(exp=int(time.time()) - 600))
    refused = stack.request("GET", "/runs", authorizer=told)
    assert (refused.status, refused.json["code"]) == (401, "key_expired")
    remembered = {**verdict(issuer.token()), "until": "2026-01-01T00:00:00+00:00"}
    assert stack.request("GET", "/runs", authorizer=remembered).json["code"] == "key_expired"


def test_one_that_never_ends_is_good(issuer: OpenIdIssuer) -> None:
    assert verdict(issuer.token(exp=10**20))["may"] == "read run"


def test_keys_that_the_issuer_changes_are_followed(issuer: OpenIdIssuer) -> None:
    clock = Clock()
    taken, old = known(issuer, clock), issuer.token()
    assert taken.claims(old) is not None
    issuer.keys = {"k1": issuer.keys["k1"], "k2": new_key()}
    assert taken.claims(issuer.token("k2")) is None
    clock.now += READ_AGAIN_SECONDS
    assert taken.claims(issuer.token("k2")) is not None
    # The old one is taken back: good until the keys are read again, of their own accord or for a new one.
    del issuer.keys["k1"]
    assert taken.claims(old) is not None
    clock.now += FRESH_SECONDS
    assert taken.claims(old) is None
    assert taken.claims(issuer.token("k2")) is not None


def test_guessed_names_of_keys_make_one_reading_a_minute(issuer: OpenIdIssuer) -> None:
    clock = Clock()
    taken = known(issuer, clock)
    for number in range(50):
        issuer.keys[f"guess-{number}"] = issuer.keys["k1"]
        assert taken.claims(issuer.token(f"guess-{number}")) is None or number == 0
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]
    clock.now += READ_AGAIN_SECONDS
    assert taken.claims(issuer.token("guess-9")) is not None
    assert len(issuer.asked) == 4


def test_guesses_do_not_ask_an_issuer_that_is_down_more_often(issuer: OpenIdIssuer) -> None:
    clock = Clock()
    taken, token = known(issuer, clock), issuer.token()
    issuer.status = 503
    for _ in range(9):
        with pytest.raises(IssuerSilent, match="ValueError"):
            taken.claims(token)
    assert len(issuer.asked) == 1
    issuer.status = 200
    clock.now += FIRST_AGAIN_SECONDS
    assert taken.claims(token) is not None
    issuer.status = 503
    issuer.keys["guess"] = issuer.keys["k1"]
    clock.now += READ_AGAIN_SECONDS
    assert [taken.claims(issuer.token("guess")) for _ in range(9)] == [None] * 9
    assert len(issuer.asked) == 4


@pytest.mark.parametrize(
    "trouble", ["down", "sends elsewhere", "another issuer's document", "keys in a file", "no keys"]
)
def test_an_issuer_in_trouble_opens_nothing_new_and_closes_nothing(issuer: OpenIdIssuer, trouble: str) -> None:
    clock = Clock()
    before, token = known(issuer, clock), issuer.token()
    assert before.claims(token) is not None
    fresh = known(issuer)
    match trouble:
        case "down":
            issuer.status = 503
        case "sends elsewhere":
            issuer.status = 302
        case "another issuer's document":
            issuer.document = {"issuer": "https://issuer.example"}
        case "keys in a file":
            issuer.document = {"jwks_uri": "file:///etc/passwd"}
        case "no keys":
            issuer.document = {"jwks_uri": f"{issuer.address}/other"}
    with pytest.raises(IssuerSilent, match="cannot be read"):
        fresh.claims(token)
    clock.now += FRESH_SECONDS
    assert before.claims(token) is not None


def test_keys_of_the_service_are_taken_beside_it(stack: Stack, issuer: OpenIdIssuer) -> None:
    admin = verdict(issuer.token(scope="admin read"))
    made = stack.request("POST", "/keys", {"name": "ci", "scopes": ["read"]}, authorizer=admin)
    assert (made.status, verdict(made.json["key"])["may"]) == (201, "read")
    refused = stack.request("POST", "/keys", {"name": "ci", "scopes": ["run"]}, authorizer=admin)
    assert refused.status == 403
    assert issuer.asked


def test_without_an_issuer_no_token_opens_anything_and_nothing_is_loaded(
    issuer: OpenIdIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JWT_ISSUER", "")
    settings.cache_clear()
    assert verdict(issuer.token()) == {}
    program = "import sys, authorizer.app; print([name for name in sys.modules if name in ('jwt', 'cryptography')])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_an_issuer_whose_certificate_nobody_vouches_for_is_believed_nothing(
    issuer: OpenIdIssuer, tmp_path: Path
) -> None:
    _, certificate = make_authority(tmp_path)
    with receiving(certificate) as pretender:
        address = f"https://127.0.0.1:{pretender.port}"
        taken = Issuer(address, AUDIENCE, "tenant_id", "scope", "", Clock())
        with pytest.raises(IssuerSilent, match="SSLError"):
            taken.claims(issuer.token(iss=address))
