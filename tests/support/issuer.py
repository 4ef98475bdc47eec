"""An OpenID Connect issuer on loopback: says where its keys are, publishes them, and signs whatever a test wants."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.loopback import Loopback

AUDIENCE = "codex-swarm"
Key = ec.EllipticCurvePrivateKey


class OpenIdIssuer(Loopback):
    """The server, with its current key in `keys` by id; `asked` are the paths that were read."""

    def __init__(self) -> None:
        super().__init__(_handler_of(self))
        self.keys: dict[str, Key] = {"k1": new_key()}
        self.document: dict[str, Any] = {}
        self.status = 200
        self.asked: list[str] = []

    def claims(self, **more: Any) -> dict[str, Any]:
        """What a good token says; a claim that is None is left out."""
        now = int(time.time())
        told = {"iss": self.address, "aud": AUDIENCE, "sub": "user-1", "iat": now, "exp": now + 600}
        told |= {"tenant_id": "tenant-a", "scope": "openid read run", **more}
        return {name: value for name, value in told.items() if value is not None}

    def token(self, key_id: str = "k1", *, key: Any = None, algorithm: str = "ES256", **claims: Any) -> str:
        """A token with these claims, signed by a key of the issuer's, unless by another."""
        signed_by = self.keys[key_id] if key is None else key
        return jwt.encode(self.claims(**claims), signed_by, algorithm, headers={"kid": key_id})

    def answer(self, path: str) -> Any:
        """What is published there."""
        if path == "/keys":
            return {"keys": [public(key_id, key) for key_id, key in self.keys.items()]}
        return {"issuer": self.address, "jwks_uri": f"{self.address}/keys", **self.document}


def new_key() -> Key:
    """A key pair that nobody has."""
    return ec.generate_private_key(ec.SECP256R1())


def public(key_id: str, key: Key) -> dict[str, Any]:
    """The public half, as a JWK."""
    told: dict[str, Any] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    return {**told, "kid": key_id, "use": "sig", "alg": "ES256"}


def _handler_of(issuer: OpenIdIssuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            content = json.dumps(issuer.answer(self.path)).encode()
            self.send_response(issuer.status)
            self.send_header("Location", "/keys")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

    return Handler
